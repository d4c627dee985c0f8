// Tables that people paste, and what a form sends.
import { expect, test } from "vitest";
import type { Field } from "@/common";
import { parseTable, readText, writeCsv } from "@/console/grid/csv";
import { payload, problemOf, problems } from "@/console/grid/validate";

test("quotes, commas and line breaks inside a cell survive", () => {
  const rows = [["name", "note"], ["a,b", 'say "hi"\nthere'], ["c", ""]];
  expect(parseTable(writeCsv(rows))).toEqual(rows);
});

test("a first line with tabs means tabs; blank lines and the byte order mark go", () => {
  expect(parse("\ufeffa\tb\r\n1,5\t2\r\n\r\n")).toEqual([["a", "b"], ["1,5", "2"]]);
});
const parse = parseTable;

test("guards of exports are taken off", () => {
  expect(parse('phone,x\n"=""13800000000""",\'=1+1\n')).toEqual([["phone", "x"], ["13800000000", "=1+1"]]);
});

test("GB18030 files are read", async () => {
  const gb = new Uint8Array([0xd6, 0xd0, 0xce, 0xc4]);
  expect(await readText(new File([gb], "a.csv"))).toBe("中文");
});

const f = (name: string, type: Field["type"], more: Partial<Field> = {}): Field => ({ name, label: name, type, ...more });
const fields = [f("id", "id"), f("name", "string", { required: true, max: 4 }), f("amount", "decimal", { scale: 2 }), f("made", "datetime", { readonly: true }), f("userId", "int", { readonly2: true }), f("userName", "string", { virtual: true })];

test("checks by type, length counted in characters", () => {
  expect(problemOf(fields[1]!, "😀😀😀😀", true)).toBe("");
  expect(problemOf(fields[1]!, "12345", true)).not.toBe("");
  expect(problemOf(fields[2]!, "1.234", true)).not.toBe("");
  expect(problemOf(fields[2]!, "abc", true)).not.toBe("");
  expect(Object.keys(problems(fields, { name: "" }, true))).toEqual(["name"]);
});

test("add sends what is filled in; set sends what differs, and empties with an empty text", () => {
  expect(payload(fields, { name: "x", amount: "1.50", made: "2026-01-01", userId: 3, userName: "n" }, null)).toEqual({ name: "x", amount: 1.5, userId: 3 });
  expect(payload(fields, { id: 1, name: "x", amount: null, userId: 9 }, { id: 1, name: "x", amount: 2, userId: 3 })).toEqual({ amount: "" });
});
