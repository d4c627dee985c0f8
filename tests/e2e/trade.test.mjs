// The market in the phone app: a buyer publishes, a supplier quotes, the buyer is told and accepts; wrong passwords ask for letters.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, axeFaults, launch, listen, open, overflow, PHONE, settled, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

const noise = [];
let server, browser, context, page, supplier;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  context = await open(browser, "zh", PHONE);
  supplier = await open(browser, "zh", PHONE);
  await ask(context, server.base, "user", "login", {}, server.user);
  await ask(supplier, server.base, "user", "login", {}, { ...server.user, uname: "13810316760" });
  page = await context.newPage();
  listen(page, noise, "market");
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const story = storyteller(() => page, { check: () => assert.deepEqual(noise.splice(0), []) });
const url = (path) => `${server.base}/m2/index.html#${path}`;
const text = (what) => page.getByText(what, { exact: false }).first().waitFor();
let purchase;

story("a buyer publishes a purchase", async () => {
  await page.goto(url("/trade/new"));
  await page.getByRole("button", { name: "发布" }).click();
  await text("请填写");
  await page.getByLabel("品种").fill("大白菜");
  await page.getByLabel("数量").fill("120");
  await page.getByRole("button", { name: "发布" }).click();
  await page.waitForFunction(() => /^#\/trade\/\d+/.test(location.hash));
  await text("待报价");
  purchase = await page.evaluate(() => Number(location.hash.match(/\d+/)[0]));
  await settled(page);
  assert.equal(await overflow(page), "");
  assert.deepEqual(await axeFaults(page), []);
});

story("the bell tells of a quote, and the buyer accepts it", async () => {
  const { items } = await ask(supplier, server.base, "user", "Purchase.get", { id: purchase });
  await ask(supplier, server.base, "user", "Quote.add", {}, { itemId: items[0].id, quality: "一级", price: 1.25 });
  await page.goto(url("/trade"));
  await page.getByRole("link", { name: "通知，1 条未读" }).click();
  await text("收到新报价");
  await settled(page);
  assert.deepEqual(await axeFaults(page), []);
  await page.getByText("收到新报价").first().click();
  await page.waitForFunction(() => !document.querySelector("[aria-label=未读]"));
  await page.goto(url(`/trade/${purchase}`));
  await text("1.25");
  await page.getByRole("button", { name: "接受" }).click();
  await text("已接受");
  const { cnt } = await ask(supplier, server.base, "user", "Notification.unread");
  assert.equal(cnt, 1, "the supplier is told");
  await settled(page);
  assert.equal(await overflow(page), "");
});

story("a supplier quotes on the page", async () => {
  const { id } = await ask(context, server.base, "user", "whoami");
  assert.ok(id);
  const made = await ask(context, server.base, "user", "Purchase.add", {}, { items: [{ name: "土豆", qty: 50, unit: "斤" }] });
  const other = await supplier.newPage();
  await other.goto(url(`/trade/${made}`));
  await other.getByRole("button", { name: "报价", exact: true }).click();
  await other.getByLabel("单价").fill("1.5");
  await other.getByLabel("质量").fill("新鲜");
  await other.getByRole("button", { name: "提交报价" }).click();
  await other.getByText("我的报价").waitFor();
  await other.close();
});

story("after wrong passwords the login asks for the letters of a picture", async () => {
  const stranger = await open(browser, "zh", PHONE);
  const own = await stranger.newPage();
  await own.goto(url("/login"));
  await own.getByText("用密码登录").first().click();
  await own.getByLabel("手机号或用户名").fill("13899990000");
  await own.getByLabel("密码", { exact: true }).fill("Wrong-guess-1");
  for (let tries = 0; tries < 3; tries++) {
    const answered = own.waitForResponse((answer) => answer.url().includes("/api/login"));
    await own.getByRole("button", { name: "登录", exact: true }).click();
    await answered;
    await own.waitForFunction(() => !document.querySelector(".van-button--loading"));
  }
  await own.getByRole("button", { name: "登录", exact: true }).click();
  await own.getByLabel("图形验证码", { exact: true }).waitFor();
  await own.waitForFunction(() => document.querySelector(".captcha img")?.naturalWidth === 120);
  await stranger.close();
});
