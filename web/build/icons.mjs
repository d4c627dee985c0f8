// Draws the icons of public/ from the mark: `node build/icons.mjs`, when the mark changes. Needs the browser that the
// stories use (CHROMIUM).
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const out = new URL("../public/", import.meta.url);
const mark = readFileSync(new URL("../src/common/brand/mark.svg", import.meta.url), "utf8");
const GROUND = "#0f1b2d";
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** `room` is the part of the picture that the mark takes; `round` the radius of the corners. */
async function draw(size, { room, round }) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const part = Math.round(size * room);
  await page.setContent(
    `<style>body{margin:0;background:transparent}div{width:${size}px;height:${size}px;border-radius:${size * round}px;background:${GROUND};display:grid;place-items:center}svg{width:${part}px;height:${part}px}</style><div>${mark}</div>`,
  );
  const png = await page.screenshot({ omitBackground: true, type: "png" });
  await page.close();
  return png;
}

/** An .ico that holds PNG pictures. */
function ico(pictures) {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let at = head.length;
  pictures.forEach(({ size, png }, i) => {
    const entry = 6 + 16 * i;
    head.writeUInt8(size, entry);
    head.writeUInt8(size, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(png.length, entry + 8);
    head.writeUInt32LE(at, entry + 12);
    at += png.length;
  });
  return Buffer.concat([head, ...pictures.map(({ png }) => png)]);
}

const whole = { room: 0.72, round: 0.22 };
for (const size of [192, 512]) writeFileSync(new URL(`icons/icon-${size}.png`, out), await draw(size, whole));
// Systems cut these to their own shape: the mark keeps away from the edge.
writeFileSync(new URL("icons/maskable-512.png", out), await draw(512, { room: 0.56, round: 0 }));
writeFileSync(new URL("icons/apple-180.png", out), await draw(180, { room: 0.66, round: 0 }));
const small = await Promise.all([16, 32, 48].map(async (size) => ({ size, png: await draw(size, { room: 0.86, round: 0.2 }) })));
writeFileSync(new URL("favicon.ico", out), ico(small));
await browser.close();
