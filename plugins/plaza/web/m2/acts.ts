// Liking and removing, for the wall and the page of a post alike: shown at once, taken back with its reason when refused.
import { useRouter } from "vue-router";
import { ApiError, bad, good, words } from "@/common";
import { session } from "@/m2/context";
import type { useConfirm } from "@/m2/ui/confirm";
import { isGone, like, needsCircle, removePost, tell, type Post } from "./api";

const w = words({
  notLiked: ["没有点赞成功：{reason}", "Not liked: {reason}"],
  ask: ["删除这条动态？", "Delete this post?"],
  askText: ["图片、点赞和评论会一起删除，不能恢复。", "Its pictures, likes and comments go with it and cannot be brought back."],
  del: ["删除", "Delete"],
  deleted: ["已删除", "Deleted."],
  notDeleted: ["没有删除成功：{reason}", "Not deleted: {reason}"],
});

export function useActs(ask: ReturnType<typeof useConfirm>["ask"]) {
  const router = useRouter();

  /** Whether somebody is logged in; otherwise leads to the login and back. */
  function known(): boolean {
    if (session.me.value) return true;
    void router.push({ path: "/login", query: { to: router.currentRoute.value.fullPath } });
    return false;
  }

  /** Shows what went wrong; who is in no circle is led to one. */
  function refused(error: unknown, text: (values: { reason: string }) => string): void {
    if (!(error instanceof ApiError)) throw error;
    if (needsCircle(error)) void router.push("/plaza/circle");
    else bad(text({ reason: error.message }), error.logId);
  }

  const busy = new Set<number>();
  async function toggleLike(post: Post): Promise<void> {
    if (!known() || busy.has(post.id)) return;
    busy.add(post.id);
    const { id, liking, likeCnt } = post;
    tell({ id, change: { liking: liking ? 0 : 1, likeCnt: likeCnt + (liking ? -1 : 1) } });
    try {
      const answer = await like(id, !liking);
      tell({ id, change: { likeCnt: answer.likeCnt } });
    } catch (error) {
      tell(isGone(error) ? { id, gone: true } : { id, change: { liking, likeCnt } });
      refused(error, w.notLiked);
    } finally {
      busy.delete(id);
    }
  }

  /** True once it is gone. */
  async function remove(post: Post): Promise<boolean> {
    if (!(await ask({ title: w.ask(), text: w.askText(), yes: w.del(), danger: true }))) return false;
    try {
      await removePost(post.id);
    } catch (error) {
      if (!isGone(error)) {
        refused(error, w.notDeleted);
        return false;
      }
    }
    tell({ id: post.id, gone: true });
    good(w.deleted());
    return true;
  }

  return { known, refused, toggleLike, remove };
}
