// Puts what a page needs first into its head: the script that runs before the first paint, and links to the chunks of
// the page's first route, which would otherwise be found only after the entry has run.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { HtmlTagDescriptor, Plugin } from "vite";
import { chunkOf, closure, type Chunk } from "./chunks.ts";

/** `routes` names the modules that a page shows first, by its html file. */
export function first(script: string, routes: Record<string, string[]>): Plugin {
  const text = readFileSync(script, "utf8")
    .replace(/^\s*\/\/.*\n/gm, "")
    .replace(/\n\s*/g, "\n");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  const fileName = `assets/first-${hash}.js`;
  return {
    name: "first",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName, source: text });
    },
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle, path }) {
        const tags: HtmlTagDescriptor[] = [{ tag: "script", attrs: { src: `/${fileName}` }, injectTo: "head-prepend" }];
        const chunks = new Map(Object.entries(bundle ?? {}).filter(([, one]) => one.type === "chunk")) as Map<string, Chunk>;
        const page = path.replace(/^\//, "");
        const names = (routes[page] ?? []).map((module) => chunkOf(chunks, module));
        for (const name of closure(names, chunks)) {
          if (!html.includes(name))
            tags.push({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${name}` }, injectTo: "head" });
          for (const css of chunks.get(name)!.viteMetadata?.importedCss ?? []) {
            if (!html.includes(css) && !tags.some((tag) => tag.attrs?.["href"] === `/${css}`))
              tags.push({ tag: "link", attrs: { rel: "stylesheet", crossorigin: true, href: `/${css}` }, injectTo: "head" });
          }
        }
        return tags;
      },
    },
  };
}
