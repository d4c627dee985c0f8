// The consoles in a real browser: the staff's and the administrator's stories, then every page in both sizes,
// languages and themes. The runs themselves live beside the pages they look at (web/e2e).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { start } from "./server.mjs";

const folder = new URL("../../web/", import.meta.url).pathname;
let server;
before(async () => { server = await start(); });
after(async () => { await server?.stop(); });

/** Runs one of the browser runs to its end; gives its output and exit code. */
function run(script) {
  return new Promise((resolve) => {
    const child = spawn("node", [`e2e/${script}`], { cwd: folder, env: server.env });
    let said = "";
    child.stdout.on("data", (text) => { said += text; });
    child.stderr.on("data", (text) => { said += text; });
    child.once("exit", (code) => resolve({ code, said }));
  });
}

test("stories of the consoles", { timeout: 300_000 }, async (t) => {
  const { code, said } = await run("console.mjs");
  const lines = said.split("\n").filter((line) => /^(ok|FAILED) /.test(line));
  for (const line of lines) {
    await t.test(line.replace(/^\w+\s+/, ""), () => assert.ok(line.startsWith("ok"), said));
  }
  assert.ok(lines.length > 10, said);
  assert.equal(code, 0, said);
});

test("every page, both sizes, languages and themes", { timeout: 600_000 }, async () => {
  const { code, said } = await run("pages.mjs");
  assert.equal(code, 0, said);
});
