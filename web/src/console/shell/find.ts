// Looks for records by their contents: names, phone numbers, texts, numbers, in the business objects the caller may read.
import type { ObjectMeta, Row } from "@/common";
import { catalogue, client } from "../context";
import { nameOf, searchFields } from "../grid/columns";
import { isMachinery } from "./plugins";

export interface Found { meta: ObjectMeta; id: number; text: string }

/** These come first; then the others in the order of the navigation. */
const EVERYDAY = ["Ordr", "User", "Employee"];
const OBJECTS = 12;
const EACH = 4;
const place = (obj: string) => (EVERYDAY.includes(obj) ? EVERYDAY.indexOf(obj) : EVERYDAY.length);

/** One round trip; an object that refuses the question has no hits. */
export async function findRecords(typed: string, signal: AbortSignal): Promise<Found[]> {
  const text = typed.replace(/:/g, " ").replace(/^#/, "").trim();
  const digits = /^\d+$/.test(text);
  if (!text || (!digits && [...text].length < 2)) return [];
  const metas = (await catalogue.every())
    .filter((meta) => meta.actions.includes("query") && meta.actions.includes("get") && (EVERYDAY.includes(meta.obj) || !isMachinery(meta.plugin)))
    .filter((meta) => digits || searchFields(meta).length)
    .sort((a, b) => place(a.obj) - place(b.obj)).slice(0, OBJECTS);
  const replies = await client.batch(metas.map((meta) => ({ ac: `${meta.obj}.query`, get: question(meta, text, digits) })), false, { silent: true, signal });
  return replies.flatMap(([code, rows], at) => (code === 0 ? (rows as Row[]).map((row) => {
    const meta = metas[at]!;
    return { meta, id: Number(row["id"]), text: nameOf(meta, row) };
  }) : []));
}

function question(meta: ObjectMeta, text: string, digits: boolean) {
  const names = [...(digits ? ["id!"] : []), ...searchFields(meta).map((f) => f.name)];
  const res = ["id", ...(meta.labelField && meta.labelField !== "id" ? [meta.labelField] : [])].join(",");
  return { qsearch: `${names.join(",")}:${text}`, res, orderby: "id desc", fmt: "array", pagesz: EACH };
}
