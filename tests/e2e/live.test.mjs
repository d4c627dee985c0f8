// Lists that follow what others do, in a real browser: two windows, a server that is started again, a network that goes away.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, axeFaults, launch, open, openList, PHONE, settled, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

let server, browser, context, page, phone, orders;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  ({ context, page } = await staffAtWork(browser, server));
  orders = await call("Ordr.query", { cond: "status='CR'", res: "id,dscr,userId", pagesz: 5, fmt: "array", orderby: "id desc" });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { timeout: 90_000 });
const call = (ac, query, body) => ask(context, server.base, "store", ac, query, body);
const change = (order, dscr) => call("Ordr.set", { id: order.id }, { dscr });
const row = (text) => page.locator(`tbody tr:has-text("${text}")`);
const NEWS = ".box .news";

/** Until the page's connection follows the list: a change from elsewhere comes by itself. */
async function following(mark) {
  await change(orders[0], mark);
  await row(mark).waitFor();
}

story("a row that somebody else changes is seen within a second, and flashes", async () => {
  await openList(page, server, "Ordr", "", "tbody tr");
  await following("先跟上");
  const begun = Date.now();
  await change(orders[1], "别人改的");
  await row("别人改的").waitFor({ timeout: 1000 });
  assert.ok(Date.now() - begun < 1000);
  assert.match(await row("别人改的").getAttribute("class"), /fresh/);
  assert.equal(await page.locator(NEWS).count(), 0);
});

story("new rows wait until they are asked for, and disturb neither a selection nor a form", async () => {
  await page.locator("tbody tr >> nth=1").locator("input[type=checkbox]").check();
  const before = await page.locator("tbody tr").count();
  const top = await page.locator("tbody tr >> nth=0").innerText();
  for (const dscr of ["新来的一", "新来的二", "新来的三"]) await call("Ordr.add", {}, { dscr, userId: orders[0].userId, amount: 5 });
  await page.locator(`${NEWS}:has-text("有 3 条新数据，显示")`).waitFor();
  assert.equal(await page.locator("tbody tr >> nth=0").innerText(), top);
  assert.equal(await page.locator("tbody tr").count(), before);
  assert.equal(await page.locator("tbody tr input:checked").count(), 1);
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.click(NEWS);
  await row("新来的三").waitFor();
  assert.equal(await page.locator("tbody tr input:checked").count(), 1);
  await page.locator(NEWS).waitFor({ state: "detached" });
  await page.locator("tbody tr input:checked").uncheck();

  await openList(page, server, "Ordr", `?id=${orders[1].id}`, "aside.drawer dl");
  await following("再跟上");
  await page.click("aside .btn:has-text('编辑')");
  await page.fill(".el-dialog #f-dscr", "正在写的");
  await change(orders[1], "同时改的");
  await row("同时改的").waitFor();
  assert.equal(await page.inputValue(".el-dialog #f-dscr"), "正在写的");
  await page.keyboard.press("Escape");
});

story("figures on the overview follow", async () => {
  await page.goto(`${server.base}/web/store.html#/`);
  await page.waitForSelector(".kpi b");
  const text = () => page.locator(".kpi b >> nth=0").innerText();
  const was = Number((await text()).replace(/\D/g, ""));
  // What happens before the page follows is not told; it reads by itself only after a minute.
  for (const end = Date.now() + 30_000; Number((await text()).replace(/\D/g, "")) === was; await page.waitForTimeout(1000)) {
    assert.ok(Date.now() < end, "the figures stand still");
    await call("Ordr.add", {}, { dscr: "计数的", userId: orders[0].userId, amount: 5 });
  }
});

story("after the server was started again the list follows as before", async () => {
  await openList(page, server, "Ordr", "", "tbody tr");
  await following("重启之前");
  await server.end();
  await server.begin();
  await change(orders[1], "重启之后");
  await row("重启之后").waitFor();
});

story("what happened while the network was away is seen when it is back", async () => {
  await openList(page, server, "Ordr", "", "tbody tr");
  await following("断网之前");
  const other = await open(browser, "zh", { storageState: await context.storageState() });
  await context.setOffline(true);
  await ask(other, server.base, "store", "Ordr.set", { id: orders[2].id }, { dscr: "断网时改的" });
  await other.close();
  await context.setOffline(false);
  await row("断网时改的").waitFor();
});

story("the phone's list follows, too", async () => {
  const context = await open(browser, "zh", PHONE);
  phone = await context.newPage();
  // Before the page is opened, which would lead a guest to its login.
  await ask(context, server.base, "user", "login", {}, server.user);
  await phone.goto(`${server.base}/m2/index.html#/orders`);
  await phone.waitForSelector(".van-list .card");
  const mine = (await ask(context, server.base, "user", "Ordr.query", { res: "id", pagesz: 1, fmt: "array", orderby: "id desc" }))[0];
  await change(mine, "店里改的");
  await phone.locator("text=店里改的").waitFor();
  await context.close();
});
