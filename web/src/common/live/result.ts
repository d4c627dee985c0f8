// The result of a live query as its client has it, and how frames change it. Pure: knows no socket and no framework.
import type { HdTable } from "../api/types";

/** A frame of the server about a live query: the whole result, or what changed of it. */
export interface Change {
  offset?: number;
  data?: HdTable;
  /** Rows that are new, changed or moved, … */ set?: any[][];
  /** … each to be put at this place, one after the other. */ at?: number[];
  /** Ids of rows that are gone. */ del?: (number | string)[];
  nextkey?: any;
  total?: any;
  totalMore?: any;
  stat?: any;
}

/** Null when the frame does not fit the result: it has to be read again. */
export function changed(table: HdTable, frame: Change): HdTable | null {
  if (frame.data) return frame.data;
  const { set = [], at = [], del = [] } = frame;
  const id = table.h.indexOf("id");
  if ((set.length || del.length) && (id < 0 || set.length !== at.length)) return null;
  const out = new Set<unknown>([...del, ...set.map((row) => row[id])]);
  const rows = out.size ? table.d.filter((row) => !out.has(row[id])) : [...table.d];
  for (const [i, row] of set.entries()) {
    if (at[i]! > rows.length) return null;
    rows.splice(at[i]!, 0, row);
  }
  const next: HdTable & Record<string, unknown> = { ...table, d: rows };
  for (const name of ["nextkey", "total", "totalMore", "stat"] as const) {
    if (!(name in frame)) continue;
    if (frame[name] === null || frame[name] === undefined) delete next[name];
    else next[name] = frame[name];
  }
  return next;
}
