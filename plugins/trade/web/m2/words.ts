// The words that several pages of the market share.
import { words } from "@/common";

export const w = words({
  waiting: ["待报价", "Open for quotes"],
  ended: ["报价结束", "Quoting ended"],
  purchased: ["已采购", "Purchased"],
  closed: ["已关闭", "Closed"],
  quotes: ["{n} 份报价", "{n} quotes"],
  until: ["截止 {tm}", "until {tm}"],
  sealed: ["密封报价", "Sealed quotes"],
});

export function stateName(status: number): string {
  return [w.closed, w.waiting, w.ended, w.purchased][status]?.() ?? "";
}
