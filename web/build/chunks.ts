// Chunks of the build, as the plugins here look at them.
export interface Chunk {
  code: string;
  imports: string[];
  moduleIds: string[];
  facadeModuleId: string | null;
  viteMetadata?: { importedCss: Set<string> };
}

/** The chunk that holds a module, which is named by the end of its path. */
export function chunkOf(chunks: Map<string, Chunk>, module: string): string {
  const found =
    [...chunks].find(([, chunk]) => chunk.facadeModuleId?.endsWith(`/${module}`)) ??
    [...chunks].find(([, chunk]) => chunk.moduleIds.some((id) => id.endsWith(`/${module}`)));
  if (!found) throw new Error(`no chunk holds ${module}; mend the list in vite.config.ts`);
  return found[0];
}

/** These chunks and all that they import at once. */
export function closure(names: string[], chunks: Map<string, Chunk>, seen = new Set<string>()): Set<string> {
  for (const name of names) {
    const chunk = chunks.get(name);
    if (!chunk || seen.has(name)) continue;
    seen.add(name);
    closure(chunk.imports, chunks, seen);
  }
  return seen;
}
