// Unit tests of what needs no browser: conditions, tables, checks, the client's manners.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)), "@plugins": fileURLToPath(new URL("../plugins", import.meta.url)) },
    dedupe: ["vue", "vue-router", "element-plus", "vant", "@lucide/vue"],
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.ts"] },
});
