// The matrix of a role as data: what the server keeps as text, and the columns in which people tick it. Pure.
import type { ObjectMeta, Pair } from "@/common";

export interface Entry {
  actions: string[];
  hidden: string[];
  readonly: string[];
  rows: "own" | "all";
}
export interface Matrix {
  objects: Record<string, Entry>;
  functions: string[];
}
export type Base = "emp" | "mgr";

/** An object as Role.preview shows it. */
export interface SeenObject extends ObjectMeta {
  rows: "own" | "all";
  ownable: boolean;
}
export interface Seen {
  base: Base;
  narrowed: boolean;
  perms: string;
  objects: SeenObject[];
  functions: { name: string; note: string }[];
}

/** Actions that people tick together. */
export const COLUMNS: { key: string; title: Pair; actions: string[] | null }[] = [
  { key: "read", title: ["查看", "View"], actions: ["query", "get"] },
  { key: "add", title: ["新增", "Add"], actions: ["add"] },
  { key: "set", title: ["修改", "Change"], actions: ["set"] },
  { key: "del", title: ["删除", "Delete"], actions: ["del"] },
  { key: "bulk", title: ["批量", "In bulk"], actions: ["batchAdd", "batchSet", "batchDel", "setIf", "delIf", "dup"] },
  { key: "own", title: ["其他操作", "Others"], actions: null },
];

const STANDARD = COLUMNS.flatMap((column) => column.actions ?? []);

/** The actions of a column that the base may do. */
export function actionsIn(object: SeenObject, key: string): string[] {
  const column = COLUMNS.find((one) => one.key === key);
  const all = column?.actions;
  return object.actions.filter((action) => (all ? all.includes(action) : !STANDARD.includes(action)));
}

export const emptyEntry = (): Entry => ({ actions: [], hidden: [], readonly: [], rows: "all" });

export function parse(text: string | null | undefined): Matrix {
  const matrix: Matrix = { objects: {}, functions: [] };
  if (!text) return matrix;
  try {
    for (const [name, said] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
      if (name === "functions") matrix.functions = said as string[];
      else matrix.objects[name] = { ...emptyEntry(), ...(said as Partial<Entry>) };
    }
  } catch {
    // What cannot be read allows nothing, and is shown so.
  }
  return matrix;
}

export function textOf(matrix: Matrix): string {
  const says = (entry: Entry) => entry.actions.length || entry.hidden.length || entry.readonly.length || entry.rows === "own";
  const kept = Object.entries(matrix.objects).filter(([, entry]) => says(entry));
  return JSON.stringify({ ...Object.fromEntries(kept), functions: matrix.functions });
}

/** All of them, some or none. */
export function ticked(entry: Entry | undefined, actions: string[]): "all" | "some" | "none" {
  const count = actions.filter((action) => entry?.actions.includes(action)).length;
  return count === 0 ? "none" : count === actions.length ? "all" : "some";
}

export function tick(matrix: Matrix, object: string, actions: string[], on: boolean): void {
  const entry = (matrix.objects[object] ??= emptyEntry());
  const rest = entry.actions.filter((action) => !actions.includes(action));
  entry.actions = on ? [...rest, ...actions] : rest;
}

export type Sight = "shown" | "readonly" | "hidden";

export function sightOf(entry: Entry | undefined, field: string): Sight {
  return entry?.hidden.includes(field) ? "hidden" : entry?.readonly.includes(field) ? "readonly" : "shown";
}

export function setSight(matrix: Matrix, object: string, field: string, sight: Sight): void {
  const entry = (matrix.objects[object] ??= emptyEntry());
  entry.hidden = entry.hidden.filter((name) => name !== field);
  entry.readonly = entry.readonly.filter((name) => name !== field);
  if (sight === "hidden") entry.hidden.push(field);
  if (sight === "readonly") entry.readonly.push(field);
}
