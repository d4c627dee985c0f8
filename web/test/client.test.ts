// The client's manners on the wire: logging in again once, silence, unreadable answers.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, Client, E_NETWORK, Session, server } from "@/common";
import { toasts } from "@/common/toast";
import { write } from "@/common/storage";

type Reply = [number, unknown, unknown?];
let asked: { url: string; body: any }[] = [];
let replies: (Reply | string | Error)[] = [];

beforeEach(() => {
  asked = [];
  replies = [];
  toasts.length = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push({ url, body: init.body ? JSON.parse(String(init.body)) : undefined });
    const next = replies.shift();
    if (!next || next instanceof Error) throw next ?? new Error("nothing to answer");
    return new Response(typeof next === "string" ? next : JSON.stringify(next), {
      headers: { "X-Daca-Log-Id": "77", "X-Daca-Server-Rev": "r1" },
    });
  });
});
afterEach(() => vi.unstubAllGlobals());

const path = (at: number) => new URL(asked[at]!.url, "http://x").pathname;

test("an ended session is renewed with the token and the call repeated, once", async () => {
  write("token_user", "tok");
  const client = new Client("user");
  const out = vi.fn();
  new Session(client, out);
  replies = [
    [2, "未登录"],
    [0, { id: 1, _token: "new" }],
    [0, 5],
  ];
  expect(await client.call("Ordr.add", {}, { dscr: "x" })).toBe(5);
  expect([0, 1, 2].map(path)).toEqual(["/api/Ordr.add", "/api/login", "/api/Ordr.add"]);
  expect(asked[1]!.body).toEqual({ token: "tok" });
  expect(asked[2]!.body).toEqual({ dscr: "x" });
  expect(out).not.toHaveBeenCalled();
});

test("without a token the person is asked to log in, without an error on top", async () => {
  write("token_user", null);
  const client = new Client("user");
  const out = vi.fn();
  new Session(client, out);
  replies = [[2, "未登录"]];
  await expect(client.call("User.get")).rejects.toThrow("未登录");
  expect(out).toHaveBeenCalledOnce();
  expect(toasts).toHaveLength(0);
});

test("an error is shown with the number of its call; -100 is not shown", async () => {
  const client = new Client("user");
  replies = [
    [1, "参数不正确", "bad"],
    [-100, "中止"],
  ];
  await expect(client.call("A.b")).rejects.toMatchObject({ code: 1, logId: "77", detail: "bad" });
  expect(toasts[0]).toMatchObject({ text: "参数不正确", reference: "77", tone: "bad" });
  await expect(client.call("A.b")).rejects.toMatchObject({ code: -100 });
  expect(toasts).toHaveLength(1);
});

test("no answer and a garbled answer are both told apart from refusals", async () => {
  const client = new Client("user");
  replies = [new TypeError("failed"), "<html>502"];
  await expect(client.call("A.b", {}, undefined, { silent: true })).rejects.toSatisfy((e: ApiError) => e.offline && e.code === E_NETWORK);
  expect(server.reachable).toBe(false);
  await expect(client.call("A.b", {}, undefined, { silent: true })).rejects.toSatisfy((e: ApiError) => e.code === E_NETWORK);
});

test("a long read travels as POST, without its parameters in the address", async () => {
  const client = new Client("admin");
  replies = [[0, []]];
  await client.call("Ordr.query", { cond: "x".repeat(3000), page: undefined });
  expect(asked[0]!.url.length).toBeLessThan(200);
  expect(asked[0]!.body).toEqual({ cond: "x".repeat(3000) });
});

test("a batch that must succeed throws the first refusal", async () => {
  const client = new Client("store");
  replies = [
    [
      0,
      [
        [0, 1],
        [5, "禁止操作", "no"],
      ],
    ],
  ];
  await expect(client.all([{ ac: "A.get" }, { ac: "B.get" }], { silent: true })).rejects.toMatchObject({ code: 5, ac: "B.get" });
});
