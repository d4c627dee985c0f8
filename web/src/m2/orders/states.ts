// The words for an order's states. One that is unknown here is shown as the server calls it.
import { words } from "@/common";

const names = words({
  CR: ["待服务", "Waiting"],
  PA: ["待付款", "To be paid"],
  ST: ["已开始", "Started"],
  RE: ["已服务", "Served"],
  CL: ["已结算", "Settled"],
  CA: ["已取消", "Cancelled"],
  RA: ["已评价", "Rated"],
  CT: ["待确认", "To be confirmed"],
  AS: ["已派单", "Assigned"],
  AC: ["已接单", "Accepted"],
});

const steps = words({
  CR: ["提交订单", "Placed"],
  PA: ["付款", "Paid"],
  ST: ["开始服务", "Started"],
  RE: ["服务完成", "Served"],
  CL: ["结算", "Settled"],
  CA: ["取消订单", "Cancelled"],
  RA: ["评价", "Rated"],
  CT: ["确认", "Confirmed"],
  AS: ["派单", "Assigned"],
  AC: ["接单", "Accepted"],
});

const lines = words({
  CR: ["已提交，等待服务", "Sent. Waiting to be served."],
  RE: ["服务已完成", "The service is done."],
  CA: ["订单已取消", "This order was cancelled."],
});

/** What a list can be narrowed to; "" is everything. */
export const FILTERS = ["", "CR", "RE", "CA"] as const;
export type Filter = (typeof FILTERS)[number];

export const stateName = (state: string) => (state in names ? names[state as keyof typeof names]() : state);
/** What was done, for the log. */
export const stepName = (action: string) => (action in steps ? steps[action as keyof typeof steps]() : action);
export const stateLine = (state: string) => (state in lines ? lines[state as keyof typeof lines]() : "");
