// Whether two editors of one record are in each other's way.
import { describe, expect, it } from "vitest";
import { overlaps, taken } from "@/console/undo/merge";

const base = { id: 1, name: "a", cmt: null, qty: 1, atts: [] };

describe("two editors", () => {
  it("do not meet in different fields", () => {
    const theirs = { ...base, cmt: "theirs" };
    expect(overlaps(base, { name: "mine" }, theirs)).toEqual([]);
    expect(taken(base, { name: "mine" }, theirs)).toEqual(["cmt"]);
  });
  it("meet in one field unless they agree", () => {
    const theirs = { ...base, name: "theirs", qty: 2 };
    expect(overlaps(base, { name: "mine", qty: "2" }, theirs)).toEqual([{ name: "name", mine: "mine", theirs: "theirs", base: "a" }]);
  });
  it("empty values are one value, lists are compared as a whole", () => {
    expect(overlaps(base, { cmt: "" }, { ...base, cmt: "" })).toEqual([]);
    expect(overlaps(base, { atts: [{ id: 2 }] }, { ...base, atts: [{ id: 1 }] })).toHaveLength(1);
    expect(overlaps(base, { name: "x" }, base)).toEqual([]);
  });
});
