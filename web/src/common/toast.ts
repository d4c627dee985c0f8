// Short messages to the person; drawn by ui/Toasts.vue, which each front end mounts once.
// An error stays until closed and carries the number under which the server remembers the call.
import { reactive } from "vue";

export interface Toast {
  id: number;
  tone: "info" | "good" | "bad";
  text: string;
  /** ApiLog id, copyable. */
  reference?: string;
  action?: { label: string; run: () => void };
}

export const toasts = reactive<Toast[]>([]);
let last = 0;
/** How long a message stays, and how many at once help anybody; the oldest goes. */
const manner = { shownMs: 3200, most: 4 };

/** On a phone: one short message, gone with the page it belongs to. */
export function beBrief(): void {
  Object.assign(manner, { shownMs: 1600, most: 1 });
}

export function toast(text: string, more: Partial<Omit<Toast, "id" | "text">> = {}): void {
  const twin = toasts.find((t) => t.text === text && t.tone === (more.tone ?? "info"));
  if (twin) closeToast(twin.id);
  const item: Toast = { id: ++last, tone: "info", text, ...more };
  toasts.push(item);
  if (toasts.length > manner.most) toasts.shift();
  if (item.tone !== "bad") setTimeout(() => closeToast(item.id), item.action ? manner.shownMs * 2.5 : manner.shownMs);
}

export function closeToast(id: number): void {
  const at = toasts.findIndex((t) => t.id === id);
  if (at >= 0) toasts.splice(at, 1);
}

export const good = (text: string, action?: Toast["action"]) => toast(text, { tone: "good", action });
export const bad = (text: string, reference?: string) => toast(text, { tone: "bad", reference });
