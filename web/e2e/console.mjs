// The staff's and the administrator's day in a real browser. Writes orders: run it against a database made for it.
import { base, launch, listen, logins, SHOTS } from "./lib.mjs";

const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const faults = [];
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
const page = await context.newPage();
page.setDefaultTimeout(8000);
await page.addInitScript(() => localStorage.setItem("jindou.lang", '"zh"'));
listen(page, faults, "story");
page.on("response", async (r) => {
  if (!r.url().includes("/api/") || r.url().includes("/att") || process.env.QUIET) return;
  const text = await r.text().catch(() => "");
  if (/^\[\s*[^0\s]/.test(text)) console.log(`        ${r.url().slice(base.length, base.length + 90)} ${text.slice(0, 220).replace(/\s+/g, " ")}`);
});
async function story(name, tell) {
  try {
    await tell();
    console.log(`ok      ${name}`);
  } catch (error) {
    faults.push(`${name}: ${error.message.split("\n").slice(0, 2).join(" ")}`);
    console.log(`FAILED  ${name}`);
    await page.screenshot({ path: `${SHOTS}failed-${name.replace(/\W+/g, "-")}.png` });
    await page.keyboard.press("Escape");
  }
}
const go = async (where) => { await page.goto(base + where); await page.waitForLoadState("networkidle"); await page.waitForTimeout(250); };
const good = (text) => page.waitForSelector(`.toast.good:has-text("${text}")`);
async function login(app) {
  await page.fill("#uname", logins[app].uname);
  await page.fill("#pwd", logins[app].pwd);
  await page.keyboard.press("Enter");
}
const mark = `浏览器${Date.now() % 100000}`;

await page.goto(`${base}/web/store.html`);
await story("staff log in and see the dashboard", async () => { await login("store"); await page.waitForSelector(".kpi b"); });
await story("a form says what is missing, then an order with a picture is made by keyboard", async () => {
  await go("/web/store.html#/o/Ordr");
  await page.keyboard.press("n");
  await page.waitForSelector("#f-amount");
  await page.keyboard.press("Control+s");
  await page.waitForSelector(".el-dialog .wrong");
  await page.click(".el-dialog .el-select >> nth=0");
  await page.waitForTimeout(600);
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
await story("search finds it", async () => {
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type(mark);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
});
await story("the detail shows its picture; a step of the state machine completes it", async () => {
  await page.click("tbody .open");
  await page.click("aside .btn.primary:has-text('完成')");
  await page.waitForSelector("aside .tag.green");
});
await story("the history tells the change", async () => { await page.click("#tab-history"); await page.waitForSelector("#pane-history ol li"); });
await story("a change says what changed and can be taken back", async () => {
  await page.click("#tab-detail");
  await page.click("aside .btn:has-text('编辑')");
  await page.fill("#f-cmt", "改一下");
  await page.keyboard.press("Control+s");
  await page.click(".toast .link:has-text('撤销')");
  await good("恢复");
  await page.keyboard.press("Escape");
});
await story("filters live in the address", async () => {
  await go("/web/store.html#/o/Ordr?f.status=in.CR&f.createTm=last.year&sort=-amount");
  if ((await page.locator(".chip").count()) !== 2) throw new Error("two chips expected");
  if (await page.locator("tbody .tag:not(.amber)").count()) throw new Error("rows of another state");
  await page.click(".chip .edit >> nth=0");
  await page.click(".opts label:has-text('已服务')");
  await page.click("form.f footer .btn.primary");
  await page.waitForFunction(() => location.hash.includes("RE"));
});
await story("two rows change at once", async () => {
  await go("/web/store.html#/o/Ordr");
  await page.click("tbody tr:nth-child(1) input");
  await page.click("tbody tr:nth-child(2) input");
  await page.click(".btn:has-text('批量修改')");
  await page.waitForTimeout(300);
  await page.click(".el-dialog .el-select >> nth=0");
  await page.locator(".el-select-dropdown__item:visible:has-text('备注')").click();
  await page.locator(".el-dialog textarea, .el-dialog .el-input__inner").last().fill("批量");
  await page.click(".el-dialog .btn.primary");
  await good("已修改 2 行");
});
let exported = "";
await story("what is shown is exported", async () => {
  await go(`/web/store.html#/o/Ordr?q=${encodeURIComponent(mark)}`);
  await page.click(".btn:has-text('导出')");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(".el-dropdown-menu__item:has-text('CSV（UTF-8）')")]);
  exported = await file.path();
  if (!/\.csv$/.test(file.suggestedFilename())) throw new Error(file.suggestedFilename());
});
await story("the export comes back in and finds its rows", async () => {
  await page.click(".btn:has-text('导入')");
  await page.setInputFiles(".el-dialog input[type=file]", exported);
  await page.click(".el-dialog .btn.primary:has-text('试导入')");
  await page.waitForSelector(".fine");
  await page.click(".el-dialog .btn.primary:not([disabled])");
  await good("已导入");
});
await story("a bad line is named before anything is written", async () => {
  await page.click(".btn:has-text('导入')");
  await page.fill("#paste", "用户\t金额\t内容\n1\t12.5\t好\n1\tabc\t坏");
  await page.click(".el-dialog .btn.primary");
  await page.click(".el-dialog .btn.primary");
  await page.waitForSelector(".el-dialog td:text-is('3')");
  await page.click(".el-dialog .btn:has-text('取消')");
});
await story("a report is built, kept and removed", async () => {
  await go("/web/store.html#/report");
  await page.waitForSelector("tfoot");
  await page.fill(".page-head input[maxlength]", mark);
  await page.click(".btn.primary:has-text('保存')");
  await good(mark);
  await page.click("[aria-label='删除报表']");
  await page.click(".el-message-box .el-button--danger");
  await good("已删除");
});
await story("Ctrl+K opens a record by its number; a reload keeps the place", async () => {
  await page.keyboard.press("Control+k");
  await page.keyboard.type("1");
  await page.waitForTimeout(250);
  await page.keyboard.press("Enter");
  await page.waitForSelector("aside.drawer dl");
  await page.reload();
  await page.waitForSelector("aside.drawer dl");
});
await story("log out", async () => { await page.click(".who"); await page.click(".el-dropdown-menu__item:has-text('退出')"); await page.waitForSelector("#uname"); });

await page.goto(`${base}/web/adm.html`);
await story("the administrator logs in", async () => { await login("admin"); await page.waitForSelector(".cards .one b"); });
await story("every object opens, and its first record", async () => {
  const links = await page.locator(".cards a.one").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  const wrong = [];
  for (const link of links) {
    await go(`/web/adm.html${link}`);
    if (await page.locator("tbody .open").count()) { await page.locator("tbody .open").first().click(); await page.waitForTimeout(400); }
    const alerts = await page.locator("[role=alert]").allInnerTexts();
    if (alerts.length) wrong.push(`${link}: ${alerts.join(" ").slice(0, 160)}`);
  }
  if (wrong.length) throw new Error(wrong.join(" | "));
});
await story("SQL: a result, and an error that says why", async () => {
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
await story("statistics", async () => {
  await go("/web/adm.html#/stats");
  await page.waitForSelector(".ac");
  const problem = await page.locator(".problem").allInnerTexts();
  if (problem.length) throw new Error(problem.join(" "));
});
await story("the staff's call is in the log, with what it changed", async () => {
  await go("/web/adm.html#/o/ApiLog?f.ac=eq.Ordr.set");
  await page.click("tbody .open");
  await page.waitForSelector(".call pre");
  await page.waitForSelector(".call .chg, .call li");
});
await story("the server page verifies the audit log", async () => { await go("/web/adm.html#/server"); await page.click(".btn:has-text('开始校验')"); await page.waitForSelector(".audit .good"); });

await browser.close();
for (const fault of faults) console.log(fault);
process.exit(faults.length ? 1 : 0);
