// The page's one connection, and `live` over it. Imported lazily (`useLive`): nothing of it is needed for a first look.
import type { Client } from "../api/client";
import { lang } from "../lang";
import { live as follow, type LiveQuery, type LiveResult } from "./query";
import { LiveSocket, type Problem } from "./socket";

export { compare } from "./compare";

const sockets = new Map<string, LiveSocket>();

/** The connection of an app: one per page. */
export function socketOf(app: string): LiveSocket {
  let socket = sockets.get(app);
  if (!socket) {
    const url = () => {
      const to = new URL(`/ws?${new URLSearchParams({ _app: app, _lang: lang.value })}`, location.href);
      to.protocol = to.protocol === "https:" ? "wss:" : "ws:";
      return to.href;
    };
    socket = new LiveSocket(url);
    sockets.set(app, socket);
  }
  return socket;
}

export function live(
  client: Client,
  query: LiveQuery,
  heard: (result: LiveResult) => void,
  ended?: (problem: Problem) => void,
): () => void {
  const poll = ({ ac, get }: LiveQuery) => client.call(ac, get, undefined, { silent: true, probe: true });
  return follow(socketOf(client.app), poll, query, heard, ended);
}
