// The working day of staff in a real browser: a login that runs out, a new colleague, finding and reading records.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, axeFaults, launch, open, openList, PHONE, settled, SHOTS, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

let server, browser, context, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  ({ context, page } = await staffAtWork(browser, server));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { timeout: 60_000 });
const list = (obj, query = "") => openList(page, server, obj, query, "tbody tr, .drawer");
/** Neither a session nor a token is left, as after a long weekend. */
const forget = async (where, of) => {
  await of.clearCookies();
  await where.evaluate(() =>
    Object.keys(localStorage)
      .filter((key) => key.includes("token_"))
      .forEach((key) => localStorage.removeItem(key)),
  );
};

story("a login that ran out is renewed above the form, which is then saved", async () => {
  await list("Ordr");
  await page.click("tbody .open >> nth=0");
  await page.click("aside .btn:has-text('编辑')");
  await page.fill(".el-dialog #f-cmt", "写了一半的备注");
  await forget(page, context);
  await page.click(".el-dialog footer .btn.primary, .el-dialog__footer .btn.primary");
  const sheet = page.locator(".el-dialog:has-text('登录已过期')");
  await sheet.locator("#pwd").waitFor();
  assert.equal(await page.inputValue(".el-dialog #f-cmt"), "写了一半的备注");
  assert.equal(await sheet.locator("#uname").inputValue(), server.boss.uname);
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}login-sheet.png` });
  await sheet.locator("#pwd").fill("wrong-password-1");
  await page.keyboard.press("Enter");
  await sheet.locator("[role=alert]").waitFor();
  await sheet.locator("#pwd").fill(server.boss.pwd);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".toast:has-text('写了一半的备注')");
  await sheet.waitFor({ state: "detached" });
});

story("the login sheet can be left for the login page", async () => {
  await list("Ordr");
  await forget(page, context);
  await page.click("[aria-label='刷新']");
  await page.click(".btn:has-text('退出到登录页')");
  await page.waitForURL(/#\/login\?to=/);
  await page.fill("#uname", server.boss.uname);
  await page.fill("#pwd", server.boss.pwd);
  await page.keyboard.press("Enter");
  await page.waitForSelector("tbody tr");
});

story("on the phone what was typed outlives the login", async () => {
  const phone = await open(browser, "zh", PHONE);
  const mine = await phone.newPage();
  await mine.goto(`${server.base}/m2/index.html#/login`);
  await mine.click(".other");
  await mine.getByLabel("手机号或用户名").fill(server.user.uname);
  await mine.getByLabel("密码", { exact: true }).fill(server.user.pwd);
  await mine.keyboard.press("Enter");
  await mine.waitForURL(/#\/$/);
  await mine.goto(`${server.base}/m2/index.html#/me/name`);
  await settled(mine);
  const name = mine.locator("main input");
  await name.fill("陈思源");
  await forget(mine, phone);
  await name.press("Enter");
  const sheet = mine.locator(".van-popup:has-text('登录已过期')");
  await sheet.waitFor();
  await sheet.getByLabel("手机号").waitFor();
  await mine.screenshot({ path: `${SHOTS}login-sheet-phone.png` });
  assert.equal(await name.inputValue(), "陈思源");
  await sheet.getByText("用密码登录").click();
  await sheet.getByLabel("密码", { exact: true }).fill(server.user.pwd);
  await mine.keyboard.press("Enter");
  await sheet.waitFor({ state: "detached" });
  await mine.waitForSelector("text=陈思源");
  assert.equal((await ask(phone, server.base, "user", "User.get")).name, "陈思源");
  await phone.close();
});

story("a new employee gets permissions by ticks and needs a password", async () => {
  await list("Employee");
  await page.click(".btn:has-text('新建')");
  const form = page.locator(".el-dialog:has-text('新建员工')");
  await form.locator("#f-name").fill("王小明");
  await form.locator("#f-phone").fill("13900000077");
  await form.locator("#f-uname").fill("wangxm");
  assert.equal(await form.locator("#f-pwd").getAttribute("placeholder"), "");
  assert.ok(!(await form.textContent()).includes("Empty = may not log in"), "a developer's note stands in the form");
  await form.getByRole("checkbox", { name: "经理" }).check();
  assert.ok(await form.getByRole("checkbox", { name: "员工 处理订单" }).isChecked(), "a manager is staff");
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}employee-form.png` });
  await form.locator(".btn.primary").click();
  await form.locator(".item.bad:has(#f-pwd)").waitFor();
  await form.locator("#f-pwd").fill("Sunny-morning-77");
  await form.locator(".btn.primary").click();
  await form.waitFor({ state: "detached" });
  const [made] = await ask(context, server.base, "store", "Employee.query", { cond: "uname='wangxm'", fmt: "array" });
  assert.equal(made.perms, "emp,mgr");
});

story("a click anywhere in a row opens it, a tick does not", async () => {
  await list("Ordr");
  await page.click("tbody tr:nth-child(2) td.check");
  await page.click("tbody tr:nth-child(2) input");
  assert.equal(await page.locator("aside.drawer").count(), 0);
  await page.click("tbody tr:nth-child(2) td:nth-child(4)");
  await page.waitForSelector("aside.drawer dl");
});

story("a search finds people and orders by what they hold, and nothing that is not there", async () => {
  await list("Ordr");
  const search = async (text) => {
    await page.keyboard.press("Control+k");
    await page.fill(".palette input", text);
    await page.waitForFunction(() => !document.querySelector(".palette [role=status]"));
  };
  await search("Alice");
  const hit = page.locator("#palette-hits [role=option]:has-text('用户')", { hasText: "Alice Green" });
  await hit.waitFor();
  await page.screenshot({ path: `${SHOTS}palette.png` });
  await hit.click();
  await page.waitForSelector("aside.drawer:has-text('Alice Green')");
  await search("7");
  assert.match(await page.locator("#palette-hits [role=option]").first().textContent(), /#7\b.*订单/);
  await page.keyboard.press("Escape");
  await page.locator(".palette").waitFor({ state: "hidden" });
  await search("99999");
  await page.waitForSelector(".palette .none:has-text('没有找到')");
  await page.keyboard.press("Escape");
});

story("a history names the user who placed the order", async () => {
  const phone = await open(browser, "zh", PHONE);
  await phone.request.post(`${server.base}/api/login?_app=user`, { data: { uname: "13810316760", pwd: server.user.pwd } });
  const id = await ask(phone, server.base, "user", "Ordr.add", {}, { dscr: "擦窗", amount: 80 });
  await phone.close();
  await list("Ordr", `?id=${id}`);
  await page.waitForSelector("aside .timeline li:has-text('Alice Green（用户）')");
  await page.click("[role=tab]:has-text('变更记录')");
  await page.waitForSelector("aside #pane-history li:has-text('Alice Green（用户）')");
});

story("deleting names what refers to the record", async () => {
  const admin = await open(browser, "zh", { viewport: { width: 1280, height: 800 } });
  const mine = await admin.newPage();
  await admin.request.post(`${server.base}/api/login?_app=admin`, { data: server.admin });
  const [user] = await ask(admin, server.base, "admin", "User.query", { cond: "phone='13810316760'", fmt: "array" });
  await mine.goto(`${server.base}/web/adm.html#/o/User?id=${user.id}`);
  await mine.click("aside [aria-label='更多操作']");
  await mine.click(".el-dropdown-menu .del");
  const question = mine.locator(".el-message-box:has-text('仍被引用')");
  await question.waitFor();
  assert.match(await question.textContent(), /订单 × 3\d/);
  await mine.screenshot({ path: `${SHOTS}delete-referred.png` });
  await admin.close();
});

story("what is not there or not allowed says so once, with a way on", async () => {
  await list("Ordr", "?id=99999");
  await page.waitForSelector("aside [role=alert]:has-text('找不到订单 #99999')");
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}record-missing.png` });
  await page.click("aside [role=alert] .btn");
  await page.goto(`${server.base}/web/store.html#/o/NoSuchObject`);
  await page.waitForSelector(".page [role=alert] svg");
  assert.equal(await page.locator(".toast.bad").count(), 0);
  const phone = await open(browser, "zh", PHONE);
  await phone.request.post(`${server.base}/api/login?_app=user`, { data: server.user });
  const mine = await phone.newPage();
  await mine.goto(`${server.base}/m2/index.html#/order/99999`);
  await mine.waitForSelector("[role=alert]:has-text('找不到这份订单')");
  await mine.click("text=查看我的订单");
  await mine.waitForURL(/#\/orders$/);
  await phone.close();
});
