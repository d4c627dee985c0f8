// What refers to a record: asked before it is deleted, since a reference to nothing would be left behind.
import { label, number, type ObjectMeta, type Row } from "@/common";
import { catalogue, client } from "../context";

/** They refer to everything. */
export const LOGS = ["ApiLog", "ApiLog1", "ObjLog", "Syslog", "SyslogV"];

export interface Reference {
  obj: string;
  label: string;
  count: number;
}

/** Files are of accounts of several kinds, whose numbers are counted apart: a second field says of which. */
const OWNER: Record<string, string> = { User: "user", Employee: "emp" };
const ownerOf = (other: ObjectMeta, obj: string) => (other.fields.some((f) => f.name === "ownerType") ? OWNER[obj] : undefined);

/** What holds for the rows that refer to a record by one of these fields. */
export function condOf(other: ObjectMeta, names: string[], obj: string, id: number): string {
  const refers = names.map((name) => `${name}=${id}`).join(" OR ");
  const owner = ownerOf(other, obj);
  return owner ? `(${refers}) AND ownerType='${owner}'` : refers;
}

/** The same as an address of their list. */
export function listOf(other: ObjectMeta, name: string, obj: string, id: number): string {
  const owner = ownerOf(other, obj);
  return `/o/${other.obj}?f.${name}=eq.${id}${owner ? `&f.ownerType=eq.${owner}` : ""}`;
}

/** Counts rows by every field whose metadata refers to the object, as far as the caller may read them. */
export async function referencesTo(meta: ObjectMeta, id: number): Promise<Reference[]> {
  const asked = (await catalogue.every())
    .filter((other) => other.actions.includes("query") && !LOGS.includes(other.obj))
    .map((other) => ({ other, fields: other.fields.filter((f) => f.ref?.obj === meta.obj && !f.virtual).map((f) => f.name) }))
    .filter((one) => one.fields.length);
  if (!asked.length) return [];
  const replies = await client.batch(
    asked.map(({ other, fields }) => ({
      ac: `${other.obj}.query`,
      get: { res: "COUNT(1) n", cond: condOf(other, fields, meta.obj, id), fmt: "array" },
    })),
    false,
    { silent: true },
  );
  return replies.flatMap(([code, rows], at) => {
    const count = code === 0 ? Number((rows as Row[])[0]?.["n"] ?? 0) : 0;
    const { other } = asked[at]!;
    return count ? [{ obj: other.obj, label: label(other.label) || other.obj, count }] : [];
  });
}

export const inWords = (references: Reference[]): string => references.map((one) => `${one.label} × ${number(one.count)}`).join("，");
