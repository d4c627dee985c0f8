// The two written languages. Words live beside the code that shows them: `const w = words({ save: ["保存", "Save"] })`,
// used as `w.save()` or, with values, `w.rows({ n: 3 })` for "共 {n} 行". Reading them in a template makes it follow a switch.
import { ref, watchEffect } from "vue";
import { stored } from "./storage";

export type Lang = "zh" | "en";

const choice = stored<Lang | "">("lang", "");

function fromBrowser(): Lang {
  const first = navigator.languages?.[0] ?? navigator.language ?? "zh";
  return first.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const lang = ref<Lang>(choice.value || fromBrowser());

watchEffect(() => {
  document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
});

export function setLang(next: Lang): void {
  lang.value = next;
  choice.value = next;
}

export type Pair = readonly [zh: string, en: string];
export type Values = Record<string, string | number>;

export function say(pair: Pair, values?: Values): string {
  const text = pair[lang.value === "zh" ? 0 : 1];
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole)) : text;
}

export function words<T extends Record<string, Pair>>(table: T): { [K in keyof T]: (values?: Values) => string } {
  const out = {} as { [K in keyof T]: (values?: Values) => string };
  for (const key in table) out[key] = (values) => say(table[key] as Pair, values);
  return out;
}

/** A label of the server: `订单|Order` holds both languages, anything else is shown as it is. */
export function label(text: string | undefined | null): string {
  if (!text) return "";
  const cut = text.indexOf("|");
  return cut < 0 ? text : lang.value === "zh" ? text.slice(0, cut) : text.slice(cut + 1);
}
