// Reads pasted or chosen text as a table: tab or comma separated, quotes doubled, UTF-8 or GB18030. Pure but for the file.

export function parseTable(text: string): string[][] {
  const clean = text.replace(/^\ufeff/, "");
  const firstLine = clean.slice(0, clean.indexOf("\n") < 0 ? undefined : clean.indexOf("\n"));
  const comma = firstLine.includes("\t") ? "\t" : ",";
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < clean.length; i++) {
    const c = clean[i]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (clean[i + 1] === '"') { cell += '"'; i++; }
      else quoted = false;
    } else if (c === '"' && cell.trim() === "") { quoted = true; cell = ""; }
    else if (c === comma) { row.push(cell.trim()); cell = ""; }
    else if (c === "\n") { row.push(cell.trim()); rows.push(row); row = []; cell = ""; }
    else if (c !== "\r") cell += c;
  }
  if (cell !== "" || row.length) { row.push(cell.trim()); rows.push(row); }
  return rows.map((r) => r.map(unguard)).filter((r) => r.some((v) => v !== ""));
}

/** Exports guard long digits as `="13800000000"` and formula-like texts with an apostrophe; both are taken off again. */
const unguard = (cell: string) => /^="(.*)"$/.exec(cell)?.[1] ?? (/^'[=+\-@]/.test(cell) ? cell.slice(1) : cell);

export async function readText(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
export const writeCsv = (rows: string[][]) => rows.map((r) => r.map(cell).join(",")).join("\n") + "\n";
