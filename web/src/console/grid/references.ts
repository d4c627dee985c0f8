// What refers to a record: asked before it is deleted, since a reference to nothing would be left behind.
import { label, number, type ObjectMeta, type Row } from "@/common";
import { catalogue, client } from "../context";

/** They refer to everything. */
export const LOGS = ["ApiLog", "ApiLog1", "ObjLog", "Syslog", "SyslogV"];

export interface Reference { obj: string; label: string; count: number }

/** Counts rows by every field whose metadata refers to the object, as far as the caller may read them. */
export async function referencesTo(meta: ObjectMeta, id: number): Promise<Reference[]> {
  const asked = (await catalogue.every())
    .filter((other) => other.actions.includes("query") && !LOGS.includes(other.obj))
    .map((other) => ({ other, fields: other.fields.filter((f) => f.ref?.obj === meta.obj && !f.virtual).map((f) => f.name) }))
    .filter((one) => one.fields.length);
  if (!asked.length) return [];
  const replies = await client.batch(asked.map(({ other, fields }) => ({
    ac: `${other.obj}.query`,
    get: { res: "COUNT(1) n", cond: fields.map((name) => `${name}=${id}`).join(" OR "), fmt: "array" },
  })), false, { silent: true });
  return replies.flatMap(([code, rows], at) => {
    const count = code === 0 ? Number((rows as Row[])[0]?.["n"] ?? 0) : 0;
    const { other } = asked[at]!;
    return count ? [{ obj: other.obj, label: label(other.label) || other.obj, count }] : [];
  });
}

export const inWords = (references: Reference[]): string => references.map((one) => `${one.label} × ${number(one.count)}`).join("，");
