// The endless list of orders in one state, in step with what happens to orders elsewhere in the app.
import { useEndless } from "../ui/endless";
import { onNews, orderPage, type Order } from "./api";
import type { Filter } from "./states";

export function useOrderList(state: Filter) {
  let nextkey: number | undefined;
  const list = useEndless<Order>(async (after, signal) => {
    const page = await orderPage(state, after && nextkey, signal);
    nextkey = page.nextkey;
    return { list: page.list, last: nextkey === undefined };
  });
  const { rows, stale } = list;

  onNews((news) => {
    if (news === "new") {
      stale();
      return;
    }
    const { id, change } = news;
    if (!rows.value.some((row) => row.id === id)) {
      if (change.status) stale();
      return;
    }
    const next = rows.value.map((row) => (row.id === id ? { ...row, ...change } : row));
    rows.value = state ? next.filter((row) => row.status === state) : next;
    // Whether it comes back (a change taken back) only the server knows.
    if (change.status) stale();
  });

  return list;
}
