// The pages and who may see them. The three tabs and the login come with the first load, the rest when asked for.
import { nextTick } from "vue";
import { createRouter, createWebHashHistory, type RouteRecordRaw } from "vue-router";
import { followAddress } from "@/common/address";
import { tellUnloaded } from "@/common/unloaded";
import { session, started, whenLoggedOut } from "./context";
import Home from "./pages/Home.vue";
import Login from "./pages/Login.vue";
import Me from "./pages/Me.vue";
import Orders from "./pages/Orders.vue";
import { tabs } from "./tabs";

declare module "vue-router" {
  interface RouteMeta {
    /** Shows the bottom tabs. */
    tab?: boolean;
    /** May be seen without a login. */
    open?: boolean;
  }
}

const routes: RouteRecordRaw[] = [
  { path: "/", component: Home, meta: { tab: true } },
  { path: "/orders", component: Orders, meta: { tab: true } },
  { path: "/me", component: Me, meta: { tab: true } },
  { path: "/login", component: Login, meta: { open: true } },
  { path: "/welcome", component: () => import("./pages/Welcome.vue") },
  { path: "/new", component: () => import("./pages/NewOrder.vue") },
  { path: "/order/:id(\\d+)", component: () => import("./pages/Order.vue"), props: (to) => ({ id: Number(to.params["id"]) }) },
  { path: "/order/:id(\\d+)/edit", component: () => import("./pages/EditOrder.vue"), props: (to) => ({ id: Number(to.params["id"]) }) },
  { path: "/me/name", component: () => import("./pages/Name.vue") },
  { path: "/me/password", component: () => import("./pages/Password.vue") },
  { path: "/me/devices", component: () => import("./pages/Devices.vue") },
  ...tabs.flatMap((tab) => tab.routes ?? []),
  { path: "/:rest(.*)*", component: () => import("./pages/NotFound.vue"), meta: { open: true } },
];

export const router = createRouter({
  history: createWebHashHistory(),
  routes,
  scrollBehavior: (to, from, saved) => (to.path === from.path && !saved ? false : (saved ?? { top: 0 })),
});

tellUnloaded(router);
followAddress(router);

router.beforeEach(async (to) => {
  await started;
  if (!to.meta.open && !session.me.value) return { path: "/login", query: to.fullPath === "/" ? {} : { to: to.fullPath } };
  if (to.path === "/login" && session.me.value) return "/";
  return true;
});

// A page that comes is announced: the screen reader's place moves to its heading.
router.afterEach(async (to, from, failure) => {
  if (failure || to.path === from.path || !from.matched.length) return;
  await nextTick();
  if (
    document.activeElement &&
    document.activeElement !== document.body &&
    document.activeElement.closest("main")?.contains(document.activeElement) &&
    document.activeElement.matches("input,textarea")
  )
    return;
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
});

whenLoggedOut(() => {
  const { fullPath, meta } = router.currentRoute.value;
  if (!meta.open) void router.push({ path: "/login", query: fullPath === "/" ? {} : { to: fullPath } });
});

/** Back where the person came from, or to `otherwise` when the app was opened on this page. */
export function goBack(otherwise: string): void {
  if (window.history.state?.back) router.back();
  else void router.replace(otherwise);
}
