// Starts a console: styles, routes, session, mount.
import "@/common/style/tokens.css";
import "@/common/style/base.css";
import "@/common/style/frame.css";
import "@/common/style/element.css";
import "./style.css";
import "./print.css";
import { createApp } from "vue";
import { createRouter, createWebHashHistory, type RouteRecordRaw } from "vue-router";
import { ApiError, learnt, type AllMeta, type Me, type Setup } from "@/common";
import { followAddress } from "@/common/address";
import { keepPage } from "@/common/install";
import { tellUnloaded } from "@/common/unloaded";
import App from "./App.vue";
import { pagesOf } from "./registry";
import { catalogue, client, enter, session, unreachable, type ConsoleKind } from "./context";

/** Who is logged in, what day it is at the server, and what there is to see: one round trip. */
async function begin(): Promise<void> {
  const items = [{ ac: "initClient" }, { ac: "whoami" }, { ac: "Meta.all", get: { rev: catalogue.rev } }];
  const replies = await client.batch(items, false, { silent: true, probe: true });
  const answer = async <T>(at: number): Promise<T> => {
    const [code, data, detail] = replies[at]!;
    if (code === 0) return data as T;
    throw new ApiError(code, String(data), detail, items[at]!.ac);
  };
  await answer<Setup>(0).then(learnt, () => {});
  const asked = answer<Me>(1);
  const known = await asked.then(
    () => true,
    () => false,
  );
  if (known)
    await answer<AllMeta>(2).then(
      (all) => catalogue.accept(all),
      () => {},
    );
  await session.restore(asked);
}

export function boot(own: ConsoleKind): void {
  const kind = { ...own, pages: [...own.pages, ...pagesOf(own.app)] };
  const children: RouteRecordRaw[] = kind.pages
    .filter((page) => !page.obj)
    .map((page) => ({ path: page.path, component: page.view as never, meta: { title: page.title } }));
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
  followAddress(router);
  const toLogin = () => {
    catalogue.forget();
    const { fullPath, meta } = router.currentRoute.value;
    if (!meta["open"]) void router.push({ path: "/login", query: fullPath === "/" ? {} : { to: fullPath } });
  };
  enter(kind, toLogin);

  // A first page may ask for today's rows: it waits for what day it is there, if the server can tell.
  const begun = begin().catch((error) => {
    unreachable.value = error instanceof ApiError ? error : null;
  });
  // The page asked for is fetched while the server answers.
  for (const record of router.resolve(location.hash.slice(1) || "/").matched) {
    const view = record.components?.["default"];
    if (typeof view === "function") (view as () => Promise<unknown>)().catch(() => {});
  }
  let first = true;
  router.beforeEach(async (to) => {
    if (first) {
      first = false;
      await begun;
      if (unreachable.value) return false;
    }
    if (!to.meta["open"] && !session.me.value) return { path: "/login", query: to.fullPath === "/" ? {} : { to: to.fullPath } };
    if (to.path === "/login" && session.me.value) return "/";
    return true;
  });

  createApp(App).use(router).mount("#app");
  keepPage();
}
