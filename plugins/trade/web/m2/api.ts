// What the app asks of and tells to the market.
import type { Page } from "@/common";
import { client } from "@/m2/context";

export interface Purchase {
  id: number;
  userId: number;
  status: number;
  title: string | null;
  buyerName: string | null;
  quoteCnt: number;
  createTm: string;
  expireTm: string | null;
  sealedFlag: 0 | 1;
  remark?: string | null;
  pay?: string | null;
  items?: Line[];
  log?: { id: number; action: string; tm: string; dscr: string | null }[];
}
export interface Line {
  id: number;
  name: string;
  specification: string | null;
  qty: number;
  unit: string;
  price: number | null;
  quoteCnt: number;
}
export interface Quote {
  id: number;
  userId: number;
  itemId: number;
  supplierName: string | null;
  quality: string;
  price: number;
  priceDscr: string | null;
  state: number;
  status: number;
  message: string | null;
}
export interface Notice {
  id: number;
  type: number;
  title: string;
  text: string | null;
  status: 0 | 1;
  createTm: string;
  refId: number | null;
}
export interface NewLine {
  name: string;
  qty: string;
  unit: string;
}

const quiet = { silent: true };
const SIZE = 20;

function part<T extends { id: number }>(action: string) {
  return async (after: T | undefined, signal: AbortSignal): Promise<{ list: T[]; last: boolean }> => {
    const get = { cond: after ? `id<${after.id}` : undefined, orderby: "id desc", pagesz: SIZE, fmt: "list" };
    const { list } = await client.call<Page<T>>(action, get, undefined, { ...quiet, signal });
    return { list, last: list.length < SIZE };
  };
}

export const market = part<Purchase>("Purchase.query");
export const notices = part<Notice>("Notification.query");
export const unread = async () => (await client.call<{ cnt: number }>("Notification.unread", {}, undefined, quiet)).cnt;
export const markRead = (id: number) => client.call("Notification.read", {}, { ids: String(id) }, quiet);
export const markAllRead = () => client.call("Notification.read", {}, { all: 1 }, quiet);

export const getPurchase = (id: number) => client.call<Purchase>("Purchase.get", { id }, undefined, quiet);
export const quotesOf = async (purchaseId: number) =>
  (await client.call<Page<Quote>>("Quote.query", { cond: `purchaseId=${purchaseId}`, pagesz: 500, fmt: "list" }, undefined, quiet)).list;
export const publish = (title: string, term: number, sealedFlag: number, items: NewLine[]) =>
  client.call<number>("Purchase.add", {}, { title: title || undefined, term, sealedFlag, items }, quiet);
export const quote = (itemId: number, price: string, quality: string) =>
  client.call<number>("Quote.add", {}, { itemId, price, quality }, quiet);
export const reply = (id: number, state: 1 | 2, message: string) =>
  client.call("Quote.reply", {}, { ids: String(id), state, message: message || undefined }, quiet);
export const endQuote = (id: number) => client.call("Purchase.endQuote", { id }, {}, quiet);
export const deal = (id: number, quoteIds: number[]) => client.call("Purchase.deal", { id }, { quoteIds: quoteIds.join() }, quiet);
