// The one client and session of the phone app, the server's plugins, and the start that every page waits for.
import { reactive } from "vue";
import { Client, learn, Session, stored } from "@/common";

export const client = new Client("user");

let toLogin = () => {};
export const session = new Session(client, () => toLogin());

/** Names of the plugins in force; the last answer is kept so that the tabs stand still at the next start. */
const plugins = stored<string[]>("m2.plugins", []);

export const hasPlugin = (name: string) => plugins.value.includes(name);

async function learnPlugins(): Promise<void> {
  plugins.value = Object.keys((await learn(client)).plugins ?? {});
}

export const boot = reactive<{ state: "loading" | "ready" | "failed"; error: unknown }>({ state: "loading", error: null });
let release = () => {};
/** Settled once it is known who is logged in, if anybody. */
export const started = new Promise<void>((resolve) => {
  release = resolve;
});

export function whenLoggedOut(run: () => void): void {
  toLogin = run;
}

/** Again after a failure: the server could not be reached. */
export async function start(): Promise<void> {
  boot.state = "loading";
  // Without the list of plugins only their own tabs are missing.
  learnPlugins().catch(() => {});
  try {
    await session.restore();
    boot.state = "ready";
    release();
  } catch (error) {
    boot.error = error;
    boot.state = "failed";
  }
}
