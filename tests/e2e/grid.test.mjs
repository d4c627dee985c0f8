// The list of a console in a real browser: what it must never do to the people who trust it.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, launch, openList, settled, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

let server, browser, context, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  ({ context, page } = await staffAtWork(browser, server));
  for (const amount of [3313149.25, 151032981.5, 12.5]) {
    await ask(context, server.base, "store", "Ordr.add", {}, { userId: 1, amount, dscr: "大额订单" });
  }
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { timeout: 60_000 });
const orders = (query = "") => openList(page, server, "Ordr", query, "tbody tr");
const count = (selector) => page.locator(selector).count();

story("rows that were acted upon are no longer selected", async () => {
  await orders("?f.status=in.CR");
  await page.click("tbody tr:nth-child(1) input");
  await page.click("[role=toolbar] .btn:has-text('完成订单')");
  await page.click(".el-message-box .el-button--primary, .el-message-box .el-button--danger");
  await page.waitForSelector(".toast.good");
  await settled(page);
  assert.equal(await count("[role=toolbar].bar .danger"), 0, "a selection that nobody sees can be deleted");
});

story("a selection that goes on over pages says how much of it is not shown", async () => {
  await orders();
  await page.selectOption("footer select", "20");
  await settled(page);
  await page.click("tbody tr:nth-child(1) input");
  if (await count(".el-pagination .el-pager li >> nth=1")) {
    await page.click(".el-pagination .el-pager li >> nth=1");
    await settled(page);
    await page.waitForSelector("[role=toolbar]:has-text('其中 1 行不在本页')");
  }
  await page.click("[role=toolbar] .btn:has-text('取消选择')");
});

story("a search that fails shows no rows of another search", async () => {
  await orders();
  await page.route("**/api/Ordr.query*", (route) => route.fulfill({ status: 502, body: "bad gateway" }));
  await page.fill(".search input", "没有的东西");
  await page.waitForSelector(".blank[role=alert]");
  assert.equal(await count("tbody tr"), 0);
  await page.unroute("**/api/Ordr.query*");
  await page.click(".blank .btn");
  await page.waitForSelector(".blank:has-text('没有符合条件')");
});

story("a reload that fails says so above the rows, which fade", async () => {
  await orders();
  await page.route("**/api/Ordr.query*", (route) => route.abort());
  await page.click("[aria-label='刷新']");
  await page.waitForSelector(".blank.above[role=alert]");
  await page.waitForSelector("table.old");
  await page.waitForSelector(".offline:has-text('网络不通')");
  const box = await page.locator(".blank.above").boundingBox();
  assert.ok(box.y < 400, `the message stands at ${box.y}`);
  await page.unroute("**/api/Ordr.query*");
  await page.click(".blank .btn");
  await page.waitForSelector("table.old", { state: "detached" });
});

story("sums and amounts are never cut", async () => {
  await orders();
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("tfoot td, tbody td.r")]
      .filter((cell) => cell.scrollWidth > cell.clientWidth)
      .map((cell) => cell.textContent.trim()),
  );
  assert.deepEqual(cut, []);
  assert.match(await page.locator("tfoot").textContent(), /154,3\d\d,\d{3}\.\d\d/);
});

story("a filter's list of fields closes, and one field takes two conditions", async () => {
  await orders();
  const choose = async (field, op, value) => {
    await page.click(".btn:has-text('筛选')");
    await page.click("form.f .el-select");
    await page.locator(`.el-select-dropdown__item:visible:has-text('${field}')`).first().click();
    await page.locator(".el-select-dropdown:visible").waitFor({ state: "hidden" });
    await page.click(`form.f .ops .btn:has-text('${op}')`);
    await page.fill("form.f input[aria-label='值']", value);
    await page.click("form.f footer .btn.primary");
    await settled(page);
  };
  await choose("金额", "不等于", "12.5");
  await choose("金额", "不等于", "3313149.25");
  assert.equal(await count(".chip"), 2);
  const shown = await page.locator("tbody").textContent();
  assert.ok(shown.includes("151,032,981.50") && !shown.includes("3,313,149.25"), shown.slice(0, 400));
  await page.click(".chip .x >> nth=0");
  await settled(page);
  assert.equal(await count(".chip"), 1);
});

story("Back closes the record, then takes back the filter", async () => {
  await orders();
  await page.click(".btn:has-text('筛选')");
  await page.click(".opts label:has-text('新创建')");
  await page.click("form.f footer .btn.primary");
  await page.waitForSelector(".chip");
  await settled(page);
  await page.click("tbody .open >> nth=0");
  await page.waitForSelector("aside.drawer");
  await page.goBack();
  await page.waitForSelector("aside.drawer", { state: "detached" });
  assert.equal(await count(".chip"), 1);
  await page.goBack();
  await page.waitForSelector(".chip", { state: "detached" });
});

story("Esc closes the form and leaves the record", async () => {
  await orders();
  await page.click("tbody .open >> nth=0");
  await page.waitForSelector("aside.drawer dl");
  await page.click("aside .btn:has-text('编辑')");
  await page.waitForSelector(".el-dialog #f-cmt");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".el-dialog", { state: "hidden" });
  assert.equal(await count("aside.drawer"), 1);
});

story("a step that cannot be taken back asks, by a word that is not “cancel”", async () => {
  await orders("?f.status=in.CR");
  await page.click("tbody .open >> nth=0");
  await page.waitForSelector("aside .acts .btn");
  const steps = (await page.locator("aside .acts .btn").allTextContents()).map((text) => text.trim());
  assert.ok(steps.includes("完成订单") && steps.includes("取消订单") && !steps.includes("取消"), steps.join());
  await page.click("aside .acts .btn:has-text('完成订单')");
  await page.waitForSelector(".el-message-box:has-text('不能撤销')");
  await page.click(".el-message-box .el-button >> nth=0");
  await page.waitForSelector(".el-message-box", { state: "hidden" });
  await page.waitForSelector("aside .acts .btn:has-text('完成订单')");
});
