// Two people have edited one record: which fields only one of them has changed, and where they differ.
import type { Row } from "@/common";

/** What the server says when the record is no longer what the form began with (code 7). */
export interface Conflict {
  version?: string;
  row?: Row;
  gone?: boolean;
  changes?: { tm?: string; empName?: string | null; userId?: number | null }[];
}

export interface Choice {
  name: string;
  mine: unknown;
  theirs: unknown;
  base: unknown;
}

const plain = (value: unknown) =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
const same = (a: unknown, b: unknown) => plain(a) === plain(b);

/** The fields of `body` that the other one has changed as well, and not to the same. */
export function overlaps(base: Row, body: Row, theirs: Row): Choice[] {
  return Object.keys(body)
    .filter((name) => name in theirs && !same(theirs[name], base[name]) && !same(theirs[name], body[name]))
    .map((name) => ({ name, mine: body[name], theirs: theirs[name], base: base[name] }));
}

/** The fields that the other one has changed and this form has not. */
export function taken(base: Row, body: Row, theirs: Row): string[] {
  return Object.keys(theirs).filter((name) => !(name in body) && !same(theirs[name], base[name]));
}
