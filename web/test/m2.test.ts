// @vitest-environment happy-dom
// Sending an order once, reading what people type, and keeping pictures small: the parts that need no browser.
import { beforeEach, describe, expect, it, vi } from "vitest";

const call = vi.fn();
vi.mock("@/m2/context", () => ({ client: { call: (...all: unknown[]) => call(...all) }, session: { me: { value: { id: 7 } } } }));

import { ApiError, E_NETWORK } from "@/common";
import { codeOf, phoneOf, spaced } from "@/m2/login/code";
import { readDraft, type Draft } from "@/m2/orders/draft";
import { amountOf, submitOrder } from "@/m2/orders/submit";
import { fit } from "@/m2/pictures/compress";

const offline = () => new ApiError(E_NETWORK, "offline", null, "Ordr.add");
const draft = (): Draft => ({ dscr: " clean the windows ", amount: "1,288.5", cmt: "" });
const answers = (...list: { ac: string; give: unknown }[]) => {
  call.mockReset();
  call.mockImplementation(async (ac: string) => {
    const next = list.shift();
    expect(ac).toBe(next?.ac);
    if (next!.give instanceof Error) throw next!.give;
    return next!.give;
  });
};

describe("submitOrder", () => {
  beforeEach(() => localStorage.clear());

  it("sends trimmed words, a number and the pictures", async () => {
    answers({ ac: "Ordr.query", give: { list: [{ id: 4 }] } }, { ac: "Ordr.add", give: 5 });
    expect(await submitOrder(draft(), [11, 12])).toEqual({ id: 5, already: false });
    expect(call.mock.calls[1]![2]).toEqual({
      dscr: "clean the windows",
      amount: 1288.5,
      cmt: undefined,
      atts: [{ attId: 11 }, { attId: 12 }],
    });
  });

  it("remembers over a restart that a try got no answer", async () => {
    answers({ ac: "Ordr.query", give: { list: [{ id: 4 }] } }, { ac: "Ordr.add", give: offline() });
    await expect(submitOrder(draft(), [])).rejects.toMatchObject({ offline: true });
    expect(readDraft().unsure).toBe(4);
  });

  it("does not send again what arrived", async () => {
    answers({ ac: "Ordr.query", give: { list: [{ id: 5, dscr: "clean the windows", amount: 1288.5 }] } });
    expect(await submitOrder({ ...draft(), unsure: 4 }, [])).toEqual({ id: 5, already: true });
  });

  it("sends again what did not arrive, also when an older order looks the same", async () => {
    answers({ ac: "Ordr.query", give: { list: [{ id: 4, dscr: "clean the windows", amount: 1288.5 }] } }, { ac: "Ordr.add", give: 5 });
    expect(await submitOrder({ ...draft(), unsure: 4 }, [])).toEqual({ id: 5, already: false });
  });

  it("is not unsure when the server refused", async () => {
    answers({ ac: "Ordr.query", give: { list: [] } }, { ac: "Ordr.add", give: new ApiError(1, "no", null, "Ordr.add") });
    const own = draft();
    await expect(submitOrder(own, [])).rejects.toMatchObject({ code: 1 });
    expect(own.unsure).toBeUndefined();
  });
});

it("reads amounts as people type them", () => {
  expect(amountOf("99")).toBe(99);
  expect(amountOf("１，２８８．５")).toBe(1288.5);
  expect(amountOf("￥ 1,234.50")).toBe(1234.5);
  for (const wrong of ["", "-1", "1.234", "12a", "1e5", "."]) expect(amountOf(wrong)).toBeNaN();
});

it("reads phone numbers and codes as they are pasted", () => {
  expect(phoneOf("+86 138-0013-8000")).toBe("13800138000");
  expect(phoneOf("13800138000")).toBe("13800138000");
  expect(codeOf("【筋斗】验证码 123 456。")).toBe("123456");
  expect(spaced("13800138000")).toBe("138 0013 8000");
});

it("makes pictures fit and never larger", () => {
  expect(fit(4000, 3000)).toEqual({ width: 1280, height: 960 });
  expect(fit(3000, 4000)).toEqual({ width: 960, height: 1280 });
  expect(fit(800, 600)).toEqual({ width: 800, height: 600 });
  expect(fit(9000, 3)).toEqual({ width: 1280, height: 1 });
});
