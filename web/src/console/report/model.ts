// A pivot report as data, the query it asks, and the grid of cells that its answer makes. Pure.
import { label, say, type Field, type ObjectMeta, type Pair, type Row } from "@/common";
import { axisOf, bucketName, UNITS, type Unit } from "../charts/buckets";
import { condOfAll, optionLabel, periodRange, type Filter } from "../grid/filters";

/** `t:d` = a time unit, `f:status` = a field. */
export type Dimension = string;
export type Fn = "COUNT" | "SUM" | "AVG" | "MAX" | "MIN";
export interface Measure {
  fn: Fn;
  field: string;
}
export interface ReportDef {
  obj: string;
  rows: Dimension[];
  cols: Dimension[];
  measures: Measure[];
  timeField: string;
  filters: Filter[];
  view: "bar" | "stack" | "line" | "table";
}
export interface SavedReport {
  id: number;
  name: string;
  obj: string;
  def: string;
}

export const FNS: Record<Fn, Pair> = {
  COUNT: ["行数", "Rows"],
  SUM: ["合计", "Sum"],
  AVG: ["平均", "Average"],
  MAX: ["最大", "Maximum"],
  MIN: ["最小", "Minimum"],
};

const unitOf = (d: Dimension): Unit | null => (d.startsWith("t:") ? (d.slice(2) as Unit) : null);
const fieldOf = (meta: ObjectMeta, name: string): Field | undefined => meta.fields.find((f) => f.name === name);

export function dimensionsOf(meta: ObjectMeta, timeField: string): { value: Dimension; text: string }[] {
  const units = timeField
    ? Object.entries(UNITS).map(([unit, u]) => ({
        value: `t:${unit}`,
        text: `${label(fieldOf(meta, timeField)?.label)} · ${say(u.title)}`,
      }))
    : [];
  const fields = meta.fields.filter(
    (f) =>
      f.type !== "id" && f.type !== "text" && f.type !== "datetime" && f.kind !== "pwd" && f.kind !== "attachment" && f.type !== "decimal",
  );
  return [...units, ...fields.map((f) => ({ value: `f:${f.name}`, text: label(f.label) || f.name }))];
}

export function measurable(meta: ObjectMeta): Field[] {
  return meta.fields.filter((f) => ["int", "real", "decimal"].includes(f.type) && !f.ref && f.kind !== "attachment");
}

export function nameOfMeasure(meta: ObjectMeta, m: Measure): string {
  const field = fieldOf(meta, m.field);
  return m.fn === "COUNT" || !field ? say(FNS[m.fn]) : `${label(field.label)} ${say(FNS[m.fn])}`;
}

/** A new report of an object: what one usually asks first. */
export function start(meta: ObjectMeta): ReportDef {
  const timeField = meta.timeField ?? meta.fields.find((f) => f.type === "datetime")?.name ?? "";
  const state = meta.fields.find((f) => f.name === meta.states?.field) ?? meta.fields.find((f) => f.options);
  return {
    obj: meta.obj,
    rows: timeField ? ["t:d"] : state ? [`f:${state.name}`] : [],
    cols: timeField && state ? [`f:${state.name}`] : [],
    measures: [{ fn: "COUNT", field: "" }],
    timeField,
    filters: timeField ? [{ field: timeField, op: "last", value: "30d" }] : [],
    view: "stack",
  };
}

export function queryOf(def: ReportDef, meta: ObjectMeta): Row {
  const columns = [...def.rows, ...def.cols].flatMap((d) => {
    const unit = unitOf(d);
    return unit ? UNITS[unit].columns : [d.slice(2)];
  });
  const res = def.measures.map((m, i) => `${m.fn}(${m.fn === "COUNT" ? "1" : m.field}) m${i}`).join(",");
  return {
    gres: [...new Set(columns)].join(",") || undefined,
    res,
    cond: condOfAll(def.filters, meta.fields) || undefined,
    tmField: def.timeField || undefined,
    fmt: "array",
    pagesz: -1,
  };
}

export interface Pivot {
  rows: string[];
  cols: string[];
  cell: (row: number, col: number, measure: number) => number | null;
}

export function pivotOf(def: ReportDef, meta: ObjectMeta, answer: Row[], names: Map<string, string>, none: string): Pivot {
  const nameIn = (dims: Dimension[], row: Row) =>
    dims
      .map((d) => {
        const unit = unitOf(d);
        if (unit) return bucketName(unit, row);
        const field = fieldOf(meta, d.slice(2));
        const value = row[d.slice(2)];
        if (value === null || value === undefined || value === "") return none;
        return names.get(`${d}=${value}`) ?? (field ? optionLabel(field, value) : String(value));
      })
      .join(" · ") || "";
  const cells = new Map<string, Row>();
  const rows = new Set<string>();
  const cols = new Set<string>();
  for (const row of answer) {
    const r = nameIn(def.rows, row);
    const c = nameIn(def.cols, row);
    rows.add(r);
    cols.add(c);
    cells.set(`${r}\u0001${c}`, row);
  }
  const rowList = ordered(def.rows, [...rows], def, meta, answer);
  const colList = ordered(def.cols, [...cols], def, meta, answer);
  return {
    rows: rowList,
    cols: colList,
    cell: (r, c, m) => {
      const v = cells.get(`${rowList[r]}\u0001${colList[c]}`)?.[`m${m}`];
      return v === undefined || v === null ? null : Number(v);
    },
  };
}

/** Time runs forward with its empty days; states keep their own order; the rest sorts by name. */
function ordered(dims: Dimension[], found: string[], def: ReportDef, meta: ObjectMeta, answer: Row[]): string[] {
  const only = dims.length === 1 ? dims[0]! : "";
  const unit = unitOf(only);
  if (unit) {
    const period = def.filters.find((f) => f.field === def.timeField && (f.op === "last" || f.op === "range"));
    const [from, to] = period ? (period.op === "last" ? periodRange(period.value) : period.value.split("~")) : [];
    if ((unit === "d" || unit === "m" || unit === "h" || unit === "wd") && ((from && to) || unit === "h" || unit === "wd"))
      return axisOf(unit, from ?? "", to ?? "", answer);
    return found.sort();
  }
  const options = only ? fieldOf(meta, only.slice(2))?.options?.map((o) => label(o.label)) : undefined;
  return options
    ? found.sort((a, b) => place(options, a) - place(options, b))
    : found.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
}
const place = (list: string[], one: string) => {
  const at = list.indexOf(one);
  return at < 0 ? list.length : at;
};
