// A stand-in for the server while pages are drawn: SQLite in memory behind the wire protocol. Never shipped.
// Needs `npm i --no-save sql.js`;  node dev/mock.mjs [port]  serves dist/ and /api.
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import initSqlJs from "sql.js";
const port = Number(process.argv[2] ?? 8091);
const SQL = await initSqlJs();
const db = new SQL.Database();
db.create_function("now_", () => stamp(new Date()));
const two = (n) => String(n).padStart(2, "0");
function stamp(d) { return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`; }
let seed = 7; const rnd = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
const pick = (a) => a[Math.floor(rnd() * a.length)];

db.run(`CREATE TABLE User(id INTEGER PRIMARY KEY, uname TEXT, phone TEXT, name TEXT, picId INT, createTm TEXT);
CREATE TABLE Employee(id INTEGER PRIMARY KEY, uname TEXT, phone TEXT, name TEXT, perms TEXT);
CREATE TABLE Ordr(id INTEGER PRIMARY KEY, userId INT, createTm TEXT, status TEXT, amount REAL, dscr TEXT, cmt TEXT);
CREATE TABLE OrderLog(id INTEGER PRIMARY KEY, orderId INT, action TEXT, tm TEXT, dscr TEXT, empId INT);
CREATE TABLE OrderAtt(id INTEGER PRIMARY KEY, orderId INT, attId INT);
CREATE TABLE Attachment(id INTEGER PRIMARY KEY, path TEXT, orgPicId INT, tm TEXT, orgName TEXT, size INT, mime TEXT, userId INT);
CREATE TABLE ApiLog(id INTEGER PRIMARY KEY, tm TEXT, addr TEXT, ua TEXT, app TEXT, ses TEXT, userId INT, ac TEXT, t INT, retval INT, req TEXT, res TEXT, reqsz INT, ressz INT, ver TEXT, serverRev TEXT);
CREATE TABLE ApiLog1(id INTEGER PRIMARY KEY, apiLogId INT, ac TEXT, t INT, retval INT, req TEXT, res TEXT);
CREATE TABLE ObjLog(id INTEGER PRIMARY KEY, obj TEXT, objId INT, dscr TEXT, apiLogId INT, apiLog1Id INT, changes TEXT);
CREATE TABLE Syslog(id INTEGER PRIMARY KEY, module TEXT, pri TEXT, tm TEXT, content TEXT, apiLogId INT);
CREATE TABLE Cinf(id INTEGER PRIMARY KEY, name TEXT, value TEXT, version TEXT, createTm TEXT, upgradeTm TEXT);
CREATE TABLE Report(id INTEGER PRIMARY KEY, name TEXT, obj TEXT, def TEXT);`);
const names = "王小明 李雨桐 张伟 陈思远 刘子涵 赵敏 孙悦 周杰 吴倩 郑凯 Maria González Oliver Smith 黄晓 徐静 林峰".split(" ");
const things = ["更换浴室水龙头", "安装两台挂式空调，含支架与铜管延长，需自带梯子，业主周末在家", "Deep cleaning, 3 rooms", "修理厨房下水", "搬运旧冰箱到小区回收点", "家电清洗：油烟机", "开锁", "Install curtain rails"];
for (let i = 1; i <= 42; i++) db.run("INSERT INTO User VALUES(?,?,?,?,?,?)", [i, `user${i}`, `138${String(10000000 + i * 7919).slice(0, 8)}`, pick(names), i % 5 ? null : i, stamp(new Date(Date.now() - rnd() * 60 * 864e5))]);
["boss,老板,mgr", "amy,艾米,emp", "bob,鲍勃,emp", "chen,陈店长,emp mgr", "dora,朵拉,"].forEach((t, i) => { const [u, n, p] = t.split(","); db.run("INSERT INTO Employee VALUES(?,?,?,?,?)", [i + 1, u, `1390000000${i}`, n, p]); });
for (let i = 1; i <= 214; i++) {
  const tm = stamp(new Date(Date.now() - (i > 196 ? rnd() * 0.17 : rnd() * 60 + 0.2) * 864e5)); const st = i > 180 ? pick(["CR", "CR", "RE"]) : pick(["RE", "RE", "RE", "CA", "CR"]);
  db.run("INSERT INTO Ordr VALUES(?,?,?,?,?,?,?)", [i, 1 + Math.floor(rnd() * 42), tm, st, Math.round(rnd() * 90000) / 100 + 20, pick(things), rnd() > 0.7 ? "请提前电话联系" : null]);
  db.run("INSERT INTO OrderLog(orderId,action,tm) VALUES(?,?,?)", [i, "CR", tm]); if (st !== "CR") db.run("INSERT INTO OrderLog(orderId,action,tm,empId) VALUES(?,?,?,?)", [i, st, tm, 1 + (i % 3)]);
  if (i % 3 === 0) for (let k = 0; k < 2; k++) db.run("INSERT INTO OrderAtt(orderId,attId) VALUES(?,?)", [i, i * 2 + k]);
}
const acs = ["Ordr.query", "Ordr.get", "Ordr.add", "Ordr.set", "User.get", "login", "upload", "batch:2,Ordr.set,OrderLog.query", "Employee.query", "genCode"];
for (let i = 1; i <= 900; i++) { const ac = pick(acs), bad = rnd() > 0.94; db.run("INSERT INTO ApiLog VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", [i, stamp(new Date(Date.now() - (900 - i) * 48 * 6e4)), "127.0.0.1", "Mozilla/5.0 (X11; Linux x86_64) Chrome/140", pick(["user", "user", "store", "admin"]), "s" + i, 1 + Math.floor(rnd() * 40), ac, Math.ceil(rnd() * rnd() * 60), bad ? pick([1, 2, 5]) : 0, ac === "Ordr.set" ? "id=12, _app=store;\nstatus=RE" : "cond=status='CR', pagesz=20", bad ? '"参数不正确"' : '{"h":["id","status"],"d":[[1,"CR"]]}', 120, 800, "web", "a1b2c3"]);
  if (ac.startsWith("batch")) for (const one of ["Ordr.set", "OrderLog.query"]) db.run("INSERT INTO ApiLog1(apiLogId,ac,t,retval,req,res) VALUES(?,?,?,?,?,?)", [i, one, 3, 0, "id=12", '"OK"']);
  if (/set|add/.test(ac)) db.run("INSERT INTO ObjLog(obj,objId,dscr,apiLogId,changes) VALUES(?,?,?,?,?)", ["Ordr", 1 + (i % 214), ac.endsWith("add") ? "添加" : "更新", i, '{"status":["CR","RE"],"cmt":[null,"已电话确认"]}']); }
for (let i = 1; i <= 60; i++) db.run("INSERT INTO Syslog VALUES(?,?,?,?,?,?)", [i, pick(["sms", "db", "scheduler"]), pick(["INF", "INF", "WRN", "ERR"]), stamp(new Date(Date.now() - i * 36e5)), pick(["验证码已发送 138****0001", "slow query 132ms Ordr.query", "nightly archive done, 1204 rows"]), i]);
db.run("INSERT INTO Cinf VALUES(1,'shopName','筋斗示例店','0.1.0',now_(),now_())");

const STATUS = [["CR", "新创建|New"], ["PA", "已付款|Paid"], ["RE", "已服务|Served"], ["CA", "已取消|Cancelled"]].map(([value, label]) => ({ value, label }));
const f = (name, type, label, more = {}) => ({ name, type, label, readonly: false, readonly2: false, required: false, virtual: false, default: true, sortable: true, ...more });
const id = f("id", "id", "编号|No.", { readonly: true });
const ALLAC = ["add", "get", "query", "set", "del", "setIf", "delIf", "batchSet", "batchDel", "batchAdd", "dup"];
const O = {
  Ordr: { label: "订单|Order", plugin: "order", view: "SELECT o.*, u.name userName, u.phone userPhone FROM Ordr o LEFT JOIN User u ON u.id=o.userId", timeField: "createTm", labelField: "dscr", bulk: ["dscr", "cmt"],
    states: { field: "status", start: "CR", steps: [{ from: "CR", to: "RE", label: "完成|Complete", allowed: true }, { from: "CR", to: "CA", label: "取消|Cancel", allowed: true }] },
    fields: [id, f("userId", "int", "用户|User", { required: true, readonly2: true, ref: { obj: "User", field: "id", label: "name" } }), f("userName", "string", "用户姓名|User name", { virtual: true }), f("userPhone", "string", "用户电话|User phone", { virtual: true }), f("createTm", "datetime", "创建时间|Created", { readonly: true }), f("status", "string", "状态|Status", { options: STATUS, max: 2 }), f("amount", "decimal", "金额|Amount", { scale: 2, required: true }), f("dscr", "string", "内容|Description", { max: 255, required: true }), f("cmt", "text", "备注|Remark", { max: 255 })],
    subs: [{ name: "orderLog", obj: "OrderLog", label: "订单日志|Order log", rel: "orderId", writable: false }, { name: "atts", obj: "OrderAtt", label: "图片|Pictures", rel: "orderId", writable: true }] },
  OrderLog: { label: "订单日志|Order log", plugin: "order", actions: ["query", "get"], view: "SELECT l.*, e.name empName FROM OrderLog l LEFT JOIN Employee e ON e.id=l.empId", timeField: "tm", fields: [id, f("orderId", "int", "订单|Order", { ref: { obj: "Ordr", field: "id", label: "dscr" } }), f("action", "string", "动作|Action", { options: STATUS }), f("tm", "datetime", "时间|Time"), f("empName", "string", "员工|Employee", { virtual: true }), f("dscr", "string", "说明|Note")] },
  OrderAtt: { label: "订单图片|Order picture", plugin: "order", hidden: true, fields: [id, f("orderId", "int", "订单|Order", { ref: { obj: "Ordr", field: "id", label: "dscr" } }), f("attId", "int", "图片|Picture", { kind: "attachment", required: true })] },
  User: { label: "用户|User", plugin: "account", timeField: "createTm", labelField: "name", fields: [id, f("uname", "string", "用户名|User name", { max: 32 }), f("phone", "string", "手机|Phone", { max: 16, required: true }), f("name", "string", "姓名|Name", { max: 16 }), f("picId", "int", "头像|Picture", { kind: "attachment" }), f("createTm", "datetime", "注册时间|Registered", { readonly: true })], subs: [{ name: "orders", obj: "Ordr", label: "订单|Orders", rel: "userId", writable: false }] },
  Employee: { label: "员工|Employee", plugin: "account", labelField: "name", fields: [id, f("uname", "string", "用户名|User name", { max: 32, required: true }), f("phone", "string", "手机|Phone", { max: 16 }), f("name", "string", "姓名|Name", { max: 16 }), f("perms", "string", "权限|Roles", { max: 64, note: "emp, mgr" }), f("pwd", "string", "密码|Password", { kind: "pwd", default: false })] },
  Attachment: { label: "附件|Attachment", plugin: "upload", actions: ["query", "get"], fields: [id, f("orgName", "string", "文件名|File name"), f("size", "int", "大小|Size"), f("mime", "string", "类型|Type"), f("tm", "datetime", "时间|Time"), f("path", "string", "路径|Path")] },
  ApiLog: { label: "调用日志|Call log", plugin: "syslog", actions: ["query", "get"], timeField: "tm", view: "SELECT a.*, e.name empName FROM ApiLog a LEFT JOIN Employee e ON e.id=a.userId AND a.app='store'", fields: [id, f("tm", "datetime", "时间|Time"), f("ac", "string", "调用|Action"), f("app", "string", "应用|App"), f("userId", "int", "用户编号|User no."), f("empName", "string", "员工|Employee", { virtual: true }), f("t", "int", "耗时 ms|Time, ms"), f("retval", "int", "返回码|Code"), f("req", "text", "请求|Request"), f("res", "text", "应答|Answer"), f("reqsz", "int", "请求字节|Request bytes"), f("ressz", "int", "应答字节|Answer bytes"), f("addr", "string", "地址|Address"), f("ua", "string", "客户端|User agent"), f("ses", "string", "会话|Session"), f("ver", "string", "版本|Version"), f("serverRev", "string", "服务器版本|Server rev.")], subs: [{ name: "log1", obj: "ApiLog1", label: "批内调用|Calls of the batch", rel: "apiLogId", writable: false }] },
  ApiLog1: { label: "批内调用|Calls of a batch", plugin: "syslog", actions: ["query", "get"], fields: [id, f("ac", "string", "调用|Action"), f("t", "int", "耗时 ms|Time, ms"), f("retval", "int", "返回码|Code"), f("req", "text", "请求|Request"), f("res", "text", "应答|Answer")] },
  ObjLog: { label: "对象日志|Object log", plugin: "syslog", actions: ["query", "get"], view: "SELECT l.*, a.tm, a.ac, a.app, a.addr, e.name empName FROM ObjLog l LEFT JOIN ApiLog a ON a.id=l.apiLogId LEFT JOIN Employee e ON e.id=a.userId", timeField: "tm", fields: [id, f("obj", "string", "对象|Object"), f("objId", "int", "对象编号|Object no."), f("dscr", "string", "操作|Change"), f("tm", "datetime", "时间|Time", { virtual: true }), f("empName", "string", "员工|Employee", { virtual: true }), f("ac", "string", "调用|Action", { virtual: true }), f("changes", "text", "变化|Changes"), f("apiLogId", "int", "调用编号|Call no.")] },
  Syslog: { label: "系统日志|System log", plugin: "syslog", actions: ["query", "get"], timeField: "tm", fields: [id, f("module", "string", "模块|Module"), f("pri", "string", "级别|Level", { options: ["INF", "WRN", "ERR"].map((v) => ({ value: v, label: v })) }), f("tm", "datetime", "时间|Time"), f("content", "text", "内容|Content")] },
  Cinf: { label: "产品配置|Product settings", plugin: "core", fields: [id, f("name", "string", "名称|Name"), f("value", "text", "值|Value"), f("version", "string", "版本|Version")] },
  Report: { label: "报表|Report", plugin: "core", fields: [id, f("name", "string", "名称|Name"), f("obj", "string", "对象|Object"), f("def", "text", "定义|Definition")] },
};
const metaOf = (obj) => { const m = O[obj]; if (!m) throw [5, "禁止操作", `no ${obj}`]; return { obj, table: obj, label: m.label, plugin: m.plugin, actions: m.actions ?? ALLAC, fields: m.fields, subs: (m.subs ?? []).map((s) => ({ ...s, one: false, fields: O[s.obj].fields, actions: O[s.obj].actions ?? ALLAC })), timeField: m.timeField, states: m.states, bulk: m.bulk ?? [], labelField: m.labelField ?? "id" }; };
function rows(sql, bind = []) { try { const st = db.prepare(sql); st.bind(bind); const out = []; while (st.step()) out.push(st.getAsObject()); st.free(); return out; } catch (e) { throw [3, "数据库错误", `${e.message}: ${sql}`]; } }
function condOf(c) { if (!c || c === "ALL") return "1"; if (typeof c === "object") return Object.entries(c).map(([k, v]) => `${k}='${v}'`).join(" AND "); return /^\d+$/.test(c) ? `id=${c}` : c.replace(/COUNTIF/g, ""); }
function source(obj, tmField) { const m = O[obj]; const base = `(${m.view ?? `SELECT * FROM ${obj}`})`; const tm = tmField || m.timeField; return tm ? `(SELECT v.*, CAST(strftime('%Y',${tm}) AS INT) y, CAST(strftime('%m',${tm}) AS INT) m, CAST(strftime('%d',${tm}) AS INT) d, CAST(strftime('%H',${tm}) AS INT) h, CAST(strftime('%W',${tm}) AS INT) w, (CAST(strftime('%m',${tm}) AS INT)+2)/3 q FROM ${base} v)` : base; }
const fn = (s) => s.replace(/COUNTIF\(([^,()]*?)(?:,\s*DISTINCT (\w+))?\)/gi, (_, c, d) => d ? `COUNT(DISTINCT CASE WHEN ${c} THEN ${d} END)` : `SUM(CASE WHEN ${c} THEN 1 ELSE 0 END)`).replace(/SUMIF\(([^,()]*),\s*(\w+)\)/gi, "SUM(CASE WHEN $1 THEN $2 ELSE 0 END)").replace(/(\S+) "([^"]+)"/g, '$1 AS "$2"');
function query(obj, p) {
  const m = O[obj]; if (!m) throw [5, "禁止操作", obj];
  let where = condOf(p.cond); if (p.cond2) where += " AND " + p.cond2;
  if (p.qsearch) { const [cols, ...t] = p.qsearch.split(":"); for (const word of t.join(":").split(/\s+/).filter(Boolean)) where += ` AND (${cols.split(",").map((c) => `${c.replace(/[!*]$/, "")} LIKE '%${word.replace(/'/g, "''")}%'`).join(" OR ")})`; }
  const agg = p.gres || /\b(COUNT|SUM|AVG|MAX|MIN|COUNTIF|SUMIF)\(/i.test(p.res ?? "");
  let cols = p.res ? fn(p.res).split(/,(?![^(]*\))/).filter((c) => !/^[@%]/.test(c.trim())).map((c) => c.replace(/=.*$/s, (x) => /CASE/.test(c) ? x : "")).join(",") : m.fields.filter((x) => x.default).map((x) => x.name).join(",");
  if (p.gres) cols = p.gres + (p.res ? "," + cols : "");
  const group = p.gres ? ` GROUP BY ${p.gres.split(",").map((g) => g.trim().split(/\s+/)[0]).join(",")}` : "";
  const src = source(obj, p.tmField); const size = Number(p.pagesz ?? 20) < 0 ? 10000 : Number(p.pagesz ?? 20); const page = Math.max(1, Number(p.page ?? 1));
  const total = rows(`SELECT COUNT(*) n FROM (SELECT 1 FROM ${src} WHERE ${where}${group})`)[0].n;
  let list = rows(`SELECT ${cols} FROM ${src} t0 WHERE ${where}${group} ORDER BY ${p.orderby || (agg ? "1" : "id DESC")} LIMIT ${size} OFFSET ${(page - 1) * size}`);
  if (p.pivot) list = pivot(list, p.pivot.split(","), Number(p.pivotCnt ?? 1));
  const out = { total, stat: p.statRes ? rows(`SELECT ${fn(p.statRes)} FROM ${src} WHERE ${where}`)[0] : undefined, nextkey: list.length === size ? page + 1 : undefined };
  if (p.fmt === "list") return { list, ...out }; if (p.fmt === "array") return list; if (p.fmt === "one") return list[0];
  const h = Object.keys(list[0] ?? Object.fromEntries(cols.split(",").map((c) => [c.trim().split(/\s+/).pop(), 1]))); const d = list.map((r) => h.map((k) => r[k] ?? null));
  if (["csv", "excel", "excelcsv"].includes(p.fmt)) return { file: [h, ...d].map((r) => r.join(",")).join("\n"), name: (p.fname ?? obj) + ".csv" };
  return { h, d, ...out };
}
function pivot(list, by, n) { const out = new Map(); for (const r of list) { const keys = Object.keys(r); const stat = keys.slice(-n); const rest = keys.filter((k) => !by.includes(k) && !stat.includes(k)); const key = rest.map((k) => r[k]).join("\u0001"); const o = out.get(key) ?? out.set(key, Object.fromEntries(rest.map((k) => [k, r[k]]))).get(key); o[by.map((k) => r[k] ?? "(null)").join("-")] = n === 1 ? r[stat[0]] : stat.map((s) => r[s]); } return [...out.values()]; }
function subs(obj, row, p) { for (const s of O[obj].subs ?? []) row[s.name] = query(s.obj, { cond: `${s.rel}=${row.id}`, fmt: "array", pagesz: 50, orderby: "id" }); return row; }
const logId = () => 900 + ++calls; let calls = 0; let me = { user: null, store: null, admin: null };
function act(ac, g, body, app) {
  const p = { ...(body && !Array.isArray(body) && typeof body === "object" ? body : {}), ...g };
  const guest = ["login", "logout", "whoami", "initClient", "genCode", "att"]; if (!guest.includes(ac) && !me[app]) throw [2, "未登录", null];
  if (ac === "login") { if (p.token ? p.token !== "tok" : p.pwd === "bad") throw [-1, "用户名或密码错误", "bad"]; const row = app === "store" ? { ...rows("SELECT * FROM Employee WHERE id=1")[0] } : app === "admin" ? { id: 1, uname: p.uname } : rows("SELECT * FROM User WHERE id=1")[0]; me[app] = row; return { ...row, _token: "tok", _expire: 2592000 }; }
  if (ac === "whoami") { if (!me[app]) throw [2, "未登录", null]; return me[app]; }
  if (ac === "logout") { me[app] = null; return "OK"; } if (ac === "chpwd") return { _token: "tok", _expire: 1 };
  if (ac === "batch") return body.map((c) => { try { return [0, act(c.ac, c.get ?? {}, c.post, app)]; } catch (e) { if (!Array.isArray(e)) throw e; return e; } });
  if (ac === "Meta.query") return { list: Object.keys(O).filter((o) => !O[o].hidden || app === "admin").map((o) => { const { fields, subs, ...m } = metaOf(o); return m; }) };
  if (ac === "Meta.get") return metaOf(p.obj);
  if (ac === "execSql") { const t = performance.now(); const list = rows(p.sql); return { h: Object.keys(list[0] ?? { affectedRows: 1 }), d: list.slice(0, 10000).map(Object.values), t: performance.now() - t }; }
  if (ac === "ApiLog.stat") { const by = {}; for (const r of rows(`SELECT ac,t,retval FROM ApiLog WHERE tm>='${p.from ?? ""}' AND tm<'${p.to ?? "9"}'`)) (by[r.ac] ??= []).push(r); return { h: ["ac", "cnt", "err", "p50", "p95", "avg"], d: Object.entries(by).map(([k, v]) => { const t = v.map((r) => r.t).sort((a, b) => a - b); return [k, v.length, v.filter((r) => r.retval).length, t[t.length >> 1], t[Math.floor(t.length * 0.95)], t.reduce((a, b) => a + b, 0) / t.length]; }) }; }
  if (ac === "Server.info") return { version: "0.1.0", rev: "a1b2c3", uptime: 93784, plugins: ["core", "account", "order", "upload", "syslog", "watch"].map((name) => ({ name, enabled: name !== "watch", tables: Object.keys(O).filter((o) => O[o].plugin === name), actions: 7 })), config: [{ key: "P_LISTEN", value: "127.0.0.1:8080", default: "127.0.0.1:8080", note: "监听地址|Address to listen on" }, { key: "P_ADMIN_CRED", value: "****", default: "", note: "超级管理员|Super administrator" }, { key: "P_SYNC", value: "normal", default: "full", note: "落盘方式|How writes reach the disk" }], db: { path: "data/jindou.db", size: 45678592, walSize: 1203456, tables: Object.keys(O).map((name) => ({ name, rows: rows(`SELECT COUNT(*) n FROM ${name}`)[0].n })) }, jobs: [{ name: "audit-archive", every: "1 d", last: stamp(new Date()), next: stamp(new Date(Date.now() + 864e5)), state: "ok" }] };
  if (ac === "Audit.verify") return { ok: true, rows: 900 };
  if (ac === "upload") { const n = rows("SELECT IFNULL(MAX(id),1000)+1 n FROM Attachment")[0].n; db.run("INSERT INTO Attachment VALUES(?,?,?,?,?,?,?,?)", [n, "upload/x.jpg", null, stamp(new Date()), "x.jpg", 1234, "image/jpeg", 1]); return [{ id: n, orgName: "x.jpg", size: 1234, path: "upload/x.jpg", name: "file", thumbId: n, k: "k" }]; }
  const [obj, a] = ac.split("."); const m = O[obj]; if (!m) throw [1, "参数不正确", `unknown ${ac}`];
  const data = body && typeof body === "object" ? Object.entries(body).filter(([k]) => m.fields.some((x) => x.name === k && !x.virtual)) : [];
  const log = (dscr, oid, ch) => db.run("INSERT INTO ObjLog(obj,objId,dscr,apiLogId,changes) VALUES(?,?,?,?,?)", [obj, oid, dscr, 900, JSON.stringify(ch)]);
  switch (a) {
    case "query": return query(obj, p);
    case "get": { const r = rows(`SELECT ${m.fields.filter((x) => x.kind !== "pwd").map((x) => x.name)} FROM ${source(obj)} WHERE id=?`, [p.id])[0]; if (!r) throw [1, "参数不正确", "not found"]; return subs(obj, r, p); }
    case "add": { const all = data.filter(([k]) => k !== "pwd"); if (obj === "Ordr") all.push(["status", "CR"], ["createTm", stamp(new Date())]); const cols = new Map(all); db.run(`INSERT INTO ${obj}(${[...cols.keys()]}) VALUES(${[...cols].map(() => "?")})`, [...cols.values()]); const n = rows("SELECT last_insert_rowid() n")[0].n; log("添加", n, Object.fromEntries(all.map(([k, v]) => [k, [null, v]]))); return n; }
    case "set": { const old = rows(`SELECT * FROM ${obj} WHERE id=?`, [p.id])[0]; for (const [k, v] of data.filter(([k]) => k !== "id" && k !== "pwd")) db.run(`UPDATE ${obj} SET ${k}=? WHERE id=?`, [v === "" ? null : v, p.id]); log("更新", p.id, Object.fromEntries(data.filter(([k]) => k !== "id").map(([k, v]) => [k, [old?.[k], v]]))); if (body?.status) db.run("INSERT INTO OrderLog(orderId,action,tm,empId) VALUES(?,?,?,1)", [p.id, body.status, stamp(new Date())]); return "OK"; }
    case "del": db.run(`DELETE FROM ${obj} WHERE id=?`, [p.id]); return "OK";
    case "setIf": case "batchSet": { const n = rows(`SELECT COUNT(*) n FROM ${obj} WHERE ${condOf(p.cond)}`)[0].n; for (const [k, v] of data) db.run(`UPDATE ${obj} SET ${k}=? WHERE ${condOf(p.cond)}`, [v]); return n; }
    case "delIf": case "batchDel": { const n = rows(`SELECT COUNT(*) n FROM ${obj} WHERE ${condOf(p.cond)}`)[0].n; db.run(`DELETE FROM ${obj} WHERE ${condOf(p.cond)}`); return n; }
    case "dup": return String(p.id).split(",").map((one) => { const r = rows(`SELECT * FROM ${obj} WHERE id=?`, [one])[0]; delete r.id; db.run(`INSERT INTO ${obj}(${Object.keys(r)}) VALUES(${Object.keys(r).map(() => "?")})`, Object.values(r)); return rows("SELECT last_insert_rowid() n")[0].n; });
    case "batchAdd": { const lines = String(body).trim().split("\n"); const n = lines.length - 1; const bad = lines.slice(1).map((l, i) => [l, i + 2]).filter(([l]) => /BAD/.test(l)); if (bad.length) throw [1, bad.map(([l, i]) => `第${i}行出错("${l}"): 参数不正确 (bad value)`).join("\n"), null]; return { cnt: n, idList: [] }; }
  }
  throw [1, "参数不正确", `unknown ${ac}`];
}
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
createServer(async (req, res) => {
  const url = new URL(req.url, "http://x"); res.setHeader("Content-Security-Policy", "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'");
  if (!url.pathname.startsWith("/api/")) { const file = join("dist", normalize(url.pathname)); if (!existsSync(file) || !extname(file)) { res.statusCode = 404; return res.end(); } res.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream"); return res.end(readFileSync(file)); }
  const chunks = []; for await (const c of req) chunks.push(c); const text = Buffer.concat(chunks).toString(); const ac = url.pathname.slice(5); const g = Object.fromEntries(url.searchParams); let body;
  if (req.method === "POST") body = (req.headers["content-type"] ?? "").includes("json") ? JSON.parse(text || "{}") : text;
  if (ac === "att") { res.setHeader("Content-Type", "image/svg+xml"); const n = Number(g.id) || 1; return res.end(`<svg xmlns="http://www.w3.org/2000/svg" width="360" height="270"><rect width="360" height="270" fill="hsl(${n * 47 % 360} 40% 62%)"/><text x="180" y="150" font-size="48" text-anchor="middle" fill="#fff">${n}</text></svg>`); }
  res.setHeader("Content-Type", "text/plain; charset=UTF-8"); res.setHeader("X-Daca-Server-Rev", "a1b2c3"); if (process.env.TEST_MODE) res.setHeader("X-Daca-Test-Mode", "1"); res.setHeader("X-Daca-Log-Id", String(logId()));
  let out; try { const data = act(ac, g, body, g._app ?? "user"); if (data?.file) { res.setHeader("Content-Disposition", `attachment; filename*=UTF-8''${encodeURIComponent(data.name)}`); return res.end(data.file); } out = [0, data ?? null]; } catch (e) { if (!Array.isArray(e)) console.error(ac, e); out = Array.isArray(e) ? e : [4, "服务器错误", String(e)]; if (out[0] !== 2) console.log(ac, JSON.stringify(out)); }
  res.end(JSON.stringify(out));
}).listen(port, "127.0.0.1", () => console.log(`mock on http://127.0.0.1:${port}`));
