// Tables as text, and what a form sends.
import { expect, test } from "vitest";
import type { Field } from "@/common";
import { writeCsv } from "@/console/grid/csv";
import { payload, problemOf, problems } from "@/console/grid/validate";

test("quotes, commas and line breaks stay inside their cells", () => {
  expect(writeCsv([["a,b", 'say "hi"'], ["c\nd", ""]])).toBe('"a,b","say ""hi"""\n"c\nd",\n');
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
