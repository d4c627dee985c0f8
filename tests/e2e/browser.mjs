// What the browser runs share: a browser, contexts and pages that tell their faults, and the knowledge of when a page
// rests. The browser is the one at CHROMIUM; its driver and axe are packages of web/.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Where the screenshots go. */
export const SHOTS = new URL("../../web/shots/", import.meta.url).pathname;
/** For a machine with other work to do: what takes longer than this never comes. */
const PATIENCE = 30_000;
/** With `SLOW=600` every answer comes up to so many ms later: shows the stories that look before they wait. */
const SLOW = Number(process.env.SLOW ?? 0);

export async function launch() {
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/**
 * A context of one language; still pictures, so that what is seen does not depend on when one looks. It is on the
 * other side of the earth: the day that counts is the server's, and there it is mostly another. Without the service
 * worker, which would answer in the place of what a story answers.
 */
export async function open(browser, lang, options = {}) {
  const context = await browser.newContext({ locale: lang === "zh" ? "zh-CN" : "en-US", colorScheme: "light", reducedMotion: "reduce", timezoneId: "Pacific/Midway", acceptDownloads: true, serviceWorkers: "block", ...options });
  context.setDefaultTimeout(PATIENCE);
  context.on("page", watchCalls);
  if (SLOW) await context.route("**/*", async (route) => { await pause(Math.random() * SLOW); await route.fallback().catch(() => {}); });
  return context;
}

/**
 * Makes `story(name, tell)`: a test whose page is kept as a picture when it fails. `check` looks for faults after each
 * story, `failed` and `ended` clear up. `story(name, tell, own)` gives a long story a time of its own.
 */
export function storyteller(page, { timeout = 120_000, check = () => {}, failed = async () => {}, ended = async () => {} } = {}) {
  return (name, tell, own = timeout) => test(name, { timeout: own }, async () => {
    try {
      await tell();
      check();
    } catch (error) {
      await page().screenshot({ path: `${SHOTS}failed-${name.replace(/\W+/g, "-")}.png` });
      await failed();
      throw error;
    } finally {
      await ended();
    }
  });
}

/** A staff console of its own with the boss logged in: the context and the page. */
export async function staffAtWork(browser, server) {
  const context = await open(browser, "zh", { viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(`${server.base}/web/store.html`);
  await page.fill("#uname", server.boss.uname);
  await page.fill("#pwd", server.boss.pwd);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".kpi b");
  return { context, page };
}

/** The list of an object, opened anew. */
export async function openList(page, server, obj, query, shows) {
  await page.goto(`${server.base}/web/store.html#/`);
  await page.goto(`${server.base}/web/store.html#/o/${obj}${query}`);
  await page.waitForSelector(shows);
  await settled(page);
}

/** A phone in somebody's hand. */
export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** Calls the server with the session of a context. */
export async function ask(context, base, app, ac, query = {}, body = undefined) {
  const url = `${base}/api/${ac}?${new URLSearchParams({ ...query, _app: app })}`;
  const reply = await (body ? context.request.post(url, { data: body }) : context.request.get(url));
  const [code, data, detail] = JSON.parse(await reply.text());
  if (code !== 0) throw new Error(`${ac}: [${code}] ${data} (${detail})`);
  return data;
}

/** Until so many of them are there, and no more. */
export async function shown(locator, wanted) {
  const end = Date.now() + PATIENCE;
  let there = await locator.count();
  while (there !== wanted) {
    if (Date.now() > end) throw new Error(`${there} instead of ${wanted}: ${locator}`);
    await pause(50);
    there = await locator.count();
  }
}

/** Collects what a page complains of: console errors, exceptions. */
export function listen(page, faults, name) {
  page.on("console", (m) => { if (m.type() === "error" && !/favicon/.test(m.text())) faults.push(`${name}: console: ${m.text().slice(0, 300)}`); });
  page.on("pageerror", (e) => faults.push(`${name}: exception: ${e.message.slice(0, 300)}`));
}

/** Serious and critical findings of axe, one line each; of the rules named, or of all. */
export async function axeFaults(page, rules = null) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  return page.evaluate(async (rules) => (await window.axe.run(document, { resultTypes: ["violations"], preload: false, ...(rules && { runOnly: rules }) })).violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" ; ")}`), rules);
}

/** What reaches beyond the right edge of the window without being inside something that scrolls or cuts; "" is good. */
export const overflow = (page) => page.evaluate(() => {
  const held = (one) => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
      if (/auto|scroll|hidden/.test(getComputedStyle(up).overflowX) && up.getBoundingClientRect().right <= innerWidth + 1) return true;
    }
    return false;
  };
  const beyond = [...document.body.querySelectorAll("*")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.right > innerWidth + 1 && one.checkVisibility({ visibilityProperty: true }) && !held(one);
  });
  const more = document.documentElement.scrollWidth - innerWidth;
  if (!beyond.length && more <= 0) return "";
  return `${more} px: ${beyond.slice(0, 3).map((one) => `${one.tagName.toLowerCase()}.${one.className}`).join(" ; ")}`;
});

const asked = new WeakMap();
/** Counts the calls a page waits for. */
function watchCalls(page) {
  const calls = { open: new Set(), all: 0 };
  asked.set(page, calls);
  page.on("request", (request) => { calls.open.add(request); calls.all++; });
  const over = (request) => calls.open.delete(request);
  page.on("requestfinished", over);
  page.on("requestfailed", over);
}

/**
 * Until a page rests: it waits for no call, shows no skeleton, moves nothing, and the fonts are there. Looked at
 * again after some frames, since an answer may bring the next call. However slow the machine, the same page is seen.
 */
export async function settled(page) {
  // Behind another page a browser draws one frame a second.
  await page.bringToFront();
  const calls = asked.get(page);
  const end = Date.now() + PATIENCE;
  for (let before = -1; Date.now() < end;) {
    await page.waitForFunction(() => document.readyState === "complete" && document.fonts.status === "loaded"
      && !document.querySelector(".skeleton, [aria-busy=true]")
      && document.getAnimations().every((one) => one.playState !== "running" || one.effect?.getComputedTiming().endTime === Infinity));
    await page.evaluate(() => new Promise((done) => { let frames = 4; const next = () => (frames-- ? requestAnimationFrame(next) : done()); next(); }));
    if (!calls.open.size && calls.all === before) return;
    before = calls.open.size ? -1 : calls.all;
  }
  throw new Error(`the page does not rest: ${[...calls.open].map((one) => one.url()).join(" ")}`);
}
