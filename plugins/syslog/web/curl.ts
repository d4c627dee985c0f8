// A logged call as a curl command, and logged texts laid out for reading. Pure.
import type { Row } from "@/common";

const shell = (text: string) => `'${text.replace(/'/g, `'\\''`)}'`;

/** The log writes `a=1, b=2;\nc=3` (URL parameters, then the body's) or the body as it came. */
export function split(req: string): { get: [string, string][]; body: string } {
  const cut = req.search(/;\s*\n/);
  const head = cut < 0 ? req : req.slice(0, cut);
  const body =
    cut < 0
      ? ""
      : req
          .slice(cut)
          .replace(/^;\s*\n/, "")
          .trim();
  if (cut < 0 && /^\s*[[{]/.test(req)) return { get: [], body: req.trim() };
  return { get: pairs(head), body };
}

function pairs(text: string): [string, string][] {
  const out: [string, string][] = [];
  for (const piece of text.split(/,\s(?=[\w.[\]]+=)/)) {
    const eq = piece.indexOf("=");
    if (eq > 0) out.push([piece.slice(0, eq).trim(), piece.slice(eq + 1)]);
  }
  return out;
}

export function curlOf(row: Row, origin: string): string {
  const { get, body } = split(String(row["req"] ?? ""));
  const batch = String(row["ac"] ?? "").startsWith("batch");
  const ac = batch ? "batch" : String(row["ac"] ?? "");
  const query = new URLSearchParams(get.filter(([k]) => k !== "ac" && k !== "_ac"));
  if (row["app"] && !query.has("_app")) query.set("_app", String(row["app"]));
  const lines = [
    `curl ${shell(`${origin}/api/${ac}?${query}`)}`,
    `  -b ${shell(
      `${String(row["app"] ?? "user")
        .replace(/(\d+|-\w+)$/, "")
        .replace(/^store$/, "emp")}id=<session>`,
    )}`,
  ];
  if (body) {
    const json = /^[[{]/.test(body);
    lines.push(`  -H ${shell(`Content-Type: ${json ? "application/json" : "application/x-www-form-urlencoded"}`)}`);
    lines.push(
      json
        ? `  --data-raw ${shell(body)}`
        : pairs(body)
            .map(([k, v]) => `  --data-urlencode ${shell(`${k}=${v}`)}`)
            .join(" \\\n"),
    );
  }
  return lines.join(" \\\n");
}

/** JSON is indented; one parameter a line. */
export function layOut(value: unknown): string {
  const text = String(value ?? "").trim();
  if (!text) return "–";
  if (/^[[{]/.test(text)) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
  return text.includes("=") ? text.replace(/,\s(?=[\w.[\]]+=)/g, "\n") : text;
}
