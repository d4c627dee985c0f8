// Writes the service worker (sw.js) with the names of the files of this build.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { chunkOf, type Chunk } from "./chunks.ts";

/** What few people open comes when it is opened: the editor of SQL, the charts. */
const HEAVY = 300_000;

interface Linked extends Chunk {
  dynamicImports: string[];
}

export function worker(source: string, pages: string[]): Plugin {
  return {
    name: "worker",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const chunks = new Map(Object.entries(bundle).filter(([, one]) => one.type === "chunk")) as unknown as Map<string, Linked>;
      const ofPage = (page: string) => {
        const seen = new Set<string>();
        const walk = (name: string): void => {
          const chunk = chunks.get(name);
          if (!chunk || seen.has(name) || chunk.code.length > HEAVY) return;
          seen.add(name);
          for (const css of chunk.viteMetadata?.importedCss ?? []) seen.add(css);
          [...chunk.imports, ...chunk.dynamicImports].forEach(walk);
        };
        walk(chunkOf(chunks, page));
        return [...seen, ...Object.keys(bundle).filter((name) => /\.svg$|first-/.test(name))].map((name) => `/${name}`).sort();
      };
      const files = Object.keys(bundle)
        .filter((name) => name.startsWith("assets/"))
        .map((name) => `/${name}`)
        .sort();
      const text = readFileSync(source, "utf8")
        .replace("__FILES__", JSON.stringify(files))
        .replace("__PAGES__", JSON.stringify(Object.fromEntries(pages.map((page) => [`/${page}`, ofPage(page)]))));
      this.emitFile({ type: "asset", fileName: "sw.js", source: text });
    },
  };
}
