// Which line of a story sounds, and what columns are called that their plugin left bare.
import { expect, test } from "vitest";
import { labelled } from "@/common/api/labels";
import type { Field, ObjectMeta } from "@/common";
import { columnsFor } from "@/console/grid/columns";
import { lineAt } from "@plugins/story/web/m2/player";

test("the line is the last one that has begun", () => {
  const starts = [0, 1500, 3000];
  expect([-5, 0, 1499, 1500, 2999, 3000, 99_999].map((ms) => lineAt(starts, ms))).toEqual([0, 0, 0, 1, 1, 2, 2]);
  expect(lineAt([500, 900], 0)).toBe(0);
  expect(lineAt([], 100)).toBe(0);
});

const field = (name: string, more: Partial<Field> = {}): Field => ({ name, label: name, type: "int", ...more });
const meta = (fields: Field[]): ObjectMeta => ({
  obj: "X",
  table: "X",
  label: "",
  plugin: "x",
  actions: [],
  fields,
  subs: [{ name: "s", obj: "Y", label: "", rel: "xId", writable: true, fields: [field("idx")], actions: [] }],
});
const circle = { obj: "Circle", table: "Circle", label: "圈子|Circle", plugin: "watch", actions: [] };

test("a field without a label is called like what it refers to, or like everywhere; a label of the server stays", () => {
  const got = labelled(
    meta([
      field("circleId"),
      field("ownerCircle", { ref: { obj: "Circle", field: "id", label: "name" } }),
      field("tm", { label: "更新|Changed" }),
      field("imei"),
      field("odd"),
    ]),
    [circle],
  );
  expect(got.fields.map((f) => f.label)).toEqual(["圈子|Circle", "ownerCircle", "更新|Changed", "手表序列号|IMEI", "odd"]);
  expect(got.subs[0]!.fields[0]!.label).toBe("序号|Position");
});

test("a reference is shown by its name, in its place", () => {
  expect(columnsFor(meta([field("id", { type: "id" }), field("userId"), field("content"), field("userName", { virtual: true })]))).toEqual([
    "id",
    "userName",
    "content",
  ]);
});
