// An endless list of orders in one state: pages by key, a refresh that keeps what is shown until the new rows are there.
import { ref, shallowRef } from "vue";
import { onNews, orderPage, type Order } from "./api";
import type { Filter } from "./states";

/** A list looked at again after this is asked for again. */
const STALE_MS = 30_000;

export function useOrderList(state: Filter) {
  const rows = shallowRef<Order[]>([]);
  const loading = ref(false);
  const finished = ref(false);
  const error = ref<unknown>(null);
  const asked = ref(false);
  let nextkey: number | undefined;
  let at = 0;
  let running: AbortController | null = null;

  async function load(fresh: boolean): Promise<void> {
    running?.abort();
    const own = (running = new AbortController());
    loading.value = true;
    error.value = null;
    try {
      const page = await orderPage(state, fresh ? undefined : nextkey, own.signal);
      rows.value = fresh ? page.list : [...rows.value, ...page.list];
      nextkey = page.nextkey;
      finished.value = nextkey === undefined;
      asked.value = true;
      if (fresh) at = Date.now();
    } catch (cause) {
      if (running === own) error.value = cause;
    } finally {
      if (running === own) { loading.value = false; running = null; }
    }
  }

  const refresh = () => load(true);
  const more = () => (running ? Promise.resolve() : load(false));
  const freshen = () => { if (Date.now() - at > STALE_MS && !running) void refresh(); };

  onNews((news) => {
    if (news === "new") { at = 0; return; }
    const { id, change } = news;
    if (!rows.value.some((row) => row.id === id)) { if (change.status) at = 0; return; }
    const next = rows.value.map((row) => (row.id === id ? { ...row, ...change } : row));
    rows.value = state ? next.filter((row) => row.status === state) : next;
    // Whether it comes back (a change taken back) only the server knows.
    if (change.status) at = 0;
  });

  return { rows, loading, finished, error, asked, refresh, more, freshen };
}
