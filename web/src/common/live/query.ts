// A live query: a result that keeps itself current over the page's connection, and by polling where there is none.
// Independent of any framework.
import type { HdTable, Query } from "../api/types";
import { changed, type Change } from "./result";
import type { LiveSocket, Problem } from "./socket";

export interface LiveResult {
  table: HdTable;
  /** Where it comes from: a connection tells of changes at once, polling after a while. */
  by: "connection" | "polling";
}

export interface LiveQuery {
  ac: string;
  get: Query;
}

/** Asks once over HTTP. */
export type Poll = (query: LiveQuery) => Promise<HdTable>;

const POLL_EVERY = 15_000;

/** Calls `heard` with the result now and whenever it changes, until the function that this gives is called. */
export function live(
  socket: LiveSocket,
  poll: Poll,
  query: LiveQuery,
  heard: (result: LiveResult) => void,
  ended?: (problem: Problem) => void,
): () => void {
  let table: HdTable | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let over = false;
  const get = Object.fromEntries(Object.entries(query.get).filter(([, value]) => value !== undefined && value !== null && value !== ""));

  const tell = (next: HdTable, by: LiveResult["by"]) => {
    if (over) return;
    table = next;
    heard({ table: next, by });
  };
  const polled = async () => {
    timer = null;
    const seen = typeof document === "undefined" || document.visibilityState === "visible";
    if (seen) {
      // A poll that fails is followed by another one.
      const next = await poll({ ac: query.ac, get }).catch(() => null);
      if (next && polling) tell(next, "polling");
    }
    if (polling && !over && !timer) timer = setTimeout(polled, POLL_EVERY);
  };
  let polling = false;
  const usePolling = (on: boolean) => {
    if (polling === on) return;
    polling = on;
    if (timer) clearTimeout(timer);
    timer = null;
    if (on) void polled();
  };

  let stop = () => {};
  const begin = () => {
    stop = socket.follow({
      what: { ac: query.ac, get },
      begun: (answer) => tell(answer.data, "connection"),
      frame: (frame: Change) => {
        const next = table && changed(table, frame);
        if (next) tell(next, "connection");
        else {
          // Something was missed: begin anew.
          stop();
          begin();
        }
      },
      ended: (problem) => {
        if (problem.temporary) return;
        usePolling(false);
        ended?.(problem);
      },
      status: (status) => usePolling(status === "away"),
    });
  };
  begin();
  return () => {
    over = true;
    usePolling(false);
    stop();
  };
}
