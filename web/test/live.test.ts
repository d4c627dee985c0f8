// Live queries without a server: frames become the result, the connection comes back as it is asked to, and polling stands in.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { compare } from "@/common/live/compare";
import { changed } from "@/common/live/result";
import { live, type LiveResult } from "@/common/live/query";
import { LiveSocket, type World } from "@/common/live/socket";

/** A connection whose other end the test holds. */
class Wire {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent: any[] = [];
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(...frames: unknown[]) {
    this.onmessage?.({ data: frames.map((frame) => JSON.stringify(frame)).join("\n") });
  }
  end(code: number, reason = "") {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

let wires: Wire[] = [];
let pauses: number[] = [];
const stops: (() => void)[] = [];
const world: World = {
  connect: () => {
    const wire = new Wire();
    wires.push(wire);
    return wire as unknown as WebSocket;
  },
  after: (ms, run) => {
    pauses.push(ms);
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => 1,
};
const last = () => wires.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  pauses = [];
});
afterEach(() => {
  stops.splice(0).forEach((stop) => stop());
  vi.useRealTimers();
});

const table = (...ids: number[]) => ({ h: ["id", "n"], d: ids.map((id) => [id, id * 10]) });
const query = { ac: "Ordr.query", get: { res: "id,n", cond: undefined } };

function followed(poll = vi.fn(async () => table(9))) {
  const socket = new LiveSocket(() => "ws://x/ws", world);
  const heard: LiveResult[] = [];
  const ended = vi.fn();
  const stop = live(socket, poll, query, (result) => heard.push(result), ended);
  stops.push(stop);
  const ids = () => heard.at(-1)?.table.d.map((row) => row[0]);
  return { socket, heard, ended, stop, ids, poll };
}

test("frames change the rows at the places that the server names", () => {
  const before = table(3, 2, 1);
  expect(changed(before, { set: [[4, 40]], at: [0], del: [1] })!.d.map((row) => row[0])).toEqual([4, 3, 2]);
  expect(changed(before, { set: [[1, 11]], at: [0] })!.d).toEqual([
    [1, 11],
    [3, 30],
    [2, 20],
  ]);
  expect(before.d.length).toBe(3);
  expect(changed(before, { total: 7, nextkey: null })).toEqual({ ...before, total: 7 });
  expect(changed({ h: ["cnt"], d: [[1]] }, { data: { h: ["cnt"], d: [[2]] } })!.d).toEqual([[2]]);
  // What does not fit is read again.
  expect(changed(before, { set: [[4, 40]], at: [9] })).toBeNull();
  expect(changed({ h: ["n"], d: [[1]] }, { del: [1] })).toBeNull();
});

test("a result is current from the answer on", () => {
  const { ids, stop } = followed();
  last().open();
  expect(last().sent).toEqual([{ id: 1, sub: { ac: "Ordr.query", get: { res: "id,n" } } }]);
  last().say({ id: 1, ok: { q: 1, offset: 5, data: table(2, 1) } }, { q: 1, offset: 6, set: [[3, 30]], at: [0] });
  expect(ids()).toEqual([3, 2, 1]);
  last().say({ q: 1, offset: 7, del: [2] });
  expect(ids()).toEqual([3, 1]);
  stop();
  expect(last().sent.at(-1)).toMatchObject({ unsub: 1 });
  last().say({ q: 1, offset: 8, del: [1] });
  expect(ids()).toEqual([3, 1]);
});

test("after the connection was lost everything is asked for again", () => {
  const { ids } = followed();
  last().open();
  last().say({ id: 1, ok: { q: 1, offset: 5, data: table(1) } });
  last().end(1006);
  expect(pauses.at(-1)).toBe(1000);
  vi.advanceTimersByTime(1000);
  last().open();
  expect(last().sent[0]).toMatchObject({ id: 1, sub: {} });
  last().say({ id: 1, ok: { q: 1, offset: 9, data: table(1, 2) } });
  expect(ids()).toEqual([1, 2]);
  // A server that stops spreads its clients.
  last().end(3001, '{"why":"shutdown","delay":4000}');
  expect(pauses.at(-1)).toBe(4500);
});

test("pauses grow, and where no connection can be had it is polled", async () => {
  const { heard, poll, ids } = followed();
  for (const [at, pause] of [1000, 2000].entries()) {
    last().end(1006);
    expect([wires.length, pauses.at(-1)]).toEqual([at + 1, pause]);
    vi.advanceTimersByTime(pause);
  }
  last().end(1006);
  await vi.advanceTimersByTimeAsync(1);
  expect([poll.mock.calls.length, heard.at(-1)?.by, ids()]).toEqual([1, "polling", [9]]);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(poll.mock.calls.length).toBeGreaterThan(1);
  last().open();
  const polls = poll.mock.calls.length;
  last().say({ id: 1, ok: { q: 1, offset: 1, data: table(4) } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect([poll.mock.calls.length, heard.at(-1)?.by]).toEqual([polls, "connection"]);
});

test("a close that forbids to come again is obeyed", async () => {
  const { ended } = followed();
  last().open();
  last().end(3501, "rights ended");
  await vi.advanceTimersByTimeAsync(600_000);
  expect(wires.length).toBe(1);
  window.dispatchEvent(new Event("jindou:login"));
  expect(wires.length).toBe(2);
  expect(last().sent).toEqual([]);
  last().open();
  expect(last().sent[0]).toMatchObject({ id: 1, sub: {} });
  // The subscription ends with the session, and begins with the next.
  last().say({ q: 1, err: { code: 2, msg: "login", temporary: false } });
  expect(ended).not.toHaveBeenCalled();
  // A login before the old session is said to have ended.
  window.dispatchEvent(new Event("jindou:login"));
  last().end(3501, "rights ended");
  vi.advanceTimersByTime(1000);
  expect(wires.length).toBe(3);
});

test("a subscription that ended for a passing reason is asked for again, under another number", () => {
  const { ended, ids } = followed();
  last().open();
  last().say({ id: 1, ok: { q: 1, offset: 5, data: table(1) } });
  last().say({ q: 1, err: { code: 3, msg: "busy", temporary: true } });
  expect(ended).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  const again = last().sent.at(-1);
  expect(again.sub).toMatchObject({ ac: "Ordr.query" });
  last().say({ id: again.id, ok: { q: again.id, offset: 6, data: table(1, 2) } }, { q: 1, offset: 7, del: [1] });
  expect(ids()).toEqual([1, 2]);
  last().say({ q: again.id, err: { code: 5, msg: "no", temporary: false } });
  expect(ended).toHaveBeenCalledOnce();
});

test("after sleep a connection that does not answer is made anew", () => {
  followed();
  last().open();
  window.dispatchEvent(new Event("online"));
  const probe = last().sent.at(-1);
  expect(probe).toMatchObject({ unsub: 0 });
  last().say({ id: probe.id, ok: false });
  vi.advanceTimersByTime(10_000);
  expect(wires.length).toBe(1);
  window.dispatchEvent(new Event("online"));
  vi.advanceTimersByTime(5_000 + 1_000);
  expect(wires.length).toBe(2);
});

test("a connection that nobody needs is closed after a while", () => {
  const { stop } = followed();
  last().open();
  stop();
  vi.advanceTimersByTime(10_000);
  expect(last().readyState).toBe(3);
});

test("a list shows what changed and counts what came and left", () => {
  const shown = [
    { id: 3, n: 30 },
    { id: 2, n: 20 },
    { id: 1, n: 10 },
  ];
  expect(compare(shown, table(3, 2, 1))).toEqual({ changed: new Map(), news: { added: 0, gone: 0 } });
  const { changed: rows, news } = compare(shown, {
    h: ["id", "n"],
    d: [
      [5, 50],
      [4, 40],
      [3, 31],
      [2, 20],
    ],
  });
  expect([...rows]).toEqual([[0, { id: 3, n: 31 }]]);
  expect(news).toEqual({ added: 2, gone: 1 });
});
