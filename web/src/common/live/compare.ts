// What a list makes of the current result of its question: rows on the page that changed are shown at once and flash; rows that
// came or left wait until somebody asks for them, so that nothing jumps under a hand or an eye.
import { rowsOf, type HdTable, type Row } from "../api/types";

export interface News {
  /** Rows of the result that the page does not show. */ added: number;
  /** Rows of the page that are no longer of the result. */ gone: number;
}

export interface Followed {
  news: News;
  /** The places of rows that changed, with what they are now. */ changed: Map<number, Row>;
}

const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);

export function compare(shown: Row[], result: HdTable): Followed {
  const current = new Map(rowsOf(result).map((row) => [row["id"], row]));
  const changed = new Map<number, Row>();
  let gone = 0;
  for (const [at, row] of shown.entries()) {
    const now = current.get(row["id"]);
    if (!now) gone += 1;
    else if (Object.keys(now).some((name) => !same(now[name], row[name]))) changed.set(at, { ...row, ...now });
  }
  return { changed, news: { added: current.size - (shown.length - gone), gone } };
}
