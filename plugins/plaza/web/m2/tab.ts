// The plaza in the phone app: the wall, one post, writing one, and the circle that is needed for it.
import { MessagesSquare } from "@lucide/vue";
import { words } from "@/common";
import type { Tab } from "@/m2/tabs";

const w = words({ plaza: ["广场", "Plaza"] });

export const tab: Tab = {
  path: "/plaza",
  title: w.plaza,
  icon: MessagesSquare,
  place: 4,
  plugin: "plaza",
  kept: "Plaza",
  routes: [
    { path: "/plaza", component: () => import("./Wall.vue"), meta: { tab: true, open: true } },
    {
      path: "/plaza/:id(\\d+)",
      component: () => import("./Post.vue"),
      props: (to) => ({ id: Number(to.params["id"]) }),
      meta: { open: true },
    },
    { path: "/plaza/new", component: () => import("./NewPost.vue") },
    { path: "/plaza/circle", component: () => import("./Circle.vue") },
  ],
};
