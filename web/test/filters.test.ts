// What a filter asks of the server, and that an address brings it back unchanged.
import { expect, test } from "vitest";
import type { Field } from "@/common";
import { condOf, condOfAll, isComplete, opsOf, parse, periodRange, textOf, write, type Filter } from "@/console/grid/filters";
import { condOfGroup, parseGroup, textOfGroup, writeGroup, type Group } from "@/console/grid/groups";

const field = (name: string, type: Field["type"], more: Partial<Field> = {}): Field => ({ name, label: name, type, ...more });
const status = field("status", "string", { options: [{ value: "CR", label: "新创建|New" }] });
const amount = field("amount", "decimal");
const tm = field("createTm", "datetime");
const dscr = field("dscr", "string");

test("a quote in a value cannot end the text", () => {
  expect(condOf({ field: "dscr", op: "eq", value: "a' OR '1'='1" }, dscr)).toBe("dscr='a'' OR ''1''=''1'");
  expect(condOf({ field: "status", op: "in", value: "CR,x'y" }, status)).toBe("status IN ('CR','x''y')");
});

test("a backslash cannot swallow the quote that ends a text", () => {
  const eq = (value: string) => condOf({ field: "dscr", op: "eq", value }, dscr);
  expect(eq("a\\")).toBe(`dscr='a' "\\"`);
  expect(eq("a\\'b")).toBe(`dscr='a' "\\" '''b'`);
  expect(eq("a\\b")).toBe("dscr='a\\b'");
  expect(eq("")).toBe("dscr=''");
});

test("numbers go bare only when they are numbers", () => {
  expect(condOf({ field: "amount", op: "eq", value: "12.50" }, amount)).toBe("amount=12.5");
  expect(condOf({ field: "amount", op: "eq", value: "1 OR 1=1" }, amount)).toBe("amount='1 OR 1=1'");
});

test("a range of days takes in the whole last day, also over a month's end", () => {
  expect(condOf({ field: "createTm", op: "range", value: "2026-11-01~2026-11-30" }, tm)).toBe(
    "createTm>='2026-11-01' AND createTm<'2026-12-01'",
  );
  expect(condOf({ field: "createTm", op: "range", value: "~2026-12-31" }, tm)).toBe("createTm<'2027-01-01'");
  expect(condOf({ field: "amount", op: "range", value: "100~" }, amount)).toBe("amount>=100");
});

test("periods", () => {
  const now = new Date(2026, 2, 1);
  expect(periodRange("yesterday", now)).toEqual(["2026-02-28", "2026-02-28"]);
  expect(periodRange("lastmonth", now)).toEqual(["2026-02-01", "2026-02-28"]);
  expect(periodRange("7d", now)).toEqual(["2026-02-23", "2026-03-01"]);
});

test("weeks begin on Monday, and so many days have no name", () => {
  const sunday = new Date(2026, 10, 29);
  expect(periodRange("week", sunday)).toEqual(["2026-11-23", "2026-11-29"]);
  expect(periodRange("week", new Date(2026, 10, 30))).toEqual(["2026-11-30", "2026-11-30"]);
  expect(periodRange("lastweek", sunday)).toEqual(["2026-11-16", "2026-11-22"]);
  expect(periodRange("14d", sunday)).toEqual(["2026-11-16", "2026-11-29"]);
  expect(periodRange("0d", sunday)).toEqual(["2026-11-29", "2026-11-29"]);
  expect(periodRange("next7d", sunday)).toEqual(["2026-11-30", "2026-12-06"]);
  expect(textOf({ field: "createTm", op: "last", value: "14d" }, tm)).toMatch(/14/);
});

test("empty means without a text, whether it is null or has no length; a number is only null", () => {
  expect(condOf({ field: "dscr", op: "null", value: "" }, dscr)).toBe("(dscr IS NULL OR dscr='')");
  expect(condOf({ field: "dscr", op: "notnull", value: "" }, dscr)).toBe("dscr<>''");
  expect(condOf({ field: "amount", op: "null", value: "" }, amount)).toBe("amount IS NULL");
  expect(condOf({ field: "amount", op: "notnull", value: "" }, amount)).toBe("amount IS NOT NULL");
});

test("a condition without its value is not complete", () => {
  const incomplete: Filter[] = [
    { field: "dscr", op: "has", value: " " },
    { field: "amount", op: "range", value: "~" },
    { field: "createTm", op: "last", value: "someday" },
    { field: "createTm", op: "older", value: "-1" },
    { field: "status", op: "in", value: "" },
  ];
  expect(incomplete.filter(isComplete)).toEqual([]);
  const complete: Filter[] = [
    { field: "dscr", op: "null", value: "" },
    { field: "amount", op: "range", value: "~5" },
    { field: "createTm", op: "last", value: "14d" },
    { field: "createTm", op: "older", value: "3" },
  ];
  expect(complete.filter(isComplete)).toEqual(complete);
  expect(opsOf(tm)).toContain("older");
});

const nested: Group = {
  any: true,
  items: [
    { field: "status", op: "in", value: "CR" },
    {
      any: false,
      items: [
        { field: "amount", op: "range", value: "100~200" },
        { field: "dscr", op: "has", value: "a|b(c)\\d.e" },
      ],
    },
  ],
};

test("a group joins its conditions by OR or AND, and a group inside it keeps its own word", () => {
  expect(condOfGroup(nested, [status, amount, dscr])).toBe(
    "((status IN ('CR')) OR ((amount>=100 AND amount<=200) AND (dscr LIKE '%a|b(c)\\d.e%')))",
  );
  expect(condOfGroup({ any: true, items: [nested.items[0]!, { field: "gone", op: "eq", value: "1" }] }, [status])).toBe(
    "(status IN ('CR'))",
  );
  expect(condOfGroup({ any: true, items: [{ field: "gone", op: "eq", value: "1" }] }, [status])).toBe("");
});

test("the address brings a group back, whatever signs its values hold", () => {
  expect(parseGroup(writeGroup(nested))).toEqual(nested);
  for (const value of ["\\", "\\\\)", "any(", "a.b", ")", "|", "中文"]) {
    const group: Group = { any: false, items: [{ field: "dscr", op: "eq", value }] };
    expect(parseGroup(writeGroup(group))).toEqual(group);
  }
});

test("what is no group is none", () => {
  const deep = "any(".repeat(9) + "dscr.eq.x" + ")".repeat(9);
  for (const text of [
    "",
    "any",
    "any(",
    "any()",
    "any(dscr)",
    "any(dscr.eq.1",
    "any(dscr.eq.1)x",
    "any(dscr.drop.1)",
    "some(dscr.eq.1)",
    "any(.eq.1)",
    "any(dscr.eq.1|)",
    "any(dscr.eq.1)|any(dscr.eq.2)",
    deep,
    "any(dscr.eq.1\\",
  ])
    expect(parseGroup(text), text).toBeNull();
});

test("a group in words", () => {
  expect(textOfGroup(nested, [status, amount, dscr])).toMatch(/^status .*(或|or) \(amount 100 – 200 (且|and) dscr/);
});

test("filters join with AND; one of an unknown field asks nothing", () => {
  const filters: Filter[] = [
    { field: "status", op: "in", value: "CR" },
    { field: "gone", op: "eq", value: "1" },
    { field: "dscr", op: "null", value: "" },
  ];
  expect(condOfAll(filters, [status, dscr])).toBe("status IN ('CR') AND (dscr IS NULL OR dscr='')");
});

test("the address brings a filter back, dots included", () => {
  for (const one of [
    { field: "dscr", op: "has", value: "v1.2.3" },
    { field: "createTm", op: "last", value: "7d" },
    { field: "dscr", op: "notnull", value: "" },
  ] as Filter[])
    expect(parse(one.field, write(one))).toEqual(one);
  expect(parse("dscr", "drop.x")).toBeNull();
});
