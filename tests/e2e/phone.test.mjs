// From phone to counter and back: a guest logs in by code and orders with two pictures, the staff completes the
// order, and the phone shows it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, listen, overflow, SHOTS } from "../../web/e2e/lib.mjs";
import { start } from "./server.mjs";

const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
let server, browser;
before(async () => { [server, browser] = await Promise.all([start(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

/** A phone's page; what it complains of is gathered in `faults`. */
async function phone(faults, lang = "zh", theme = "light") {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.addInitScript(([l, t]) => {
    localStorage.setItem("jindou.lang", JSON.stringify(l));
    localStorage.setItem("jindou.theme", JSON.stringify(t));
  }, [lang, theme]);
  listen(page, faults, `phone ${lang} ${theme}`);
  return page;
}

async function logIn(page, number) {
  await page.goto(`${server.base}/m2/index.html`);
  await page.fill("input[inputmode=tel]", number);
  await page.keyboard.press("Enter");
  // Test mode shows the code it would have sent.
  await page.click("button.test");
}

test("a guest orders with two pictures, the staff completes it, the phone shows it", { timeout: 120_000 }, async () => {
  const faults = [];
  const page = await phone(faults);
  await logIn(page, "13712340001");
  await page.waitForURL(/welcome|#\/$/);
  await page.goto(`${server.base}/m2/index.html#/new`);
  await page.fill("textarea >> nth=0", "两台空调清洗");
  await page.fill("input[inputmode=decimal]", "188.5");
  await page.setInputFiles("input[type=file]", [
    { name: "a.png", mimeType: "image/png", buffer: PIXEL },
    { name: "b.png", mimeType: "image/png", buffer: PIXEL },
  ]);
  await page.click("button[type=submit]");
  await page.waitForURL(/order\/\d+/);
  const id = Number(/order\/(\d+)/.exec(page.url())[1]);
  await page.waitForSelector("text=两台空调清洗");
  await page.waitForFunction(() => [...document.querySelectorAll("img")].filter((img) => img.naturalWidth > 0).length >= 2);

  const counter = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await counter.addInitScript(() => localStorage.setItem("jindou.lang", '"zh"'));
  await counter.goto(`${server.base}/web/store.html`);
  await counter.fill("#uname", server.boss.uname);
  await counter.fill("#pwd", server.boss.pwd);
  await counter.keyboard.press("Enter");
  await counter.waitForSelector(".kpi b");
  await counter.goto(`${server.base}/web/store.html#/o/Ordr?q=${encodeURIComponent("两台空调清洗")}`);
  await counter.click("tbody .open >> nth=0");
  await counter.click("aside .btn.primary:has-text('完成')");
  await counter.waitForSelector("aside .tag.green");

  await page.goto(`${server.base}/m2/index.html#/order/${id}`);
  await page.reload();
  await page.waitForSelector("text=已服务");
  assert.deepEqual(faults, []);
});

test("every page of the phone, both languages and themes", { timeout: 180_000 }, async () => {
  const faults = [];
  for (const lang of ["zh", "en"]) for (const theme of ["light", "dark"]) {
    const page = await phone(faults, lang, theme);
    const look = async (name) => {
      await page.waitForTimeout(500);
      const id = `m2-${name}-${lang}-${theme}`;
      await page.screenshot({ path: `${SHOTS}${id}.png` });
      const beyond = await overflow(page);
      if (beyond) faults.push(`${id}: wider than the window: ${beyond}`);
      for (const fault of await axeFaults(page)) faults.push(`${id}: axe: ${fault}`);
    };
    await page.goto(`${server.base}/m2/index.html`);
    await look("login");
    await logIn(page, `1371235${lang === "zh" ? 1 : 2}00${theme === "light" ? 1 : 2}`);
    await page.waitForURL(/welcome|#\/$/);
    await look("welcome");
    for (const [name, path] of [["home", "/"], ["orders", "/orders"], ["new", "/new"], ["me", "/me"], ["name", "/me/name"], ["password", "/me/password"]]) {
      await page.goto(`${server.base}/m2/index.html#${path}`);
      await look(name);
    }
    await page.context().close();
  }
  assert.deepEqual(faults, []);
});
