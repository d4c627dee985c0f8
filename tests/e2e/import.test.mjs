// Excel in, in a real browser: a workbook of 200 rows with three faults, names that several have, a file dropped on the
// list, and files that are none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import { ask, axeFaults, launch, openList, settled, SHOTS, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";
import { workbook } from "./workbook.mjs";

let server, browser, context, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  ({ context, page } = await staffAtWork(browser, server));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { timeout: 90_000, failed: () => page.keyboard.press("Escape") });
const call = (ac, query, body) => ask(context, server.base, "store", ac, query, body);
const count = async () => (await call("Ordr.query", { res: "count(*) n", fmt: "one" })).n;
const said = (text) => page.waitForSelector(`.toast:has-text("${text}")`);
const primary = ".el-dialog__footer .btn.primary:visible:not([disabled])";
const chosen = (name, bytes) => page.setInputFiles(".el-dialog input[type=file]", { name, mimeType: "application/octet-stream", buffer: bytes });
async function wizard() {
  await openList(page, server, "Ordr", "", "tbody tr");
  await page.click(".btn:has-text('导入')");
  await page.waitForSelector("#paste");
}

function sheet(users) {
  const rows = [["序号", "用户", "金额(元)", "描述", "备注"]];
  for (let n = 1; n <= 200; n++) rows.push([n, users[n % users.length], n % 2 ? n + 0.5 : `￥1,${100 + n}.50`, `第 ${n} 单`, n % 3 ? "" : new Date("2026-03-01")]);
  rows[10][1] = "查无此人";
  rows[20][2] = "很多";
  rows[30][3] = "长".repeat(300);
  return workbook(rows);
}

story("a workbook of 200 rows with three faults: 197 come in, three are fetched, all is undone", async () => {
  const total = await count();
  await wizard();
  await chosen("订单.xlsx", sheet(["Alice Green", server.user.uname, "1"]));
  await page.waitForSelector(".el-dialog p:has-text('200 行 · 5 列')");
  const goes = await page.locator(".el-dialog tbody select").evaluateAll((all) => all.map((one) => one.value));
  assert.deepEqual(goes, ["-", "userId", "amount", "dscr", "cmt"]);
  assert.match(await page.innerText(".el-dialog tbody tr:nth-child(3) .sample"), /1\.5、￥1,102\.50/);
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}import-columns.png` });
  await page.click(primary);
  await page.waitForSelector(".some:has-text('197 行可以导入，3 行有误')");
  const why = await page.locator(".el-dialog tbody tr td:nth-child(2)").allInnerTexts();
  assert.equal(why.length, 3);
  assert.match(why[0], /“用户”找不到“查无此人”/);
  assert.match(why[1], /“金额”/);
  assert.match(why[2], /“描述”/);
  assert.ok(why.every((text) => !/userId|amount|dscr|param/.test(text)), why.join("\n"));
  assert.equal(await count(), total, "a try changes nothing");
  await page.click(`${primary}:has-text('导入 197 行')`);
  await page.waitForSelector(".some:has-text('已导入 197 行，3 行有误未导入')");
  assert.equal(await count(), total + 197);
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}import-done.png` });
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(".el-dialog a:has-text('下载未导入的行')")]);
  assert.match(file.suggestedFilename(), /\.xlsx$/);
  const left = readFileSync(await file.path());
  await page.click(".el-dialog .btn:has-text('撤销导入')");
  await said("已撤销");
  assert.equal(await count(), total);
  // What was fetched is a workbook of the three with their reasons, which the server reads again.
  const again = await page.evaluate(async (bytes) => {
    const form = new FormData();
    form.append("file", new File([new Uint8Array(bytes)], "left.xlsx"));
    return (await fetch("/api/Ordr.batchAdd?_app=store&preview=1&title=-,userId,amount,dscr,cmt,-", { method: "POST", body: form })).json();
  }, [...left]);
  assert.deepEqual([again[1].total, again[1].faultCnt, again[1].columns[5].heading], [3, 3, "未导入的原因"]);
  assert.match(again[1].columns[5].samples[0], /找不到/);
});

story("where several have a name, the one is chosen", async () => {
  const users = await call("User.query", { res: "id,name", fmt: "array" });
  await call("User.set", { id: users.find((one) => one.name === "Alice Green").id }, { name: "陈思远" });
  await wizard();
  await chosen("a.xlsx", workbook([["用户", "金额", "描述"], ["陈思远", 5, "同名一"], ["陈思远", "1.2万", "同名二"]]));
  await page.click(`${primary}:has-text('试导入')`);
  await page.waitForSelector(".which");
  assert.ok(await page.isDisabled(".el-dialog__footer .btn.primary:visible"), "no row is good yet");
  await settled(page);
  await page.screenshot({ path: `${SHOTS}import-choice.png` });
  const options = await page.locator(".which option").allInnerTexts();
  assert.equal(options.length, 3, options.join());
  await page.selectOption(".which select", { label: options.find((text) => text.includes("13810316760")) });
  await page.click(".el-dialog .btn:has-text('重新检查')");
  await page.waitForSelector(".fine:has-text('2 行')");
  await page.click(primary);
  await said("已导入 2 行");
  const made = await call("Ordr.query", { cond: "dscr like '同名%'", res: "userPhone,amount", orderby: "id", fmt: "array" });
  assert.deepEqual(made.map((one) => [one.userPhone, Number(one.amount)]), [["13810316760", 5], ["13810316760", 12000]]);
});

story("a file let go on the list is taken up", async () => {
  await openList(page, server, "Ordr", "", "tbody tr");
  const data = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "a.csv"));
    return data;
  }, "用户,描述\n1,由拖放导入\n");
  await page.dispatchEvent(".grid-page", "dragover", { dataTransfer: data });
  await page.waitForSelector(".drop:has-text('松开即可导入')");
  await page.dispatchEvent(".drop", "drop", { dataTransfer: data });
  await page.click(`${primary}:has-text('试导入')`);
  await page.waitForSelector(".fine");
  await page.click(primary);
  await said("已导入 1 行");
  assert.equal(await page.locator(".drop").count(), 0);
});

story("what is no table says so and leaves the user where he is", async () => {
  await wizard();
  await chosen("a.xlsx", Buffer.from("PK\x03\x04 nothing"));
  await page.waitForSelector(".problem:has-text('Excel文件无法读取')");
  await chosen("a.csv", Buffer.from("只有表头\n"));
  await page.waitForSelector(".problem:has-text('至少要有列名和一行数据')");
  await page.click(".el-dialog .btn:has-text('取消')");
});
