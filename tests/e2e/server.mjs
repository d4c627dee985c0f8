// A real server for the browser stories: the built binary over a database of its own, in test mode, with accounts
// made through its own API. Stopped by its process id when the stories are over.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { furnish } from "./furnish.mjs";

const binary = process.env.JINDOU_BIN ?? new URL("../../target/debug/jindou", import.meta.url).pathname;
const ADMIN = { uname: "admin", pwd: "only-for-stories-1" };
const BOSS = { uname: "boss", pwd: "Sunny-stories-1" };

/** The smallest picture. */
export const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

export const USER = { uname: "13810190056", pwd: "Moonlit-stories-1" };

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** The program in a folder of its own, once it has said something. */
async function run(args, settings, mark) {
  const folder = mkdtempSync(join(tmpdir(), "jindou-stories-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  let server;
  let said = "";
  const begin = () =>
    new Promise((resolve, reject) => {
      server = spawn(binary, args, {
        cwd: folder,
        env: {
          ...process.env,
          P_LISTEN: `127.0.0.1:${port}`,
          P_DB: join(folder, "stories.db"),
          P_DATA: join(folder, "data"),
          P_TZ: "Asia/Shanghai",
          ...settings,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      said = "";
      for (const out of [server.stdout, server.stderr])
        out.on("data", (text) => {
          said += text;
        });
      server.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
      const look = setInterval(() => {
        if (said.includes(mark ?? `${base}/api`)) {
          clearInterval(look);
          resolve();
        }
      }, 50);
    });
  const end = () =>
    new Promise((resolve) => {
      server.removeAllListeners("exit");
      server.once("exit", resolve);
      server.kill("SIGTERM");
    });
  const stop = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  await begin();
  return { base, stop, end, begin, said: () => said };
}

/** The demo, with the logins that it shows. */
export async function startDemo() {
  const { base, stop, said } = await run(["serve", "--demo"], {}, "└");
  const login = (who) => {
    const [, uname, pwd] = new RegExp(`│ ${who} +(\\S+) +(\\S+)`).exec(said());
    return { uname, pwd };
  };
  const logins = Object.fromEntries(["manager", "employee", "user", "admin"].map((who) => [who, login(who)]));
  return { base, stop, logins };
}

export async function start(more = {}) {
  const settings = { P_TEST_MODE: "2", P_ADMIN_CRED: `${ADMIN.uname}:${ADMIN.pwd}`, ...more };
  const { base, stop, end, begin } = await run(["serve"], settings);
  const made = await furnish(base, { admin: ADMIN, boss: BOSS, user: USER });
  return { base, stop, end, begin, ...made, boss: BOSS, admin: ADMIN, user: USER };
}
