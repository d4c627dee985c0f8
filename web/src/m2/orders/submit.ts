// Sends a new order once. When an earlier try got no answer, the server is first asked whether that try arrived after all.
import { ApiError } from "@/common";
import { addOrder, orderPage, tell } from "./api";
import { writeDraft, type Draft } from "./draft";

export interface Sent {
  id: number;
  /** It had arrived with the try before. */ already: boolean;
}

export async function submitOrder(draft: Draft, attIds: number[]): Promise<Sent> {
  if (draft.unsure !== undefined) {
    const twin = await arrived(draft, draft.unsure);
    if (twin) return { id: twin, already: true };
  }
  const newest = draft.unsure ?? (await newestId());
  try {
    const id = await addOrder({
      dscr: draft.dscr.trim(),
      amount: amountOf(draft.amount),
      cmt: draft.cmt.trim() || undefined,
      atts: attIds.length ? attIds.map((attId) => ({ attId })) : undefined,
    });
    tell("new");
    return { id: Number(id), already: false };
  } catch (error) {
    if (error instanceof ApiError && error.offline) {
      draft.unsure = newest;
      writeDraft(draft);
    }
    throw error;
  }
}

async function newestId(): Promise<number> {
  return (await orderPage("")).list[0]?.id ?? 0;
}

async function arrived(draft: Draft, after: number): Promise<number | undefined> {
  const { list } = await orderPage("");
  return list.find(
    (order) => order.id > after && (order.dscr ?? "") === draft.dscr.trim() && Number(order.amount) === amountOf(draft.amount),
  )?.id;
}

/** What a person types: `1,234.50`, `￥99`, full-width digits. NaN when it is no amount. */
export function amountOf(text: string): number {
  const plain = text.normalize("NFKC").replace(/[\s,¥￥元]/g, "");
  return /^\d{1,12}(\.\d{0,2})?$/.test(plain) ? Number(plain) : NaN;
}
