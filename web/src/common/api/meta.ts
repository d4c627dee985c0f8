// What the server says about its objects (Meta.query, Meta.get), cached for the visit; the grids are drawn from it.
import type { Client } from "./client";
import { labelled } from "./labels";

export interface ObjectInfo { obj: string; table: string; label: string; plugin: string; actions: string[] }
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

export interface SubObject { name: string; obj: string; label: string; rel: string; writable: boolean; one?: boolean; fields: Field[]; actions: string[] }
export interface Step { from: string; to: string; label: string; allowed: boolean }

export interface ObjectMeta extends ObjectInfo {
  note?: string;
  fields: Field[];
  subs: SubObject[];
  timeField?: string;
  states?: { field: string; start: string; steps: Step[] };
  bulk?: string[];
  labelField?: string;
}

export class Catalogue {
  private list: Promise<ObjectInfo[]> | null = null;
  private readonly objects = new Map<string, Promise<ObjectMeta>>();

  constructor(private readonly client: Client) {}

  all(): Promise<ObjectInfo[]> {
    this.list ??= this.client.call<{ list: ObjectInfo[] }>("Meta.query").then((page) => page.list).catch((error) => { this.list = null; throw error; });
    return this.list;
  }

  get(obj: string): Promise<ObjectMeta> {
    let found = this.objects.get(obj);
    if (!found) {
      found = Promise.all([this.client.call<ObjectMeta>("Meta.get", { obj }, undefined, { silent: true }), this.all()])
        .then(([meta, all]) => this.whole(meta, all));
      found.catch(() => this.objects.delete(obj));
      this.objects.set(obj, found);
    }
    return found;
  }

  /** All that the caller may see, in one round trip. */
  async every(): Promise<ObjectMeta[]> {
    const all = await this.all();
    const missing = all.filter((one) => !this.objects.has(one.obj));
    if (missing.length) {
      const replies = await this.client.batch(missing.map((one) => ({ ac: "Meta.get", get: { obj: one.obj } })), false, { silent: true });
      replies.forEach(([code, meta], at) => {
        if (code === 0) this.objects.set(missing[at]!.obj, Promise.resolve(this.whole(meta as ObjectMeta, all)));
      });
    }
    const known = all.map((one) => this.objects.get(one.obj)).filter((one) => one !== undefined);
    return Promise.all(known);
  }

  private whole(meta: ObjectMeta, all: ObjectInfo[]): ObjectMeta {
    return labelled({ ...meta, subs: meta.subs ?? [], fields: meta.fields ?? [], actions: meta.actions ?? [] }, all);
  }

  /** Rights differ by login: forget everything when it changes. */
  forget(): void {
    this.list = null;
    this.objects.clear();
  }
}
