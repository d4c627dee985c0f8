// What happened to a record, out of its own log and its recorded changes: one list, newest first. Pure.
import type { Field, ObjectMeta, Row, SubObject } from "@/common";

/** `field` is the name of the column, `name` what people call it. */
export interface Change {
  field: string;
  name: string;
  from: string;
  to: string;
}
export interface Event {
  key: string;
  tm: string;
  what: string;
  tone?: string;
  who: string;
  note?: string;
  changes: Change[];
}

/** Sub-tables that are a log by their name: lines with a time and one of a few acts, which nobody writes by hand. */
export function logsOf(meta: ObjectMeta): SubObject[] {
  return meta.subs.filter((sub) => /Log$/.test(sub.obj) && !sub.one && !sub.writable && timeOf(sub) && actOf(sub));
}

export const timeOf = (sub: SubObject): Field | undefined => sub.fields.find((f) => f.type === "datetime" && !f.virtual);
export const actOf = (sub: SubObject): Field | undefined => sub.fields.find((f) => !!f.options && !f.virtual);
/** The name that a log line carries of the one who did it. */
export const doerOf = (sub: SubObject): Field | undefined =>
  sub.fields.find(
    (f) => !!f.virtual && /Name$/.test(f.name) && sub.fields.some((ref) => ref.name === f.name.replace(/Name$/, "Id") && !!ref.ref),
  );
export const noteIn = (sub: SubObject): Field | undefined => sub.fields.find((f) => /^(dscr|cmt|note|content)$/.test(f.name) && !f.virtual);

const APART_MS = 2000;
const at = (tm: string) => new Date(tm.replace(" ", "T")).getTime();

/**
 * Both lists as one. A change that its log line tells already, at the same moment, is not told twice: the line keeps
 * what else was changed and, where it has none, the name of the one who did it.
 */
export function merged(lines: Event[], changes: Event[], toldBy: (change: Change) => boolean): Event[] {
  const left = changes.map((change) => ({ ...change }));
  const out = lines.map((line) => {
    const same = left.findIndex((one) => Math.abs(at(one.tm) - at(line.tm)) <= APART_MS);
    if (same < 0) return line;
    const [one] = left.splice(same, 1);
    return { ...line, who: line.who || one!.who, changes: one!.changes.filter((change) => !toldBy(change)) };
  });
  const order = (a: Event, b: Event) => (a.tm === b.tm ? 0 : a.tm < b.tm ? 1 : -1);
  return [...out, ...left].sort(order);
}

/** A line of a log as an event. */
export function eventOf(sub: SubObject, row: Row, word: (field: Field, value: unknown) => string): Event {
  const [time, act, doer, note] = [timeOf(sub)!, actOf(sub)!, doerOf(sub), noteIn(sub)];
  const said = note ? row[note.name] : null;
  return {
    key: `${sub.name} ${row["id"]}`,
    tm: String(row[time.name] ?? ""),
    what: word(act, row[act.name]),
    tone: String(row[act.name] ?? ""),
    who: String((doer && row[doer.name]) ?? ""),
    note: said ? String(said) : undefined,
    changes: [],
  };
}
