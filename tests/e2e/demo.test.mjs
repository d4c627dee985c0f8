// The demo as somebody sees it who has just started it: the real `serve --demo`, its logins, its pictures and sounds, and
// every link of the cards that say what to try.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch, listen, open, overflow, PHONE, settled, SHOTS, storyteller } from "./browser.mjs";
import { startDemo } from "./server.mjs";

let server;
let browser;
let page;
const faults = [];
const story = storyteller(() => page, { check: () => assert.deepEqual(faults.splice(0), []) });

before(async () => {
  server = await startDemo();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function enter(kind, who, options) {
  const context = await open(browser, "zh", options);
  const app = { store: "store", adm: "admin", m2: "user" }[kind];
  const answer = await context.request.post(`${server.base}/api/login?_app=${app}`, { data: server.logins[who] });
  assert.equal(JSON.parse(await answer.text())[0], 0, who);
  page = await context.newPage();
  listen(page, faults, who);
  return context;
}
const WIDE = { viewport: { width: 1280, height: 800 } };
const wholePictures = () =>
  page.waitForFunction(() =>
    [...document.images]
      .filter((one) => one.checkVisibility() && one.loading !== "lazy")
      .every((one) => one.complete && one.naturalWidth > 1),
  );
/** The places of the card of the page. */
const thingsOf = (card) => page.locator(`${card} a`).evaluateAll((all) => all.map((one) => one.getAttribute("href")));

/** What must be seen behind a link: a selector, by the beginning of the address. */
const SEEN = {
  "#/o/Ordr?f.status=in.CR": "tbody tr:has-text('新创建')",
  "#/o/Ordr?f.createTm=last.30d": "tbody tr:nth-child(10)",
  "#/o/Ordr?id=1": "aside.drawer .timeline li",
  "#/o/User?id=1": "aside.drawer:has-text('李雷')",
  "#/o/Story?id=3": "aside.drawer li button:has-text('月亮船')",
  "#/o/ApiLog": "tbody tr:nth-child(10)",
  "#/report": "h1:has-text('报表')",
  "#/query": ".cm-content",
  "#/stats": "canvas",
  "#/server": ".strip b.num",
  "#/": ".strip b.num",
  "#/new": "textarea, input",
  "#/orders": "article",
  "#/story": "article img",
  "#/plaza": "article",
};

async function follow(home, card, count) {
  await page.goto(home);
  await page.waitForSelector(`${card} a`);
  const things = await thingsOf(card);
  assert.ok(things.length >= count, things.join());
  for (const to of things) {
    const seen = Object.keys(SEEN)
      .filter((start) => to.startsWith(start))
      .sort((a, b) => b.length - a.length)[0];
    assert.ok(seen, `nobody says what stands behind ${to}`);
    await page.goto(home);
    await page.click(`${card} a[href="${to}"]`);
    await page.waitForSelector(SEEN[seen]);
    await settled(page);
    assert.equal(await overflow(page), "", to);
  }
}

story("a manager sees a business that runs, and each thing to try is there", async () => {
  const context = await enter("store", "manager", WIDE);
  const home = `${server.base}/web/store.html#/`;
  await page.goto(home);
  await page.waitForSelector(".kpi b");
  await settled(page);
  const figures = await page.locator(".kpi b").allInnerTexts();
  assert.ok(
    figures.every((figure) => /[1-9]/.test(figure)),
    figures.join(),
  );
  await page.screenshot({ path: `${SHOTS}demo-dashboard.png` });
  await follow(home, ".demo", 5);
  await context.close();
});

story("a clerk and the administrator find what their cards say", async () => {
  for (const [kind, who, count] of [
    ["store", "employee", 3],
    ["adm", "admin", 4],
  ]) {
    const context = await enter(kind, who, WIDE);
    await follow(`${server.base}/web/${kind}.html#/`, ".demo", count);
    await context.close();
  }
});

story("a customer finds pictures, faces and sound on the phone", async () => {
  const context = await enter("m2", "user", PHONE);
  const home = `${server.base}/m2/index.html#/`;
  await follow(home, ".demo section", 4);
  await page.goto(`${server.base}/m2/index.html#/story`);
  await page.waitForSelector(".banner img");
  await settled(page);
  await wholePictures();
  assert.ok((await page.locator(".cover img").count()) >= 6);
  await page.screenshot({ path: `${SHOTS}demo-stories.png` });
  await page.click(".hot:has-text('两只老虎')");
  await page.waitForSelector(".keys .main");
  await wholePictures();
  await page.click(".keys .main");
  await page.waitForFunction(() => Number(document.querySelector(".track input")?.value) > 0.3);
  assert.match(await page.locator(".track .num").innerText(), /0:15$/);
  await page.goto(`${server.base}/m2/index.html#/plaza`);
  await page.waitForSelector("article img");
  await settled(page);
  await wholePictures();
  assert.ok((await page.locator("article .avatar img").count()) >= 5);
  await page.screenshot({ path: `${SHOTS}demo-plaza.png` });
  await context.close();
});

story("a story is heard in the console, and its lines are edited beside their pictures", async () => {
  const context = await enter("store", "manager", WIDE);
  await page.goto(`${server.base}/web/store.html#/o/Story?id=3`);
  await page.waitForSelector("aside.drawer audio");
  await page.click("aside.drawer li:nth-child(2) button");
  await page.waitForFunction(() => document.querySelector("aside.drawer audio").currentTime > 5.9);
  await page.waitForSelector("aside.drawer li:nth-child(2) button.on");
  await page.screenshot({ path: `${SHOTS}demo-story.png` });
  await page.click("aside.drawer .acts .btn:has-text('编辑')");
  const lines = page.locator(".lines li");
  await lines.nth(5).waitFor();
  const words = await lines.locator("textarea").evaluateAll((all) => all.map((one) => one.value));
  await page.click("[aria-label='第 2 段上移']");
  await page.fill("[aria-label='第 3 段文字']", "小兔怕黑，小熊点亮一盏灯。");
  await page.fill("[aria-label='第 4 段开始时间']", "0:18.5");
  await page.keyboard.press("Tab");
  await page.selectOption("[aria-label='第 4 段的图片']", "1");
  await page.click("[aria-label='删除第 6 段']");
  await page.click(".lines .btn:has-text('添加一段')");
  await page.fill("[aria-label='第 6 段文字']", "晚安。");
  await page.screenshot({ path: `${SHOTS}demo-lines.png` });
  await page.keyboard.press("Control+s");
  await page.waitForSelector(".lines", { state: "detached" });
  await settled(page);
  const answer = await context.request.get(`${server.base}/api/Story.get?id=3&_app=store`);
  const { slices } = JSON.parse(await answer.text())[1];
  assert.deepEqual(
    slices.map((one) => one.txt),
    [words[1], words[0], "小兔怕黑，小熊点亮一盏灯。", words[3], words[4], "晚安。"],
  );
  assert.deepEqual([slices[3].ms, slices[3].picIdx, slices[0].ms], [18500, 1, 0]);
  assert.ok(slices[5].ms > slices[4].ms, JSON.stringify(slices));
  await context.close();
});

story("a list of customers shows faces and whole phone numbers, and a customer their orders and own files", async () => {
  const context = await enter("store", "manager", WIDE);
  await page.goto(`${server.base}/web/store.html#/o/User`);
  await page.waitForSelector("tbody tr:nth-child(20)");
  await settled(page);
  const cut = await page
    .locator("tbody td")
    .evaluateAll((all) =>
      all.filter((cell) => /^\d{11}$/.test(cell.innerText.trim()) && cell.scrollWidth > cell.clientWidth).map((cell) => cell.innerText),
    );
  assert.deepEqual(cut, []);
  await page.goto(`${server.base}/web/store.html#/o/User?id=1`);
  await page.waitForSelector("aside.drawer section h3:has-text('订单')");
  await settled(page);
  const files = await page
    .locator("aside.drawer a[href*='/o/Attachment?f.']")
    .evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  assert.ok(files.length === 1 && files[0].includes("ownerType=eq.user"), files.join());
  const names = await page.locator("aside.drawer td").allInnerTexts();
  assert.ok(!names.includes("picture.webp"), "the pictures of stories are an employee's");
  await page.screenshot({ path: `${SHOTS}demo-customer.png` });
  await context.close();
});

story("an order tells what happened to it in one list", async () => {
  const context = await enter("store", "manager", WIDE);
  const ask = async (ac) => JSON.parse(await (await context.request.get(`${server.base}/api/${ac}&_app=store`)).text())[1];
  const [{ id }] = await ask("Ordr.query?cond=status='RE'&res=id&fmt=array&orderby=id desc&pagesz=1");
  await page.goto(`${server.base}/web/store.html#/o/Ordr?id=${id}`);
  await page.waitForSelector("aside.drawer .timeline li:nth-child(2)");
  await settled(page);
  const events = await page.locator("aside.drawer .timeline ol > li").allInnerTexts();
  assert.equal(events.length, 2, events.join(" | "));
  assert.match(events[0], /服务完成[\s\S]*(王经理|小张)/);
  assert.match(events[1], /创建[\s\S]*（用户）/);
  await context.close();
});
