// The second factor and one's own logins in a real browser, told in order.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before } from "node:test";
import { ask, axeFaults, launch, listen, open, overflow, PHONE, settled, SHOTS, shown, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

const faults = [];
let server, browser, context, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  context = await open(browser, "zh", { viewport: { width: 1280, height: 860 } });
  page = await context.newPage();
  listen(page, faults, "security");
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { check: () => assert.deepEqual(faults.splice(0), []) });

/** The code that an authenticator app shows so many steps from now. */
function code(key, later = 0) {
  const bits = [...key.replace(/\s/g, "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"));
  const bytes = bits
    .join("")
    .match(/.{8}/g)
    .map((byte) => parseInt(byte, 2));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac("sha1", Buffer.from(bytes)).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
const shot = (name, of = page) => of.screenshot({ path: `${SHOTS}security-${name}.png` });
async function login(of = page) {
  await of.fill("#uname", server.boss.uname);
  await of.fill("#pwd", server.boss.pwd);
  await of.keyboard.press("Enter");
}
async function menu(item) {
  await page.click(".who");
  await page.locator("[role=menuitem]:visible", { hasText: item }).click();
}
let key, recovery;

story("staff turn the second factor on", async () => {
  await page.goto(`${server.base}/web/store.html`);
  await login();
  await page.waitForSelector(".kpi b");
  await menu("登录与安全");
  await page.getByRole("button", { name: "启用…" }).click();
  await page.getByLabel("当前密码").fill(server.boss.pwd);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".el-dialog .key");
  await shot("enrol");
  key = await page.locator(".el-dialog .key").innerText();
  await page.locator(".first-code input").fill(code(key));
  await page.keyboard.press("Enter");
  await page.waitForSelector(".el-dialog .codes");
  await shot("codes");
  recovery = await page.locator(".el-dialog .codes li").allInnerTexts();
  assert.equal(recovery.length, 10);
  assert.deepEqual(await axeFaults(page), []);
  await page.getByRole("button", { name: "已保存，继续" }).click();
  await page.getByText("剩余 10 个恢复码").waitFor();
  await shot("on");
  await page.keyboard.press("Escape");
});

story("the next login asks for a code of the app", async () => {
  await menu("退出登录");
  await page.waitForSelector("#uname");
  await login();
  await page.waitForSelector("#otp");
  await shot("login");
  await page.fill("#otp", code(key, 1));
  await page.keyboard.press("Enter");
  await page.waitForSelector(".kpi b");
});

story("a recovery code opens a second browser, which the first one ends", async () => {
  const other = await (await open(browser, "en", { viewport: { width: 360, height: 740 }, colorScheme: "dark" })).newPage();
  await other.goto(`${server.base}/web/store.html`);
  await login(other);
  await other.fill("#otp", recovery[0]);
  await shot("login-dark", other);
  await other.keyboard.press("Enter");
  await other.waitForSelector(".kpi b");
  await other.click(".who");
  await other.locator("[role=menuitem]:visible", { hasText: "Logins and security" }).click();
  await shown(other.locator(".el-dialog li"), 2);
  await settled(other);
  await shot("dialog-dark", other);
  assert.equal(await overflow(other), "");
  await menu("登录与安全");
  await shown(page.locator(".el-dialog li"), 2);
  await shot("sessions");
  await page.locator(".el-dialog li button").nth(1).click();
  await shown(page.locator(".el-dialog li"), 1);
  await assert.rejects(ask(other.context(), server.base, "store", "whoami"), /\[2\]/);
});

story("the phone app lists its logins and ends one", async () => {
  const phone = await open(browser, "zh", PHONE);
  const elsewhere = await open(browser, "zh", PHONE);
  for (const one of [elsewhere, phone]) await ask(one, server.base, "user", "login", {}, server.user);
  const app = await phone.newPage();
  listen(app, faults, "phone");
  await app.goto(`${server.base}/m2/index.html#/me/devices`);
  await app.waitForSelector("main li");
  const before = await app.locator("main li").count();
  await settled(app);
  await shot("phone", app);
  assert.equal(await overflow(app), "");
  assert.deepEqual(await axeFaults(app), []);
  await app.locator("main li button").nth(1).click();
  await app.getByRole("button", { name: "结束" }).last().click();
  await shown(app.locator("main li"), before - 1);
  await assert.rejects(ask(elsewhere, server.base, "user", "whoami"), /\[2\]/);
});
