// Every page of the consoles at both sizes, in both languages and both themes: a screenshot each into shots/,
// and no console error, no overflow, no serious finding of axe. Exits 1 with the list of faults.
import { axeFaults, base, launch, listen, loggedIn, overflow, settled, SHOTS, watchCalls } from "./lib.mjs";

const firstRow = async (page) => { const open = page.locator("tbody .open").first(); if (await open.count()) { await open.click(); await page.waitForSelector("aside.drawer"); } };
const PAGES = [
  ["store", "login", "/web/store.html#/login", { guest: true }],
  ["store", "dashboard", "/web/store.html#/"],
  ["store", "orders", "/web/store.html#/o/Ordr"],
  ["store", "order", "/web/store.html#/o/Ordr", { then: firstRow }],
  ["store", "order-new", "/web/store.html#/o/Ordr", { then: async (page) => { await page.keyboard.press("n"); await page.waitForSelector(".el-dialog form"); } }],
  ["store", "orders-none", "/web/store.html#/o/Ordr?q=nothing-is-called-so"],
  ["store", "users", "/web/store.html#/o/User"],
  ["store", "employees", "/web/store.html#/o/Employee"],
  ["store", "audit", "/web/store.html#/o/ApiLog", { then: firstRow }],
  ["store", "report", "/web/store.html#/report"],
  ["admin", "objects", "/web/adm.html#/"],
  ["admin", "query", "/web/adm.html#/query"],
  ["admin", "calls", "/web/adm.html#/o/ApiLog"],
  ["admin", "call", "/web/adm.html#/o/ApiLog", { then: firstRow }],
  ["admin", "stats", "/web/adm.html#/stats"],
  ["admin", "server", "/web/adm.html#/server"],
];
const SIZES = [["wide", 1280, 800], ["narrow", 360, 740]];

const only = process.argv[2];
const faults = [];
const browser = await launch();
const contexts = { store: await loggedIn(browser, "store"), admin: await loggedIn(browser, "admin"), guest: await browser.newContext({ reducedMotion: "reduce" }) };
/** One page in one size, language and theme. */
async function look([app, name, url, more = {}], lang, theme, [size, width, height]) {
  const id = `${app}-${name}-${size}-${lang}-${theme}`;
  const page = await contexts[more.guest ? "guest" : app].newPage();
  watchCalls(page);
  await page.setViewportSize({ width, height });
  await page.addInitScript(([l, t]) => { localStorage.setItem("jindou.lang", JSON.stringify(l)); localStorage.setItem("jindou.theme", JSON.stringify(t)); }, [lang, theme]);
  if (!more.guest) listen(page, faults, id);
  await page.goto(base + url);
  await settled(page);
  if (more.then) {
    await more.then(page);
    await settled(page);
  }
  await page.screenshot({ path: `${SHOTS}${id}.png` });
  const beyond = await overflow(page);
  if (beyond) faults.push(`${id}: wider than the window: ${beyond}`);
  for (const fault of await axeFaults(page)) faults.push(`${id}: axe: ${fault}`);
  for (const alert of await page.locator("[role=alert]").allInnerTexts()) faults.push(`${id}: alert: ${alert.slice(0, 200)}`);
  await page.close();
}

const looks = [];
for (const of of PAGES) {
  if (only && of[1] !== only) continue;
  for (const lang of ["zh", "en"]) for (const theme of ["light", "dark"]) for (const size of SIZES) looks.push([of, lang, theme, size]);
}
// Most of a look is waiting: a few at a time.
const AT_ONCE = 4;
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let next = looks.shift(); next; next = looks.shift()) await look(...next);
}));
await browser.close();
for (const fault of faults) console.log(fault);
console.log(`${faults.length} faults; screenshots in ${SHOTS}`);
process.exit(faults.length ? 1 : 0);
