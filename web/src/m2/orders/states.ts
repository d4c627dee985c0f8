// The words for an order's states. One that is unknown here is shown as the server calls it.
import { words } from "@/common";

const names = words({
  CR: ["新创建", "New"],
  PA: ["已付款", "Paid"],
  RE: ["已服务", "Served"],
  CA: ["已取消", "Cancelled"],
});

const lines = words({
  CR: ["已提交，等待处理", "Sent. Waiting to be handled."],
  RE: ["服务已完成", "The service is done."],
  CA: ["订单已取消", "This order was cancelled."],
});

/** What a list can be narrowed to; "" is everything. */
export const FILTERS = ["", "CR", "RE", "CA"] as const;
export type Filter = (typeof FILTERS)[number];

export const stateName = (state: string) => (state in names ? names[state as keyof typeof names]() : state);
export const stateLine = (state: string) => (state in lines ? lines[state as keyof typeof lines]() : "");
