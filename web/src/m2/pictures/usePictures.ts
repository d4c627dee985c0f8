// The pictures of a form: made small, sent at once in the background (two at a time), each with its progress and its own retry.
import { computed, onScopeDispose, reactive } from "vue";
import { ApiError, words, type Uploaded } from "@/common";
import { client } from "../context";
import { compress } from "./compress";
import type { KeptPicture } from "./keep";

export interface Picture {
  key: string;
  /** Shown from the phone, also after sending. */
  url: string;
  blob: Blob | null;
  state: "packing" | "waiting" | "sending" | "sent" | "failed";
  /** 0..1 of the sending. */
  part: number;
  /** Attachment id, once sent. */
  id?: number;
  at?: number;
  /** Of a picture the record had before: its row, and its full-size address. */
  rowId?: number;
  large?: string;
  problem?: string;
}

const AT_ONCE = 2;
/** The server removes files that nothing refers to after a day; an older one is sent again. */
const GOOD_MS = 12 * 3600_000;
const w = words({ unreadable: ["这张图片无法读取，请换一张", "This picture cannot be read. Choose another."] });

/** `category` is the server's: who may send and see such files. */
export function usePictures(most: number, category?: string) {
  const list = reactive<Picture[]>([]);
  const stops = new Map<string, AbortController>();
  const busy = computed(() => list.filter((p) => p.state === "packing" || p.state === "waiting" || p.state === "sending"));
  const failed = computed(() => list.filter((p) => p.state === "failed"));
  const room = computed(() => most - list.length);

  async function add(files: Iterable<File>): Promise<void> {
    const chosen = [...files].slice(0, room.value).map((file) => ({
      file,
      picture: reactive<Picture>({
        key: `${Date.now()}-${Math.random().toString(36).slice(2)}`,
        url: "",
        blob: null,
        state: "packing",
        part: 0,
      }),
    }));
    list.push(...chosen.map((one) => one.picture));
    // One after the other: several large canvases at once can end the page on a small phone.
    for (const { file, picture } of chosen) {
      try {
        picture.blob = await compress(file);
        picture.url = URL.createObjectURL(picture.blob);
        picture.state = "waiting";
        pump();
      } catch {
        picture.state = "failed";
        picture.problem = w.unreadable();
      }
    }
  }

  function restore(kept: KeptPicture[]): void {
    for (const { key, blob, id: sent, at } of kept) {
      const id = at && Date.now() - at < GOOD_MS ? sent : undefined;
      list.push({ key, blob, id, at, url: URL.createObjectURL(blob), state: id ? "sent" : "waiting", part: id ? 1 : 0 });
    }
    pump();
  }

  function pump(): void {
    const running = list.filter((p) => p.state === "sending").length;
    for (const picture of list.filter((p) => p.state === "waiting").slice(0, AT_ONCE - running)) void send(picture);
  }

  async function send(picture: Picture): Promise<void> {
    const stop = new AbortController();
    stops.set(picture.key, stop);
    picture.state = "sending";
    picture.part = 0;
    picture.problem = undefined;
    try {
      const [done] = (await client.upload(
        [picture.blob!],
        { genThumb: 1, autoResize: 0, category },
        (part) => {
          picture.part = part;
        },
        { silent: true, signal: stop.signal },
      )) as [Uploaded];
      picture.id = done.id;
      picture.at = Date.now();
      picture.state = "sent";
    } catch (error) {
      picture.state = "failed";
      picture.problem = error instanceof ApiError ? error.message : String(error);
    } finally {
      stops.delete(picture.key);
      pump();
    }
  }

  function retry(picture: Picture): void {
    if (!picture.blob) return;
    picture.state = "waiting";
    pump();
  }

  function remove(picture: Picture): void {
    const at = list.findIndex((p) => p.key === picture.key);
    if (at < 0) return;
    list.splice(at, 1);
    stops.get(picture.key)?.abort();
    if (picture.blob) URL.revokeObjectURL(picture.url);
  }

  function clear(): void {
    for (const picture of [...list]) remove(picture);
  }

  onScopeDispose(clear);
  return { list, busy, failed, room, add, restore, retry, remove, clear, retryAll: () => failed.value.forEach(retry) };
}

export type Pictures = ReturnType<typeof usePictures>;
