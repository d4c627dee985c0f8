// Draws the pictures of the demo (stories, posts, orders, faces) into plugins/*/demo/ as small WebP files: run it after a
// change of scripts/demo-pictures/*.mjs, with CHROMIUM naming the browser that turns the drawings into pixels.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { face } from "./demo-pictures/faces.mjs";
import { badges, orders, posts, stories } from "./demo-pictures/scenes.mjs";

const { chromium } = createRequire(new URL("../web/package.json", import.meta.url))("playwright-core");
const root = new URL("../plugins/", import.meta.url).pathname;
const FACES = [
  ...["man", "woman"].flatMap((kind) => Array.from({ length: 12 }, (_, n) => [kind, n])),
  ["girl", 0],
  ["boy", 1],
  ["girl", 2],
  ["boy", 3],
  ["old", 0],
];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();
let total = 0;

/** One drawing of some box as WebP of the given width. */
async function put(file, box, svg, width, quality = 0.82) {
  const [x, y, w, h] = box;
  const height = Math.round((width * h) / w);
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${w} ${h}" width="${width}" height="${height}">${svg}</svg>`;
  const base64 = await page.evaluate(
    async ([text, width, height, quality]) => {
      const image = new Image();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", quality).split(",")[1];
    },
    [whole, width, height, quality],
  );
  const bytes = Buffer.from(base64, "base64");
  mkdirSync(`${root}${file}`.replace(/\/[^/]+$/, ""), { recursive: true });
  writeFileSync(`${root}${file}`, bytes);
  total += bytes.length;
}

const WHOLE = [0, 0, 800, 600];
for (const [name, draw] of Object.entries(stories)) await put(`story/demo/${name}.webp`, WHOLE, draw(), 800);
for (const name of ["moon-1", "cat-1"]) await put(`story/demo/banner-${name}.webp`, [0, 130, 800, 400], stories[name](), 800);
for (const [name, draw] of Object.entries(badges)) await put(`story/demo/${name}.webp`, [100, 0, 600, 600], draw(), 240);
for (const [name, draw] of Object.entries(posts)) await put(`plaza/demo/${name}.webp`, WHOLE, draw(), 800);
for (const [name, draw] of Object.entries(orders)) await put(`order/demo/${name}.webp`, WHOLE, draw(), 640);
for (const [kind, n] of FACES)
  await put(`${["man", "woman"].includes(kind) ? "account" : "watch"}/demo/${kind}-${n + 1}.webp`, [0, 0, 200, 200], face(kind, n), 200);
await browser.close();
console.log(`${total} bytes`);
