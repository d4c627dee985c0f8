// The super administrator's console: every object, plus query, call log, statistics, reports and the server itself.
import { Activity, ChartColumn, Database, LayoutDashboard, ListChecks, ScrollText, Server } from "@lucide/vue";
import { boot } from "./boot";
import { registerPlugins } from "./plugins";

registerPlugins();
boot({
  app: "admin",
  title: ["筋斗 · 管理端", "Jindou · Admin"],
  pages: [
    { path: "/", title: ["总览", "Overview"], icon: LayoutDashboard, view: () => import("./pages/adm/Home.vue") },
    { path: "/query", title: ["查询", "Query"], icon: Database, view: () => import("./pages/adm/Query.vue") },
    { path: "/o/ApiLog", obj: "ApiLog", title: ["调用日志", "Call log"], icon: ScrollText, view: async () => null, needs: "ApiLog" },
    { path: "/stats", title: ["运营统计", "Statistics"], icon: Activity, view: () => import("./pages/adm/Stats.vue") },
    { path: "/report", title: ["报表", "Reports"], icon: ChartColumn, view: () => import("./pages/Report.vue") },
    { path: "/jobs", title: ["后台任务", "Background jobs"], icon: ListChecks, view: () => import("./pages/Jobs.vue"), needs: "Job" },
    { path: "/server", title: ["服务器", "Server"], icon: Server, view: () => import("./pages/adm/ServerPage.vue") },
  ],
});
