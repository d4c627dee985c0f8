// The pages of roles in the consoles: the matrix editor, and what an employee sees as a tab of the record.
import { UserCog } from "@lucide/vue";
import { registerPage, registerTab } from "@/console/registry";

export function register(): void {
  for (const app of ["store", "admin"] as const) {
    registerPage(app, { path: "/roles", title: ["角色", "Roles"], icon: UserCog, view: () => import("./Roles.vue"), needs: "Role" });
  }
  registerTab("Employee", { name: "rights", title: ["权限", "Rights"], load: () => import("./EmployeeRights.vue") });
}
