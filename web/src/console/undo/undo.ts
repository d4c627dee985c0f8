// Undo of calls, by their number in the log: what the server foretells, doing it, and the toast that offers it.
import { ApiError, bad, good, words } from "@/common";
import { catalogue, client } from "../context";

export interface Foretold {
  cnt: number;
  rows: { obj: string; id: number; what: "add" | "set" | "del"; fields: Record<string, [unknown, unknown]> }[];
  left: { obj: string; id: number; field: string; why: string }[];
  conflicts: { obj: string; id: number; field?: string; was?: unknown; now?: unknown; gone?: boolean; there?: boolean }[];
  ok: boolean;
  problem: string | null;
}

const w = words({
  undo: ["撤销", "Undo"],
  undone: ["已撤销：{n} 行恢复原状", "Undone: {n} rows are as they were"],
  left: ["已撤销：{n} 行恢复原状，{m} 个字段未能恢复", "Undone: {n} rows are as they were, but for {m} fields"],
});

/** Whether the log of changes is open to this login: without it nothing is undone. */
export const mayUndo = (): Promise<boolean> =>
  catalogue.all().then(
    (all) => all.some((one) => one.obj === "ObjLog"),
    () => false,
  );

/** Says how an undo ended; it can be undone itself. */
export function tell(done: { cnt: number; left?: unknown[]; apiLogId?: number }, then: () => void): void {
  const text = done.left?.length ? w.left({ n: done.cnt, m: done.left.length }) : w.undone({ n: done.cnt });
  good(text, done.apiLogId ? { label: w.undo(), run: () => void undoCall(done.apiLogId!, then) } : undefined);
}

export async function undoCall(apiLogId: number | string, then: () => void): Promise<void> {
  try {
    tell(await client.call("ObjLog.undo", {}, { apiLogId }, { silent: true }), then);
    then();
  } catch (error) {
    if (error instanceof ApiError) bad(error.message, error.logId);
  }
}

/** A toast with an undo of the whole call, for those who may. */
export async function offer(text: string, apiLogId: number | string | undefined, then: () => void): Promise<void> {
  const may = !!apiLogId && (await mayUndo());
  good(text, may ? { label: w.undo(), run: () => void undoCall(apiLogId!, then) } : undefined);
}
