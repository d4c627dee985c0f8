// Stories in the phone app: categories and their stories, and the reader.
import { BookOpen } from "@lucide/vue";
import { words } from "@/common";
import type { Tab } from "@/m2/tabs";

const w = words({ stories: ["故事", "Stories"] });

export const tab: Tab = {
  path: "/story",
  title: w.stories,
  icon: BookOpen,
  place: 3,
  plugin: "story",
  kept: "Stories",
  routes: [
    { path: "/story", component: () => import("./Stories.vue"), meta: { tab: true, open: true } },
    {
      path: "/story/:id(\\d+)",
      component: () => import("./Reader.vue"),
      props: (to) => ({ id: Number(to.params["id"]) }),
      meta: { open: true },
    },
  ],
};
