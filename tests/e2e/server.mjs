// A real server for the browser stories: the built binary over a database of its own, in test mode, with accounts
// made through its own API. Stopped by its process id when the stories are over.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = process.env.JINDOU_BIN ?? new URL("../../target/debug/jindou", import.meta.url).pathname;
const ADMIN = { uname: "admin", pwd: "only-for-stories-1" };
const BOSS = { uname: "boss", pwd: "Sunny-stories-1" };

/** The smallest picture. */
export const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

export const USER = { uname: "13810190056", pwd: "Moonlit-stories-1" };

const freePort = () => new Promise((resolve, reject) => {
  const probe = createServer();
  probe.once("error", reject);
  probe.listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

/** Posts a call; a failed one throws with what the server said. */
export async function call(base, app, ac, post, jar = {}) {
  const answer = await fetch(`${base}/api/${ac}${ac.includes("?") ? "&" : "?"}_app=${app}`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: jar.cookie ?? "" },
    body: JSON.stringify(post ?? {}),
  });
  const cookie = answer.headers.get("set-cookie");
  if (cookie) jar.cookie = cookie.split(";")[0];
  const [code, data, detail] = JSON.parse(await answer.text());
  if (code !== 0) throw new Error(`${ac}: [${code}] ${data} (${detail})`);
  return data;
}

export async function start() {
  const folder = mkdtempSync(join(tmpdir(), "jindou-stories-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const server = spawn(binary, ["serve"], {
    cwd: folder,
    env: {
      ...process.env,
      P_LISTEN: `127.0.0.1:${port}`,
      P_DB: join(folder, "stories.db"),
      P_DATA: join(folder, "data"),
      P_TEST_MODE: "2",
      P_TZ: "Asia/Shanghai",
      P_ADMIN_CRED: `${ADMIN.uname}:${ADMIN.pwd}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  server.stdout.on("data", (text) => { said += text; });
  server.stderr.on("data", (text) => { said += text; });
  await new Promise((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    const look = setInterval(() => { if (said.includes(`${base}/api`)) { clearInterval(look); resolve(); } }, 50);
  });
  const orders = await furnish(base);
  const stop = () => new Promise((resolve) => {
    server.removeAllListeners("exit");
    server.once("exit", () => { rmSync(folder, { recursive: true, force: true }); resolve(); });
    server.kill("SIGTERM");
  });
  return { base, stop, orders, boss: BOSS, admin: ADMIN, user: USER };
}

/** A manager, two users and enough orders that lists, charts and pages have something to show; a served and a waiting one of USER. */
async function furnish(base) {
  const admin = {};
  await call(base, "admin", "login", ADMIN, admin);
  await call(base, "admin", "Employee.add", { ...BOSS, name: "老板", phone: "13900000001", perms: "emp,mgr" }, admin);
  const users = [];
  for (const [name, phone] of [["陈思远", "13810190056"], ["Alice Green", "13810316760"]]) {
    users.push(await call(base, "admin", "User.add", { name, phone, pwd: USER.pwd }, admin));
  }
  const texts = ["家电清洗：油烟机", "Deep cleaning, 3 rooms", "搬运旧冰箱到小区回收点"];
  const orders = Array.from({ length: 60 }, (_, i) => ({
    ac: "Ordr.add",
    post: {
      userId: users[i % 2],
      dscr: texts[i % 3],
      amount: Math.round((i * 7919) % 70000) / 100 + 20,
      status: ["CR", "RE", "CA"][i % 3],
      createTm: new Date(Date.now() - i * 11 * 3600_000).toISOString(),
    },
  }));
  const answer = await fetch(`${base}/api/batch?useTrans=1&_app=admin`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: admin.cookie },
    body: JSON.stringify(orders),
  });
  const [code, results] = JSON.parse(await answer.text());
  const bad = code === 0 ? results.find((result) => result[0] !== 0) : results;
  if (bad) throw new Error(`orders: ${JSON.stringify(bad)}`);
  const ids = results.map((result) => result[1]);
  return { waiting: ids[0], served: ids[4] };
}
