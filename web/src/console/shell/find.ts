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

/** Shorter numbers stand in every second phone number: they are looked for as the number of a record only. */
const DIGITS_IN_TEXT = 4;
/** Longer ones are no number of a record. */
const DIGITS_OF_ID = 15;

/** One round trip; an object that refuses the question has no hits. The record of exactly that number comes first. */
export async function findRecords(typed: string, signal: AbortSignal): Promise<Found[]> {
  const text = typed.replace(/:/g, " ").replace(/^#/, "").trim();
  const digits = /^\d+$/.test(text);
  if (!text || (!digits && [...text].length < 2)) return [];
  const metas = (await catalogue.every())
    .filter((meta) => meta.actions.includes("query") && meta.actions.includes("get"))
    .filter((meta) => EVERYDAY.includes(meta.obj) || !isMachinery(meta.plugin))
    .sort((a, b) => place(a.obj) - place(b.obj)).slice(0, OBJECTS);
  const byId = digits && text.length <= DIGITS_OF_ID ? metas.map((meta) => ({ meta, search: { cond: `id=${text}` } })) : [];
  const byText = digits && text.length < DIGITS_IN_TEXT ? [] : metas.flatMap((meta) => {
    const names = searchFields(meta).map((f) => f.name);
    return names.length ? [{ meta, search: { qsearch: `${names.join(",")}:${text}` } }] : [];
  });
  const asked = [...byId, ...byText];
  const items = asked.map(({ meta, search }) => ({ ac: `${meta.obj}.query`, get: { ...search, ...shape(meta) } }));
  const replies = await client.batch(items, false, { silent: true, signal });
  const found = replies.flatMap(([code, rows], at) => (code === 0 ? (rows as Row[]).map((row) => {
    const { meta } = asked[at]!;
    return { meta, id: Number(row["id"]), text: nameOf(meta, row) };
  }) : []));
  return [...new Map(found.map((one) => [`${one.meta.obj}${one.id}`, one])).values()];
}

function shape(meta: ObjectMeta) {
  const res = meta.labelField && meta.labelField !== "id" ? `id,${meta.labelField}` : "id";
  return { res, orderby: "id desc", fmt: "array", pagesz: EACH };
}
