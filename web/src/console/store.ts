// The staff console: dashboard first, then orders, people, reports, audit, and whatever else the caller may see.
import { ChartColumn, ClipboardList, LayoutDashboard, ListChecks, ScrollText, Users, UserCog } from "@lucide/vue";
import { boot } from "./boot";
import { registerPlugins } from "./plugins";

registerPlugins();
boot({
  app: "store",
  title: ["筋斗 · 商户端", "Jindou · Store"],
  pages: [
    { path: "/", title: ["工作台", "Dashboard"], icon: LayoutDashboard, view: () => import("./pages/store/Dashboard.vue"), needs: "Ordr" },
    { path: "/o/Ordr", obj: "Ordr", title: ["订单", "Orders"], icon: ClipboardList, view: async () => null, needs: "Ordr" },
    { path: "/o/User", obj: "User", title: ["用户", "Users"], icon: Users, view: async () => null, needs: "User" },
    { path: "/o/Employee", obj: "Employee", title: ["员工", "Employees"], icon: UserCog, view: async () => null, needs: "Employee" },
    { path: "/report", title: ["报表", "Reports"], icon: ChartColumn, view: () => import("./pages/Report.vue") },
    { path: "/o/ApiLog", obj: "ApiLog", title: ["审计", "Audit"], icon: ScrollText, view: async () => null, needs: "ApiLog" },
    { path: "/jobs", title: ["后台任务", "Background jobs"], icon: ListChecks, view: () => import("./pages/Jobs.vue"), needs: "Job" },
  ],
});
