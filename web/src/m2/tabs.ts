// The bottom tabs. A plugin brings its own by a file `web/m2/tab.ts` in its folder, shown only where the server has that plugin.
import { ClipboardList, House, UserRound } from "@lucide/vue";
import type { Component } from "vue";
import type { RouteRecordRaw } from "vue-router";
import { words } from "@/common";

export interface Tab {
  path: string;
  title: () => string;
  icon: Component;
  /** Left to right. */
  place: number;
  plugin?: string;
  /** The name of the page that stays as it was left, its list scrolled where it was. */
  kept?: string;
  /** Of a plugin: the pages it adds; the first is the tab's. */
  routes?: RouteRecordRaw[];
}

const w = words({ home: ["首页", "Home"], orders: ["订单", "Orders"], me: ["我的", "Me"] });

const added = import.meta.glob<{ tab: Tab }>("../../../plugins/*/web/m2/tab.ts", { eager: true });

export const tabs: Tab[] = [
  { path: "/", title: w.home, icon: House, place: 1, kept: "Home" },
  { path: "/orders", title: w.orders, icon: ClipboardList, place: 2, kept: "Orders" },
  ...Object.values(added).map((file) => file.tab),
  { path: "/me", title: w.me, icon: UserRound, place: 9, kept: "Me" },
].sort((a, b) => a.place - b.place);
