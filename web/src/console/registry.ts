// Where a plugin's front end adds what the generic grid cannot know: a page of its own, how a cell looks, an extra tab of a record.
// `register()` in `plugins/<name>/web/console.ts` calls these. Everything else about an object comes from its metadata.
import { defineAsyncComponent, type Component } from "vue";
import type { Pair } from "@/common";
import type { ConsoleKind, ConsolePage } from "./context";

const pages: { app: ConsoleKind["app"]; page: ConsolePage }[] = [];

/** A plugin's own page in one of the consoles; it stands in the navigation after the console's pages. */
export function registerPage(app: ConsoleKind["app"], page: ConsolePage): void {
  pages.push({ app, page });
}

export function pagesOf(app: ConsoleKind["app"]): ConsolePage[] {
  return pages.filter((one) => one.app === app).map((one) => one.page);
}

export interface DetailTab {
  name: string;
  title: Pair;
  view: Component;
}

const first = new Map<string, string[]>();

/** The columns an object starts with, where the order of its table is not what people look for. */
export function registerColumns(obj: string, names: string[]): void {
  first.set(obj, names);
}

export const columnsOf = (obj: string): string[] | undefined => first.get(obj);

const uploads = new Map<string, string>();

/** The server's category for the files of a field; others go where everything goes. */
export function registerUpload(obj: string, field: string, category: string): void {
  uploads.set(`${obj}.${field}`, category);
}

export const categoryOf = (obj: string, field: string): string | undefined => uploads.get(`${obj}.${field}`);

const inputs = new Map<string, Component>();
const needed = new Set<string>();

/** A control of its own for a field of the form; it gets and gives `modelValue`. */
export function registerInput(obj: string, field: string, view: Component): void {
  inputs.set(`${obj}.${field}`, view);
}

export const inputOf = (obj: string | undefined, field: string): Component | undefined => inputs.get(`${obj}.${field}`);

const editors = new Map<string, Component>();

/** A control of its own for the rows of a sub-table in the form; it gets `sub`, `record` and `others`, and tells `touched`. */
export function registerSubEditor(obj: string, sub: string, load: () => Promise<{ default: Component }>): void {
  editors.set(`${obj}.${sub}`, defineAsyncComponent(load));
}

export const subEditorOf = (obj: string, sub: string): Component | undefined => editors.get(`${obj}.${sub}`);

/** A field that a new record cannot do without although its column allows it. */
export function registerNeeded(obj: string, field: string): void {
  needed.add(`${obj}.${field}`);
}

export const isNeeded = (obj: string, field: string): boolean => needed.has(`${obj}.${field}`);

/** Questions often asked of an object, one click away above its list: filters as they stand in the address. */
export interface Preset {
  title: Pair;
  query: Record<string, string>;
}
const presets = new Map<string, Preset[]>();

export function registerPresets(obj: string, list: Preset[]): void {
  presets.set(obj, list);
}

export const presetsOf = (obj: string): Preset[] => presets.get(obj) ?? [];

/** Records that belong to another without a declared reference, such as the logins of a user. */
export interface Related {
  obj: string;
  title: Pair;
  columns: string[];
  cond: (id: number) => string;
  url: (id: number) => string;
}
const related = new Map<string, Related[]>();

export function registerRelated(obj: string, one: Related): void {
  related.set(obj, [...(related.get(obj) ?? []), one]);
}

export const relatedOf = (obj: string): Related[] => related.get(obj) ?? [];

const cells = new Map<string, Component>();
const tabs = new Map<string, DetailTab[]>();

/** `view` gets `value` and `row`. */
export function registerCell(obj: string, field: string, view: Component): void {
  cells.set(`${obj}.${field}`, view);
}

export function cellOf(obj: string, field: string): Component | undefined {
  return cells.get(`${obj}.${field}`);
}

/** `view` gets `row` (the whole record) and `meta`. */
export function registerTab(obj: string, tab: { name: string; title: Pair; load: () => Promise<{ default: Component }> }): void {
  const list = tabs.get(obj) ?? [];
  list.push({ name: tab.name, title: tab.title, view: defineAsyncComponent(tab.load) });
  tabs.set(obj, list);
}

export function tabsOf(obj: string): DetailTab[] {
  return tabs.get(obj) ?? [];
}
