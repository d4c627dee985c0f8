// Taking things back in a real browser: two editors of one order, old versions, deleted rows, whole calls.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, axeFaults, launch, openList, settled, SHOTS, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

let server, browser, context, page, other, order;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  ({ context, page } = await staffAtWork(browser, server));
  other = await context.newPage();
  const list = await ask(context, server.base, "store", "Ordr.query", { cond: "status='CR'", res: "id,dscr", pagesz: 1, fmt: "array" });
  order = list[0].id;
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { timeout: 60_000, failed: () => page.keyboard.press("Escape") });
const call = (ac, query, body) => ask(context, server.base, "store", ac, query, body);
const read = (res) => call("Ordr.get", { id: order, res });
const said = (where, text) => where.waitForSelector(`.toast:has-text("${text}")`);
async function edit(where) {
  // A page behind another one is drawn late.
  await where.bringToFront();
  await openList(where, server, "Ordr", `?id=${order}`, "aside.drawer dl");
  await where.click("aside .btn:has-text('编辑')");
  await where.waitForSelector(".el-dialog #f-cmt");
}
const save = (where) => where.click(".el-dialog__footer .btn.primary:visible >> nth=-1");

story("what two editors change in different fields is merged", async () => {
  await edit(page);
  await edit(other);
  await page.fill("#f-cmt", "甲写的");
  await save(page);
  await said(page, "已保存");
  await other.fill("#f-dscr", "乙写的");
  await save(other);
  await said(other, "已合并");
  await said(other, "已保存");
  assert.deepEqual(await read("dscr,cmt"), { dscr: "乙写的", cmt: "甲写的" });
});

story("what both have changed is chosen in three columns", async () => {
  await edit(page);
  await edit(other);
  await page.fill("#f-cmt", "甲的新备注");
  await save(page);
  await said(page, "已保存");
  await other.fill("#f-cmt", "乙的新备注");
  await save(other);
  const choice = other.locator(".el-dialog:has-text('同时修改')");
  await choice.waitFor();
  const cells = await choice.locator("tbody tr >> nth=0").locator("td").allInnerTexts();
  assert.deepEqual(
    cells.map((text) => text.trim()),
    ["乙的新备注", "甲的新备注", "甲写的"],
  );
  await settled(other);
  assert.deepEqual(await axeFaults(other), []);
  await other.screenshot({ path: `${SHOTS}undo-merge.png` });
  assert.equal((await read("cmt")).cmt, "甲的新备注", "nothing is saved before the choice");
  await choice.locator(".btn.primary").click();
  await said(other, "已保存");
  assert.equal((await read("cmt")).cmt, "乙的新备注");
});

story("an old version comes back by the history, after a look at what changes", async () => {
  await openList(page, server, "Ordr", `?id=${order}`, "aside.drawer dl");
  await page.click("#tab-history");
  await page.locator("#pane-history ol > li", { hasText: "甲的新备注" }).last().locator("button").click();
  await page.waitForSelector(".el-dialog ul.rows:has-text('甲的新备注')");
  await settled(page);
  await page.screenshot({ path: `${SHOTS}undo-version.png` });
  await page.click(".el-dialog__footer .btn.primary:visible");
  await said(page, "恢复原状");
  assert.equal((await read("cmt")).cmt, "甲的新备注");
});

story("a record is shown as it was at a moment", async () => {
  await openList(page, server, "Ordr", `?id=${order}`, "aside.drawer dl");
  await page.click("#tab-history");
  await page.fill("#pane-history input[type=datetime-local]", "2001-02-03T04:05:06");
  await page.dispatchEvent("#pane-history input[type=datetime-local]", "change");
  await page.waitForSelector("#pane-history .then:has-text('当时还没有')");
  await page.fill("#pane-history input[type=datetime-local]", "2099-01-01T00:00:00");
  await page.dispatchEvent("#pane-history input[type=datetime-local]", "change");
  await page.waitForSelector("#pane-history .then:has-text('甲的新备注')");
});

async function removeIt() {
  await openList(page, server, "Ordr", `?id=${order}`, "aside.drawer dl");
  await page.click("aside [aria-label='更多操作']");
  await page.locator(".el-dropdown-menu__item:visible", { hasText: "删除" }).click();
  await page.click(".el-message-box .el-button--danger");
  await said(page, "已删除");
}

story("a deletion is taken back where it is told", async () => {
  const before = await call("Ordr.get", { id: order });
  await removeIt();
  await page.click(".toast:has-text('已删除') .link:has-text('撤销')");
  await said(page, "恢复原状");
  assert.deepEqual(await call("Ordr.get", { id: order }), before);
});

story("or from the bin, later", async () => {
  await removeIt();
  await openList(page, server, "Ordr", "", "tbody tr");
  await page.click(".btn[aria-label='回收站']");
  const bin = page.locator(".el-dialog:has-text('回收站')").first();
  await bin
    .locator("li", { hasText: `#${order}` })
    .locator("button")
    .waitFor();
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}undo-bin.png` });
  await bin
    .locator("li", { hasText: `#${order}` })
    .locator("button")
    .click();
  await page.click(".el-dialog__footer .btn.primary:visible");
  await said(page, "恢复原状");
  assert.equal((await read("cmt")).cmt, "甲的新备注");
});

story("a change of many rows is undone as one", async () => {
  await openList(page, server, "Ordr", "", "tbody tr");
  const before = await call("Ordr.query", { res: "id,cmt", pagesz: -1 });
  await page.click("tbody tr:nth-child(1) input");
  await page.click("tbody tr:nth-child(2) input");
  await page.click(".btn:has-text('批量修改')");
  await settled(page);
  await page.click(".el-dialog .el-select >> nth=0");
  await page.locator(".el-select-dropdown__item:visible:has-text('备注')").click();
  await page.locator(".el-dialog textarea, .el-dialog .el-input__inner").last().fill("一起改");
  await page.click(".el-dialog .btn.primary");
  await said(page, "已修改 2 行");
  await page.click(".toast:has-text('已修改') .link:has-text('撤销')");
  await said(page, "已撤销");
  assert.deepEqual(await call("Ordr.query", { res: "id,cmt", pagesz: -1 }), before);
});

story("an import is undone as one", async () => {
  await openList(page, server, "Ordr", "", "tbody tr");
  const total = (await call("Ordr.query", { res: "count(*) n", fmt: "one" })).n;
  await page.click(".btn:has-text('导入')");
  await page.fill("#paste", "用户\t金额\t内容\n1\t12.5\t导入一\n1\t13\t导入二");
  for (const text of ["下一步", "试导入"])
    await page
      .locator(".el-dialog__footer .btn.primary:visible")
      .click()
      .catch(() => {
        throw new Error(text);
      });
  await page.waitForSelector(".fine");
  await page.click(".el-dialog .btn.primary:not([disabled])");
  await said(page, "已导入");
  await page.click(".toast:has-text('已导入') .link:has-text('撤销')");
  await said(page, "已撤销");
  assert.equal((await call("Ordr.query", { res: "count(*) n", fmt: "one" })).n, total);
});

story("a call is undone from the log, once", async () => {
  await call("Ordr.set", { id: order }, { cmt: "由日志撤销" });
  const [entry] = await call("ObjLog.query", {
    cond: `obj='Ordr' and objId=${order}`,
    orderby: "id desc",
    res: "apiLogId",
    pagesz: 1,
    fmt: "array",
  });
  await openList(page, server, "ApiLog", `?id=${entry.apiLogId}`, "aside.drawer .call");
  await page.click("aside .btn:has-text('撤销此调用')");
  await page.waitForSelector(".el-dialog ul.rows:has-text('由日志撤销')");
  await page.click(".el-dialog__footer .btn.primary:visible");
  await said(page, "已撤销");
  assert.equal((await read("cmt")).cmt, "甲的新备注");
  await page.click("aside .btn:has-text('撤销此调用')");
  await page.waitForSelector(".el-dialog [role=alert]:has-text('之后又有修改')");
  assert.ok(await page.isDisabled(".el-dialog__footer .btn.primary:visible"));
});
