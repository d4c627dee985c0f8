// A plugin's own part of the consoles stands in its folder: `web/console.ts` registers pages, cells, tabs and inputs (registry.ts).
const parts = import.meta.glob<{ register: () => void }>("../../../plugins/*/web/console.ts", { eager: true });

export function registerPlugins(): void {
  for (const part of Object.values(parts)) part.register();
}
