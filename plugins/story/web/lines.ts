// The lines of a story: when each begins, which picture it shows. Pure.
import type { Row } from "@/common";

/** `1:05.5` for 65500 milliseconds. */
export function clockOf(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  const [minutes, rest] = [Math.floor(tenths / 600), tenths % 600];
  const seconds = `${String(Math.floor(rest / 10)).padStart(2, "0")}${rest % 10 ? `.${rest % 10}` : ""}`;
  return `${minutes}:${seconds}`;
}

/** Milliseconds of `1:05.5`, `65.5` or `1：05`; null when it is no time. */
export function msOf(text: string): number | null {
  const found = /^(?:(\d{1,3})[:：])?(\d{1,4}(?:\.\d{1,3})?)$/.exec(text.trim());
  if (!found) return null;
  const [minutes, seconds] = [Number(found[1] ?? 0), Number(found[2])];
  return found[1] !== undefined && seconds >= 60 ? null : Math.round((minutes * 60 + seconds) * 1000);
}

/** The file that a line shows: its picture, counted from 1 along the order of the story's pictures. */
export function pictureOf(pics: Row[], line: Row): number | null {
  const shown = inOrder(pics)[Number(line["picIdx"] ?? 0) - 1];
  return shown ? Number(shown["attId"]) : null;
}

/** Those that stay, in their order. */
export const inOrder = (rows: Row[]): Row[] =>
  rows.filter((row) => !row["_delete"]).sort((a, b) => Number(a["idx"] ?? 0) - Number(b["idx"] ?? 0));

/** The line that is added: after the last one, with its picture, begun where the sound is, or some seconds on. */
export function nextLine(rows: Row[], soundMs: number): Row {
  const last = inOrder(rows).at(-1);
  const most = Math.max(0, ...rows.map((row) => Number(row["idx"] ?? 0)));
  const after = last ? Number(last["ms"] ?? 0) + STEP_MS : 0;
  return {
    idx: most + 1,
    txt: "",
    picIdx: Number(last?.["picIdx"] ?? 1),
    ms: last && soundMs > Number(last["ms"] ?? 0) ? Math.round(soundMs) : after,
  };
}
const STEP_MS = 4000;

/** Two lines change places: what they say and show, while each place keeps its number and its moment. */
export function swap(rows: Row[], a: Row, b: Row): Row[] {
  const content = (row: Row) => ({ txt: row["txt"], picIdx: row["picIdx"] });
  return rows.map((row) => (row === a ? { ...row, ...content(b) } : row === b ? { ...row, ...content(a) } : row));
}

/** What is wrong with the moments: the first line that begins before the one above it. */
export function disorder(rows: Row[]): number {
  const lines = inOrder(rows);
  return lines.findIndex((line, n) => n > 0 && Number(line["ms"] ?? 0) < Number(lines[n - 1]!["ms"] ?? 0));
}
