// The lines of a story: their moments and pictures, and how they change places.
import { describe, expect, it } from "vitest";
import { clockOf, disorder, inOrder, msOf, nextLine, pictureOf, swap } from "@plugins/story/web/lines";

describe("moments", () => {
  it("are written as people write them, and read back", () => {
    for (const [ms, text] of [
      [0, "0:00"],
      [900, "0:00.9"],
      [65_500, "1:05.5"],
      [600_000, "10:00"],
    ] as const) {
      expect(clockOf(ms)).toBe(text);
      expect(msOf(text)).toBe(ms);
    }
    expect(["65.5", "1：05", " 3 ", "2:7"].map(msOf)).toEqual([65_500, 65_000, 3000, 127_000]);
    expect(["", "a", "1:60", "-3", "1:2:3", "1:", "9999999", "1e3"].map(msOf)).toEqual(Array(8).fill(null));
    expect(clockOf(-5)).toBe("0:00");
  });
  it("are in order, or it is said", () => {
    expect(
      disorder([
        { idx: 2, ms: 10 },
        { idx: 1, ms: 5 },
      ]),
    ).toBe(-1);
    expect(
      disorder([
        { idx: 1, ms: 10 },
        { idx: 2, ms: 5 },
        { idx: 3, ms: 20 },
      ]),
    ).toBe(1);
    expect(
      disorder([
        { idx: 1, ms: 10, _delete: 1 },
        { idx: 2, ms: 5 },
      ]),
    ).toBe(-1);
  });
});

describe("lines", () => {
  const pics = [
    { attId: 8, idx: 3 },
    { attId: 7, idx: 1 },
    { attId: 9, idx: 2, _delete: 1 },
  ];
  it("show their picture by its place among those that stay", () => {
    expect([1, 2, 3, 0, undefined].map((picIdx) => pictureOf(pics, { picIdx }))).toEqual([7, 8, null, null, null]);
  });
  it("are added behind the last one, where the sound is if it is farther", () => {
    expect(nextLine([], 5000)).toEqual({ idx: 1, txt: "", picIdx: 1, ms: 0 });
    const rows = [
      { idx: 1, ms: 0, picIdx: 1 },
      { idx: 4, ms: 3000, picIdx: 2 },
    ];
    expect(nextLine(rows, 100)).toEqual({ idx: 5, txt: "", picIdx: 2, ms: 7000 });
    expect(nextLine(rows, 3500.4)).toMatchObject({ idx: 5, ms: 3500 });
    // Also behind a removed one: its number is taken until the form is saved.
    expect(nextLine([{ idx: 9, _delete: 1, ms: 0 }], 0)).toMatchObject({ idx: 10, ms: 0 });
  });
  it("change places with their words, while numbers, moments and ids stay", () => {
    const rows = [
      { id: 1, idx: 1, txt: "a", picIdx: 1, ms: 0 },
      { id: 2, idx: 2, txt: "b", picIdx: 2, ms: 900 },
    ];
    expect(swap(rows, rows[0]!, rows[1]!)).toEqual([
      { id: 1, idx: 1, txt: "b", picIdx: 2, ms: 0 },
      { id: 2, idx: 2, txt: "a", picIdx: 1, ms: 900 },
    ]);
    expect(rows[0]!.txt).toBe("a");
    expect(inOrder([{ idx: 2 }, { idx: 1, _delete: 1 }, { idx: 0 }])).toEqual([{ idx: 0 }, { idx: 2 }]);
  });
});
