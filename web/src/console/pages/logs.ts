// What the log objects add to the generic grid: coloured codes and times, and the drill-down tab of a call.
import { registerCell, registerColumns, registerTab } from "../registry";
import CodeCell from "./logs/CodeCell.vue";
import TimeCell from "./logs/TimeCell.vue";

export function registerLogs(): void {
  for (const obj of ["ApiLog", "ApiLog1"]) {
    registerCell(obj, "retval", CodeCell);
    registerCell(obj, "t", TimeCell);
  }
  registerColumns("ApiLog", ["id", "tm", "ac", "retval", "t", "app", "userId", "addr", "ver", "ses"]);
  registerTab("ApiLog", { name: "call", title: ["调用", "Call"], load: () => import("./logs/CallDetail.vue") });
}
