// What the log objects add to the generic grid: coloured codes and times, and the drill-down tab of a call.
import { registerCell, registerColumns, registerPresets, registerTab } from "@/console/registry";
import CallCell from "./CallCell.vue";
import CodeCell from "./CodeCell.vue";
import TimeCell from "./TimeCell.vue";

export function register(): void {
  for (const obj of ["ApiLog", "ApiLog1"]) {
    registerCell(obj, "retval", CodeCell);
    registerCell(obj, "t", TimeCell);
  }
  registerColumns("ApiLog", ["id", "tm", "ac", "retval", "t", "app", "userId", "addr", "ver", "ses"]);
  registerCell("ApiLog", "ac", CallCell);
  registerPresets("ApiLog", [
    { title: ["只看修改", "Changes"], query: { "f.ac": "edits." } },
    { title: ["失败", "Failed"], query: { "f.retval": "ne.0" } },
    { title: ["慢（≥ 200 毫秒）", "Slow (≥ 200 ms)"], query: { "f.t": "range.200~" } },
    { title: ["登录", "Logins"], query: { "f.ac": "eq.login" } },
  ]);
  registerTab("ApiLog", { name: "call", title: ["调用", "Call"], load: () => import("./CallDetail.vue") });
}
