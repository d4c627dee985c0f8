// What a browser remembers: refs backed by localStorage, which keep working (for the visit) where storage is refused or full.
import { ref, watch, type Ref } from "vue";

const PREFIX = "jindou.";

export function read<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function write(key: string, value: unknown): void {
  try {
    if (value === undefined || value === null || value === "") localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Private mode or full: the value lives in memory until the page closes.
  }
}

const shared = new Map<string, Ref<unknown>>();

/** One ref per key for the whole page; a change is written at once. */
export function stored<T>(key: string, otherwise: T): Ref<T> {
  let found = shared.get(key) as Ref<T> | undefined;
  if (!found) {
    found = ref(read(key, otherwise)) as Ref<T>;
    watch(found, (value) => write(key, value), { deep: true });
    shared.set(key, found as Ref<unknown>);
  }
  return found;
}
