// The server's clock. Its times are its local times, so "today" is its today, wherever the browser is.
import { shallowRef } from "vue";
import type { Client } from "./api/client";
import { stored } from "./storage";

/** Minutes east of UTC; the last answer is kept, so that the first page has it at once. */
const east = stored<number | null>("tz", null);

export interface Setup {
  plugins?: Record<string, unknown>;
  tz?: number;
  /** The data is made up: pages say what there is to try. */
  demo?: number;
}

/** What the server told last. */
export const setup = shallowRef<Setup>({});

/** What the server tells every client before anything else. */
export async function learn(client: Client): Promise<Setup> {
  return learnt(await client.call<Setup>("initClient", {}, undefined, { silent: true, probe: true }));
}

/** The same from an answer that is there already. */
export function learnt(told: Setup): Setup {
  if (typeof told.tz === "number") east.value = told.tz;
  setup.value = told;
  return told;
}

/** A date whose local fields are what a clock beside the server shows; the browser's own until that is known. */
export function now(): Date {
  const here = new Date();
  return east.value === null ? here : new Date(here.getTime() + (east.value + here.getTimezoneOffset()) * 60_000);
}
