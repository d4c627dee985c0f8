// The phone app's stories in a real browser, then every page at both sizes, in both languages and both themes: a screenshot each
// into shots/, no console error, no overflow, no small target, no serious finding of axe. Exits 1 with the list of faults.
// The server runs in test mode (codes are shown). With STORE_LOGIN=name:password an employee serves an order in between.
import { axeFaults, base, launch, listen, logins, overflow, SHOTS } from "../e2e/lib.mjs";

const APP = `${base}/m2/index.html`;
const faults = [];
const browser = await launch();
const phone = `139${String(Date.now()).slice(-8)}`;
const must = (ok, what) => { if (!ok) throw new Error(what); };

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "zh-CN", ...options });
  context.setDefaultTimeout(8000);
  return context;
}
async function story(name, run, possible = true) {
  if (!possible) { console.log(`SKIP  ${name}`); return; }
  try { await run(); console.log(`ok    ${name}`); } catch (error) {
    faults.push(`${name}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    console.log(`FAULT ${faults.at(-1)}`);
    await page.screenshot({ path: `${SHOTS}m2-fault-${name.replaceAll(/\W+/g, "-")}.png` });
  } finally {
    await page.unrouteAll({ behavior: "ignoreErrors" });
  }
}
async function api(ac, query = {}, body) {
  const url = `${base}/api/${ac}?${new URLSearchParams({ ...query, _app: "user" })}`;
  const reply = body ? await context.request.post(url, { data: body }) : await context.request.get(url);
  const [code, data] = JSON.parse(await reply.text());
  must(code === 0, `${ac}: ${data}`);
  return data;
}
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
const go = async (path) => { await page.evaluate((path) => { location.hash = path; }, path); await page.waitForTimeout(250); };
const count = async () => (await api("Ordr.query", { res: "COUNT(*) cnt", fmt: "list" })).list[0].cnt;

const context = await open();
const page = await context.newPage();
const noise = [];
listen(page, noise, "stories");
const hasUpload = "upload" in (await api("initClient")).plugins;

await story("a guest is asked to log in and comes back where he wanted to go", async () => {
  await page.goto(`${APP}#/new`);
  await at("/login");
  await page.getByLabel("手机号").fill(`+86 ${phone.slice(0, 3)}-${phone.slice(3, 7)}-${phone.slice(7)}`);
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

await story("an order with two pictures", async () => {
  await page.getByLabel("需要什么").fill("空调清洗两台，周六上午");
  await page.getByLabel("金额").fill("1,288.5");
  if (hasUpload) await page.locator("input[type=file]").setInputFiles(await files(200, 20));
  await page.getByRole("button", { name: "提交订单" }).click();
  await page.waitForFunction(() => /^#\/order\/\d+/.test(location.hash));
  await text("1,288.50");
  await text("提交订单");
  if (!hasUpload) return;
  must((await page.locator(".grid img").count()) === 2, "two pictures expected");
  await page.waitForFunction(() => [...document.querySelectorAll(".grid img")].every((img) => img.complete && img.naturalWidth > 0));
  const { atts } = await api("Ordr.get", { id: await page.evaluate(() => location.hash.match(/\d+/)[0]), res: "*,atts" });
  const size = await page.evaluate(async (src) => { const img = new Image(); img.src = src; await img.decode(); return [img.naturalWidth, img.naturalHeight]; }, `/api/att?id=${atts[0].attId}&k=${atts[0].k ?? ""}&_app=user`);
  must(size.join() === "1280,853", `sent at ${size.join("x")}, not made small`);
});

await story("pictures open full-screen, and back closes them", async () => {
  await page.locator(".grid button").first().click();
  await text("1 / 2");
  await page.keyboard.press("ArrowRight");
  await text("2 / 2");
  await page.goBack();
  await page.locator(".van-image-preview").waitFor({ state: "hidden" });
  must(/^#\/order\/\d+$/.test(await page.evaluate(() => location.hash)), "back left the order");
}, hasUpload);

await story("words of a waiting order are changed", async () => {
  await page.getByRole("link", { name: "修改" }).click();
  await page.getByLabel(/备注/).fill("到了请打电话");
  if (hasUpload) await page.getByRole("button", { name: "移除第 2 张图片" }).click();
  await page.getByRole("button", { name: "保存" }).click();
  await text("到了请打电话");
  if (hasUpload) must((await page.locator(".grid li").count()) === 1, "the picture was not removed");
});

await story("a cancel that fails is taken back with its reason, then works", async () => {
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

await story("no network: the form stays, also over a restart, and is sent once", async () => {
  const before = await count();
  if (hasUpload) { await page.locator("input[type=file]").setInputFiles(await files(120)); await page.waitForTimeout(1500); }
  await page.route("**/api/Ordr.*", (route) => route.abort());
  await page.getByRole("button", { name: "提交订单" }).click();
  await text("内容已保存在本机");
  await page.unroute("**/api/Ordr.*");
  await page.reload();
  await text("已恢复上次未提交的内容");
  must((await page.getByLabel("金额").inputValue()) === "1288.5", "the amount is lost");
  if (hasUpload) must((await page.locator(".pictures img").count()) === 1, "the picture is lost");
  // The server gets it, the answer is lost.
  await page.route("**/api/Ordr.add*", async (route) => { await route.fetch(); await route.abort(); });
  await page.getByRole("button", { name: "提交订单" }).click();
  await text("内容已保存在本机");
  await page.unroute("**/api/Ordr.add*");
  await page.getByRole("button", { name: "重试提交" }).click();
  await text("这份订单之前已经提交成功");
  must((await count()) === before + 1, "sent more than once");
});

await story("an employee serves the order and the phone shows it", async () => {
  const id = await page.evaluate(() => location.hash.match(/\d+/)[0]);
  const staff = await browser.newContext();
  await staff.request.post(`${base}/api/login?_app=store`, { data: logins.store });
  const reply = JSON.parse(await (await staff.request.post(`${base}/api/Ordr.set?_app=store&id=${id}`, { data: { status: "RE" } })).text());
  await staff.close();
  must(reply[0] === 0, `employee: ${reply[1]}`);
  await page.locator(".state").getByText("已服务", { exact: true }).waitFor({ timeout: 20_000 });
}, !!logins.store.uname);

await story("the list is endless, keeps its place, and narrows by state", async () => {
  for (let n = 1; n <= 25; n++) await api("Ordr.add", {}, { dscr: n % 5 ? `第 ${n} 单：洗衣机维修` : `No. ${n}: Deep cleaning of a two-room flat incl. balcony, bring your own ladder please`, amount: n * 37.25 });
  await page.goto("about:blank");
  await page.goto(`${APP}#/orders`);
  await page.locator("article").first().waitFor();
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction(() => document.querySelectorAll("article").length > 24);
  const y = await page.evaluate(() => { window.scrollTo(0, 1500); return window.scrollY; });
  await page.waitForTimeout(200);
  await page.locator("article").nth(13).click();
  await page.getByRole("button", { name: "返回" }).click();
  await page.locator("article").nth(13).waitFor();
  await page.waitForTimeout(300);
  const back = await page.evaluate(() => window.scrollY);
  must(Math.abs(back - y) < 60, `the place is lost: ${y} → ${back}`);
  await page.getByRole("tab", { name: "已取消" }).click();
  await page.waitForFunction(() => { const shown = [...document.querySelectorAll("article")].filter((one) => one.checkVisibility()); return shown.length === 1; });
  must((await page.evaluate(() => location.hash)) === "#/orders?s=CA", "the filter is not in the address");
});

await story("pulling down refreshes", async () => {
  await go("/orders");
  await page.locator("article:visible").first().waitFor();
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForTimeout(300);
  const asked = page.waitForRequest((request) => request.url().includes("Ordr.query"));
  const touch = await context.newCDPSession(page);
  const point = (y) => [{ x: 180, y }];
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: point(220) });
  for (let y = 230; y <= 460; y += 20) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: point(y) });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await asked;
});

await story("a list that does not load says so and loads on retry", async () => {
  await page.route("**/api/Ordr.query*", (route) => route.abort());
  await page.reload();
  await page.getByRole("alert").getByText("网络不通").waitFor();
  await page.unroute("**/api/Ordr.query*");
  await page.getByRole("button", { name: "重试" }).click();
  await page.locator("article").first().waitFor();
});

await story("a face, a name, another password, and back in with it", async () => {
  await go("/me");
  if (hasUpload) {
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
  await page.getByLabel("手机号或用户名").fill(phone);
  await page.getByLabel("密码", { exact: true }).fill("river-stone-9");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await at("/");
  await text("林满");
});

await story("the session ended: the token logs in again unseen", async () => {
  await context.clearCookies();
  await go("/orders");
  await page.reload();
  await page.locator("article").first().waitFor();
});

for (const line of noise) if (!/ERR_FAILED|ERR_CONNECTION/.test(line)) faults.push(line);

const ids = (await api("Ordr.query", { res: "id,status", fmt: "list", orderby: "id", pagesz: 5 })).list;
const PAGES = [
  ["login", "/login", { guest: true }],
  ["login-password", "/login", { guest: true, then: (page) => page.locator(".other").click() }],
  ["home", "/"], ["orders", "/orders"], ["orders-none", "/orders?s=RE"], ["new", "/new"],
  ["new-wrong", "/new", { then: (page) => page.locator("button[type=submit]").click() }],
  ["order", `/order/${ids[0].id}`], ["order-waiting", `/order/${ids.at(-1).id}`],
  ["order-cancel", `/order/${ids.at(-1).id}`, { then: (page) => page.locator(".cancel").click() }],
  ["order-picture", `/order/${ids[0].id}`, { then: async (page) => { const one = page.locator(".grid button").first(); if (await one.count()) await one.click(); } }],
  ["order-edit", `/order/${ids.at(-1).id}/edit`], ["me", "/me"], ["name", "/me/name"], ["password", "/me/password"], ["not-found", "/nothing"],
];
const SMALL = () => [...document.querySelectorAll("a,button,input:not([hidden]):not(.sr-only),textarea,[role=tab]")].filter((one) => one.checkVisibility()).map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.height && (box.height < 43.5 || box.width < 43.5)).map(([one, box]) => `${one.className} ${Math.round(box.width)}x${Math.round(box.height)}`);
const cookies = await context.cookies();
for (const lang of ["zh", "en"]) for (const theme of ["light", "dark"]) for (const [width, height] of [[360, 740], [390, 844]]) {
  for (const [name, path, more = {}] of PAGES) {
    const own = await open({ viewport: { width, height }, colorScheme: theme, locale: lang === "zh" ? "zh-CN" : "en-US", reducedMotion: "reduce" });
    if (!more.guest) await own.addCookies(cookies);
    const id = `m2-${name}-${width}-${lang}-${theme}`;
    const page = await own.newPage();
    if (!more.guest) listen(page, faults, id);
    await page.goto(`${APP}#${path}`);
    await page.waitForLoadState("networkidle");
    await more.then?.(page);
    await page.waitForTimeout(350);
    await page.screenshot({ path: `${SHOTS}${id}.png` });
    const beyond = await overflow(page);
      if (beyond) faults.push(`${id}: wider than the window: ${beyond}`);
    for (const small of await page.evaluate(SMALL)) faults.push(`${id}: small target: ${small}`);
    for (const fault of await axeFaults(page)) faults.push(`${id}: axe: ${fault}`);
    await own.close();
  }
}
await browser.close();
for (const fault of faults) console.log(fault);
console.log(`${faults.length} faults; screenshots in ${SHOTS}`);
process.exit(faults.length ? 1 : 0);
