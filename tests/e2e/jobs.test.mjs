// Background jobs in a real browser: a queue is paused, a dead job is read, run again and cancelled, all dead ones run again.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, axeFaults, launch, open, settled, SHOTS, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

const WHY = "HTTP 503: the other side is away";
let server, browser, context, page;
before(async () => {
  [server, browser] = await Promise.all([start({ P_EXECSQL: "write" }), launch()]);
  context = await open(browser, "zh", { viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  await page.goto(`${server.base}/web/adm.html`);
  await page.fill("#uname", server.admin.uname);
  await page.fill("#pwd", server.admin.pwd);
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav.nav a:has-text('后台任务')");
  for (const key of ["first", "second", "third"]) {
    const values = `'work', 'story.${key}', 'dead', 5, 5, 0, '${WHY}', datetime('now'), datetime('now'), datetime('now')`;
    const sql = `INSERT INTO Job (queue, kind, state, attempt, maxAttempt, fence, lastError, createTm, runTm, doneTm) VALUES (${values})`;
    await call("execSql", {}, { sql });
  }
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { timeout: 60_000, failed: () => page.keyboard.press("Escape") });
const call = (ac, query, body) => ask(context, server.base, "admin", ac, query, body);
const said = (text) => page.waitForSelector(`.toast:has-text("${text}")`);
const queue = () => page.locator("tr[data-queue=work]");
const job = (kind) => page.locator("table.jobs tr", { hasText: `story.${kind}` });
const jobs = async (query = "") => {
  await page.goto(`${server.base}/web/adm.html#/`);
  await page.goto(`${server.base}/web/adm.html#/jobs${query}`);
  await page.waitForSelector("table.queues tbody tr");
};
const stateOf = async (kind) => (await call("Job.query", { cond: `kind='story.${kind}'`, res: "state", fmt: "array" }))[0].state;

story("dead jobs are there with their errors, and a queue is paused", async () => {
  await jobs();
  await job("first").waitFor();
  assert.ok((await job("first").innerText()).includes(WHY));
  assert.equal(await page.locator("table.jobs tbody tr").count(), 3);
  await queue().locator(".btn:has-text('暂停')").click();
  await page.click(".el-message-box .el-button--primary");
  await said("已暂停");
  await queue().locator(".tag:has-text('已暂停')").waitFor();
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.screenshot({ path: `${SHOTS}jobs.png` });
  const all = await call("Job.queues");
  assert.equal(all.find((one) => one.name === "work").paused, true);
});

story("one is run again and waits in the paused queue, another look shows it there, and it is cancelled", async () => {
  await jobs();
  await job("first").locator(".btn:has-text('重新执行')").click();
  await said("将重新执行");
  await job("first").waitFor({ state: "detached" });
  assert.equal(await stateOf("first"), "waiting");
  await page.click(".states .btn:has-text('等待')");
  await job("first").waitFor();
  assert.ok(page.url().includes("state=waiting"));
  await job("first").locator(".btn:has-text('取消任务')").click();
  await page.click(".el-message-box .el-button--danger");
  await said("已取消");
  assert.equal(await stateOf("first"), "cancelled");
  await page.goBack();
  await job("second").waitFor();
});

story("all dead jobs of a queue are run again, and the queue goes on", async () => {
  await jobs();
  await queue().locator(".btn:has-text('全部重新执行')").click();
  await page.click(".el-message-box .el-button--primary");
  await said("2个任务将重新执行");
  await page.waitForSelector("p:has-text('没有这样的任务')");
  assert.deepEqual([await stateOf("second"), await stateOf("third")], ["waiting", "waiting"]);
  for (const kind of ["second", "third"]) {
    const [{ id }] = await call("Job.query", { cond: `kind='story.${kind}'`, res: "id", fmt: "array" });
    await call("Job.cancel", {}, { id });
  }
  await queue().locator(".btn:has-text('继续')").click();
  await said("已继续");
  const all = await call("Job.queues");
  assert.equal(all.find((one) => one.name === "work").paused, false);
});

story("staff without the permission has no such page", async () => {
  const staff = await staffAtWork(browser, server);
  await staff.page.waitForSelector("nav.nav a:has-text('订单')");
  assert.equal(await staff.page.locator("nav.nav a:has-text('后台任务')").count(), 0);
  await assert.rejects(ask(staff.context, server.base, "store", "Job.queues"), /\[5\]/);
  await staff.context.close();
});
