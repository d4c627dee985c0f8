// Roles in a real browser: the matrix is ticked, a field hidden, the role looked at and given, and its holder sees no more.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, axeFaults, launch, open, openList, settled, SHOTS, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

const NAME = "客服一组";
const PWD = "golden-cloud-7";
let server, browser, context, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  ({ context, page } = await staffAtWork(browser, server));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { timeout: 60_000, failed: () => page.keyboard.press("Escape") });
const call = (ac, query, body) => ask(context, server.base, "store", ac, query, body);
const roles = async () => {
  await page.goto(`${server.base}/web/store.html#/roles`);
  await page.waitForSelector("nav.list");
};
const row = (obj) => page.locator(`tr[data-obj="${obj}"]`);

story("a manager makes a role of ticks and hides a field", async () => {
  await roles();
  await page.click(".btn:has-text('新建角色')");
  await row("Ordr").waitFor();
  await page.fill("#role-name", NAME);
  await page.fill("input[type=search].text", "订单");
  assert.equal(await row("User").count(), 0, "the search leaves orders alone");
  await row("Ordr").getByLabel("查看").check();
  await row("Ordr").getByLabel("修改").check();
  await row("Ordr").locator("button").click();
  const drawer = page.locator(".el-drawer");
  await drawer.locator("input[name=sight-amount] >> nth=-1").check();
  await drawer.locator("input[name=sight-cmt] >> nth=1").check();
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}roles-drawer.png` });
  await page.keyboard.press("Escape");
  await page.fill("input[type=search].text", "");
  await row("User").getByLabel("查看").check();
  await page.click("form .btn.primary");
  await page.waitForSelector(".toast:has-text('已保存')");
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}roles.png` });
  const [kept] = await call("Role.query", { cond: `name='${NAME}'`, fmt: "array" });
  const matrix = JSON.parse(kept.matrix);
  assert.deepEqual(matrix.Ordr, { actions: ["get", "query", "set"], hidden: ["amount"], readonly: ["cmt"], rows: "all" });
  assert.deepEqual(Object.keys(matrix).sort(), ["Ordr", "User", "functions"]);
});

story("what a role sees is looked at before it is given", async () => {
  await roles();
  await page.click(`nav.list button:has-text('${NAME}')`);
  await page.click(".btn:has-text('以此身份查看')");
  const sight = page.locator(".el-dialog .sight");
  await sight.waitFor();
  const text = await sight.innerText();
  assert.ok(text.includes("订单") && !text.includes("金额"), text);
  await settled(page);
  await page.screenshot({ path: `${SHOTS}roles-see-as.png` });
  await page.keyboard.press("Escape");
});

story("a role is copied, and one that is in use is not deleted", async () => {
  await roles();
  await page.click(`nav.list button:has-text('${NAME}')`);
  await page.click("form .btn:has-text('复制')");
  await page.click("form .btn.primary");
  await page.waitForSelector(`nav.list button:has-text('${NAME}_2')`);
  const copies = await call("Role.query", { fmt: "array", res: "matrix", cond: `name LIKE '${NAME}%'` });
  assert.equal(copies.length, 2);
  assert.equal(copies[0].matrix, copies[1].matrix);
});

story("the role is given by a tick, and its holder's console shows no more than it allows", async () => {
  const id = await call("Employee.add", {}, { uname: "fresh", name: "小新", phone: "13955550001", pwd: PWD, perms: "emp" });
  await openList(page, server, "Employee", `?id=${id}`, "aside.drawer dl");
  await page.click("aside .btn:has-text('编辑')");
  await page
    .locator(".el-dialog label", { hasText: `${NAME} ` })
    .first()
    .locator("input")
    .check();
  await page.click(".el-dialog__footer .btn.primary:visible >> nth=-1");
  await page.waitForSelector(".toast:has-text('已保存')");
  assert.equal((await call("Employee.get", { id })).perms, `emp,${NAME}`);
  await openList(page, server, "Employee", `?id=${id}`, "aside.drawer dl");
  await page.click("#tab-rights");
  await page.waitForSelector("#pane-rights .sight:has-text('订单')");
  const theirs = await open(browser, "zh", { viewport: { width: 1280, height: 800 } });
  const clerk = await theirs.newPage();
  await clerk.goto(`${server.base}/web/store.html`);
  await clerk.fill("#uname", "fresh");
  await clerk.fill("#pwd", PWD);
  await clerk.keyboard.press("Enter");
  await clerk.waitForSelector("nav.nav a:has-text('订单')");
  await clerk.goto(`${server.base}/web/store.html#/o/Ordr`);
  await clerk.waitForSelector("tbody tr");
  await settled(clerk);
  const shown = await clerk.locator("body").innerText();
  assert.ok(!shown.includes("金额") && !shown.includes("审计"), shown);
  await clerk.screenshot({ path: `${SHOTS}roles-clerk.png` });
  await theirs.close();
  await roles();
  await page.click(`nav.list button:text-is('${NAME}')`);
  await page.click("form .btn.danger");
  await page.click(".el-message-box .el-button--danger");
  await page.waitForSelector("[role=alert]:has-text('1名员工')");
});
