// Looks for records by their contents: names, phone numbers, texts, numbers, in the business objects the caller may read.
import { label, type ObjectMeta } from "@/common";
import { catalogue, client } from "../context";

interface Hit {
  id: number | string;
  name: string;
  field?: string;
  text?: string;
}
interface OfObject {
  obj: string;
  hits: Hit[];
  more?: 1;
  older?: 1;
}
export interface Found {
  meta: ObjectMeta;
  id: number | string;
  name: string;
  /** Where the words stand, if the name does not show them. */ where: string;
  text: string;
}
export interface Group {
  meta: ObjectMeta;
  found: Found[];
  /** The list of the object knows of more: by this search. */ more: boolean;
  older: boolean;
}

/** These come first; then the others as the server has them. */
const EVERYDAY = ["Ordr", "User", "Employee"];
const EACH = 4;
const place = (obj: string) => (EVERYDAY.includes(obj) ? EVERYDAY.indexOf(obj) : EVERYDAY.length);

/** What the server found, by object; one that cannot be opened here is left out. */
export async function findRecords(typed: string, signal: AbortSignal): Promise<Group[]> {
  const q = typed.trim();
  if (!q) return [];
  const { list } = await client.call<{ list: OfObject[] }>("search", { q, pagesz: EACH }, undefined, { silent: true, signal });
  const metas = new Map(
    (await catalogue.every())
      .filter((meta) => meta.actions.includes("query") && meta.actions.includes("get"))
      .map((meta) => [meta.obj, meta]),
  );
  const groups = list.flatMap(({ obj, hits, more, older }) => {
    const meta = metas.get(obj);
    if (!meta) return [];
    const found = hits.map(({ id, name, field, text }) => ({
      meta,
      id,
      name,
      where: field ? label(meta.fields.find((f) => f.name === field)?.label) || field : "",
      text: text ?? "",
    }));
    return [{ meta, found, more: !!more, older: !!older }];
  });
  return groups.sort((a, b) => place(a.meta.obj) - place(b.meta.obj));
}
