// What the app asks of and tells to the plaza, and the news that keep the wall and a post in step.
import { onScopeDispose } from "vue";
import { ApiError, type Page } from "@/common";
import { client } from "@/m2/context";

export interface Person {
  userId: number;
  userName: string | null;
  userPicId: number | null;
}
export interface Picture {
  id: number;
  attId: number;
  idx: number;
}
export interface Post extends Person {
  id: number;
  content: string | null;
  likeCnt: number;
  commentCnt: number;
  liking: 0 | 1;
  address: string | null;
  tm: string;
  circleName?: string | null;
  pics?: Picture[];
  likes?: Person[];
}
export interface Comment extends Person {
  id: number;
  content: string;
  tm: string;
}

/** Codes of the plugin: the post is gone; a circle is required. */
const GONE = 12001;
const CIRCLE_NEEDED = 12004;
export const isGone = (error: unknown) => error instanceof ApiError && error.code === GONE;
export const needsCircle = (error: unknown) => error instanceof ApiError && error.code === CIRCLE_NEEDED;

const POSTS = 10;
const COMMENTS = 20;
const quiet = { silent: true };

export async function wall(after: Post | undefined, signal: AbortSignal): Promise<{ list: Post[]; last: boolean }> {
  const { list } = await client.call<Page<Post>>("Plaza.query", { beforeId: after?.id, pagesz: POSTS, fmt: "list" }, undefined, {
    ...quiet,
    signal,
  });
  return { list, last: list.length < POSTS };
}

export const getPost = (id: number) => client.call<Post>("Plaza.get", { id, res: "*,likes" }, undefined, quiet);

export async function comments(post: number, after: Comment | undefined, signal: AbortSignal): Promise<{ list: Comment[]; last: boolean }> {
  const { list } = await client.call<Page<Comment>>(
    "PlazaComment.query",
    { plazaId: post, beforeId: after?.id, pagesz: COMMENTS, fmt: "list" },
    undefined,
    { ...quiet, signal },
  );
  return { list, last: list.length < COMMENTS };
}

export const addPost = (content: string, attIds: number[]) =>
  client.call<number>("Plaza.add", {}, { content: content || undefined, pics: attIds.map((attId) => ({ attId })) }, quiet);
export const removePost = (id: number) => client.call("Plaza.del", { id }, {}, quiet);
export const like = (id: number, on: boolean) => client.call<{ likeCnt: number }>("Plaza.like", { id, on: on ? 1 : 0 }, {}, quiet);
export const addComment = (plazaId: number, content: string) =>
  client.call<{ id: number }>("PlazaComment.add", {}, { plazaId, content }, quiet);
export const removeComment = (id: number) => client.call("PlazaComment.del", { id }, {}, quiet);

/** The caller's circles. */
export const circles = async () =>
  (await client.call<Page<{ id: number; name: string }>>("Circle.query", { fmt: "list" }, undefined, quiet)).list;
export const addCircle = (name: string, userName: string) =>
  client.call<{ id: number; joinPwd: string }>("Circle.add", {}, { name, userName: userName || undefined }, quiet);
export const joinCircle = (circleId: string, joinPwd: string, name: string) =>
  client.call("circleJoin", { circleId }, { joinPwd, name: name || undefined }, quiet);

type News = { id: number; change: Partial<Post> } | { id: number; gone: true } | "new";
const readers = new Set<(news: News) => void>();

/** Something about posts changed here; every page hears it. */
export function tell(news: News): void {
  for (const reader of readers) reader(news);
}

export function onNews(reader: (news: News) => void): void {
  readers.add(reader);
  onScopeDispose(() => readers.delete(reader));
}
