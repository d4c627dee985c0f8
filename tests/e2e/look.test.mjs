// What a record, a list, the navigation and a sheet of paper show in the consoles, and what the phone says and when.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch, open, openList, PHONE, settled, shown, SHOTS, staffAtWork, storyteller } from "./browser.mjs";
import { start } from "./server.mjs";

let server, browser, page;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  ({ page } = await staffAtWork(browser, server));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
const story = storyteller(() => page, { timeout: 60_000 });
const visible = (selector) => page.locator(selector).first().isVisible();
const picture = (name) => page.screenshot({ path: `${SHOTS}look-${name}.png` });

story("a new business finds its first steps, ticked by what is there", async () => {
  await page.waitForSelector(".check li.done:has-text('导入客户')");
  await page.click(".check button:has-text('填写公司名称')");
  await page.fill("#company", "云上家政");
  await page.click(".el-dialog .btn.primary");
  await page.waitForSelector(".check li.done:has-text('填写公司名称')");
  await page.waitForSelector("nav .brand:has-text('云上家政')");
  await page.click(".check button:has-text('用手机扫码')");
  const code = page.locator(".el-dialog img");
  assert.match(await code.getAttribute("alt"), /\/m2\/index\.html$/);
  assert.ok(await code.evaluate((img) => img.decode().then(() => img.naturalWidth > 0)));
  await page.keyboard.press("Escape");
  await page.waitForSelector(".check li.done:has-text('用手机扫码')");
  await page.click(".check [aria-label='不再显示']");
  await shown(page.locator(".check"), 0);
});

story("the navigation holds the business, the rest stands under more and can be pinned", async () => {
  assert.ok((await page.locator("nav .items .item").count()) <= 10);
  assert.equal(await visible("nav .row"), false);
  await page.click("nav .more > button");
  const row = page.locator("nav .row:has-text('订单日志')");
  await row.hover();
  await row.locator(".pin").click();
  await page.waitForSelector("nav .items > .item:has-text('订单日志')");
  await row.locator(".pin").click();
  await page.click("nav .more > button");
  // Collapsed, it opens beside the icons.
  await page.click("nav .fold");
  await page.click("nav .more > button");
  await page.click("nav .fly a:has-text('订单日志')");
  await page.waitForURL(/#\/o\/OrderLog/);
  await shown(page.locator("nav .fly"), 0);
  await page.click("nav .fold");
});

story("a customer's record shows his orders, posts and logins", async () => {
  await openList(page, server, "User", "?id=1", "aside.drawer .related");
  const orders = page.locator(".related:has(h3:has-text('订单'))").first();
  assert.match((await orders.locator("h3").innerText()).replace(/\s+/g, " "), /订单 30 合计 [\d,]+\.\d\d/);
  await shown(orders.locator("tbody tr"), 5);
  assert.ok(await visible(".related:has-text('登录')"));
  await picture("customer");
  await orders.locator("tbody tr a").first().click();
  await page.waitForURL(/#\/o\/Ordr\?id=/);
});

story("a record begins with its name, state, amount and whom to call", async () => {
  await openList(page, server, "Ordr", `?id=${server.orders.waiting}`, "aside.drawer .head");
  const head = page.locator("aside.drawer .head");
  assert.match(await head.innerText(), /家电清洗[\s\S]*新创建[\s\S]*¥[\d,]+\.\d\d[\s\S]*陈思远/);
  assert.equal(await head.locator("a[href^='tel:']").getAttribute("href"), `tel:${server.user.uname}`);
  assert.match(await page.locator("aside.drawer .empty").innerText(), /未填写：.*备注/);
});

story("columns without a value are not shown, until asked for", async () => {
  await openList(page, server, "Ordr", "", "tbody tr");
  assert.equal(await page.locator("th:has-text('备注')").count(), 0);
  await page.click("footer .btn:has-text('空列')");
  await shown(page.locator("th:has-text('备注')"), 1);
});

story("on a narrow window a row is a card with its state and amount", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openList(page, server, "Ordr", "", "tbody tr");
  for (const part of [".c-title", ".c-state", ".c-amount"]) {
    const box = await page.locator(`tbody tr:first-child ${part}`).boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= 390, part);
  }
  await picture("cards");
  await page.click("tbody tr:first-child .c-title");
  await page.waitForSelector("aside.drawer .head");
  await page.setViewportSize({ width: 1000, height: 800 });
  await page.goto(`${server.base}/web/store.html#/`);
  await page.waitForSelector(".kpi b");
  const tops = await page.locator(".kpi").evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
  assert.equal(new Set(tops).size, 2, "four tiles stand two by two");
  await page.setViewportSize({ width: 1280, height: 800 });
});

story("the audit is asked for changes, failures and slow calls by one click", async () => {
  await openList(page, server, "ApiLog", "", "tbody tr");
  await page.click(".presets .btn:has-text('只看修改')");
  await page.waitForURL(/f\.ac=edits/);
  await settled(page);
  const calls = await page.locator("tbody tr .mono").allInnerTexts();
  assert.ok(calls.length > 0 && calls.every((call) => /\.(add|set|del|setIf|delIf|batch\w+|dup)$/.test(call)), calls.join());
  await page.waitForSelector("tbody tr:has-text('添加')");
  await page.click(".presets .btn:has-text('失败')");
  await page.waitForURL(/f\.retval=ne\.0/);
  assert.doesNotMatch(page.url(), /edits/);
});

story("paper shows the content alone, and a slip for an order", async () => {
  const printed = async (name) => {
    await page.emulateMedia({ media: "print" });
    const left = await page.evaluate(() =>
      ["nav", ".bar", ".tools", "footer .el-pagination", ".page-head .btn"].filter((one) =>
        [...document.querySelectorAll(one)].some((found) => found.checkVisibility()),
      ),
    );
    assert.deepEqual(left, [], `${name} prints its controls`);
    assert.equal(
      await page.evaluate(
        () =>
          [...document.querySelectorAll(".scroll")].filter((one) => one.checkVisibility() && one.scrollHeight > one.clientHeight + 1)
            .length,
      ),
      0,
      `${name} is cut`,
    );
    await page.screenshot({ path: `${SHOTS}print-${name}.png`, fullPage: true });
    await page.emulateMedia({ media: null });
  };
  await openList(page, server, "Ordr", "", "tbody tr");
  await printed("orders");
  await page.goto(`${server.base}/web/store.html#/`);
  await page.waitForSelector(".kpi b");
  await settled(page);
  await printed("dashboard");
  await page.addInitScript(() => {
    window.print = () => {
      window.printed = true;
    };
  });
  await page.reload();
  await page.waitForSelector(".kpi b");
  await openList(page, server, "Ordr", `?id=${server.orders.served}`, "aside.drawer dl");
  await page.click("aside.drawer [aria-label='更多操作']");
  await page.click(".el-dropdown-menu__item:has-text('打印')");
  await page.waitForFunction(() => window.printed);
  await page.emulateMedia({ media: "print" });
  const slip = page.locator(".slip");
  const said = await slip.innerText();
  for (const part of ["云上家政", `编号 ${server.orders.served}`, "Deep cleaning", "客户签字"])
    assert.ok(said.includes(part), `${part} in ${said}`);
  assert.equal(await slip.locator("h1").innerText(), "订单");
  assert.equal(await visible("aside.drawer"), false);
  await page.screenshot({ path: `${SHOTS}print-slip.png` });
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await shown(slip, 0);
  await page.emulateMedia({ media: null });
});

story("the phone carries a line to the form without a fuss, and says little", async () => {
  const phone = await open(browser, "zh", PHONE);
  await phone.request.post(`${server.base}/api/login?_app=user`, { data: server.user });
  const mine = await phone.newPage();
  await mine.goto(`${server.base}/m2/index.html`);
  await mine.waitForSelector(".waiting:has-text('待服务订单')");
  await mine.fill("#quick", "擦窗户");
  await mine.click(".quick button");
  await mine.waitForSelector("textarea");
  assert.equal(await mine.locator("textarea").first().inputValue(), "擦窗户");
  assert.equal(await mine.locator("text=已恢复上次未提交的内容").count(), 0);
  await mine.reload();
  await mine.waitForSelector("text=已恢复上次未提交的内容");
  await mine.getByLabel("金额").fill("88");
  await mine.click("button[type=submit]");
  await mine.waitForSelector(".state:has-text('待服务')");
  assert.equal(await mine.locator(".toast").count(), 0, "the page itself shows that the order is placed");
  await mine.goto(`${server.base}/m2/index.html#/me/name`);
  await mine.waitForSelector("input");
  await mine.fill("input >> nth=0", "陈思远");
  await mine.click("button[type=submit]");
  // Looked at in one step: a message goes away by itself.
  const top = await mine.waitForFunction(() => document.querySelector(".toast")?.getBoundingClientRect().top);
  assert.ok((await top.jsonValue()) > 740 / 2, "the message stands low");
  await phone.close();
});

story("a picture is seen on black, and the chosen part of a choice is the lighter one in the dark", async () => {
  const phone = await open(browser, "zh", { ...PHONE, colorScheme: "dark" });
  await phone.request.post(`${server.base}/api/login?_app=user`, { data: server.user });
  const mine = await phone.newPage();
  await mine.goto(`${server.base}/m2/index.html#/me`);
  await mine.waitForSelector(".segmented label.on");
  const light = await mine.evaluate(() => {
    const of = (one) =>
      getComputedStyle(one)
        .backgroundColor.match(/[\d.]+/g)
        .slice(0, 3)
        .reduce((sum, n) => sum + Number(n), 0);
    const box = document.querySelector(".segmented");
    return [of(box.querySelector("label.on")), of(box)];
  });
  assert.ok(light[0] > light[1], light.join());
  await mine.goto(`${server.base}/m2/index.html#/plaza/${server.post}`);
  await mine.click(".tiles button");
  await mine.waitForSelector(".van-image-preview__overlay");
  const ground = await mine.evaluate(() => getComputedStyle(document.querySelector(".van-image-preview__overlay")).backgroundColor);
  assert.match(ground, /^rgb\(/, "nothing shines through");
  await phone.close();
});
