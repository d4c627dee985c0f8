// First loads within their budgets of requests and bytes, and pages that open without a network.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, PHONE, settled } from "./browser.mjs";
import { logins, measure, PAGES } from "./load.mjs";
import { start } from "./server.mjs";

/** kB over the wire, charts and the SQL editor included. */
const BUDGET = {
  "store login": 126,
  "store dashboard": 300,
  "store orders": 210,
  "adm home": 150,
  "adm query": 250,
  "adm statistics": 320,
  "m2 login": 115,
  "m2 home": 120,
};
const REQUESTS = 15;

let server, browser, kept;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  kept = await logins(browser, server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const one of PAGES) {
  test(`first load of ${one.name}`, { timeout: 60_000 }, async () => {
    const got = await measure(browser, server, one, kept, false);
    assert.ok(got.requests <= REQUESTS, `${got.requests} requests`);
    assert.ok(got.bytes <= BUDGET[one.name] * 1024, `${Math.round(got.bytes / 1024)} kB`);
    assert.ok(got.shift < 0.05, `the page jumps: ${got.shift}`);
  });
}

test("a second visit asks only whether the description of the objects still holds", { timeout: 60_000 }, async () => {
  const context = await open(browser, "zh", { storageState: kept.admin });
  const page = await context.newPage();
  const begins = [];
  page.on("response", async (response) => {
    if (response.url().includes("/api/batch")) begins.push((await response.body()).length);
  });
  for (const _ of [1, 2]) {
    await page.goto("about:blank");
    await page.goto(`${server.base}/web/adm.html`);
    await page.waitForSelector(".cards a");
    await settled(page);
  }
  const asked = await page.evaluate(() => JSON.parse(localStorage["jindou.meta.admin"]).list.length);
  assert.ok(asked > 40);
  assert.ok(Math.max(...begins.slice(0, 1)) > 50_000, String(begins));
  assert.ok(
    begins.slice(1).every((bytes) => bytes < 24_000),
    String(begins),
  );
  await context.close();
});

test("icons, manifests and robots.txt are there", { timeout: 60_000 }, async () => {
  for (const [path, type] of [
    ["/favicon.ico", "image/x-icon"],
    ["/robots.txt", "text/plain"],
    ["/sw.js", "text/javascript"],
  ]) {
    const got = await fetch(server.base + path);
    assert.equal(got.status, 200, path);
    assert.ok(got.headers.get("content-type").startsWith(type), path);
  }
  for (const html of ["/m2/index.html", "/web/store.html", "/web/adm.html"]) {
    const page = await (await fetch(server.base + html)).text();
    const manifest = /rel="manifest" href="([^"]+)"/.exec(page)[1];
    const got = await fetch(server.base + manifest);
    assert.ok(got.headers.get("content-type").startsWith("application/manifest+json"), manifest);
    const app = await got.json();
    assert.equal(app.start_url, html);
    for (const icon of app.icons) {
      const picture = await fetch(server.base + icon.src);
      assert.equal(picture.headers.get("content-type"), "image/png", icon.src);
    }
  }
});

for (const [app, path, shows] of [
  ["user", "/m2/index.html", "[role=alert]"],
  ["store", "/web/store.html", "[role=alert]:has-text('没有加载成功')"],
]) {
  test(`${path} opens without a server`, { timeout: 60_000 }, async () => {
    const context = await open(browser, "zh", { ...(app === "user" && PHONE), storageState: kept[app], serviceWorkers: "allow" });
    const page = await context.newPage();
    await page.goto(server.base + path);
    const parts = JSON.parse(/PAGES = (.*);/.exec(await (await fetch(`${server.base}/sw.js`)).text())[1])[path];
    assert.ok(parts.length > 10);
    await page.waitForFunction(
      async (parts) => {
        const cache = await caches.open("jindou");
        return (await Promise.all(parts.map((part) => cache.match(part)))).every(Boolean);
      },
      [path, ...parts],
    );
    assert.ok(await page.evaluate(async () => (await (await caches.open("jindou")).keys()).every((one) => !one.url.includes("/api/"))));
    await context.setOffline(true);
    await page.reload();
    await page.waitForSelector(shows);
    await context.close();
  });
}
