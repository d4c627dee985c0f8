// What the browser runs share: a browser, a logged-in context per console, and a page that tells its faults.
// From the environment: BASE, STORE_LOGIN and ADMIN_LOGIN as `name:password`, CHROMIUM.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const base = process.env.BASE ?? "http://127.0.0.1:8080";
export const logins = { store: split(process.env.STORE_LOGIN ?? ""), admin: split(process.env.ADMIN_LOGIN ?? "") };
export const SHOTS = new URL("../shots/", import.meta.url).pathname;

function split(text) {
  const at = text.indexOf(":");
  return { uname: text.slice(0, at), pwd: text.slice(at + 1) };
}

export async function launch() {
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** A context that carries the session cookie of one app; one login for all its pages. */
export async function loggedIn(browser, app) {
  const context = await browser.newContext({ acceptDownloads: true, reducedMotion: "reduce" });
  const reply = await context.request.post(`${base}/api/login?_app=${app}`, { data: logins[app] });
  const [code, message] = JSON.parse(await reply.text());
  if (code !== 0) throw new Error(`login to ${app}: ${message}`);
  return context;
}

/** Collects what a page complains of: console errors, exceptions. */
export function listen(page, faults, name) {
  page.on("console", (m) => { if (m.type() === "error" && !/favicon/.test(m.text())) faults.push(`${name}: console: ${m.text().slice(0, 300)}`); });
  page.on("pageerror", (e) => faults.push(`${name}: exception: ${e.message.slice(0, 300)}`));
}

/** Serious and critical findings of axe, one line each. */
export async function axeFaults(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" ; ")}`));
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
/** Begins to count the calls a page waits for; `settled` needs it. */
export function watchCalls(page) {
  const calls = { open: new Set(), all: 0 };
  asked.set(page, calls);
  page.on("request", (request) => { calls.open.add(request); calls.all++; });
  const over = (request) => calls.open.delete(request);
  page.on("requestfinished", over);
  page.on("requestfailed", over);
  return page;
}

/**
 * Until a page rests: it waits for no call, shows no skeleton, moves nothing, and the fonts are there. Looked at
 * again after some frames, since an answer may bring the next call. However slow the machine, the same page is seen.
 */
export async function settled(page, patience = 30_000) {
  const calls = asked.get(page);
  const end = Date.now() + patience;
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
