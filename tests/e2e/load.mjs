// How a page loads for somebody who comes for the first time: requests and bytes over the wire, and the times until
// something is seen and until the page can be used, over a slow line and with a slow processor if asked for.
//
//     node tests/e2e/load.mjs          slow 4G (1.6 Mbit/s, 150 ms) and a processor 4 times slower: prints the table
import { fileURLToPath } from "node:url";
import { launch, open, settled } from "./browser.mjs";
import { start } from "./server.mjs";

const SLOW = { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8, offline: false };

/** `usable`: what is there once a person can work with the page. */
export const PAGES = [
  { name: "store login", app: "store", path: "/web/store.html", guest: true, usable: "#uname" },
  { name: "store dashboard", app: "store", path: "/web/store.html", usable: ".kpi b, .kpi strong" },
  { name: "store orders", app: "store", path: "/web/store.html#/o/Ordr", usable: "tbody tr" },
  { name: "adm home", app: "admin", path: "/web/adm.html", usable: ".cards a" },
  { name: "adm query", app: "admin", path: "/web/adm.html#/query", usable: ".schema .t" },
  { name: "adm statistics", app: "admin", path: "/web/adm.html#/stats", usable: ".ac a" },
  { name: "m2 login", app: "user", path: "/m2/index.html", guest: true, usable: "form input" },
  { name: "m2 home", app: "user", path: "/m2/index.html", usable: ".figures b" },
];

const FRONT = { store: "/web/store.html", admin: "/web/adm.html", user: "/m2/index.html" };

/** What a browser keeps of a login, by the app. */
export async function logins(browser, server) {
  const kept = {};
  for (const [app, who] of [
    ["store", server.boss],
    ["admin", server.admin],
    ["user", server.user],
  ]) {
    const context = await open(browser, "zh");
    const page = await context.newPage();
    await page.goto(server.base + FRONT[app]);
    const token = await page.evaluate(
      async ([app, who]) => {
        const reply = await fetch(`/api/login?_app=${app}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(who),
        });
        return (await reply.json())[1]._token;
      },
      [app, who],
    );
    await page.evaluate(
      ([app, token]) => {
        localStorage.clear();
        localStorage.setItem(`jindou.token_${app}`, JSON.stringify(token));
      },
      [app, token],
    );
    kept[app] = await context.storageState();
    await context.close();
  }
  return kept;
}

/** Loads one page with nothing kept but the login. */
export async function measure(browser, server, one, kept, slow) {
  const context = await open(browser, "zh", {
    viewport: one.app === "user" ? { width: 390, height: 844 } : { width: 1440, height: 900 },
    storageState: one.guest ? undefined : kept[one.app],
  });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  const seen = { requests: 0, bytes: 0, scripts: 0 };
  const kinds = new Map();
  cdp.on("Network.requestWillBeSent", ({ requestId, type }) => {
    kinds.set(requestId, type);
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    // What the page has already is not asked for again, though the browser tells of it.
    if (!encodedDataLength) return;
    seen.requests++;
    seen.bytes += encodedDataLength;
    if (kinds.get(requestId) === "Script") seen.scripts += encodedDataLength;
  });
  await cdp.send("Network.enable");
  if (slow) {
    await cdp.send("Network.emulateNetworkConditions", SLOW);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  }
  await page.addInitScript((usable) => {
    const look = () => {
      if (!window.usableAt && document.querySelector(usable)) window.usableAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift = (window.shift ?? 0) + entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  }, one.usable);
  await page.goto(server.base + one.path, { waitUntil: "commit" });
  await page.waitForFunction(() => window.usableAt, null, { timeout: 60_000 });
  await settled(page);
  const times = await page.evaluate(() => ({
    seen: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    usable: window.usableAt,
    shift: window.shift ?? 0,
  }));
  await context.close();
  return { ...seen, ...times };
}

async function table() {
  const [server, browser] = await Promise.all([start(), launch()]);
  try {
    const kept = await logins(browser, server);
    console.log(
      "| page | kB over the wire | of it scripts | requests | first paint | usable | layout shift |\n|---|---|---|---|---|---|---|",
    );
    for (const one of PAGES) {
      const got = await measure(browser, server, one, kept, true);
      const kb = (n) => Math.round(n / 1024);
      const s = (ms) => `${(ms / 1000).toFixed(2)} s`;
      console.log(
        `| ${one.name} | ${kb(got.bytes)} | ${kb(got.scripts)} | ${got.requests} | ${s(got.seen)} | ${s(got.usable)} | ${got.shift.toFixed(3)} |`,
      );
    }
  } finally {
    await browser.close();
    await server.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await table();
