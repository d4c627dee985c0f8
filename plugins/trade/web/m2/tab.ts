// Purchases in the phone app: the market, one purchase, publishing one, and what the server has told.
import { Store } from "@lucide/vue";
import { words } from "@/common";
import type { Tab } from "@/m2/tabs";

const w = words({ market: ["采购", "Market"] });

export const tab: Tab = {
  path: "/trade",
  title: w.market,
  icon: Store,
  place: 5,
  plugin: "trade",
  kept: "Market",
  routes: [
    { path: "/trade", component: () => import("./Market.vue"), meta: { tab: true, open: true } },
    {
      path: "/trade/:id(\\d+)",
      component: () => import("./Purchase.vue"),
      props: (to) => ({ id: Number(to.params["id"]) }),
      meta: { open: true },
    },
    { path: "/trade/new", component: () => import("./NewPurchase.vue") },
    { path: "/trade/notices", component: () => import("./Notices.vue") },
  ],
};
