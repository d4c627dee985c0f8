// What the app asks about stories. It writes nothing.
import type { Page } from "@/common";
import { client } from "@/m2/context";

export interface Category {
  id: number;
  code: string;
  name: string;
}
export interface Banner {
  id: number;
  picId: number | null;
  storyId: number | null;
}
export interface Story {
  id: number;
  title: string;
  brief: string | null;
  picId: number | null;
  sendCnt?: number;
  categoryCode?: string;
}
export interface Slice {
  id: number;
  idx: number;
  txt: string;
  /** From 1. */ picIdx: number;
  /** When it begins. */ ms: number;
}
export interface WholeStory extends Story {
  audioId: number | null;
  audioType: string | null;
  pics: { id: number; attId: number; idx: number }[];
  slices: Slice[];
}
export interface Index {
  banner: Banner[];
  category: Category[];
  hot: Story[];
}

const PAGE = 20;
const quiet = { silent: true };

export const index = () => client.call<Index>("appIndex", {}, undefined, quiet);

export async function stories(
  categoryCode: string,
  after: Story | undefined,
  signal: AbortSignal,
): Promise<{ list: Story[]; last: boolean }> {
  const { list } = await client.call<Page<Story>>(
    "Story.query",
    { categoryCode, beforeId: after?.id, res: "id,title,brief,picId", pagesz: PAGE, fmt: "list" },
    undefined,
    { ...quiet, signal },
  );
  return { list, last: list.length < PAGE };
}

export const getStory = (id: number) => client.call<WholeStory>("Story.get", { id }, undefined, quiet);
export const picture = (id: number, small = false) => client.att(id, null, small ? { thumb: 1 } : {});
