// Which fields are columns, how wide, on which side; and the few questions asked about fields everywhere. Pure.
import type { Field, ObjectMeta } from "@/common";

export const alignRight = (field: Field) =>
  !field.options && !field.ref && ["int", "real", "decimal"].includes(field.type) && field.kind !== "attachment";

/** Summed in the totals row: amounts and measures, never numbers that name something. */
export const isSummed = (field: Field) =>
  !field.ref &&
  !field.options &&
  !field.virtual &&
  (field.type === "decimal" || field.type === "real") &&
  !/(lat|lon|lng)$/i.test(field.name);

export const isPicture = (field: Field) => field.kind === "attachment" || field.kind === "picture";
/** A file to hear: no use asking for its picture. */
export const isSound = (field: Field) => isPicture(field) && /audio|voice|sound/i.test(field.name);
export const isSecret = (field: Field) => field.kind === "pwd" || field.name === "pwd";

export const canAdd = (field: Field) => !field.readonly && !field.virtual && field.type !== "id";
export const canSet = (field: Field) => canAdd(field) && !field.readonly2;

export function widthOf(field: Field): number {
  if (isPicture(field)) return 72;
  if (field.options) return 104;
  switch (field.type) {
    case "id":
      return 76;
    case "flag":
      return 72;
    case "int":
      return 92;
    case "real":
    case "decimal":
      return 108;
    case "date":
      return 104;
    case "datetime":
      return 116;
    case "text":
      return 220;
    default:
      return (field.max ?? 64) >= 100 ? 220 : 124;
  }
}

/** Longer ones are texts. */
const NAME_MAX = 64;

export function columnsFor(meta: ObjectMeta): string[] {
  const shown = meta.fields.filter((f) => f.default !== false && !isSecret(f));
  // A reference whose name comes along as a virtual column is shown by it, in its place; its number stays choosable.
  const named = (f: Field) =>
    /Id$/.test(f.name) ? shown.find((o) => o.virtual && o.name === f.name.replace(/Id$/, "Name"))?.name : undefined;
  const names = [...new Set(shown.map((f) => named(f) ?? f.name))];
  // What a record is called stands beside its number; a long text stays where it is.
  const called = shown.find((f) => f.name === meta.labelField && f.type === "string" && (f.max ?? 0) <= NAME_MAX);
  return called && names[0] === "id" ? ["id", called.name, ...names.filter((name) => name !== "id" && name !== called.name)] : names;
}

/** Fields that a filter may ask about. */
export const filterable = (meta: ObjectMeta) => meta.fields.filter((f) => !isSecret(f) && !isPicture(f));

/** Fields a quick search looks through. */
export function searchFields(meta: ObjectMeta): Field[] {
  return meta.fields.filter((f) => (f.type === "string" || f.type === "text") && !isSecret(f) && f.default !== false && !f.options);
}

export function nameOf(meta: ObjectMeta, row: Record<string, any>): string {
  const name = meta.labelField && meta.labelField !== "id" ? row[meta.labelField] : "";
  return name ? `#${row["id"]} ${String(name).slice(0, 40)}` : `#${row["id"]}`;
}

/** How wide a text is drawn at the size of the grid, in pixels: by the widest of the system fonts, so that no phone number is cut. */
export function drawn(text: string): number {
  let width = 0;
  for (const c of text) width += c.codePointAt(0)! > 0x2e7f ? 13 : 8.4;
  return width;
}
