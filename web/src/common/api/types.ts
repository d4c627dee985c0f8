// Shapes that many calls share.

export type Value = string | number | boolean | null;
export type Row = Record<string, any>;

/** Compact table: `h` names the columns of every row in `d`. */
export interface HdTable {
  h: string[];
  d: any[][];
  /** How many rows were given of more. */ cut?: number;
  nextkey?: number;
  total?: number;
  stat?: Row;
}
export interface Page<T = Row> {
  list: T[];
  nextkey?: number;
  total?: number;
  /** There are more rows than `total`. */ totalMore?: 1;
  stat?: Row;
}

/** URL parameters; undefined, null and "" are left out. */
export type Query = Record<string, string | number | boolean | undefined | null>;

export interface BatchItem {
  ac: string;
  get?: Query;
  post?: Row;
  ref?: string[];
}
export type BatchReply = [0, any] | [number, string, ...any[]];

export interface Uploaded {
  id: number;
  orgName: string;
  size: number;
  path: string;
  name: string;
  thumbId?: number;
  k?: string;
}

export function rowsOf<T = Row>(table: HdTable): T[] {
  return table.d.map((values) => Object.fromEntries(table.h.map((name, at) => [name, values[at]])) as T);
}
