// The phone app in a real browser, told in order: what one story makes the next ones use.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { ask, launch, listen, open, PHONE, settled, shown, storyteller } from "./browser.mjs";
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

const story = storyteller(() => page, {
  // Some stories cut the line on purpose.
  check: () =>
    assert.deepEqual(
      noise.splice(0).filter((line) => !/ERR_FAILED|ERR_CONNECTION/.test(line)),
      [],
    ),
  ended: () => page.unrouteAll({ behavior: "ignoreErrors" }),
});
const APP = () => `${server.base}/m2/index.html`;
const must = (ok, what) => {
  if (!ok) throw new Error(what);
};
const api = (ac, query, body) => ask(context, server.base, "user", ac, query, body);
const picture = (hue) =>
  page.evaluate(async (hue) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1600 });
    const pen = canvas.getContext("2d");
    for (let x = 0; x < 2400; x += 40) {
      pen.fillStyle = `hsl(${hue + x / 30} 60% ${40 + (x % 400) / 10}%)`;
      pen.fillRect(x, 0, 40, 1600);
    }
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, hue);
const files = async (...hues) =>
  Promise.all(hues.map(async (hue, at) => ({ name: `p${at}.png`, mimeType: "image/png", buffer: Buffer.from(await picture(hue)) })));
const at = (path) => page.waitForFunction((path) => location.hash.split("?")[0] === `#${path}`, path);
const atOrder = () => page.waitForFunction(() => /^#\/order\/\d+/.test(location.hash));
const text = (what) => page.getByText(what, { exact: false }).first().waitFor();
const go = async (path) => {
  await page.evaluate((path) => {
    location.hash = path;
  }, path);
  await settled(page);
};
const count = async () => (await api("Ordr.query", { res: "COUNT(*) cnt", fmt: "list" })).list[0].cnt;

story("a guest is asked to log in and comes back where he wanted to go", async () => {
  await page.goto(`${APP()}#/new`);
  await at("/login");
  await page.getByLabel("手机号").fill(`+86 ${number.slice(0, 3)}-${number.slice(3, 7)}-${number.slice(7)}`);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await page.getByRole("button", { name: /秒后可重发/ }).waitFor();
  const hint = await page.locator(".test").innerText();
  await page.reload();
  await page.getByLabel("验证码").waitFor();
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
  await atOrder();
  await text("1,288.50");
  await text("提交订单");
  await shown(page.locator(".grid img"), 2);
  await page.waitForFunction(() => [...document.querySelectorAll(".grid img")].every((img) => img.complete && img.naturalWidth > 0));
  const { atts } = await api("Ordr.get", { id: await page.evaluate(() => location.hash.match(/\d+/)[0]), res: "*,atts" });
  const size = await page.evaluate(
    async (src) => {
      const img = new Image();
      img.src = src;
      await img.decode();
      return [img.naturalWidth, img.naturalHeight];
    },
    `/api/att?id=${atts[0].attId}&k=${atts[0].k ?? ""}&_app=user`,
  );
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
  await shown(page.locator(".grid li"), 1);
});

story("a cancel that fails is taken back with its reason, then works", async () => {
  await page.route("**/api/Ordr.set*", (route) => route.abort());
  await page.getByRole("button", { name: "取消订单" }).click();
  await page.locator(".sheet").getByRole("button", { name: "取消订单" }).click();
  await text("没有取消成功：网络不通");
  await page.locator(".state").getByText("待服务", { exact: true }).waitFor();
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
  {
    await page.locator("input[type=file]").setInputFiles(await files(120));
    await settled(page);
  }
  await page.route("**/api/Ordr.*", (route) => route.abort());
  await page.getByRole("button", { name: "提交订单" }).click();
  await text("内容已保存在本机");
  await page.unroute("**/api/Ordr.*");
  await page.reload();
  await text("已恢复上次未提交的内容");
  must((await page.getByLabel("金额").inputValue()) === "1288.5", "the amount is lost");
  await shown(page.locator(".pictures img"), 1);
  // The server gets it, the answer is lost.
  await page.route("**/api/Ordr.add*", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.getByRole("button", { name: "提交订单" }).click();
  await text("内容已保存在本机");
  await page.unroute("**/api/Ordr.add*");
  await page.getByRole("button", { name: "重试提交" }).click();
  await text("这份订单之前已经提交成功");
  await atOrder();
  must((await count()) === before + 1, "sent more than once");
});

story("an employee serves the order and the phone shows it", async () => {
  const id = await page.evaluate(() => location.hash.match(/\d+/)[0]);
  const staff = await browser.newContext();
  await staff.request.post(`${server.base}/api/login?_app=store`, { data: server.boss });
  const reply = JSON.parse(
    await (await staff.request.post(`${server.base}/api/Ordr.set?_app=store&id=${id}`, { data: { status: "RE" } })).text(),
  );
  await staff.close();
  must(reply[0] === 0, `employee: ${reply[1]}`);
  // The phone wakes up, and looks.
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.locator(".state").getByText("已服务", { exact: true }).waitFor();
});

story("the list is endless, keeps its place, and narrows by state", async () => {
  for (let n = 1; n <= 25; n++)
    await api(
      "Ordr.add",
      {},
      {
        dscr: n % 5 ? `第 ${n} 单：洗衣机维修` : `No. ${n}: Deep cleaning of a two-room flat incl. balcony, bring your own ladder please`,
        amount: n * 37.25,
      },
    );
  await page.goto("about:blank");
  await page.goto(`${APP()}#/orders`);
  await page.locator("article").first().waitFor();
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction(() => document.querySelectorAll("article").length > 24);
  const y = await page.evaluate(() => {
    window.scrollTo(0, 1500);
    return window.scrollY;
  });
  await settled(page);
  await page.locator("article").nth(13).click();
  await page.getByRole("button", { name: "返回" }).click();
  await page.locator("article").nth(13).waitFor();
  await settled(page);
  const back = await page.evaluate(() => window.scrollY);
  must(Math.abs(back - y) < 60, `the place is lost: ${y} → ${back}`);
  await page.getByRole("tab", { name: "已取消" }).click();
  await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll("article")].filter((one) => one.checkVisibility());
    return shown.length === 1;
  });
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
    await page.waitForFunction(() => {
      const img = document.querySelector(".who img");
      return img?.src.includes("/api/att") && img.complete && img.naturalWidth > 0;
    });
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

story("who is in no circle is led to one, and posts with pictures", async () => {
  await go("/plaza");
  await page.getByRole("link", { name: "发动态" }).click();
  await page.getByRole("link", { name: "创建或加入圈子" }).click();
  await page.getByLabel("圈子名称").fill("林家");
  await page.getByLabel("您在圈子里的称呼").fill("妈妈");
  await page.getByRole("button", { name: "创建圈子" }).click();
  await text("把号码和密码告诉家人");
  await page.getByRole("button", { name: "完成" }).click();
  await at("/plaza/new");
  await page.getByLabel("想说什么").fill("第一条动态");
  await page.locator("input[type=file]").setInputFiles(await files(40, 80, 160));
  await page.getByRole("button", { name: "发布" }).click();
  await at("/plaza");
  const first = page.locator("article").first();
  await first.getByText("第一条动态").waitFor();
  await shown(first.locator(".tiles img"), 3);
  await page.waitForFunction(() =>
    [...document.querySelectorAll("article:first-of-type .tiles img")].every((img) => img.complete && img.naturalWidth > 0),
  );
  const { list } = await api("Plaza.query", { fmt: "list", pagesz: 1 });
  const size = await page.evaluate(async (src) => {
    const img = new Image();
    img.src = src;
    await img.decode();
    return [img.naturalWidth, img.naturalHeight];
  }, `/api/att?id=${list[0].pics[0].attId}&_app=user`);
  must(size.join() === "1280,853", `sent at ${size.join("x")}, not made small`);
});

story("a picture of the wall opens alone, and back closes it", async () => {
  await page.locator("article").first().locator(".tiles button").nth(1).click();
  await text("2 / 3");
  await page.goBack();
  await page.locator(".van-image-preview").waitFor({ state: "hidden" });
  must((await page.evaluate(() => location.hash)) === "#/plaza", "back left the wall");
});

story("the wall is endless and keeps its place", async () => {
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction(() => document.querySelectorAll("article").length > 10);
  const one = page.locator("article a.text").nth(8);
  await one.scrollIntoViewIfNeeded();
  await settled(page);
  const y = await page.evaluate(() => window.scrollY);
  await one.click();
  await page.getByRole("button", { name: "返回" }).click();
  await at("/plaza");
  await settled(page);
  const back = await page.evaluate(() => window.scrollY);
  must(Math.abs(back - y) < 60, `the place is lost: ${y} → ${back}`);
});

story("a like that fails is taken back with its reason, then counts; so does a comment", async () => {
  await go(`/plaza/${server.post}`);
  const heart = page.locator("article footer button").first();
  await page.route("**/api/Plaza.like*", (route) => route.abort());
  await heart.click();
  await text("没有点赞成功：网络不通");
  must((await heart.getAttribute("aria-pressed")) === "false", "the like stayed");
  await page.unroute("**/api/Plaza.like*");
  await page.locator(".toast.bad .x").click();
  await heart.click();
  await page.waitForFunction(() => document.querySelector("article footer button[aria-pressed=true]")?.textContent.trim() === "2");
  await text("林满");
  await page.route("**/api/PlazaComment.add*", (route) => route.abort());
  await page.getByLabel("写评论…").fill("好棒！");
  await page.getByRole("button", { name: "发送评论" }).click();
  await text("评论没有发送成功");
  must((await page.getByLabel("写评论…").inputValue()) === "好棒！", "the comment is lost");
  await page.unroute("**/api/PlazaComment.add*");
  await page.getByRole("button", { name: "发送评论" }).click();
  await text("3 条评论");
  await page.locator("li").getByText("好棒！").waitFor();
  await shown(page.locator("ol li button"), 1);
  await page.locator("ol li button").click();
  await page.locator(".sheet").getByRole("button", { name: "删除" }).click();
  await text("2 条评论");
});

story("no network: the post stays, also over a restart, and is sent once", async () => {
  const posts = async () => (await api("Plaza.query", { res: "COUNT(*) cnt", fmt: "list" })).list[0].cnt;
  const before = await posts();
  await go("/plaza/new");
  await page.getByLabel("想说什么").fill("地铁里写的动态");
  // The server gets it, the answer is lost.
  await page.route("**/api/Plaza.add*", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.getByRole("button", { name: "发布" }).click();
  await text("内容已保存在本机");
  await page.unroute("**/api/Plaza.add*");
  await page.reload();
  must((await page.getByLabel("想说什么").inputValue()) === "地铁里写的动态", "the text is lost");
  await page.getByRole("button", { name: /发布/ }).click();
  await at("/plaza");
  await page.locator("article").first().getByText("地铁里写的动态").waitFor();
  must((await posts()) === before + 1, "posted more than once");
});

story("a post of one's own is deleted, others' are not", async () => {
  const mine = page.locator("article", { hasText: "地铁里写的动态" });
  const theirs = page.locator("article", { hasText: "周末去了世纪公园" });
  await theirs.first().waitFor();
  must((await theirs.getByRole("button", { name: "删除" }).count()) === 0, "the post of somebody else can be deleted");
  await mine.getByRole("button", { name: "删除" }).click();
  await page.locator(".sheet").getByRole("button", { name: "删除" }).click();
  await mine.waitFor({ state: "detached" });
});

story("a guest reads the wall; to like he logs in and comes back", async () => {
  const stranger = await open(browser, "zh", PHONE);
  const theirs = await stranger.newPage();
  await theirs.goto(`${APP()}#/plaza`);
  await theirs.locator("article footer button").first().click();
  await theirs.getByLabel("手机号").waitFor();
  must(decodeURIComponent(theirs.url()).endsWith("#/login?to=/plaza"), theirs.url());
  await stranger.close();
});

story("a story is heard line by line, left, and taken up where it was left", async () => {
  await go("/story");
  await page.locator("article", { hasText: "花花和会唱歌的小鸟" }).first().click();
  await page.getByRole("button", { name: "播放" }).click();
  await page.waitForFunction(() => document.querySelector("ol button[aria-current]")?.textContent.includes("有一天"));
  await page.getByRole("button", { name: "暂停" }).click();
  // On a busy machine the voice is further on by then.
  const line = page.locator("ol button[aria-current]");
  while (!(await line.innerText()).includes("有一天")) await page.getByRole("button", { name: "上一段" }).click();
  await page.getByRole("button", { name: "下一段" }).click();
  await page.locator(".now").getByText("原来是一只小鸟").waitFor();
  must((await page.locator("button.stage").getAttribute("aria-label")).includes("2"), "the picture did not turn");
  await page.getByRole("button", { name: "返回" }).click();
  await page.locator("article", { hasText: "读到 3/4" }).first().click();
  await page.locator(".now").getByText("原来是一只小鸟").waitFor();
});

story("stories by category", async () => {
  await go("/story");
  await page.getByRole("link", { name: "儿歌" }).click();
  await page.locator("article").getByText("拍手歌").waitFor();
  await shown(page.locator("article"), 1);
});

story("the session ended: the token logs in again unseen", async () => {
  await context.clearCookies();
  await go("/orders");
  await page.reload();
  await page.locator("article").first().waitFor();
});
