// Fails the build when the script a page needs before its first screen is usable outgrows its budget.
// First load = the page's entry, everything it imports statically, and the route chunks named for it.
import { brotliCompressSync } from "node:zlib";
import type { Plugin } from "vite";

interface Budget { limitKb: number; firstRoutes: string[] }

interface Chunk { code: string; imports: string[]; moduleIds: string[]; facadeModuleId: string | null }

export function budget(pages: Record<string, Budget>): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = new Map<string, Chunk>();
      for (const [name, item] of Object.entries(bundle)) if (item.type === "chunk") chunks.set(name, item);
      const over: string[] = [];
      for (const [page, { limitKb, firstRoutes }] of Object.entries(pages)) {
        const names = new Set<string>();
        for (const module of [page, ...firstRoutes]) {
          const start = [...chunks].find(([, c]) => c.facadeModuleId?.endsWith(`/${module}`) || (module !== page && c.moduleIds.some((id) => id.endsWith(`/${module}`))));
          if (!start) this.error(`budget: no chunk holds ${module}; mend the list in vite.config.ts`);
          walk(start[0], chunks, names);
        }
        const bytes = [...names].reduce((sum, name) => sum + brotliCompressSync(chunks.get(name)!.code).length, 0);
        const kb = bytes / 1024;
        const line = `first load ${page.padEnd(15)} ${kb.toFixed(1).padStart(6)} KB of ${limitKb} KB (brotli, ${names.size} scripts)`;
        console.log(line);
        if (kb > limitKb) over.push(line);
      }
      if (over.length) this.error(`over budget:\n${over.join("\n")}`);
    },
  };
}

function walk(name: string, chunks: Map<string, Chunk>, seen: Set<string>): void {
  if (seen.has(name)) return;
  const chunk = chunks.get(name);
  if (!chunk) return;
  seen.add(name);
  for (const next of chunk.imports) walk(next, chunks, seen);
}
