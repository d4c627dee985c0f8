// A pivot report's question and its cells; a logged call as curl.
import { expect, test } from "vitest";
import type { ObjectMeta } from "@/common";
import { setLang } from "@/common";
import { curlOf, split } from "@plugins/syslog/web/curl";
import { pivotOf, queryOf, type ReportDef } from "@/console/report/model";

const meta = {
  obj: "Ordr",
  table: "Ordr",
  label: "订单|Order",
  plugin: "order",
  actions: ["query"],
  subs: [],
  fields: [
    {
      name: "status",
      label: "状态|Status",
      type: "string",
      options: [
        { value: "CR", label: "新创建|New" },
        { value: "RE", label: "已服务|Served" },
      ],
    },
    { name: "amount", label: "金额|Amount", type: "decimal" },
    { name: "createTm", label: "时间|Time", type: "datetime" },
  ],
} as unknown as ObjectMeta;
const def: ReportDef = {
  obj: "Ordr",
  rows: ["t:d"],
  cols: ["f:status"],
  measures: [
    { fn: "COUNT", field: "" },
    { fn: "SUM", field: "amount" },
  ],
  timeField: "createTm",
  filters: [{ field: "createTm", op: "range", value: "2026-11-01~2026-11-03" }],
  view: "bar",
};

test("the question", () => {
  expect(queryOf(def, meta)).toMatchObject({
    gres: "y,m,d,status",
    res: "COUNT(1) m0,SUM(amount) m1",
    tmField: "createTm",
    cond: "createTm>='2026-11-01' AND createTm<'2026-11-04'",
  });
});

test("cells by name; a day without rows stands empty; states keep their own order", () => {
  setLang("en");
  const answer = [
    { y: 2026, m: 11, d: 3, status: "RE", m0: 2, m1: 30 },
    { y: 2026, m: 11, d: 1, status: "CR", m0: 1, m1: 9.5 },
    { y: 2026, m: 11, d: 1, status: null, m0: 4, m1: null },
  ];
  const p = pivotOf(def, meta, answer, new Map(), "(empty)");
  expect(p.rows).toEqual(["2026-11-01", "2026-11-02", "2026-11-03"]);
  expect(p.cols).toEqual(["New", "Served", "(empty)"]);
  expect(p.cell(0, 0, 1)).toBe(9.5);
  expect(p.cell(1, 0, 0)).toBeNull();
  expect(p.cell(2, 1, 0)).toBe(2);
});

test("a logged call is told as curl, quotes and all", () => {
  expect(split("id=1, cond=a='x', b=2;\nstatus=RE")).toEqual({
    get: [
      ["id", "1"],
      ["cond", "a='x'"],
      ["b", "2"],
    ],
    body: "status=RE",
  });
  const line = curlOf({ ac: "Ordr.set", app: "store", req: "id=12;\ndscr=it's" }, "http://h");
  expect(line).toContain("curl 'http://h/api/Ordr.set?id=12&_app=store'");
  expect(line).toContain("-b 'empid=<session>'");
  expect(line).toContain(`--data-urlencode 'dscr=it'\\''s'`);
});
