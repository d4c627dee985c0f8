// Rules that find bugs, for the pages of web/ and of plugins, the stories and the scripts; run from the root of the repository
// (npm run lint). How lines are broken is Prettier's business (.prettierrc.json), what types say vue-tsc's (npm run check).
import js from "@eslint/js";
import vue from "eslint-plugin-vue";
import { defineConfig, globalIgnores } from "eslint/config";
import globals from "globals";
import ts from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/node_modules/", "web/dist/", "web/public/", "web/components.d.ts", "web/shots/"]),
  js.configs.recommended,
  ts.configs.recommended,
  vue.configs["flat/essential"],
  {
    files: ["**/*.{ts,vue}"],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // vue-tsc knows every name.
      "no-undef": "off",
    },
  },
  { files: ["web/build/**", "web/*.{js,ts}"], languageOptions: { globals: globals.node } },
  // A story runs in Node and hands functions to a browser.
  { files: ["**/*.mjs"], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  { files: ["web/src/common/first.js"], languageOptions: { globals: globals.browser } },
  {
    files: ["web/src/common/worker.js"],
    // The two lists are put in by build/worker.ts.
    languageOptions: { globals: { ...globals.serviceworker, __FILES__: "readonly", __PAGES__: "readonly" } },
  },
  {
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "array-callback-return": "error",
      "no-constructor-return": "error",
      "no-self-compare": "error",
      "no-template-curly-in-string": "error",
      "no-unmodified-loop-condition": "error",
      "no-unreachable-loop": "error",
      "no-implicit-globals": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-eval": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "none", ignoreRestSiblings: true },
      ],
      // Which fields a row has, and of which type, is known by the metadata of its object alone.
      "@typescript-eslint/no-explicit-any": "off",
      // A form may work on the object that it is given; the prop itself stays what the parent says.
      "vue/no-mutating-props": ["error", { shallowOnly: true }],
      "vue/no-v-html": "error",
      "vue/no-use-computed-property-like-method": "error",
      "vue/no-template-target-blank": ["error", { allowReferrer: true }],
      "vue/multi-word-component-names": "off",
    },
  },
);
