// The server's clock. Its times are its local times, so "today" is its today, wherever the browser is.
import type { Client } from "./api/client";
import { stored } from "./storage";

/** Minutes east of UTC; the last answer is kept, so that the first page has it at once. */
const east = stored<number | null>("tz", null);

export interface Setup {
  plugins?: Record<string, unknown>;
  tz?: number;
}

/** What the server tells every client before anything else. */
export async function learn(client: Client): Promise<Setup> {
  const setup = await client.call<Setup>("initClient", {}, undefined, { silent: true, probe: true });
  if (typeof setup.tz === "number") east.value = setup.tz;
  return setup;
}

/** A date whose local fields are what a clock beside the server shows; the browser's own until that is known. */
export function now(): Date {
  const here = new Date();
  return east.value === null ? here : new Date(here.getTime() + (east.value + here.getTimezoneOffset()) * 60_000);
}
