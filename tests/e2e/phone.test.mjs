// The phone app in a real browser, told in order: what one story makes the next ones use.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, launch, listen, open, PHONE, settled, SHOTS } from "./browser.mjs";
import { start } from "./server.mjs";

const number = "13912345678";
const noise = [];
let server, browser, context, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  context = await open(browser, "zh", { ...PHONE, viewport: { width: 390, height: 844 } });
  page = await context.newPage();
  listen(page, noise, "phone");
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

function story(name, tell) {
  test(name, { timeout: 120_000 }, async () => {
    try {
      await tell();
      // Some stories cut the line on purpose.
      assert.deepEqual(noise.splice(0).filter((line) => !/ERR_FAILED|ERR_CONNECTION/.test(line)), []);
    } catch (error) {
      await page.screenshot({ path: `${SHOTS}failed-${name.replace(/\W+/g, "-")}.png` });
      throw error;
    } finally {
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }
  });
}
const APP = () => `${server.base}/m2/index.html`;
const must = (ok, what) => { if (!ok) throw new Error(what); };
const api = (ac, query, body) => ask(context, server.base, "user", ac, query, body);
const picture = (hue) => page.evaluate(async (hue) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1600 });
  const pen = canvas.getContext("2d");
  for (let x = 0; x < 2400; x += 40) { pen.fillStyle = `hsl(${hue + x / 30} 60% ${40 + (x % 400) / 10}%)`; pen.fillRect(x, 0, 40, 1600); }
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return [...new Uint8Array(await blob.arrayBuffer())];
}, hue);
const files = async (...hues) => Promise.all(hues.map(async (hue, at) => ({ name: `p${at}.png`, mimeType: "image/png", buffer: Buffer.from(await picture(hue)) })));
const at = (path) => page.waitForFunction((path) => location.hash.split("?")[0] === `#${path}`, path);
const text = (what) => page.getByText(what, { exact: false }).first().waitFor();
const go = async (path) => { await page.evaluate((path) => { location.hash = path; }, path); await settled(page); };
const count = async () => (await api("Ordr.query", { res: "COUNT(*) cnt", fmt: "list" })).list[0].cnt;

story("a guest is asked to log in and comes back where he wanted to go", async () => {
  await page.goto(`${APP()}#/new`);
  await at("/login");
  await page.getByLabel("手机号").fill(`+86 ${number.slice(0, 3)}-${number.slice(3, 7)}-${number.slice(7)}`);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await page.getByRole("button", { name: /秒后可重发/ }).waitFor();
  const hint = await page.locator(".test").innerText();
  await page.reload();
  must(await page.getByLabel("验证码").isVisible(), "the code step is lost by a reload");
  await page.getByLabel("验证码").fill("000 001");
  await page.locator(".error").waitFor();
  const code = /\d{6}/.exec(hint)[0];
  await page.getByLabel("验证码").fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await at("/welcome");
  await page.getByLabel("怎么称呼您").fill("林小满");
  await page.getByLabel("登录密码").fill("moon-lake-7");
  await page.getByRole("button", { name: "完成" }).click();
  await at("/new");
});

story("an order with two pictures", async () => {
  await page.getByLabel("需要什么").fill("空调清洗两台，周六上午");
  await page.getByLabel("金额").fill("1,288.5");
  await page.locator("input[type=file]").setInputFiles(await files(200, 20));
  await page.getByRole("button", { name: "提交订单" }).click();
  await page.waitForFunction(() => /^#\/order\/\d+/.test(location.hash));
  await text("1,288.50");
  await text("提交订单");
  must((await page.locator(".grid img").count()) === 2, "two pictures expected");
  await page.waitForFunction(() => [...document.querySelectorAll(".grid img")].every((img) => img.complete && img.naturalWidth > 0));
  const { atts } = await api("Ordr.get", { id: await page.evaluate(() => location.hash.match(/\d+/)[0]), res: "*,atts" });
  const size = await page.evaluate(async (src) => { const img = new Image(); img.src = src; await img.decode(); return [img.naturalWidth, img.naturalHeight]; }, `/api/att?id=${atts[0].attId}&k=${atts[0].k ?? ""}&_app=user`);
  must(size.join() === "1280,853", `sent at ${size.join("x")}, not made small`);
});

story("pictures open full-screen, and back closes them", async () => {
  await page.locator(".grid button").first().click();
  await text("1 / 2");
  await page.keyboard.press("ArrowRight");
  await text("2 / 2");
  await page.goBack();
  await page.locator(".van-image-preview").waitFor({ state: "hidden" });
  must(/^#\/order\/\d+$/.test(await page.evaluate(() => location.hash)), "back left the order");
});

story("words of a waiting order are changed", async () => {
  await page.getByRole("link", { name: "修改" }).click();
  await page.getByLabel(/备注/).fill("到了请打电话");
  await page.getByRole("button", { name: "移除第 2 张图片" }).click();
  await page.getByRole("button", { name: "保存" }).click();
  await text("到了请打电话");
  must((await page.locator(".grid li").count()) === 1, "the picture was not removed");
});

story("a cancel that fails is taken back with its reason, then works", async () => {
  await page.route("**/api/Ordr.set*", (route) => route.abort());
  await page.getByRole("button", { name: "取消订单" }).click();
  await page.locator(".sheet").getByRole("button", { name: "取消订单" }).click();
  await text("没有取消成功：网络不通");
  await page.locator(".state").getByText("新创建").waitFor();
  await page.unroute("**/api/Ordr.set*");
  await page.locator(".toast.bad .x").click();
  await page.getByRole("button", { name: "取消订单" }).click();
  await page.locator(".sheet").getByRole("button", { name: "取消订单" }).click();
  await page.locator(".state").getByText("已取消", { exact: true }).waitFor();
  await page.getByRole("button", { name: "再下一单" }).click();
  must((await page.getByLabel("需要什么").inputValue()).startsWith("空调"), "ordering again did not fill the form");
});

story("no network: the form stays, also over a restart, and is sent once", async () => {
  const before = await count();
  { await page.locator("input[type=file]").setInputFiles(await files(120)); await settled(page); }
  await page.route("**/api/Ordr.*", (route) => route.abort());
  await page.getByRole("button", { name: "提交订单" }).click();
  await text("内容已保存在本机");
  await page.unroute("**/api/Ordr.*");
  await page.reload();
  await text("已恢复上次未提交的内容");
  must((await page.getByLabel("金额").inputValue()) === "1288.5", "the amount is lost");
  must((await page.locator(".pictures img").count()) === 1, "the picture is lost");
  // The server gets it, the answer is lost.
  await page.route("**/api/Ordr.add*", async (route) => { await route.fetch(); await route.abort(); });
  await page.getByRole("button", { name: "提交订单" }).click();
  await text("内容已保存在本机");
  await page.unroute("**/api/Ordr.add*");
  await page.getByRole("button", { name: "重试提交" }).click();
  await text("这份订单之前已经提交成功");
  must((await count()) === before + 1, "sent more than once");
});

story("an employee serves the order and the phone shows it", async () => {
  const id = await page.evaluate(() => location.hash.match(/\d+/)[0]);
  const staff = await browser.newContext();
  await staff.request.post(`${server.base}/api/login?_app=store`, { data: server.boss });
  const reply = JSON.parse(await (await staff.request.post(`${server.base}/api/Ordr.set?_app=store&id=${id}`, { data: { status: "RE" } })).text());
  await staff.close();
  must(reply[0] === 0, `employee: ${reply[1]}`);
  await page.locator(".state").getByText("已服务", { exact: true }).waitFor({ timeout: 20_000 });
});

story("the list is endless, keeps its place, and narrows by state", async () => {
  for (let n = 1; n <= 25; n++) await api("Ordr.add", {}, { dscr: n % 5 ? `第 ${n} 单：洗衣机维修` : `No. ${n}: Deep cleaning of a two-room flat incl. balcony, bring your own ladder please`, amount: n * 37.25 });
  await page.goto("about:blank");
  await page.goto(`${APP()}#/orders`);
  await page.locator("article").first().waitFor();
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction(() => document.querySelectorAll("article").length > 24);
  const y = await page.evaluate(() => { window.scrollTo(0, 1500); return window.scrollY; });
  await settled(page);
  await page.locator("article").nth(13).click();
  await page.getByRole("button", { name: "返回" }).click();
  await page.locator("article").nth(13).waitFor();
  await settled(page);
  const back = await page.evaluate(() => window.scrollY);
  must(Math.abs(back - y) < 60, `the place is lost: ${y} → ${back}`);
  await page.getByRole("tab", { name: "已取消" }).click();
  await page.waitForFunction(() => { const shown = [...document.querySelectorAll("article")].filter((one) => one.checkVisibility()); return shown.length === 1; });
  must((await page.evaluate(() => location.hash)) === "#/orders?s=CA", "the filter is not in the address");
});

story("pulling down refreshes", async () => {
  await go("/orders");
  await page.locator("article:visible").first().waitFor();
  await page.evaluate(() => window.scrollTo(0, 0));
  await settled(page);
  const asked = page.waitForRequest((request) => request.url().includes("Ordr.query"));
  const touch = await context.newCDPSession(page);
  const point = (y) => [{ x: 180, y }];
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: point(220) });
  for (let y = 230; y <= 460; y += 20) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: point(y) });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await asked;
});

story("a list that does not load says so and loads on retry", async () => {
  await page.route("**/api/Ordr.query*", (route) => route.abort());
  await page.reload();
  await page.getByRole("alert").getByText("网络不通").waitFor();
  await page.unroute("**/api/Ordr.query*");
  await page.getByRole("button", { name: "重试" }).click();
  await page.locator("article").first().waitFor();
});

story("a face, a name, another password, and back in with it", async () => {
  await go("/me");
  {
    await page.locator("input[type=file]").setInputFiles(await files(300));
    await text("头像已更换");
    await page.waitForFunction(() => { const img = document.querySelector(".who img"); return img?.src.includes("/api/att") && img.complete && img.naturalWidth > 0; });
  }
  await page.getByRole("link", { name: /姓名/ }).click();
  await page.getByLabel("怎么称呼您").fill("林满");
  await page.getByRole("button", { name: "保存" }).click();
  await page.locator(".name").getByText("林满").waitFor();
  await page.getByRole("link", { name: "修改密码" }).click();
  await page.getByLabel("原密码", { exact: true }).last().fill("not this one");
  await page.getByLabel("新密码").fill("river-stone-9");
  await page.getByRole("button", { name: "保存新密码" }).click();
  await page.locator(".error").first().waitFor();
  await page.getByLabel("原密码", { exact: true }).last().fill("moon-lake-7");
  await page.getByRole("button", { name: "保存新密码" }).click();
  await at("/me");
  await page.getByRole("button", { name: "退出登录" }).click();
  await page.locator(".sheet").getByRole("button", { name: "退出登录" }).click();
  await at("/login");
  await page.getByRole("button", { name: "用密码登录" }).click();
  await page.getByLabel("手机号或用户名").fill(number);
  await page.getByLabel("密码", { exact: true }).fill("river-stone-9");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await at("/");
  await text("林满");
});

story("the session ended: the token logs in again unseen", async () => {
  await context.clearCookies();
  await go("/orders");
  await page.reload();
  await page.locator("article").first().waitFor();
});
