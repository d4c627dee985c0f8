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
  const context = await browser.newContext({ acceptDownloads: true });
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

export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
