// The logins of the demo (`serve --demo` makes them and shows their passwords in its terminal) and what each can try.
import { words } from "@/common";

const w = words({
  boss: ["经理", "Manager"],
  clerk: ["店员", "Clerk"],
  admin: ["超级管理员", "Super administrator"],
  step: ["完成一份等待中的订单", "Complete a waiting order"],
  customer: ["看一位客户的全部往来", "See all about one customer"],
  report: ["做一张透视报表", "Make a pivot report"],
  audit: ["查谁改了什么", "Look up who changed what"],
  story: ["听一个故事，改它的段落", "Hear a story and edit its lines"],
  print: ["打印一份订单", "Print the slip of an order"],
  take: ["处理等待中的订单", "Serve waiting orders"],
  excel: ["筛选订单并导出 Excel", "Filter orders and export them to Excel"],
  look: ["浏览所有数据对象", "Browse every object"],
  sql: ["用 SQL 查询", "Query by SQL"],
  verify: ["校验审计日志是否完整", "Verify that the audit log is whole"],
  stats: ["看运营统计", "See the statistics"],
});

export interface Trial {
  uname: string;
  name: () => string;
  things: { text: () => string; to: string }[];
}

export const TRIALS: (Trial & { app: "store" | "admin" })[] = [
  {
    app: "store",
    uname: "boss",
    name: w.boss,
    things: [
      { text: w.step, to: "/o/Ordr?f.status=in.CR" },
      { text: w.customer, to: "/o/User?id=1" },
      { text: w.report, to: "/report" },
      { text: w.story, to: "/o/Story?id=3" },
      { text: w.audit, to: "/o/ApiLog" },
    ],
  },
  {
    app: "store",
    uname: "clerk",
    name: w.clerk,
    things: [
      { text: w.take, to: "/o/Ordr?f.status=in.CR&sort=createTm" },
      { text: w.excel, to: "/o/Ordr?f.createTm=last.30d" },
      { text: w.print, to: "/o/Ordr?id=1" },
    ],
  },
  {
    app: "admin",
    uname: "admin",
    name: w.admin,
    things: [
      { text: w.look, to: "/" },
      { text: w.sql, to: "/query" },
      { text: w.stats, to: "/stats" },
      { text: w.verify, to: "/server" },
    ],
  },
];
