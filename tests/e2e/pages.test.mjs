// Every page of the three front ends, at both sizes, in both languages and both themes: a screenshot each into
// web/shots, and no complaint of the console, nothing wider than the window, no serious finding of axe, on phones no
// target too small for a thumb. One load of a page serves its four looks: size and theme change under it, as they do
// for people. PAGES=name,name looks at these alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, listen, open, overflow, PHONE, settled, SHOTS } from "./browser.mjs";
import { start } from "./server.mjs";

const firstRow = async (page) => {
  await page.click("tbody .open >> nth=0");
  await page.waitForSelector("aside.drawer");
};
const fresh = async (page) => {
  await page.keyboard.press("n");
  await page.waitForSelector(".el-dialog");
};
const press = (what) => (page) => page.click(what);
const guest = true;
const STORE = [
  ["login", "#/login", { guest }],
  ["dashboard", "#/"],
  ["orders", "#/o/Ordr"],
  ["order", "#/o/Ordr", { then: firstRow }],
  ["order-new", "#/o/Ordr", { then: fresh }],
  ["orders-none", "#/o/Ordr?q=nothing-is-called-so"],
  ["users", "#/o/User"],
  ["employees", "#/o/Employee"],
  ["audit", "#/o/ApiLog", { then: firstRow }],
  ["report", "#/report"],
];
const ADMIN = [
  ["objects", "#/"],
  ["query", "#/query"],
  ["calls", "#/o/ApiLog"],
  ["call", "#/o/ApiLog", { then: firstRow }],
  ["stats", "#/stats"],
  ["server", "#/server"],
  ["circle", "#/o/Circle", { then: firstRow }],
  ["watch-new", "#/o/Watch", { then: fresh }],
  ["story", "#/o/Story?id=1"],
  [
    "story-edit",
    "#/o/Story?id=1",
    {
      then: async (page) => {
        await page.click("aside.drawer .acts .btn >> nth=-1");
        await page.waitForSelector(".el-dialog");
      },
    },
  ],
  ["plaza", "#/o/Plaza?id=15"],
];
const phonePages = ({ orders: { served, waiting }, post, story }) => [
  ["login", "#/login", { guest }],
  ["login-password", "#/login", { guest, then: press(".other") }],
  ["home", "#/"],
  ["orders", "#/orders"],
  ["orders-none", "#/orders?s=CA"],
  ["new", "#/new"],
  ["new-wrong", "#/new", { then: press("button[type=submit]") }],
  ["order", `#/order/${served}`],
  ["order-waiting", `#/order/${waiting}`],
  ["order-cancel", `#/order/${waiting}`, { then: press(".cancel") }],
  ["order-edit", `#/order/${waiting}/edit`],
  ["me", "#/me"],
  ["name", "#/me/name"],
  ["password", "#/me/password"],
  ["not-found", "#/nothing"],
  ["plaza", "#/plaza"],
  ["plaza-guest", "#/plaza", { guest }],
  ["plaza-post", `#/plaza/${post}`],
  ["plaza-picture", `#/plaza/${post}`, { then: press(".tiles button") }],
  ["plaza-delete", `#/plaza/${post}`, { then: press("article header button") }],
  ["plaza-gone", "#/plaza/999999"],
  ["plaza-new", "#/plaza/new"],
  ["plaza-new-empty", "#/plaza/new", { then: press("button[type=submit]") }],
  ["plaza-circle", "#/plaza/circle"],
  [
    "plaza-circle-join",
    "#/plaza/circle",
    {
      then: async (page) => {
        await page.click(".segmented label >> nth=1");
        await page.click("button[type=submit]");
      },
    },
  ],
  ["stories", "#/story"],
  ["stories-songs", "#/story?c=song"],
  ["story", `#/story/${story}`],
  ["story-bare", `#/story/${story + 1}`],
];
const DESK = {
  sizes: [
    ["wide", 1280, 800],
    ["narrow", 360, 740],
  ],
  context: {},
};
const HAND = {
  sizes: [
    ["360", 360, 740],
    ["390", 390, 844],
  ],
  context: PHONE,
  thumbs: true,
};

let server, browser, fronts;
before(async () => {
  [server, browser] = await Promise.all([start(), launch()]);
  fronts = {
    store: { url: "/web/store.html", who: server.boss, pages: STORE, ...DESK },
    admin: { url: "/web/adm.html", who: server.admin, pages: ADMIN, ...DESK },
    user: { url: "/m2/index.html", who: server.user, pages: phonePages(server), ...HAND },
  };
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What a thumb would miss. */
const SMALL = () =>
  [...document.querySelectorAll("a,button,input:not([hidden]):not(.sr-only),textarea,[role=tab]")]
    .filter((one) => one.checkVisibility())
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.height && (box.height < 43.5 || box.width < 43.5))
    .map(([one, box]) => `${one.className} ${Math.round(box.width)}x${Math.round(box.height)}`);

async function look(page, id, { thumbs, rules }) {
  const faults = [];
  await page.screenshot({ path: `${SHOTS}${id}.png` });
  const beyond = await overflow(page);
  if (beyond) faults.push(`${id}: wider than the window: ${beyond}`);
  for (const fault of rules?.length === 0 ? [] : await axeFaults(page, rules)) faults.push(`${id}: axe: ${fault}`);
  if (thumbs) for (const small of await page.evaluate(SMALL)) faults.push(`${id}: small target: ${small}`);
  return faults;
}

/** All looks of one page in one language. */
async function looks(contexts, app, front, [name, hash, more = {}], lang) {
  const faults = [];
  const page = await contexts[more.guest ? "guest" : "known"].newPage();
  try {
    // A guest's page asks who he is and is told that he is nobody.
    if (!more.guest) listen(page, faults, `${app}-${name}-${lang}`);
    await page.goto(server.base + front.url + hash);
    await settled(page);
    if (more.then) {
      await more.then(page);
      await settled(page);
    }
    for (const [size, width, height] of front.sizes)
      for (const theme of ["light", "dark"]) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme: theme });
        await settled(page);
        // A theme changes nothing but colours, the second phone nothing but room; axe takes most of the time.
        const rules = front.thumbs && size !== front.sizes[0][0] ? [] : theme === "dark" ? ["color-contrast"] : null;
        faults.push(...(await look(page, `${app}-${name}-${size}-${lang}-${theme}`, { thumbs: front.thumbs, rules })));
      }
    // Forms may complain; pages that only show something may not.
    const alerts = front.thumbs ? [] : await page.locator("[role=alert]").allInnerTexts();
    faults.push(...alerts.map((alert) => `${app}-${name}-${lang}: alert: ${alert.slice(0, 200)}`));
  } catch (error) {
    faults.push(`${app}-${name}-${lang}: ${error.message}`);
  } finally {
    await page.close();
  }
  return faults;
}

const only = process.env.PAGES?.split(",");
/** More at once than processors: much of a look is waiting. */
const AT_ONCE = 4;
for (const app of ["store", "admin", "user"]) {
  test(`every page of ${app}`, { timeout: 600_000 }, async (t) => {
    const front = fronts[app];
    const login = await open(browser, "zh", front.context);
    const reply = JSON.parse(await (await login.request.post(`${server.base}/api/login?_app=${app}`, { data: front.who })).text());
    assert.equal(reply[0], 0, reply[1]);
    const storageState = await login.storageState();
    await login.close();
    const contexts = async (lang) => ({
      known: await open(browser, lang, { ...front.context, storageState }),
      guest: await open(browser, lang, front.context),
    });
    const found = new Map(front.pages.filter(([name]) => !only || only.includes(name)).map((page) => [page[0], []]));
    const todo = front.pages.filter(([name]) => found.has(name)).flatMap((page) => ["zh", "en"].map((lang) => [page, lang]));
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        // Windows of its own: of several pages in one window only the one in front is drawn at full speed.
        const own = {};
        for (let next = todo.shift(); next; next = todo.shift()) {
          const [page, lang] = next;
          own[lang] ??= await contexts(lang);
          found.get(page[0]).push(...(await looks(own[lang], app, front, page, lang)));
        }
      }),
    );
    for (const [name, faults] of found) await t.test(name, () => assert.deepEqual(faults, []));
  });
}
