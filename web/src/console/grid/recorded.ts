// What the log of changes holds of one record, in words people read.
import { label, words, type ObjectMeta, type Page, type Row } from "@/common";
import { client } from "../context";
import { changeWord } from "../changes";
import { isSecret } from "./columns";
import { optionLabel } from "./filters";
import type { Change } from "./timeline";

const w = words({
  empty: ["空", "empty"],
  some: ["有人", "Someone"],
  user: ["{name}（用户）", "{name} (user)"],
  admin: ["超级管理员", "Super administrator"],
});

export interface Entry {
  id: number;
  what: string;
  restorable: boolean;
  tm: string;
  who: string;
  call: number | null;
  changes: Change[];
}

const blank = (value: unknown) => value === null || value === undefined || value === "";
const RESTORABLE = ["添加", "更新", "恢复"];
/** The app says whose id `userId` is; it does not come by itself. */
const COLUMNS = "id,dscr,tm,userId,empName,app,apiLogId,changes";

/** Newest first; refused to those who may not see changes. */
export async function recorded(meta: ObjectMeta, id: number): Promise<Entry[]> {
  const query = { cond: `obj='${meta.table}' AND objId=${id}`, res: COLUMNS, orderby: "id desc", pagesz: 100, fmt: "list" };
  const { list } = await client.call<Page>("ObjLog.query", query, undefined, { silent: true });
  const names = await namesOf(list);
  return list.map((r: Row) => ({
    id: r["id"],
    what: changeWord(String(r["dscr"] ?? "")),
    restorable: RESTORABLE.includes(String(r["dscr"])),
    tm: r["tm"] ?? "",
    who: whoOf(r, names),
    call: r["apiLogId"] ?? null,
    changes: changesOf(meta, r["changes"]),
  }));
}

function changesOf(meta: ObjectMeta, text: unknown): Change[] {
  let all: Record<string, [unknown, unknown]>;
  try {
    all = typeof text === "string" ? JSON.parse(text) : (text ?? {});
  } catch {
    return [];
  }
  return Object.entries(all ?? {}).flatMap(([name, pair]) => {
    const field = meta.fields.find((f) => f.name === name);
    if (!Array.isArray(pair) || (field && isSecret(field))) return [];
    const show = (v: unknown) => (blank(v) ? w.empty() : field ? optionLabel(field, v) : String(v));
    return [{ field: name, name: field ? label(field.label) || name : name, from: blank(pair[0]) ? "" : show(pair[0]), to: show(pair[1]) }];
  });
}

/** Names of the users among the callers, as far as the reader may see them. */
async function namesOf(rows: Row[]): Promise<Map<number, string>> {
  const ids = [...new Set(rows.filter(isUser).map((r) => Number(r["userId"])))];
  if (!ids.length) return new Map();
  const query = { cond: `id IN (${ids.join(",")})`, res: "id,name", fmt: "array", pagesz: -1 };
  const users = await client.call<Row[]>("User.query", query, undefined, { silent: true }).catch(() => []);
  return new Map(users.map((u) => [Number(u["id"]), String(u["name"] ?? "")]));
}

const isUser = (r: Row) => !!r["userId"] && String(r["app"] ?? "").startsWith("user");

function whoOf(r: Row, names: Map<number, string>): string {
  if (r["empName"]) return r["empName"];
  if (String(r["app"] ?? "").startsWith("admin")) return w.admin();
  if (isUser(r)) return w.user({ name: names.get(Number(r["userId"])) || `#${r["userId"]}` });
  return r["userId"] ? `#${r["userId"]}` : w.some();
}
