// What the app asks of and tells to `Ordr`, and the news that keeps its lists in step with each other.
import { onScopeDispose } from "vue";
import type { Page } from "@/common";
import { client } from "../context";
import type { Filter } from "./states";

export interface OrderLog {
  id: number;
  action: string;
  tm: string;
  dscr?: string | null;
  empId?: number | null;
  empName?: string | null;
}
export interface OrderAtt {
  id: number;
  attId: number;
  k?: string | null;
}
export interface Order {
  id: number;
  dscr: string | null;
  cmt?: string | null;
  amount: number | string | null;
  status: string;
  createTm: string;
  orderLog?: OrderLog[];
  atts?: OrderAtt[];
}
export interface Overview {
  waiting: number;
  sum: number;
  latest: Order[];
}

const LIST = "id,dscr,amount,status,createTm";
const PAGE = 20;
const quiet = { silent: true };

/** The question of a list, for its first rows. */
export const asked = (state: Filter) => ({
  ac: "Ordr.query",
  get: { res: LIST, cond: state && `status='${state}'`, orderby: "id desc", pagesz: PAGE },
});

export function orderPage(state: Filter, pagekey?: number, signal?: AbortSignal): Promise<Page<Order>> {
  return client.call(asked(state).ac, { ...asked(state).get, pagekey, fmt: "list" }, undefined, { ...quiet, signal });
}

export async function overview(): Promise<Overview> {
  const [count, latest] = (await client.all(
    [
      { ac: "Ordr.query", get: { res: "COUNT(*) cnt,SUM(amount) sum", cond: "status='CR'", fmt: "list" } },
      { ac: "Ordr.query", get: { res: LIST, orderby: "id desc", pagesz: 5, fmt: "list" } },
    ],
    quiet,
  )) as [Page<{ cnt: number; sum: number | null }>, Page<Order>];
  return { waiting: Number(count.list[0]?.cnt ?? 0), sum: Number(count.list[0]?.sum ?? 0), latest: latest.list };
}

export const getOrder = (id: number, signal?: AbortSignal) =>
  client.call<Order>("Ordr.get", { id, res: "*,orderLog,atts" }, undefined, { ...quiet, signal });

export const addOrder = (order: { dscr: string; amount: number; cmt?: string; atts?: { attId: number }[] }) =>
  client.call<number>("Ordr.add", {}, order, quiet);

export const setOrder = (id: number, change: Record<string, unknown>) => client.call("Ordr.set", { id }, change, quiet);

type News = { id: number; change: Partial<Order> } | "new";
const readers = new Set<(news: News) => void>();

/** Something about orders changed here; every list hears it. */
export function tell(news: News): void {
  for (const reader of readers) reader(news);
}

export function onNews(reader: (news: News) => void): void {
  readers.add(reader);
  onScopeDispose(() => readers.delete(reader));
}
