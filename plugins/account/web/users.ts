// What users add to the generic record: their logins, which the log of calls knows by app and number.
import { registerRelated } from "@/console/registry";

export function registerUsers(): void {
  registerRelated("User", {
    obj: "ApiLog",
    title: ["登录", "Logins"],
    columns: ["tm", "retval", "app", "addr"],
    cond: (id) => `ac='login' AND app LIKE 'user%' AND userId=${id}`,
    url: (id) => `/o/ApiLog?f.ac=eq.login&f.userId=eq.${id}&f.app=starts.user`,
  });
}
