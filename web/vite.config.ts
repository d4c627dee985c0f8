// Three pages from one build: m2/index.html (phones), web/store.html (staff), web/adm.html (super administrator).
// Output goes to dist/, which the server embeds; every text file gets its .br and .gz beside it.
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import Components from "unplugin-vue-components/vite";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import { VantResolver } from "@vant/auto-import-resolver";
import { defineConfig } from "vite";
import { budget } from "./build/budget.ts";
import { first } from "./build/first.ts";
import { chunkGroups } from "./build/groups.ts";
import { manual } from "./build/manual.ts";
import { precompress } from "./build/precompress.ts";
import { worker } from "./build/worker.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What a page shows first, beyond its entry. */
const FIRST = {
  "web/store.html": ["src/console/shell/Shell.vue", "src/console/pages/store/Dashboard.vue"],
  "web/adm.html": ["src/console/shell/Shell.vue", "src/console/pages/adm/Home.vue"],
};

export default defineConfig({
  // The pages of plugins stand in their folders, outside of web/: they take these packages from here.
  resolve: { alias: { "@": at("./src") }, dedupe: ["vue", "vue-router", "element-plus", "vant", "@lucide/vue"] },
  plugins: [
    vue(),
    // Only the components a template names are bundled. `el-*` belongs to the consoles, `van-*` to m2.
    Components({ dirs: [], dts: "components.d.ts", resolvers: [ElementPlusResolver({ importStyle: "css" }), VantResolver()] }),
    first(at("./src/common/first.js"), FIRST),
    worker(at("./src/common/worker.js"), ["m2/index.html", "web/store.html", "web/adm.html"]),
    manual(at("../docs"), at("./build/manual.css"), { "SECURITY.md": at("../SECURITY.md") }),
    precompress(),
    budget({
      "m2/index.html": { limitKb: 105, limitFiles: 8, firstRoutes: [] },
      "web/store.html": { limitKb: 110, limitFiles: 9, firstRoutes: FIRST["web/store.html"] },
      "web/adm.html": { limitKb: 110, limitFiles: 9, firstRoutes: FIRST["web/adm.html"] },
    }),
  ],
  build: {
    target: "es2022",
    assetsDir: "assets",
    // Inlined data: URLs would be fine for images, but a separate hashed file is cached for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: { m2: at("./m2/index.html"), store: at("./web/store.html"), adm: at("./web/adm.html") },
      // Few files: over a slow line each costs more than its bytes.
      output: { codeSplitting: { groups: chunkGroups } },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/ws"].map((path) => [path, { target: process.env["JINDOU_API"] ?? "http://127.0.0.1:8080", ws: path === "/ws" }]),
    ),
  },
});
