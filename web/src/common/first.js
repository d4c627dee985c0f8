// Runs before the first paint, as a script of its own: the page's colours and language as they were chosen, and
// whether somebody was logged in here, so that the frame drawn by the page itself is the one that stays.
(() => {
  const read = (key) => {
    try {
      return JSON.parse(localStorage.getItem(`jindou.${key}`));
    } catch {
      return null;
    }
  };
  const root = document.documentElement;
  const theme = read("theme") ?? "auto";
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  root.classList.toggle("dark", dark);
  root.classList.toggle("van-theme-dark", dark);
  root.lang = (read("lang") || navigator.language || "zh").startsWith("zh") ? "zh-CN" : "en";
  if (read(`token_${root.dataset.app}`)) root.classList.add("known");
  if (read("nav.collapsed")) root.classList.add("folded");
})();
