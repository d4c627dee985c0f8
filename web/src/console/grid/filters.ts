// A filter as data: how it is written in the address bar, in a chip, and as a condition of the protocol.
// URL: `f.status=in.CR,RE`, `f.createTm=range.2026-11-01~2026-11-20`, `f.amount=range.100~`. Groups: groups.ts. Pure.
import { daysAgo, label, now, say, words, ymd, type Field, type Pair } from "@/common";

export type Op = "has" | "eq" | "ne" | "starts" | "in" | "range" | "last" | "older" | "null" | "notnull" | "edits";

export interface Filter {
  field: string;
  op: Op;
  value: string;
}

const TEXTS: Record<Op, Pair> = {
  has: ["包含", "contains"],
  eq: ["等于", "is"],
  ne: ["不等于", "is not"],
  starts: ["开头是", "starts with"],
  in: ["是", "is one of"],
  range: ["范围", "between"],
  last: ["时段", "period"],
  older: ["早于", "older than"],
  null: ["为空", "is empty"],
  notnull: ["不为空", "is not empty"],
  edits: ["修改数据", "changes data"],
};
export const opText = (op: Op) => say(TEXTS[op]);

/** Periods that keep their meaning tomorrow, so that a saved address stays useful. */
export const PERIODS: Record<string, Pair> = {
  today: ["今天", "today"],
  yesterday: ["昨天", "yesterday"],
  "7d": ["近 7 天", "last 7 days"],
  "30d": ["近 30 天", "last 30 days"],
  week: ["本周", "this week"],
  lastweek: ["上周", "last week"],
  month: ["本月", "this month"],
  lastmonth: ["上月", "last month"],
  year: ["今年", "this year"],
  tomorrow: ["明天", "tomorrow"],
  next7d: ["未来 7 天", "next 7 days"],
};
/** `14d`: today and the days before it, so many in all. */
const DAYS = /^(\d{1,4})d$/;
const days = words({ last: ["近 {n} 天", "last {n} days"], older: ["{n} 天以前", "more than {n} days ago"] });

export function periodRange(key: string, at = now()): [from: string, to: string] {
  const y = at.getFullYear();
  const m = at.getMonth();
  const today = ymd(at);
  const last = DAYS.exec(key);
  if (last) return [daysAgo(Math.max(1, Number(last[1])) - 1, at), today];
  const monday = (at.getDay() + 6) % 7;
  switch (key) {
    case "yesterday":
      return [daysAgo(1, at), daysAgo(1, at)];
    case "week":
      return [daysAgo(monday, at), today];
    case "lastweek":
      return [daysAgo(monday + 7, at), daysAgo(monday + 1, at)];
    case "tomorrow":
      return [daysAgo(-1, at), daysAgo(-1, at)];
    case "next7d":
      return [daysAgo(-1, at), daysAgo(-7, at)];
    case "month":
      return [ymd(new Date(y, m, 1)), today];
    case "lastmonth":
      return [ymd(new Date(y, m - 1, 1)), ymd(new Date(y, m, 0))];
    case "year":
      return [`${y}-01-01`, today];
    default:
      return [today, today];
  }
}

/** A period in a filter has its days to come, too: a booking for the 30th belongs to this month. */
function wholePeriod(key: string, at = now()): [from: string, to: string] {
  const [from, to] = periodRange(key, at);
  const [y, m] = [at.getFullYear(), at.getMonth()];
  switch (key) {
    case "week":
      return [from, daysAgo(((at.getDay() + 6) % 7) - 6, at)];
    case "month":
      return [from, ymd(new Date(y, m + 1, 0))];
    case "year":
      return [from, `${y}-12-31`];
    default:
      return [from, to];
  }
}

export function opsOf(field: Field): Op[] {
  if (field.options?.length) return ["in", "null", "notnull"];
  switch (field.type) {
    case "id":
    case "int":
    case "real":
    case "decimal":
      return field.ref ? ["eq", "null", "notnull"] : ["range", "eq", "ne", "null", "notnull"];
    case "flag":
      return ["eq"];
    case "datetime":
    case "date":
      return ["last", "range", "older", "null", "notnull"];
    default:
      return ["has", "eq", "ne", "starts", "null", "notnull"];
  }
}

export const isTime = (field: Field) => field.type === "datetime" || field.type === "date";
const isText = (field: Field) => field.type === "string" || field.type === "text";
export const isNumber = (field: Field) => ["id", "int", "real", "decimal", "flag"].includes(field.type);

/** The server reads `\\'` as a quote: a backslash before a quote or at the end stands apart, and adjacent texts are one. */
function quote(text: string): string {
  const parts = text.split(/(\\+)(?=$|')/).filter((part, at) => part || at === 0);
  return parts.map((part) => (/^\\+$/.test(part) ? `"${part}"` : `'${part.replace(/'/g, "''")}'`)).join(" ");
}

function literal(field: Field, text: string): string {
  return isNumber(field) && text.trim() !== "" && Number.isFinite(Number(text)) ? String(Number(text)) : quote(text);
}

export function nextDay(text: string): string {
  const [y, m, d] = text.split("-").map(Number);
  return ymd(new Date(y!, m! - 1, d! + 1));
}

const EDITS = ["add", "set", "del", "setIf", "delIf", "batchAdd", "batchSet", "batchDel", "dup"];

export function condOf(filter: Filter, field: Field): string {
  const { field: f, op, value } = filter;
  switch (op) {
    // Of the name of a call: those by which rows are added, changed or removed.
    case "edits":
      return `(${EDITS.map((action) => `${f} LIKE '%.${action}'`).join(" OR ")})`;
    // An emptied text is empty for people, whether the database holds nothing or a text of no length.
    case "null":
      return isText(field) ? `(${f} IS NULL OR ${f}='')` : `${f} IS NULL`;
    case "notnull":
      return isText(field) ? `${f}<>''` : `${f} IS NOT NULL`;
    case "older":
      return `${f}<${quote(daysAgo(Number(value) || 0))}`;
    case "in":
      return `${f} IN (${value
        .split(",")
        .map((v) => literal(field, v))
        .join(",")})`;
    case "has":
      return `${f} LIKE ${quote(`%${value}%`)}`;
    case "starts":
      return `${f} LIKE ${quote(`${value}%`)}`;
    case "ne":
      return `${f}<>${literal(field, value)}`;
    case "last":
    case "range": {
      const [from, to] = op === "last" ? wholePeriod(value) : value.split("~");
      const parts: string[] = [];
      if (from) parts.push(`${f}>=${literal(field, from)}`);
      // A day means the whole day: up to, not including, the next one.
      if (to) parts.push(isTime(field) && to.length === 10 ? `${f}<${quote(nextDay(to))}` : `${f}<=${literal(field, to)}`);
      return parts.join(" AND ");
    }
    default:
      return `${f}=${literal(field, value)}`;
  }
}

export function condOfAll(filters: Filter[], fields: Field[]): string {
  return filters
    .flatMap((one) => {
      const field = fields.find((f) => f.name === one.field);
      return field ? [condOf(one, field)] : [];
    })
    .filter(Boolean)
    .join(" AND ");
}

export function textOf(filter: Filter, field: Field): string {
  const { op, value } = filter;
  if (op === "null" || op === "notnull" || op === "edits") return opText(op);
  if (op === "last") return PERIODS[value] ? say(PERIODS[value]) : DAYS.test(value) ? days.last({ n: parseInt(value) }) : value;
  if (op === "older") return days.older({ n: value });
  if (op === "in")
    return value
      .split(",")
      .map((v) => optionLabel(field, v))
      .join(", ");
  if (op === "range") {
    const [from, to] = value.split("~");
    return from && to ? (from === to ? from : `${from} – ${to}`) : from ? `≥ ${from}` : `≤ ${to}`;
  }
  if (field.type === "flag") return value === "1" ? "✓" : "✗";
  return op === "eq" ? value : `${opText(op)} ${value}`;
}

export function optionLabel(field: Field, value: unknown): string {
  const option = field.options?.find((o) => String(o.value) === String(value));
  return option ? label(option.label) : String(value ?? "");
}

/** What a new condition begins with. */
export const firstValue = (op: Op) => (op === "last" ? "7d" : op === "older" ? "3" : "");

/** Whether there is something to ask for. */
export function isComplete({ op, value }: Filter): boolean {
  if (op === "null" || op === "notnull" || op === "edits") return true;
  if (op === "last") return value in PERIODS || DAYS.test(value);
  if (op === "older") return /^\d{1,4}$/.test(value);
  return value.replace(op === "range" ? "~" : "", "").trim() !== "";
}

export const write = (filter: Filter) => `${filter.op}.${filter.value}`;

export function parse(field: string, text: string): Filter | null {
  const cut = text.indexOf(".");
  const op = (cut < 0 ? text : text.slice(0, cut)) as Op;
  return op in TEXTS ? { field, op, value: cut < 0 ? "" : text.slice(cut + 1) } : null;
}
