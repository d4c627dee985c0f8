// The one way to the server. `call` speaks one action; it logs in again with the stored token when the session ended,
// shows errors as toasts unless told not to, and throws ApiError. It keeps no data.
import { lang, words } from "../lang";
import { bad } from "../toast";
import { ApiError, E_ABORT, E_NETWORK, E_NOAUTH } from "./error";
import { learn, server } from "./server";
import type { BatchItem, BatchReply, Query, Row, Uploaded } from "./types";

export interface CallOptions {
  /** The caller shows the error itself. */
  silent?: boolean;
  signal?: AbortSignal;
  /** Do not try to log in again on code 2 (login and session probes). */
  probe?: boolean;
  /** Sent as it is instead of JSON (`batchAdd` takes text). */
  contentType?: string;
  /** Hears the ApiLog id of a call that went well: by it the call can be undone. */
  onLog?: (id: string) => void;
}

export interface ClientHooks {
  /** Tries to get a session back (stored token); true = worth repeating the call. */
  relogin: () => Promise<boolean>;
  /** There is no session and none can be had: show the login page. */
  onLoggedOut: () => void;
}

const w = words({
  network: ["网络不通，请检查网络后重试", "No connection. Check the network and try again."],
  garbled: ["服务器返回了无法识别的内容，请稍后再试", "The server’s answer could not be read. Try again shortly."],
  cut: ["上传中断，请重试", "The upload was interrupted. Try again."],
});

/** Longer reads travel as POST: some proxies cut URLs. */
const MAX_URL = 1800;

export class Client {
  hooks: ClientHooks = { relogin: async () => false, onLoggedOut: () => {} };
  private relogging: Promise<boolean> | null = null;

  /** `_app` of the protocol: user (m2), store, admin. */
  constructor(readonly app: string) {}

  /** The address of an action, e.g. for a download or an image. */
  url(ac: string, query: Query = {}): string {
    const params = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      if (value === undefined || value === null || value === "") continue;
      params.set(key, value === true ? "1" : value === false ? "0" : String(value));
    }
    params.set("_app", this.app);
    params.set("_lang", lang.value);
    return `/api/${ac}?${params}`;
  }

  /** A picture or file by its Attachment id. */
  att(id: number | string, k?: string | null, more: Query = {}): string {
    return this.url("att", { id, k, ...more });
  }

  /** Without a body it is a read (GET); with one, also an empty one, a POST. */
  async call<T = any>(ac: string, query: Query = {}, body?: Row | Row[] | string | FormData, options: CallOptions = {}): Promise<T> {
    try {
      return await this.once<T>(ac, query, body, options);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === E_NOAUTH && !options.probe) {
        if (await this.relogin()) return this.call<T>(ac, query, body, { ...options, probe: true });
        this.hooks.onLoggedOut();
        throw error;
      }
      if (error.code === E_NOAUTH && options.probe && !options.silent) this.hooks.onLoggedOut();
      else if (!options.silent && error.code !== E_ABORT) bad(error.message, error.logId);
      throw error;
    }
  }

  /** Several calls in one round trip; each has its own outcome unless `transaction` makes it all or nothing. */
  async batch(items: BatchItem[], transaction = false, options: CallOptions = {}): Promise<BatchReply[]> {
    return this.call<BatchReply[]>("batch", { useTrans: transaction ? 1 : undefined }, items as Row[], options);
  }

  /** A batch of reads whose answers are all needed; the first failure is thrown. */
  async all<T extends any[] = any[]>(items: BatchItem[], options: CallOptions = {}): Promise<T> {
    const replies = await this.batch(items, false, options);
    return replies.map(([code, data, detail], at) => {
      if (code === 0) return data;
      const error = new ApiError(code, String(data), detail, items[at]?.ac ?? "batch");
      if (!options.silent && !error.silent) bad(error.message);
      throw error;
    }) as T;
  }

  /** Files with progress (0..1); `query` as the action `upload` takes it, or another action's. */
  upload(files: (File | Blob)[], query: Query = {}, onProgress?: (part: number) => void, options: CallOptions = {}): Promise<Uploaded[]> {
    const form = new FormData();
    files.forEach((file, at) => form.append(`file${at || ""}`, file, file instanceof File ? file.name : `picture${at}.jpg`));
    return this.send<Uploaded[]>("upload", query, form, onProgress, options);
  }

  private async send<T>(
    ac: string,
    query: Query,
    form: FormData,
    onProgress: ((part: number) => void) | undefined,
    options: CallOptions,
  ): Promise<T> {
    const fail = (text: string) => new ApiError(E_NETWORK, text, null, ac);
    const once = () =>
      new Promise<T>((resolve, reject) => {
        const xhr = new XMLHttpRequest();
        xhr.open("POST", this.url(ac, query));
        xhr.upload.onprogress = (event) => {
          if (event.lengthComputable) onProgress?.(event.loaded / event.total);
        };
        xhr.onerror = () => reject(fail(w.network()));
        xhr.onabort = () => reject(fail(w.cut()));
        options.signal?.addEventListener("abort", () => xhr.abort());
        xhr.onload = () => {
          const headers = { get: (name: string) => xhr.getResponseHeader(name) };
          learn(headers);
          try {
            resolve(open<T>(ac, xhr.responseText, headers.get("X-Daca-Log-Id")));
          } catch (error) {
            reject(error);
          }
        };
        xhr.send(form);
      });
    try {
      return await once().catch(async (error) => {
        if (error instanceof ApiError && error.code === E_NOAUTH && (await this.relogin())) return once();
        throw error;
      });
    } catch (error) {
      if (error instanceof ApiError && error.code === E_NOAUTH) this.hooks.onLoggedOut();
      else if (error instanceof ApiError && !options.silent && !error.silent) bad(error.message, error.logId);
      throw error;
    }
  }

  private relogin(): Promise<boolean> {
    this.relogging ??= this.hooks
      .relogin()
      .catch(() => false)
      .finally(() => {
        this.relogging = null;
      });
    return this.relogging;
  }

  private async once<T>(ac: string, query: Query, body: unknown, options: CallOptions): Promise<T> {
    const init: RequestInit = { credentials: "same-origin", signal: options.signal, headers: { Accept: "application/json" } };
    let url = this.url(ac, query);
    if (body === undefined && url.length > MAX_URL) {
      url = this.url(ac);
      body = Object.fromEntries(Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== ""));
    }
    if (body !== undefined) {
      init.method = "POST";
      if (body instanceof FormData) init.body = body;
      else if (typeof body === "string") {
        init.body = body;
        init.headers = { ...init.headers, "Content-Type": options.contentType ?? "text/plain; charset=utf-8" };
      } else {
        init.body = JSON.stringify(body);
        init.headers = { ...init.headers, "Content-Type": "application/json" };
      }
    }
    let reply: Response;
    let text: string;
    try {
      reply = await fetch(url, init);
      text = await reply.text();
    } catch (cause) {
      if (options.signal?.aborted) throw new ApiError(E_ABORT, "", cause, ac);
      server.reachable = false;
      throw new ApiError(E_NETWORK, w.network(), cause, ac);
    }
    learn(reply.headers);
    const logId = reply.headers.get("X-Daca-Log-Id");
    const answer = open<T>(ac, text, logId);
    if (logId) options.onLog?.(logId);
    return answer;
  }
}

function open<T>(ac: string, text: string, logId: string | null): T {
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    reply = null;
  }
  if (!Array.isArray(reply)) throw new ApiError(E_NETWORK, w.garbled(), text.slice(0, 300), ac, logId ?? undefined);
  const [code, data, detail] = reply as [number, unknown, unknown];
  if (code === 0) return data as T;
  throw new ApiError(code, typeof data === "string" && data ? data : `ERROR ${code}`, detail, ac, logId ?? undefined);
}
