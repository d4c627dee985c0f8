// What the server says about its objects (Meta.all), kept by the browser; the grids are drawn from it.
import { read, write } from "../storage";
import type { Client } from "./client";
import { labelled } from "./labels";

export interface ObjectInfo {
  /** Its query can be followed. */
  live?: 1;
  obj: string;
  table: string;
  label: string;
  plugin: string;
  actions: string[];
}
export type FieldType = "id" | "int" | "flag" | "real" | "decimal" | "string" | "text" | "datetime" | "date";

export interface Field {
  name: string;
  label: string;
  type: FieldType;
  max?: number;
  scale?: number;
  options?: { value: string; label: string }[];
  readonly?: boolean;
  readonly2?: boolean;
  required?: boolean;
  virtual?: boolean;
  default?: boolean;
  sortable?: boolean;
  ref?: { obj: string; field: string; label: string };
  kind?: string;
  note?: string;
  /** Of a field that holds permissions: those that there are. */
  perms?: { value: string; label: string; note: string }[];
}

export interface SubObject {
  name: string;
  obj: string;
  label: string;
  rel: string;
  writable: boolean;
  one?: boolean;
  fields: Field[];
  actions: string[];
}
export interface Step {
  from: string;
  to: string;
  label: string;
  allowed: boolean;
}

export interface ObjectMeta extends ObjectInfo {
  note?: string;
  fields: Field[];
  subs: SubObject[];
  timeField?: string;
  states?: { field: string; start: string; steps: Step[] };
  bulk?: string[];
  labelField?: string;
}

/** The answer of Meta.all: without a list where the client has that revision. */
export interface AllMeta {
  rev: string;
  list?: ObjectMeta[];
  same?: number;
}

/**
 * Every object that the caller may see, by one call a visit. The browser keeps the answer under its revision, so that
 * a later visit asks for nothing but whether that still holds.
 */
export class Catalogue {
  private whole: Promise<ObjectMeta[]> | null = null;
  private readonly objects = new Map<string, Promise<ObjectMeta>>();
  private readonly key: string;

  constructor(private readonly client: Client) {
    this.key = `meta.${client.app}`;
  }

  /** The revision that this browser has. */
  get rev(): string | undefined {
    return this.kept()?.rev;
  }

  all(): Promise<ObjectInfo[]> {
    return this.load();
  }

  get(obj: string): Promise<ObjectMeta> {
    let found = this.objects.get(obj);
    if (!found) {
      found = this.load().then((all) => this.complete(obj, all));
      found.catch(() => this.objects.delete(obj));
      this.objects.set(obj, found);
    }
    return found;
  }

  /** All that the caller may see. */
  async every(): Promise<ObjectMeta[]> {
    return Promise.all((await this.load()).map((one) => this.get(one.obj)));
  }

  /** Takes an answer that came with other answers. */
  accept(answer: AllMeta): void {
    const list = answer.list ?? this.kept()?.list;
    if (!list) return;
    if (answer.list) write(this.key, { rev: answer.rev, list: answer.list });
    this.objects.clear();
    this.whole = Promise.resolve(list);
  }

  /** Rights differ by login: forget everything when it changes. */
  forget(): void {
    this.whole = null;
    this.objects.clear();
    write(this.key, null);
  }

  private load(): Promise<ObjectMeta[]> {
    this.whole ??= this.ask().catch((error) => {
      this.whole = null;
      throw error;
    });
    return this.whole;
  }

  private async ask(): Promise<ObjectMeta[]> {
    const answer = await this.client.call<AllMeta>("Meta.all", { rev: this.rev });
    this.accept(answer);
    return answer.list ?? this.kept()?.list ?? [];
  }

  private kept(): { rev: string; list: ObjectMeta[] } | null {
    return read<{ rev: string; list: ObjectMeta[] } | null>(this.key, null);
  }

  /** What is not in the list is asked for: the server says whether it is missing or not open to the caller. */
  private async complete(obj: string, all: ObjectMeta[]): Promise<ObjectMeta> {
    const meta =
      all.find((one) => one.obj === obj) ?? (await this.client.call<ObjectMeta>("Meta.get", { obj }, undefined, { silent: true }));
    return labelled({ ...meta, subs: meta.subs ?? [], fields: meta.fields ?? [], actions: meta.actions ?? [] }, all);
  }
}
