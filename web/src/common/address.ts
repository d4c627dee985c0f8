// An address that changes while the first page is still coming: a link clicked early, Back, a typed address.
import type { Router } from "vue-router";

/** The router listens to the address once its first page is there; a change until then is followed at that moment. */
export function followAddress(router: Router): void {
  let moved = "";
  const note = () => {
    moved = location.hash.slice(1) || "/";
  };
  addEventListener("hashchange", note);
  void router.isReady().finally(() => {
    removeEventListener("hashchange", note);
    if (moved && moved !== router.currentRoute.value.fullPath) void router.replace(moved);
  });
}
