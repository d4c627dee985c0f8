// One timeline out of a record's log and its recorded changes; what the slip of a record is called.
import { describe, expect, it } from "vitest";
import { slipName } from "@/console/grid/slip";
import { eventOf, logsOf, merged, type Event } from "@/console/grid/timeline";

const event = (key: string, tm: string, more: Partial<Event> = {}): Event => ({ key, tm, what: key, who: "", changes: [], ...more });
const change = (field: string) => ({ field, name: field, from: "a", to: "b" });
const isState = (one: { field: string }) => one.field === "status";

describe("the timeline", () => {
  it("is one list, newest first", () => {
    const list = merged(
      [event("served", "2026-05-02 10:00:00"), event("created", "2026-05-01 09:00:00")],
      [event("edit", "2026-05-01 12:00:00")],
      isState,
    );
    expect(list.map((one) => one.key)).toEqual(["served", "edit", "created"]);
  });
  it("tells once what both tell, with who did it and what else was changed", () => {
    const line = event("served", "2026-05-02 10:00:00");
    const [one, ...more] = merged(
      [line],
      [event("edit", "2026-05-02 10:00:01", { who: "Zhang", changes: [change("status"), change("cmt")] })],
      isState,
    );
    expect(more).toEqual([]);
    expect(one).toMatchObject({ key: "served", who: "Zhang", changes: [change("cmt")] });
  });
  it("keeps two acts of one second apart, and the name that the line has", () => {
    const same = "2026-05-02 10:00:00";
    const list = merged([event("a", same, { who: "Li" })], [event("x", same, { who: "Zhang" }), event("y", same)], isState);
    expect(list.map((one) => [one.key, one.who])).toEqual([
      ["a", "Li"],
      ["y", ""],
    ]);
  });
  it("changes no list it was given", () => {
    const changes = [event("x", "2026-05-02 10:00:00")];
    merged([event("a", "2026-05-02 10:00:00")], changes, isState);
    expect(changes).toHaveLength(1);
  });
  it("takes logs only, not every list with a time and a state", () => {
    const fields = [
      { name: "tm", label: "", type: "datetime" },
      { name: "action", label: "", type: "string", options: [] },
      { name: "empId", label: "", type: "int", ref: { obj: "Employee", field: "id", label: "" } },
      { name: "empName", label: "", type: "string", virtual: true },
      { name: "dscr", label: "", type: "string" },
    ];
    const sub = (obj: string, writable = false) => ({ name: obj, obj, label: "", rel: "orderId", writable, fields, actions: [] });
    const meta = { subs: [sub("OrderLog"), sub("CircleUser"), sub("OtherLog", true)] } as never;
    expect(logsOf(meta).map((one) => one.obj)).toEqual(["OrderLog"]);
    const row = { id: 3, tm: "2026-05-02 10:00:00", action: "RE", empName: "Zhang", dscr: null };
    expect(eventOf(sub("OrderLog") as never, row, (_, value) => `word ${value}`)).toEqual({
      key: "OrderLog 3",
      tm: row.tm,
      what: "word RE",
      tone: "RE",
      who: "Zhang",
      note: undefined,
      changes: [],
    });
  });
});

it("the slip of an order is no order-slip-slip", () => {
  expect(["订单", "预约", "送货单", "单", "Order"].map(slipName)).toEqual(["订单", "预约单", "送货单", "单", "Order单"]);
});
