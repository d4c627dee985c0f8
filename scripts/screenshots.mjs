// One picture of each front end: `serve --demo` over a new database, its made-up logins, and Chromium in English and light.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, launch, settled } from "../tests/e2e/browser.mjs";

/** Bytes of one picture at most: a README is looked at over slow lines, too. */
const MOST = 60 << 10;
const to = process.argv[2] ?? "docs/img";
const folder = mkdtempSync(join(tmpdir(), "jindou-pictures-"));
mkdirSync(to, { recursive: true });

/** Starts the demo; gives its address and what it prints of logins: who → [name, password]. */
async function demo() {
  const server = spawn(process.env.JINDOU_BIN, ["serve", "--demo"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      P_LISTEN: "127.0.0.1:0",
      P_DATA: folder,
      P_TZ: "Asia/Shanghai",
      P_LOG: "error",
      P_AUDIT_WITNESS: "none",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const logins = {};
  let base = "";
  for await (const piece of server.stdout) {
    said += piece;
    for (const [, who, name, pwd] of said.matchAll(/^│ (\S+) +(\S+) +(\S+) +│$/gm)) logins[who] = [name, pwd];
    base = /http:\/\/[\d.:]+/.exec(said)?.[0] ?? base;
    if (said.includes("┘")) break;
  }
  return { server, base, logins };
}

async function picture(page, name) {
  await settled(page);
  const card = page.getByRole("button", { name: /not show again/ }).first();
  if (await card.isVisible()) await card.click();
  // Nothing stands out because the mouse is over it.
  await page.mouse.move(0, 0);
  await settled(page);
  const path = join(to, `${name}.jpg`);
  for (let quality = 82; ; quality -= 6) {
    await page.screenshot({ path, type: "jpeg", quality, animations: "disabled" });
    const { size } = statSync(path);
    if (size <= MOST || quality < 50) {
      console.log(`${path} ${(size / 1024).toFixed(0)} KiB`);
      return;
    }
  }
}

const { server, base, logins } = await demo();
const browser = await launch();
try {
  const who = (...names) => logins[names.find((name) => logins[name])] ?? Object.values(logins)[0];
  const console_ = { viewport: { width: 1120, height: 700 }, timezoneId: "Asia/Shanghai" };
  const phone = { viewport: { width: 360, height: 700 }, isMobile: true, hasTouch: true, timezoneId: "Asia/Shanghai" };

  for (const [name, at, login, after, shows] of [
    ["store", "web/store.html", who("manager", "staff", "employee"), "#/", ".kpi b"],
    ["adm", "web/adm.html", who("admin"), "#/", ".cards .one b"],
  ]) {
    const page = await (await open(browser, "en", console_)).newPage();
    await page.goto(`${base}/${at}`);
    await page.fill("#uname", login[0]);
    await page.fill("#pwd", login[1]);
    await page.keyboard.press("Enter");
    await page.waitForSelector(shows);
    await page.goto(`${base}/${at}${after}`);
    await picture(page, name);
  }

  const page = await (await open(browser, "en", phone)).newPage();
  await page.goto(`${base}/m2/index.html`);
  const [name, pwd] = who("user");
  await page.getByText("password", { exact: false }).first().click();
  await page.getByLabel("user name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(pwd);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !location.hash.includes("login"));
  await picture(page, "m2");
} finally {
  await browser.close();
  server.kill("SIGTERM");
  await new Promise((done) => server.once("exit", done));
  rmSync(folder, { recursive: true, force: true });
}
