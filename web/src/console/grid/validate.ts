// Checks a form against the metadata before it is sent; the server checks again. Also turns typed text into values. Pure.
import { label, words, type Field, type Row } from "@/common";
import { canAdd, canSet, isPicture, isSecret } from "./columns";

const w = words({
  required: ["请填写{name}", "{name} is required"],
  max: ["最多 {max} 个字，现有 {n} 个", "At most {max} characters, now {n}"],
  int: ["请输入整数", "Enter a whole number"],
  number: ["请输入数字", "Enter a number"],
  scale: ["最多 {scale} 位小数", "At most {scale} decimals"],
});

export const editable = (field: Field, adding: boolean) => (adding ? canAdd(field) : canSet(field));
const blank = (value: unknown) => value === undefined || value === null || value === "";

export function problemOf(field: Field, value: unknown, adding: boolean): string {
  if (blank(value)) return field.required && !(isSecret(field) && !adding) ? w.required({ name: label(field.label) || field.name }) : "";
  const text = String(value).trim();
  if (field.options || field.ref || isPicture(field)) return "";
  if (field.type === "int" && !/^-?\d+$/.test(text)) return w.int();
  if (field.type === "real" || field.type === "decimal") {
    if (!Number.isFinite(Number(text))) return w.number();
    const decimals = text.split(".")[1]?.length ?? 0;
    if (field.type === "decimal" && field.scale !== undefined && decimals > field.scale) return w.scale({ scale: field.scale });
  }
  if ((field.type === "string" || field.type === "text") && field.max && [...text].length > field.max)
    return w.max({ max: field.max, n: [...text].length });
  return "";
}

export function problems(fields: Field[], form: Row, adding: boolean): Record<string, string> {
  const out: Record<string, string> = {};
  for (const field of fields) {
    if (!editable(field, adding)) continue;
    const problem = problemOf(field, form[field.name], adding);
    if (problem) out[field.name] = problem;
  }
  return out;
}

const typed = (field: Field, value: unknown): unknown => {
  if (blank(value)) return "";
  return ["int", "real", "decimal", "flag"].includes(field.type) && Number.isFinite(Number(value)) ? Number(value) : value;
};
const same = (a: unknown, b: unknown) => (blank(a) && blank(b)) || String(a) === String(b);

/** For add: what was filled in. For set: what differs from `before`; "" empties a field. */
export function payload(fields: Field[], form: Row, before: Row | null): Row {
  const out: Row = {};
  for (const field of fields) {
    if (!editable(field, before === null)) continue;
    const value = form[field.name];
    if (before === null ? blank(value) : same(value, before[field.name]) || (isSecret(field) && blank(value))) continue;
    out[field.name] = typed(field, value);
  }
  return out;
}
