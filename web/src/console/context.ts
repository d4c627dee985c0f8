// What every page of a console shares: the client, who is logged in, the catalogue of objects. Set once by boot.ts.
import { Catalogue, Client, Session } from "@/common";
import type { ApiError, Pair } from "@/common";
import { shallowRef, type Component } from "vue";

export interface ConsolePage {
  path: string;
  title: Pair;
  icon: Component;
  view: () => Promise<unknown>;
  /** Shown only when the caller may see this object. */
  needs?: string;
  /** Opens an object's grid instead of a page of its own. */
  obj?: string;
  group?: Pair;
}

export interface ConsoleKind {
  app: "store" | "admin";
  title: Pair;
  pages: ConsolePage[];
}

export let kind: ConsoleKind;
export let client: Client;
export let session: Session;
export let catalogue: Catalogue;
/** Why the start did not get through to the server. */
export const unreachable = shallowRef<ApiError | null>(null);

export function enter(next: ConsoleKind, onLoggedOut: () => void): void {
  kind = next;
  client = new Client(next.app);
  session = new Session(client, onLoggedOut);
  catalogue = new Catalogue(client);
}
