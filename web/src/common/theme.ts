// Light, dark, or as the system says; sets `data-theme` for the tokens and the class names both libraries look for.
import { computed, ref, watchEffect } from "vue";
import { stored } from "./storage";

export type Theme = "auto" | "light" | "dark";

/** What the person chose. */
export const theme = stored<Theme>("theme", "auto");

const media = matchMedia("(prefers-color-scheme: dark)");
const systemDark = ref(media.matches);
media.addEventListener("change", (event) => {
  systemDark.value = event.matches;
});

/** What is shown. */
export const dark = computed(() => theme.value === "dark" || (theme.value === "auto" && systemDark.value));

watchEffect(() => {
  const root = document.documentElement;
  root.dataset["theme"] = dark.value ? "dark" : "light";
  root.classList.toggle("dark", dark.value);
  root.classList.toggle("van-theme-dark", dark.value);
});

/** The present value of a token, for what is drawn on a canvas. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--jd-${name}`).trim();
}
