// The calls of an import: where the columns of a file go, what its rows would do, the import itself and how far it is.
import { ApiError, type Query } from "@/common";
import { client } from "../context";

export interface FileColumn { at: number; heading: string; samples: string[]; field: string | null; by?: string; why?: "unknown" | "readonly" | "twice" }
export interface Columns { total: number; columns: FileColumn[]; missing: { field: string; label: string }[] }
export interface FaultyRow { line: number; message: string; cells: string[] }
/** A text in the file that several records have. */
export interface Choice { field: string; label: string; text: string; candidates: { id: number; text: string }[] }
export interface Tried extends Columns { cnt: number; faultCnt: number; faults: FaultyRow[]; choices: Choice[] }
export interface Imported { cnt: number; faultCnt: number; faults: FaultyRow[]; apiLogId?: number; jobId?: number }
export type Chosen = Record<string, Record<string, number>>;

export const FILES = ".xlsx,.xls,.csv,.txt,.tsv";

/** A copy of a chosen file: it may change or go while it is looked at. */
export const kept = async (file: File) => new File([await file.arrayBuffer()], file.name);
export const pasted = (text: string) => new File([text], "paste.txt", { type: "text/plain" });

export function send<T>(obj: string, file: File, query: Query, choices: Chosen = {}): Promise<T> {
  const form = new FormData();
  if (Object.keys(choices).length) form.append("choices", JSON.stringify(choices));
  form.append("file", file, file.name);
  return client.call<T>(`${obj}.batchAdd`, query, form, { silent: true });
}

/** Imports, telling how far it is. */
export async function importNow(obj: string, file: File, query: Query, choices: Chosen, far: (done: number, total: number) => void): Promise<Imported> {
  const { jobId } = await send<{ jobId: number }>(obj, file, { ...query, partial: 1, async: 1 }, choices);
  for (;;) {
    const job = await client.call("Job.get", { id: jobId }, undefined, { silent: true });
    far(Number(job.done ?? 0), Number(job.total ?? 0));
    if (job.state === "done") return job.result;
    if (job.state === "failed") throw new ApiError(1, (job.errors ?? []).join("\n"), null, "Job.get");
    await new Promise((next) => setTimeout(next, 400));
  }
}

export const leftFile = (jobId: number) => client.url("Job.file", { id: jobId });
