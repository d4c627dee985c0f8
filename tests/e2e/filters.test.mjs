// How a list is narrowed in a real browser: groups of conditions, what is empty, periods that move with the day; and
// that all of it stands in the address, where Back takes it away again.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, axeFaults, launch, openList, settled, staffAtWork, storyteller } from "./browser.mjs";
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
const orders = (query = "") => openList(page, server, "Ordr", query, "tbody tr, .blank");
const add = (fields) => ask(context, server.base, "store", "Ordr.add", {}, { userId: 1, amount: 1, ...fields });
const count = (selector) => page.locator(selector).count();
/** What the server says of a condition written by hand. */
const counted = async (cond) =>
  Number((await ask(context, server.base, "store", "Ordr.query", { cond, res: "COUNT(1) n", fmt: "array" }))[0].n);
/** How many rows the page says there are. */
const told = async () => {
  await settled(page);
  return Number((await page.locator(".page-head .count").textContent()).replace(/\D/g, ""));
};
const dialog = ".group-dialog";
const choose = async (line, field) => {
  await page.locator(`${dialog} .line >> nth=${line} >> .field`).click();
  await page.locator(`.el-select-dropdown__item:visible:has-text('${field}')`).first().click();
  await page.locator(".el-select-dropdown:visible").waitFor({ state: "hidden" });
};
const states = async (line, ...names) => {
  await page.locator(`${dialog} .line >> nth=${line} >> .value .el-select`).click();
  for (const name of names) await page.locator(`.el-select-dropdown__item:visible:has-text('${name}')`).first().click();
  await page.keyboard.press("Escape");
  await page.locator(".el-select-dropdown:visible").waitFor({ state: "hidden" });
};

story("a group of conditions joined by OR, with one joined by AND inside it", async () => {
  await add({ amount: 777.5, dscr: "要找的(一|个)\\路径" });
  await orders();
  await page.click(".btn:has-text('筛选')");
  await page.click("form.f .btn:has-text('条件组')");
  await page.waitForSelector(dialog);
  assert.ok(await page.locator(`${dialog} .btn.primary`).isDisabled(), "nothing was asked yet");
  await states(0, "已取消");
  await page.click(`${dialog} .add-group`);
  await choose(1, "金额");
  await page.fill(`${dialog} .group .group input[aria-label='从']`, "700");
  await page.click(`${dialog} .group .group .add`);
  await choose(2, "描述");
  await page.fill(`${dialog} .group .group input[aria-label='值']`, "(一|个)\\路");
  assert.deepEqual(await axeFaults(page), []);
  await page.click(`${dialog} .btn.primary`);
  await page.waitForSelector(".chip.group");
  const wanted = await counted("status='CA' OR (amount>=700 AND dscr LIKE '%(一|个)\\路%')");
  assert.ok(wanted > 1 && wanted === (await counted("status='CA'")) + 1, `${wanted}`);
  assert.equal(await told(), wanted);
  assert.match(await page.locator(".chip.group").textContent(), /状态 已取消 或 \(金额 ≥ 700 且 描述 包含/);
});

story("the group is in the address, holds beside other filters, can be changed, and Back takes it away", async () => {
  for (const amount of [40, 150, 160]) await add({ amount });
  await orders("?f.status=in.CR&g=any(amount.range.100~200|amount.range.~50)");
  const wanted = await counted("status='CR' AND (amount BETWEEN 100 AND 200 OR amount<=50)");
  assert.ok(wanted > 0);
  assert.equal(await told(), wanted);
  await page.click(".chip.group .edit");
  await page.locator(`${dialog} .line >> nth=1 >> button[aria-label='移除条件']`).click();
  await page.click(`${dialog} .btn.primary`);
  await page.waitForSelector(".chip.group:has-text('或')", { state: "detached" });
  const fewer = await counted("status='CR' AND amount BETWEEN 100 AND 200");
  assert.ok(fewer > 0 && fewer < wanted);
  assert.equal(await told(), fewer);
  await page.click("tbody .open >> nth=0");
  await page.waitForSelector("aside.drawer");
  await page.goBack();
  await page.waitForSelector("aside.drawer", { state: "detached" });
  await page.goBack();
  await page.waitForSelector(".chip.group:has-text('或')");
  assert.equal(await told(), wanted);
  await page.goForward();
  await page.waitForSelector(".chip.group:has-text('或')", { state: "detached" });
  await page.click(".chip.group .x");
  await page.waitForSelector(".chip.group", { state: "detached" });
  assert.equal(await told(), await counted("status='CR'"));
});

story("a text is found by what was typed, quotes and backslashes included", async () => {
  const id = await add({ dscr: "路径 'C:\\temp\\'" });
  for (const value of ["C:\\temp\\'", "\\'", "'C:\\"]) {
    await orders(`?g=${encodeURIComponent(`any(dscr.has.${value.replace(/[\\|()]/g, "\\$&")}|dscr.eq.\\\\)`)}`);
    await settled(page);
    assert.deepEqual(await page.locator("tbody .open").allTextContents(), [String(id)], value);
  }
});

story("what is done to all that match is done to those of the group", async () => {
  for (const amount of [90001, 90002]) await add({ amount, dscr: "成批" });
  await orders("?g=any(amount.eq.90001|amount.eq.90002)");
  assert.equal(await told(), 2);
  await page.click("thead input[type=checkbox]");
  await page.waitForSelector("[role=toolbar]:has-text('已选 2 行')");
  await page.click("[role=toolbar] .btn:has-text('完成订单')");
  await page.click(".el-message-box .el-button--primary, .el-message-box .el-button--danger");
  await page.waitForSelector(".toast.good");
  assert.equal(await counted("status='RE' AND (amount=90001 OR amount=90002)"), 2);
});

story("a link whose group makes no sense shows the list, and says nothing of a group", async () => {
  await orders("?g=any(status.in.CR");
  assert.equal(await count(".chip"), 0);
  assert.equal(await told(), await counted("id>0"));
});

story("“is empty” finds what was never filled and what was emptied", async () => {
  const never = await add({ dscr: "没有备注" });
  const emptied = await add({ dscr: "备注清空", cmt: "x" });
  await ask(context, server.base, "store", "Ordr.set", { id: emptied }, { cmt: "" });
  const filled = await add({ dscr: "有备注", cmt: "y" });
  await orders("?f.cmt=null.&f.dscr=has.备注");
  const shown = async () => {
    await settled(page);
    return (await page.locator("tbody .open").allTextContents()).map((text) => Number(text.replace(/\D/g, "")));
  };
  assert.deepEqual(await shown(), [emptied, never]);
  await orders("?f.cmt=notnull.&f.dscr=has.备注");
  assert.deepEqual(await shown(), [filled]);
});

story("periods move with the day of the server: today, this week, the last so many days, older than", async () => {
  const DAY = 86_400_000;
  const [{ n: now }] = await ask(context, server.base, "store", "Ordr.query", { res: "MAX(createTm) n", fmt: "array" });
  const day = (back) => new Date(Date.parse(`${now.slice(0, 10)}T00:00:00Z`) - back * DAY).toISOString().slice(0, 10);
  await orders("?f.createTm=last.today");
  assert.equal(await told(), await counted(`createTm>='${day(0)}' AND createTm<'${day(-1)}'`));
  await page.click(".btn:has-text('筛选')");
  await page.click("form.f .el-select");
  await page.locator(".el-select-dropdown__item:visible:has-text('创建时间')").first().click();
  await page.locator(".el-select-dropdown:visible").waitFor({ state: "hidden" });
  await page.fill("form.f input[aria-label='天数']", "12");
  await page.click("form.f footer .btn.primary");
  await page.waitForSelector(".chip:has-text('近 12 天')");
  await page.click(".chip:has-text('今天') .x");
  await page.waitForSelector(".chip:has-text('今天')", { state: "detached" });
  const wanted = await counted(`createTm>='${day(11)}' AND createTm<'${day(-1)}'`);
  assert.equal(await told(), wanted);
  await orders("?f.createTm=older.12");
  assert.equal(await told(), await counted(`createTm<'${day(12)}'`));
  await page.waitForSelector(".chip:has-text('12 天以前')");
  assert.ok(wanted > 0 && (await told()) > 0);
});

story("Ctrl+K finds records by what they hold, grouped by object, with the place where the words stand", async () => {
  const id = await add({ dscr: "上门保养空调", cmt: "门禁密码问保安" });
  const palette = async (text) => {
    await page.keyboard.press("Control+k");
    await page.fill(".palette input", text);
    await page.waitForFunction(() => !document.querySelector(".palette [role=status]"));
  };
  await orders();
  await palette("问保安");
  const hit = page.locator("#palette-hits [role=option]", { hasText: `#${id} 上门保养空调` });
  await hit.waitFor();
  assert.match(await hit.textContent(), /备注: .*门禁密码问保安.*订单/);
  assert.deepEqual(await axeFaults(page), []);
  await hit.click();
  await page.waitForSelector("aside.drawer:has-text('上门保养空调')");
  await page.goBack();
  // A customer: by name, with the orders placed.
  await palette("Alice Green");
  await page.locator("#palette-hits [role=option]:has-text('用户')", { hasText: "Alice Green" }).waitFor();
  await page.locator("#palette-hits [role=option]:has-text('更多订单')").click();
  await page.waitForFunction(() => /#\/o\/Ordr\?q=Alice/.test(location.hash));
  assert.equal(await told(), await counted("userName LIKE '%Alice%' AND userName LIKE '%Green%'"));
});

story("a search that fails says so, and no older answer stands for it", async () => {
  await orders();
  await page.route("**/api/search*", (route) => route.fulfill({ status: 502, body: "bad gateway" }));
  await page.keyboard.press("Control+k");
  await page.fill(".palette input", "没有这样的页面");
  await page.waitForSelector(".palette [role=alert]");
  await page.unroute("**/api/search*");
  await page.keyboard.press("Escape");
});

story("a list of very many rows is counted to a limit, and to the end when asked", async () => {
  await page.route("**/api/Ordr.query*", async (route) => {
    const url = new URL(route.request().url());
    if (url.searchParams.has("totalMax")) url.searchParams.set("totalMax", "25");
    await route.continue({ url: url.href });
  });
  await orders();
  await page.selectOption("footer select", "20");
  await page.waitForSelector(".count .btn:has-text('25+')");
  assert.equal(await count("tfoot"), 0, "no sum of what was not counted");
  await page.click(".el-pager li:has-text('2')");
  await settled(page);
  await page.click(".el-pager li:has-text('3')");
  await settled(page);
  assert.equal(await count("tbody .open"), 20, "pages go on beyond the count");
  await page.click(".count .btn");
  await page.waitForSelector(".count .btn", { state: "detached" });
  assert.equal(await told(), await counted("id>0"));
  assert.equal(await count("tfoot"), 1);
  await page.unroute("**/api/Ordr.query*");
});
