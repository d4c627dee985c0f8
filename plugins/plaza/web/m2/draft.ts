// The post being written, kept on the phone per person until it is sent, and sent once: after a try that got no answer
// the wall is first asked whether it arrived.
import { ApiError, read, write } from "@/common";
import { session } from "@/m2/context";
import { keepPictures, keptPictures, type KeptPicture } from "@/m2/pictures/keep";
import { addPost, tell, wall } from "./api";

export interface Draft {
  content: string;
  /** Set when a try ended without an answer: the newest post known before it. */
  unsure?: number;
}

const key = () => `m2.post.${session.me.value?.id ?? 0}`;

export const readDraft = (): Draft => ({ content: "", ...read<Partial<Draft>>(key(), {}) });
export const writeDraft = (draft: Draft) => write(key(), draft.content.trim() || draft.unsure !== undefined ? draft : null);
export const readPictures = (): Promise<KeptPicture[]> => keptPictures(key());
export const writePictures = (pictures: KeptPicture[]) => keepPictures(key(), pictures);

export async function dropDraft(): Promise<void> {
  write(key(), null);
  await keepPictures(key(), []);
}

const newest = () => wall(undefined, new AbortController().signal).then((part) => part.list);

export async function send(draft: Draft, attIds: number[]): Promise<number> {
  const content = draft.content.trim();
  const me = session.me.value?.id;
  const { unsure } = draft;
  const before = await newest();
  const twin =
    unsure === undefined
      ? undefined
      : before.find(
          (post) =>
            post.id > unsure && post.userId === me && (post.content ?? "") === content && (post.pics?.length ?? 0) === attIds.length,
        );
  if (twin) return twin.id;
  try {
    const id = await addPost(content, attIds);
    tell("new");
    return id;
  } catch (error) {
    if (error instanceof ApiError && error.offline) {
      draft.unsure = unsure ?? before[0]?.id ?? 0;
      writeDraft(draft);
    }
    throw error;
  }
}
