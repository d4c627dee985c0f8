// The endless list of orders in one state, in step with what happens to orders elsewhere in the app.
import { ref, watch } from "vue";
import { useLive } from "@/common/useLive";
import { client } from "../context";
import { useEndless } from "../ui/endless";
import { asked as question, onNews, orderPage, type Order } from "./api";
import type { Filter } from "./states";

export function useOrderList(state: Filter) {
  let nextkey: number | undefined;
  const list = useEndless<Order>(async (after, signal) => {
    const page = await orderPage(state, after && nextkey, signal);
    nextkey = page.nextkey;
    return { list: page.list, last: nextkey === undefined };
  });
  const { rows, stale, asked } = list;

  /** Orders that came or left since the rows were read: they wait until somebody asks for them. */
  const news = ref(0);
  watch(list.loading, () => {
    news.value = 0;
  });
  useLive(
    client,
    () => (asked.value ? question(state) : null),
    ({ table }, compare) => {
      const { changed, news: now } = compare(rows.value, table);
      if (changed.size) rows.value = rows.value.map((row, at) => (changed.get(at) as Order) ?? row);
      // Rows of later parts are not of this result.
      news.value = now.added || (table.nextkey === undefined ? now.gone : 0);
      if (news.value) stale();
    },
  );

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

  return { ...list, news };
}
