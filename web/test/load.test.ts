// The figures of the server's page: what two looks at its counters tell.
import { describe, expect, it } from "vitest";
import { between, percentile, type Load } from "@/console/pages/adm/load";

const look = (ms: number, calls: number, failed: number, ...counts: number[]): Load => ({
  ms,
  calls,
  failed,
  times: [
    [1, counts[0] ?? 0],
    [10, counts[1] ?? 0],
    [null, counts[2] ?? 0],
  ],
  memory: 1,
  dbSize: 1,
  walSize: 0,
  diskFree: 1,
  waiting: 0,
});

describe("between two looks", () => {
  it("calls are counted without the look itself", () => {
    expect(between(look(0, 10, 1, 10), look(2000, 31, 3, 31))).toMatchObject({ perSecond: 10, failed: 2, calls: 20 });
  });
  it("nothing is told of a server that was started anew, or of no time", () => {
    expect(between(look(9000, 50, 0), look(1000, 3, 0))).toBeNull();
    expect(between(look(1000, 50, 0), look(2000, 3, 0))).toBeNull();
    expect(between(look(1000, 5, 0), look(1000, 5, 0))).toBeNull();
  });
  it("without calls there is no percentile", () => {
    expect(between(look(0, 1, 0, 1), look(1000, 2, 0, 2))).toMatchObject({ perSecond: 0, p95: null });
  });
});

describe("a percentile", () => {
  it("lies inside its bucket", () => {
    expect(
      percentile(
        [
          [1, 90],
          [10, 10],
          [null, 0],
        ],
        0.95,
      ).p95,
    ).toBeCloseTo(5.5);
    expect(
      percentile(
        [
          [1, 100],
          [10, 0],
          [null, 0],
        ],
        0.95,
      ).p95,
    ).toBeCloseTo(0.95);
  });
  it("says when it is beyond the last bound", () => {
    expect(
      percentile(
        [
          [1, 10],
          [10, 0],
          [null, 90],
        ],
        0.95,
      ),
    ).toEqual({ p95: 10, over: true });
  });
});
