// The order being written, kept on the phone per person until it is sent: the text in localStorage, the pictures beside it.
import { read, write } from "@/common";
import { session } from "../context";
import { keepPictures, keptPictures, type KeptPicture } from "../pictures/keep";

export interface Draft {
  dscr: string;
  amount: string;
  cmt: string;
  /** Set when a try ended without an answer: the order may exist. Holds the newest order known before it. */
  unsure?: number;
}

const key = () => `m2.draft.${session.me.value?.id ?? 0}`;

export const emptyDraft = (): Draft => ({ dscr: "", amount: "", cmt: "" });
export const isEmpty = (draft: Draft) => !draft.dscr.trim() && !draft.amount.trim() && !draft.cmt.trim();

export const readDraft = (): Draft => ({ ...emptyDraft(), ...read<Partial<Draft>>(key(), {}) });
export const writeDraft = (draft: Draft) => write(key(), isEmpty(draft) ? null : draft);

/** What was typed a moment ago on another page is no surprise: the form does not speak of it as restored. */
let handed = false;
export function handOver(draft: Draft): void {
  writeDraft(draft);
  handed = true;
}
export function takeHanded(): boolean {
  const was = handed;
  handed = false;
  return was;
}

export const readPictures = (): Promise<KeptPicture[]> => keptPictures(key());
export const writePictures = (pictures: KeptPicture[]) => keepPictures(key(), pictures);

export async function dropDraft(): Promise<void> {
  write(key(), null);
  await keepPictures(key(), []);
}
