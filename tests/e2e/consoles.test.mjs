// The staff's and the administrator's day in a real browser, told in order: what one story makes the next ones use.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch, listen, open, settled, shown, storyteller } from "./browser.mjs";
import { PIXEL, start } from "./server.mjs";

const faults = [];
let server, browser, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  page = await (await open(browser, "zh", { viewport: { width: 1280, height: 800 } })).newPage();
  listen(page, faults, "story");
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { check: () => assert.deepEqual(faults.splice(0), []), failed: () => page.keyboard.press("Escape") });
const go = async (where) => {
  await page.goto(server.base + where);
  await settled(page);
};
const good = (text) => page.waitForSelector(`.toast.good:has-text("${text}")`);
async function login({ uname, pwd }) {
  await page.fill("#uname", uname);
  await page.fill("#pwd", pwd);
  await page.keyboard.press("Enter");
}
const mark = "浏览器的订单";

story("staff log in and see the dashboard", async () => {
  await page.goto(`${server.base}/web/store.html`);
  await login(server.boss);
  await page.waitForSelector(".kpi b");
});
story("a form says what is missing, then an order with a picture is made by keyboard", async () => {
  await go("/web/store.html#/o/Ordr");
  await page.keyboard.press("n");
  await page.waitForSelector("#f-amount");
  await page.keyboard.press("Control+s");
  await page.waitForSelector(".el-dialog .wrong");
  await page.click(".el-dialog .el-select >> nth=0");
  await settled(page);
  await page.locator(".el-select-dropdown__item:visible").first().click();
  await page.fill("#f-amount", "88.8");
  await page.fill("#f-dscr", `${mark} <b>'"`);
  if (await page.locator(".more input").count()) {
    await page.setInputFiles(".more input", [{ name: "a.png", mimeType: "image/png", buffer: PIXEL }]);
    await page.waitForSelector(".el-dialog figure");
  }
  await page.keyboard.press("Control+s");
  await good("已新建");
  await page.waitForSelector("aside.drawer dl");
});
story("search finds it", async () => {
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type(mark);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
});
story("the detail shows its picture; a step of the state machine completes it", async () => {
  await page.click("tbody .open");
  await page.click("aside .btn.primary:has-text('完成订单')");
  await page.click(".el-message-box .el-button--primary");
  await page.waitForSelector("aside .tag.green");
});
story("the history tells the change", async () => {
  await page.click("#tab-history");
  await page.waitForSelector("#pane-history ol li");
});
story("a change says what changed and can be taken back", async () => {
  await page.click("#tab-detail");
  await page.click("aside .btn:has-text('编辑')");
  await page.fill("#f-cmt", "改一下");
  await page.keyboard.press("Control+s");
  await page.click(".toast .link:has-text('撤销')");
  await good("恢复");
  await page.keyboard.press("Escape");
});
story("filters live in the address", async () => {
  await go("/web/store.html#/o/Ordr?f.status=in.CR&f.createTm=last.year&sort=-amount");
  await shown(page.locator(".chip"), 2);
  if (await page.locator("tbody .tag:not(.amber)").count()) throw new Error("rows of another state");
  await page.click(".chip .edit >> nth=0");
  await page.click(".opts label:has-text('已服务')");
  await page.click("form.f footer .btn.primary");
  await page.waitForFunction(() => location.hash.includes("RE"));
});
story("two rows change at once", async () => {
  await go("/web/store.html#/o/Ordr");
  await page.click("tbody tr:nth-child(1) input");
  await page.click("tbody tr:nth-child(2) input");
  await page.click(".btn:has-text('批量修改')");
  await settled(page);
  await page.click(".el-dialog .el-select >> nth=0");
  await page.locator(".el-select-dropdown__item:visible:has-text('备注')").click();
  await page.locator(".el-dialog textarea, .el-dialog .el-input__inner").last().fill("批量");
  await page.click(".el-dialog .btn.primary");
  await good("已修改 2 行");
});
let exported = "";
story("what is shown is exported", async () => {
  await go(`/web/store.html#/o/Ordr?q=${encodeURIComponent(mark)}`);
  await page.click(".btn:has-text('导出')");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(".el-dropdown-menu__item:has-text('CSV（UTF-8）')")]);
  exported = await file.path();
  if (!/\.csv$/.test(file.suggestedFilename())) throw new Error(file.suggestedFilename());
});
story("the export comes back in and finds its rows", async () => {
  await page.click(".btn:has-text('导入')");
  await page.setInputFiles(".el-dialog input[type=file]", exported);
  await page.click(".el-dialog .btn.primary:has-text('试导入')");
  await page.waitForSelector(".fine");
  await page.click(".el-dialog .btn.primary:not([disabled])");
  await good("已导入");
});
story("a bad line is named before anything is written", async () => {
  await page.click(".btn:has-text('导入')");
  await page.fill("#paste", "用户\t金额\t内容\n1\t12.5\t好\n1\tabc\t坏");
  await page.click(".el-dialog .btn.primary");
  await page.click(".el-dialog .btn.primary");
  await page.waitForSelector(".el-dialog td:text-is('3')");
  await page.click(".el-dialog .btn:has-text('取消')");
});
story("a report is built, kept and removed", async () => {
  await go("/web/store.html#/report");
  await page.waitForSelector("tfoot");
  await page.fill(".page-head input[maxlength]", mark);
  await page.click(".btn.primary:has-text('保存')");
  await good(mark);
  await page.click("[aria-label='删除报表']");
  await page.click(".el-message-box .el-button--danger");
  await good("已删除");
});
story("Ctrl+K opens a record by its number; a reload keeps the place", async () => {
  await page.keyboard.press("Control+k");
  await page.keyboard.type("1");
  await page.waitForSelector("[role=option]:has-text('#1')");
  await page.keyboard.press("Enter");
  await page.waitForSelector("aside.drawer dl");
  await page.reload();
  await page.waitForSelector("aside.drawer dl");
});
story("log out", async () => {
  await page.click(".who");
  await page.click("[role=menuitem]:has-text('退出')");
  await page.waitForSelector("#uname");
});

story("the administrator logs in", async () => {
  await page.goto(`${server.base}/web/adm.html`);
  await login(server.admin);
  await page.waitForSelector(".cards .one b");
});
story(
  "every object opens, and its first record",
  async () => {
    await go("/web/adm.html#/");
    const links = await page.locator(".cards a.one").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    const wrong = [];
    for (const link of links) {
      await go(`/web/adm.html${link}`);
      if (await page.locator("tbody .open").count()) {
        await page.locator("tbody .open").first().click();
        await page.waitForSelector("aside.drawer");
        await settled(page);
      }
      const alerts = await page.locator("[role=alert]").allInnerTexts();
      if (alerts.length) wrong.push(`${link}: ${alerts.join(" ").slice(0, 160)}`);
    }
    if (wrong.length) throw new Error(wrong.join(" | "));
  },
  400_000,
);
story("SQL: a result, and an error that says why", async () => {
  await go("/web/adm.html#/query");
  await page.click(".cm-content");
  await page.keyboard.type("select status, count(*) n from Ordr group by status");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".result tbody tr");
  await page.click(".cm-content");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("select * from no_such_table");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".result .problem");
});
story("statistics", async () => {
  await go("/web/adm.html#/stats");
  await page.waitForSelector(".ac");
  const problem = await page.locator(".problem").allInnerTexts();
  if (problem.length) throw new Error(problem.join(" "));
});
story("the staff's call is in the log, with what it changed", async () => {
  await go("/web/adm.html#/o/ApiLog?f.ac=eq.Ordr.set");
  await page.click("tbody .open");
  await page.waitForSelector(".call pre");
  await page.waitForSelector(".call .chg, .call li");
});
story("the server page verifies the audit log", async () => {
  await go("/web/adm.html#/server");
  await page.click(".btn:has-text('开始校验')");
  await page.waitForSelector(".audit .good");
});
story("the server page makes a backup, which counts when it was restored and checked", async () => {
  await page.getByText("还没有备份").waitFor();
  await page.click(".btn:has-text('立即备份')");
  await page.waitForSelector(".backup .tag.green");
  await page.getByText(/最近一次有效备份/).waitFor();
  await page.waitForSelector(".btn:has-text('立即备份'):enabled");
});
