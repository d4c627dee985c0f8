// A chart as data: names along the axis, one list of numbers per series. Drawn by Chart.vue, tabled and saved by ChartCard.vue.
import { number, type Tone } from "@/common";

export interface Series {
  name: string;
  data: (number | null)[];
  /** Second axis, e.g. amounts beside counts. */ right?: boolean;
  kind?: "line" | "bar";
  /** A state keeps the colour of its tag. */ tone?: Tone;
}
export interface ChartData {
  axis: string[];
  series: Series[];
  unit?: string;
  rightUnit?: string;
  stacked?: boolean;
}

/** Okabe–Ito, told apart by everyone; a little lighter on dark. */
export const PALETTE = {
  light: ["#1765d6", "#d98200", "#00855d", "#c4510a", "#a8508b", "#3f94c9", "#7d7400", "#5b6470"],
  dark: ["#74aefc", "#f0b04a", "#3cc79b", "#f08a4b", "#dd93c4", "#7cc7f2", "#d8cf5a", "#a5aebb"],
};

const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : /^[=+\-@](?![\d.])/.test(text) ? `'${text}` : text);

export function csvOf(head: string[], rows: (string | number | null)[][]): string {
  return `\ufeff${[head, ...rows].map((row) => row.map((v) => cell(v === null || v === undefined ? "" : String(v))).join(",")).join("\n")}\n`;
}

export function save(content: string | Blob, name: string, type = "text/csv;charset=utf-8"): void {
  const url =
    typeof content === "string" && content.startsWith("data:")
      ? content
      : URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** 12500 → 1.3万 / 12.5K, for axes only; hover shows the exact value. */
export function short(value: number, zh: boolean): string {
  if (zh && Math.abs(value) >= 10000) return `${number(Math.round(value / 1000) / 10)}万`;
  if (!zh && Math.abs(value) >= 1000) return `${number(Math.round(value / 100) / 10)}K`;
  return number(value);
}
