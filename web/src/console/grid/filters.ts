// A filter as data: how it is written in the address bar, in a chip, and as a condition of the protocol.
// URL: `f.status=in.CR,RE`, `f.createTm=range.2026-11-01~2026-11-20`, `f.amount=range.100~`. Pure.
import { daysAgo, label, now, say, ymd, type Field, type Pair } from "@/common";

export type Op = "has" | "eq" | "ne" | "starts" | "in" | "range" | "last" | "null" | "notnull" | "edits";

export interface Filter { field: string; op: Op; value: string }

const TEXTS: Record<Op, Pair> = {
  has: ["包含", "contains"],
  eq: ["等于", "is"],
  ne: ["不等于", "is not"],
  starts: ["开头是", "starts with"],
  in: ["是", "is one of"],
  range: ["范围", "between"],
  last: ["时段", "period"],
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
  month: ["本月", "this month"],
  lastmonth: ["上月", "last month"],
  year: ["今年", "this year"],
};

export function periodRange(key: string, at = now()): [from: string, to: string] {
  const y = at.getFullYear();
  const m = at.getMonth();
  const today = ymd(at);
  switch (key) {
    case "yesterday": return [daysAgo(1, at), daysAgo(1, at)];
    case "7d": return [daysAgo(6, at), today];
    case "30d": return [daysAgo(29, at), today];
    case "month": return [ymd(new Date(y, m, 1)), today];
    case "lastmonth": return [ymd(new Date(y, m - 1, 1)), ymd(new Date(y, m, 0))];
    case "year": return [`${y}-01-01`, today];
    default: return [today, today];
  }
}

export function opsOf(field: Field): Op[] {
  if (field.options?.length) return ["in", "null", "notnull"];
  switch (field.type) {
    case "id": case "int": case "real": case "decimal": return field.ref ? ["eq", "null", "notnull"] : ["range", "eq", "ne", "null", "notnull"];
    case "flag": return ["eq"];
    case "datetime": case "date": return ["last", "range", "null", "notnull"];
    default: return ["has", "eq", "ne", "starts", "null", "notnull"];
  }
}

export const isTime = (field: Field) => field.type === "datetime" || field.type === "date";
export const isNumber = (field: Field) => ["id", "int", "real", "decimal", "flag"].includes(field.type);

const quote = (text: string) => `'${text.replace(/'/g, "''")}'`;

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
    case "edits": return `(${EDITS.map((action) => `${f} LIKE '%.${action}'`).join(" OR ")})`;
    case "null": return `${f} IS NULL`;
    case "notnull": return `${f} IS NOT NULL`;
    case "in": return `${f} IN (${value.split(",").map((v) => literal(field, v)).join(",")})`;
    case "has": return `${f} LIKE ${quote(`%${value}%`)}`;
    case "starts": return `${f} LIKE ${quote(`${value}%`)}`;
    case "ne": return `${f}<>${literal(field, value)}`;
    case "last": case "range": {
      const [from, to] = op === "last" ? periodRange(value) : value.split("~");
      const parts: string[] = [];
      if (from) parts.push(`${f}>=${literal(field, from)}`);
      // A day means the whole day: up to, not including, the next one.
      if (to) parts.push(isTime(field) && to.length === 10 ? `${f}<${quote(nextDay(to))}` : `${f}<=${literal(field, to)}`);
      return parts.join(" AND ");
    }
    default: return `${f}=${literal(field, value)}`;
  }
}

export function condOfAll(filters: Filter[], fields: Field[]): string {
  return filters.flatMap((one) => {
    const field = fields.find((f) => f.name === one.field);
    return field ? [condOf(one, field)] : [];
  }).filter(Boolean).join(" AND ");
}

export function textOf(filter: Filter, field: Field): string {
  const { op, value } = filter;
  if (op === "null" || op === "notnull" || op === "edits") return opText(op);
  if (op === "last") return PERIODS[value] ? say(PERIODS[value]) : value;
  if (op === "in") return value.split(",").map((v) => optionLabel(field, v)).join(", ");
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

export const write = (filter: Filter) => `${filter.op}.${filter.value}`;

export function parse(field: string, text: string): Filter | null {
  const cut = text.indexOf(".");
  const op = (cut < 0 ? text : text.slice(0, cut)) as Op;
  return op in TEXTS ? { field, op, value: cut < 0 ? "" : text.slice(cut + 1) } : null;
}
