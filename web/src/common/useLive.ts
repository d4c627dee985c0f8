// The composable over live queries: follows what `query` says for as long as the component is on the page, from when the
// browser has nothing better to do.
import { onActivated, onBeforeUnmount, onDeactivated, watch } from "vue";
import type { Client } from "./api/client";
import type { compare } from "./live/compare";
import type { LiveQuery, LiveResult } from "./live/query";

const idle = (run: () => void) => ("requestIdleCallback" in window ? requestIdleCallback(run, { timeout: 3000 }) : setTimeout(run, 500));

/** How a list compares its rows with a result; it comes with the connection, so that a first look does without. */
export type Compare = typeof compare;

/** `query` gives what is to be followed; null = nothing. Another one takes the place of the one before. */
export function useLive(client: Client, query: () => LiveQuery | null, heard: (result: LiveResult, compare: Compare) => void): void {
  let stop: (() => void) | null = null;
  let wanted = "";
  let shown = true;

  function follow() {
    const now = shown ? query() : null;
    const text = now ? JSON.stringify(now) : "";
    if (text === wanted) return;
    wanted = text;
    stop?.();
    stop = null;
    if (!now) return;
    idle(() => {
      if (wanted !== text) return;
      void import("./live").then(({ live, compare }) => {
        if (wanted === text && !stop) stop = live(client, now, (result) => wanted === text && heard(result, compare));
      });
    });
  }
  watch(query, follow, { immediate: true, deep: true });
  onActivated(() => {
    shown = true;
    follow();
  });
  onDeactivated(() => {
    shown = false;
    follow();
  });
  onBeforeUnmount(() => {
    shown = false;
    follow();
  });
}
