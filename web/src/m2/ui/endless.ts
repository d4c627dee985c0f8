// An endless list: one part after the other, and a refresh that keeps what is shown until the new rows are there.
import { ref, shallowRef } from "vue";

export interface Part<T> {
  list: T[];
  /** There is nothing behind it. */ last: boolean;
}

/** A list looked at again after this is asked for again. */
const STALE_MS = 30_000;

export type Endless<T> = ReturnType<typeof useEndless<T>>;

/** `read` gets the rows behind `after`, or the first ones. */
export function useEndless<T>(read: (after: T | undefined, signal: AbortSignal) => Promise<Part<T>>) {
  const rows = shallowRef<T[]>([]);
  const loading = ref(false);
  const finished = ref(false);
  const error = ref<unknown>(null);
  const asked = ref(false);
  let at = 0;
  let running: AbortController | null = null;

  async function load(fresh: boolean): Promise<void> {
    running?.abort();
    const own = (running = new AbortController());
    loading.value = true;
    error.value = null;
    try {
      const part = await read(fresh ? undefined : rows.value.at(-1), own.signal);
      rows.value = fresh ? part.list : [...rows.value, ...part.list];
      finished.value = part.last;
      asked.value = true;
      if (fresh) at = Date.now();
    } catch (cause) {
      if (running === own) error.value = cause;
    } finally {
      if (running === own) {
        loading.value = false;
        running = null;
      }
    }
  }

  return {
    rows,
    loading,
    finished,
    error,
    asked,
    refresh: () => load(true),
    more: () => (running ? Promise.resolve() : load(false)),
    freshen: () => {
      if (Date.now() - at > STALE_MS && !running) void load(true);
    },
    /** The next look asks the server. */
    stale: () => {
      at = 0;
    },
  };
}
