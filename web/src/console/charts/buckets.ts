// Time buckets of the protocol (gres y,m,d …): which columns make a unit, and how a bucket is named and filled. Pure.
import { say, ymd, type Pair, type Row } from "@/common";

export type Unit = "y" | "q" | "m" | "w" | "d" | "h" | "wd";

export const UNITS: Record<Unit, { title: Pair; columns: string[] }> = {
  d: { title: ["日", "Day"], columns: ["y", "m", "d"] },
  w: { title: ["周", "Week"], columns: ["y", "w"] },
  m: { title: ["月", "Month"], columns: ["y", "m"] },
  q: { title: ["季", "Quarter"], columns: ["y", "q"] },
  y: { title: ["年", "Year"], columns: ["y"] },
  h: { title: ["小时段", "Hour of day"], columns: ["h"] },
  wd: { title: ["星期", "Weekday"], columns: ["wd"] },
};

const two = (n: unknown) => String(n ?? 0).padStart(2, "0");
const WEEKDAYS: Pair[] = [
  ["周一", "Mon"],
  ["周二", "Tue"],
  ["周三", "Wed"],
  ["周四", "Thu"],
  ["周五", "Fri"],
  ["周六", "Sat"],
  ["周日", "Sun"],
];

export function bucketName(unit: Unit, row: Row): string {
  switch (unit) {
    case "y":
      return String(row["y"]);
    case "q":
      return `${row["y"]} Q${row["q"]}`;
    case "m":
      return `${row["y"]}-${two(row["m"])}`;
    case "w":
      return `${row["y"]} W${two(row["w"])}`;
    case "h":
      return `${two(row["h"])}:00`;
    case "wd":
      return WEEKDAYS[Number(row["wd"]) - 1] ? say(WEEKDAYS[Number(row["wd"]) - 1]!) : String(row["wd"]);
    default:
      return `${row["y"]}-${two(row["m"])}-${two(row["d"])}`;
  }
}

/** Every day from `from` to `to`: a day without rows is a zero, not a gap. */
export function days(from: string, to: string): string[] {
  const [y, m, d] = from.split("-").map(Number);
  const out: string[] = [];
  for (let i = 0; i < 1500; i++) {
    const day = ymd(new Date(y!, m! - 1, d! + i));
    if (day > to) break;
    out.push(day);
  }
  return out;
}

export function axisOf(unit: Unit, from: string, to: string, rows: Row[]): string[] {
  if (unit === "d") return days(from, to);
  if (unit === "m") return [...new Set(days(from, to).map((day) => day.slice(0, 7)))];
  if (unit === "h") return Array.from({ length: 24 }, (_, h) => `${two(h)}:00`);
  if (unit === "wd") return WEEKDAYS.map((day) => say(day));
  return [...new Set(rows.map((row) => bucketName(unit, row)))].sort();
}
