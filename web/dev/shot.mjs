// Screenshots of console pages for looking at: node dev/shot.mjs name url [w=1280] [h=800] [lang=zh] [theme=light] [js to run…]
// BASE (default the mock) and LOGIN="uname:pwd" from the environment. Prints console errors and axe findings.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const base = process.env.BASE ?? "http://127.0.0.1:8091";
const [uname, pwd] = (process.env.LOGIN ?? "boss:x").split(":");
mkdirSync("shots", { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
/** Jobs: JSON lines on stdin: {name,url,w,h,lang,theme,steps:[{click|press|fill|wait…}],axe} */
let text = ""; for await (const chunk of process.stdin) text += chunk;
for (const line of text.split("\n").filter((l) => l.trim())) {
  const job = JSON.parse(line);
  const page = await browser.newPage({ viewport: { width: job.w ?? 1280, height: job.h ?? 800 } });
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) console.log(job.name, m.type(), m.text().slice(0, 300)); });
  page.on("pageerror", (e) => console.log(job.name, "pageerror", e.message.slice(0, 300), (e.stack ?? "").split("\n")[1]));
  await page.addInitScript(([l, t]) => { localStorage.setItem("jindou.lang", JSON.stringify(l)); localStorage.setItem("jindou.theme", JSON.stringify(t)); }, [job.lang ?? "zh", job.theme ?? "light"]);
  const app = job.url.includes("adm.html") ? "admin" : "store";
  if (job.guest) await page.request.post(`${base}/api/logout?_app=${app}`, { data: {} }); else await page.request.post(`${base}/api/login?_app=${app}`, { data: { uname, pwd } });
  await page.goto(base + job.url); await page.waitForLoadState("networkidle"); await page.waitForTimeout(job.wait ?? 500);
  for (const s of job.steps ?? []) {
    try {
      if (s.click) await page.locator(s.click).first().click({ timeout: 3000 });
      if (s.dbl) await page.locator(s.dbl).first().dblclick({ timeout: 3000 });
      if (s.press) await page.keyboard.press(s.press);
      if (s.type) await page.keyboard.type(s.type);
      if (s.fill) await page.locator(s.fill[0]).first().fill(s.fill[1], { timeout: 3000 });
      if (s.eval) console.log(job.name, JSON.stringify(await page.evaluate(s.eval)));
    } catch (e) { console.log(job.name, "step", JSON.stringify(s), e.message.split("\n")[0]); }
    await page.waitForTimeout(s.wait ?? 350);
  }
  await page.screenshot({ path: `shots/${job.name}.png` });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth); if (over > 0) console.log(job.name, "overflow", over);
  if (job.axe !== false) { await page.evaluate(axeSource); const found = await page.evaluate(async () => window.axe ? (await window.axe.run(document, { resultTypes: ["violations"] })).violations.filter((v) => ["serious", "critical", "moderate"].includes(v.impact)).map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " | " + (n.any[0]?.message ?? n.all[0]?.message ?? "").slice(0, 120)).join("  ;;  ")}`) : ["no axe (CSP?)"]); for (const f of found) console.log(job.name, f); }
  await page.close();
}
await browser.close();
