// What a filter asks of the server, and that an address brings it back unchanged.
import { expect, test } from "vitest";
import type { Field } from "@/common";
import { condOf, condOfAll, parse, periodRange, write, type Filter } from "@/console/grid/filters";

const field = (name: string, type: Field["type"], more: Partial<Field> = {}): Field => ({ name, label: name, type, ...more });
const status = field("status", "string", { options: [{ value: "CR", label: "新创建|New" }] });
const amount = field("amount", "decimal");
const tm = field("createTm", "datetime");
const dscr = field("dscr", "string");

test("a quote in a value cannot end the text", () => {
  expect(condOf({ field: "dscr", op: "eq", value: "a' OR '1'='1" }, dscr)).toBe("dscr='a'' OR ''1''=''1'");
  expect(condOf({ field: "status", op: "in", value: "CR,x'y" }, status)).toBe("status IN ('CR','x''y')");
});

test("numbers go bare only when they are numbers", () => {
  expect(condOf({ field: "amount", op: "eq", value: "12.50" }, amount)).toBe("amount=12.5");
  expect(condOf({ field: "amount", op: "eq", value: "1 OR 1=1" }, amount)).toBe("amount='1 OR 1=1'");
});

test("a range of days takes in the whole last day, also over a month's end", () => {
  expect(condOf({ field: "createTm", op: "range", value: "2026-11-01~2026-11-30" }, tm)).toBe("createTm>='2026-11-01' AND createTm<'2026-12-01'");
  expect(condOf({ field: "createTm", op: "range", value: "~2026-12-31" }, tm)).toBe("createTm<'2027-01-01'");
  expect(condOf({ field: "amount", op: "range", value: "100~" }, amount)).toBe("amount>=100");
});

test("periods", () => {
  const now = new Date(2026, 2, 1);
  expect(periodRange("yesterday", now)).toEqual(["2026-02-28", "2026-02-28"]);
  expect(periodRange("lastmonth", now)).toEqual(["2026-02-01", "2026-02-28"]);
  expect(periodRange("7d", now)).toEqual(["2026-02-23", "2026-03-01"]);
});

test("filters join with AND; one of an unknown field asks nothing", () => {
  const filters: Filter[] = [{ field: "status", op: "in", value: "CR" }, { field: "gone", op: "eq", value: "1" }, { field: "dscr", op: "null", value: "" }];
  expect(condOfAll(filters, [status, dscr])).toBe("status IN ('CR') AND dscr IS NULL");
});

test("the address brings a filter back, dots included", () => {
  for (const one of [{ field: "dscr", op: "has", value: "v1.2.3" }, { field: "createTm", op: "last", value: "7d" }, { field: "dscr", op: "notnull", value: "" }] as Filter[]) expect(parse(one.field, write(one))).toEqual(one);
  expect(parse("dscr", "drop.x")).toBeNull();
});
