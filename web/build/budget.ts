// Fails the build when what a page needs before its first screen is usable outgrows its budget, in bytes or in files.
// First load = the page's entry, everything it imports statically, the route chunks named for it, and their styles.
import { brotliCompressSync } from "node:zlib";
import type { Plugin } from "vite";
import { chunkOf, closure, type Chunk } from "./chunks.ts";

interface Budget {
  limitKb: number;
  limitFiles: number;
  firstRoutes: string[];
}

export function budget(pages: Record<string, Budget>): Plugin {
  return {
    name: "budget",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const chunks = new Map(Object.entries(bundle).filter(([, one]) => one.type === "chunk")) as unknown as Map<string, Chunk>;
      const size = (text: string | Uint8Array) => brotliCompressSync(text).length;
      const over: string[] = [];
      for (const [page, { limitKb, limitFiles, firstRoutes }] of Object.entries(pages)) {
        const names = closure(
          [page, ...firstRoutes].map((module) => chunkOf(chunks, module)),
          chunks,
        );
        const styles = new Set([...names].flatMap((name) => [...(chunks.get(name)!.viteMetadata?.importedCss ?? [])]));
        const scripts = [...names].reduce((sum, name) => sum + size(chunks.get(name)!.code), 0);
        const kb =
          [...styles].reduce((sum, name) => {
            const asset = bundle[name];
            return asset?.type === "asset" ? sum + size(asset.source) : sum;
          }, scripts) / 1024;
        const files = names.size + styles.size;
        const line = `first load ${page.padEnd(15)} ${kb.toFixed(1).padStart(6)} KB of ${limitKb} KB, ${files} files of ${limitFiles} (${names.size} scripts, ${styles.size} styles)`;
        console.log(line);
        if (kb > limitKb || files > limitFiles) over.push(line);
      }
      if (over.length && !process.env.NOBUDGET) this.error(`over budget:\n${over.join("\n")}`);
    },
  };
}
