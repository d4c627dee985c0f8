// How values look to people: short dates, grouped numbers, sizes, durations. All figures; no units are invented.
import { now } from "./clock";
import { lang } from "./lang";

/** `YYYY-MM-DD HH:MM:SS` of the server is local time of the server; it is shown, never shifted. */
export function parts(text: string): { date: string; time: string } {
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
}

export function ymd(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** As the server writes a time. */
export function stamp(date: Date): string {
  return `${ymd(date)} ${date.toTimeString().slice(0, 8)}`;
}

export function daysAgo(n: number, from = now()): string {
  return ymd(new Date(from.getFullYear(), from.getMonth(), from.getDate() - n));
}

/** Today `14:05`, this year `11-20 14:05`, else `2025-11-20`. The full text belongs in a tooltip. */
export function shortTime(text: string | null | undefined): string {
  if (!text) return "";
  const { date, time } = parts(text);
  const today = ymd(now());
  if (date === today) return time || date;
  if (date.slice(0, 4) === today.slice(0, 4)) return time ? `${date.slice(5)} ${time}` : date.slice(5);
  return date;
}

export function number(value: number | string | null | undefined, digits?: number): string {
  if (value === null || value === undefined || value === "") return "";
  const n = Number(value);
  if (Number.isNaN(n)) return String(value);
  return n.toLocaleString(
    lang.value === "zh" ? "zh-CN" : "en-US",
    digits === undefined ? { maximumFractionDigits: 6 } : { minimumFractionDigits: digits, maximumFractionDigits: digits },
  );
}

/** Amounts: always two decimals, no currency sign in tables. */
export function money(value: number | string | null | undefined): string {
  return number(value, 2);
}

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return "";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = n;
  let at = 0;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value < 10 && at > 0 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

export function millis(n: number | null | undefined): string {
  if (n === null || n === undefined) return "";
  if (n < 10) return `${Number(n.toFixed(1))} ms`;
  return n < 1000 ? `${Math.round(n)} ms` : `${(n / 1000).toFixed(2)} s`;
}

export function duration(seconds: number): string {
  const d = Math.floor(seconds / 86400);
  const h = Math.floor((seconds % 86400) / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const zh = lang.value === "zh";
  if (d) return zh ? `${d} 天 ${h} 小时` : `${d} d ${h} h`;
  if (h) return zh ? `${h} 小时 ${m} 分` : `${h} h ${m} min`;
  return zh ? `${m} 分 ${Math.floor(seconds % 60)} 秒` : `${m} min ${Math.floor(seconds % 60)} s`;
}
