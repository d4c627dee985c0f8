// Pages that come when asked for may fail to come: the person is told, and can try again.
import type { Router } from "vue-router";
import { server } from "./api/server";
import { words } from "./lang";
import { toast } from "./toast";

const w = words({
  failed: ["页面没有加载成功，请检查网络", "The page could not be loaded. Check your network."],
  retry: ["重试", "Try again"],
});

/** Says so when a page of this router cannot be fetched; a second try fetches it anew. */
export function tellUnloaded(router: Router): void {
  router.onError((error, to) => {
    if (!/dynamically imported|module script|Failed to fetch|preload/i.test(String(error))) throw error;
    server.reachable = false;
    toast(w.failed(), { tone: "bad", action: { label: w.retry(), run: () => void again(router, to.fullPath) } });
  });
}

/** A browser remembers that a module did not come, so another load of the same address asks for nothing: the
 *  whole page is opened anew at that place, if the server can be reached. */
async function again(router: Router, path: string): Promise<void> {
  const there = await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (!there?.ok) {
    toast(w.failed(), { tone: "bad", action: { label: w.retry(), run: () => void again(router, path) } });
    return;
  }
  location.hash = router.resolve(path).href.replace(/^.*#/, "#");
  location.reload();
}
