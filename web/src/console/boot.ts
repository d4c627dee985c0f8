// Starts a console: styles, routes, session, mount.
import "@/common/style/tokens.css";
import "@/common/style/base.css";
import "@/common/style/element.css";
import "./style.css";
import { createApp } from "vue";
import { createRouter, createWebHashHistory, type RouteRecordRaw } from "vue-router";
import { learn } from "@/common";
import { tellUnloaded } from "@/common/unloaded";
import App from "./App.vue";
import { pagesOf } from "./registry";
import { catalogue, client, enter, session, type ConsoleKind } from "./context";

export function boot(own: ConsoleKind): void {
  const kind = { ...own, pages: [...own.pages, ...pagesOf(own.app)] };
  const children: RouteRecordRaw[] = kind.pages.filter((page) => !page.obj).map((page) => ({ path: page.path, component: page.view as never, meta: { title: page.title } }));
  children.push({ path: "/o/:obj", component: () => import("./grid/ObjectPage.vue"), props: true });
  children.push({ path: "/:rest(.*)*", component: () => import("./pages/NotFound.vue") });

  const router = createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: "/login", component: () => import("./pages/Login.vue"), meta: { open: true } },
      { path: "/", component: () => import("./shell/Shell.vue"), children },
    ],
  });

  tellUnloaded(router);
  const toLogin = () => {
    catalogue.forget();
    const { fullPath, meta } = router.currentRoute.value;
    if (!meta["open"]) void router.push({ path: "/login", query: fullPath === "/" ? {} : { to: fullPath } });
  };
  enter(kind, toLogin);

  let first = true;
  router.beforeEach(async (to) => {
    if (first) {
      first = false;
      // A first page may ask for today's rows: it waits for what day it is there, if the server can tell.
      await Promise.allSettled([session.restore(), learn(client)]);
    }
    if (!to.meta["open"] && !session.me.value) return { path: "/login", query: to.fullPath === "/" ? {} : { to: to.fullPath } };
    if (to.path === "/login" && session.me.value) return "/";
    return true;
  });

  createApp(App).use(router).mount("#app");
}
