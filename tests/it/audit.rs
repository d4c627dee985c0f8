//! The audit log: what it holds, who reads it, and that it cannot be altered unseen.

use crate::app::TestApp;
use crate::login::{employee, user};
use jindou::audit::verify::{Against, ChainReport, verify};
use jindou::audit::{CallRecord, Need};
use jindou::auth::Role;
use jindou::services::LogTable;
use serde_json::{Value, json};

/// Strict: rows are there when the answer is.
fn app() -> TestApp {
    TestApp::with(&[("P_TEST_MODE", "2"), ("P_AUDIT", "strict")])
}

fn keeping_a_month() -> TestApp {
    TestApp::with(&[("P_TEST_MODE", "2"), ("P_AUDIT", "strict"), ("P_AUDIT_KEEP_DAYS", "30")])
}

/// It is so late, and somebody says that this is right.
fn set_clock(app: &TestApp, unix_ms: i64) {
    app.server.env.clock.set_ms(unix_ms);
    app.server.env.trusted.known(unix_ms);
}

/// One go of retention; whether there is more to remove.
fn retain(app: &TestApp) -> bool {
    app.anon().ok("runJob?name=auditRetention", json!(null)) == json!(true)
}

fn rows(app: &TestApp, sql: &str) -> Vec<Vec<Value>> {
    let sql = sql.to_owned();
    app.write(move |tx| tx.console(&sql, false)).rows
}

fn alter(app: &TestApp, sql: &str) {
    let sql = sql.to_owned();
    app.write(move |tx| tx.console(&sql, true));
}

fn report(app: &TestApp) -> ChainReport {
    let against = Against { keys: app.server.chain.keys(), heads: &[], last_key_only: false };
    app.server.look(|conn| verify(conn, &against)).unwrap()
}

#[test]
fn f101_every_call_has_one_row() {
    let app = app();
    let id = user(&app, "13800138000");
    let client = app.login(Role::User, id);
    client.ok("User.get?_ver=a/2", json!(null));
    client.ok("Ordr.add", json!({"dscr": "tea"}));
    assert_eq!(client.fails("Ordr.get?id=99", json!(null)).0, 1);
    assert_eq!(app.anon().fails("Ordr.query", json!(null)).0, 2);
    let found = rows(
        &app,
        "SELECT ac, userId, retval, app, ver, reqsz>0, ressz>0, t>=0, tm>'2020' FROM ApiLog \
         WHERE ac<>'system' ORDER BY id",
    );
    let expected = [
        json!(["User.get", id, 0, "user", "a/2", 1, 1, 1, 1]),
        json!(["Ordr.add", id, 0, "user", "web", 1, 1, 1, 1]),
        json!(["Ordr.get", id, 1, "user", "web", 1, 1, 1, 1]),
        json!(["Ordr.query", null, 2, "user", "web", 1, 1, 1, 1]),
    ];
    assert_eq!(json!(found), json!(expected));
}

#[test]
fn f102_secrets_are_masked_in_every_encoding() {
    let app = app();
    let client = app.anon();
    let secret = "s3cret-value-77";
    client.call("login", json!({"uname": "a", "pwd": secret}));
    client.form("login", &format!("uname=a&pwd={secret}"));
    client.call(&format!("login?uname=a&pwd={secret}"), json!(null));
    client.call("login", json!({"token": secret}));
    client.call("batch", json!([{"ac": "login", "post": {"uname": "a", "pwd": secret}}]));
    client.call("batch?useTrans=1", json!([{"ac": "login", "post": {"uname": "a", "code": secret}}]));
    client.call("chpwd", json!({"oldpwd": secret, "pwd": secret}));
    for table in ["ApiLog", "ApiLog1"] {
        let leaks = rows(
            &app,
            &format!("SELECT req FROM {table} WHERE req LIKE '%{secret}%' OR res LIKE '%{secret}%'"),
        );
        assert_eq!(leaks, Vec::<Vec<Value>>::new());
    }
    let shown = app.cell("SELECT req FROM ApiLog WHERE ac='login' ORDER BY id LIMIT 1");
    assert!(shown.as_str().unwrap().contains("uname=a, pwd=?"), "{shown}");
}

#[test]
fn f103_items_of_a_batch_have_rows_of_their_own() {
    let app = app();
    let client = app.login(Role::User, user(&app, "13800138000"));
    for (trans, n) in [("0", 1), ("1", 2)] {
        let items = json!([{"ac": "User.get"}, {"ac": "Ordr.add", "post": {"dscr": "tea"}}]);
        client.ok(&format!("batch?useTrans={trans}"), items);
        let call =
            rows(&app, "SELECT id, ac FROM ApiLog WHERE ac LIKE 'batch%' ORDER BY id DESC LIMIT 1").remove(0);
        assert_eq!(call[1], json!("batch:2,User.get,Ordr.add"));
        let items =
            rows(&app, &format!("SELECT ac, retval FROM ApiLog1 WHERE apiLogId={} ORDER BY id", call[0]));
        assert_eq!(json!(items), json!([["User.get", 0], ["Ordr.add", 0]]));
        let linked = rows(&app, "SELECT o.apiLogId, i.ac FROM ObjLog o JOIN ApiLog1 i ON i.id=o.apiLog1Id");
        assert_eq!(linked.len(), n);
        assert_eq!(linked.last().unwrap()[..], [call[0].clone(), json!("Ordr.add")]);
    }
}

#[test]
fn items_are_found_beside_their_call() {
    let app = app();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let items = json!([{"ac": "User.get"}, {"ac": "Ordr.add", "post": {"dscr": "tea"}}, {"ac": "whoami"}]);
    client.ok("batch?useTrans=1", items);
    client.ok("User.get", json!(null));
    let boss = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    let ask = |query: &str| boss.ok(&format!("ApiLog.query?{query}"), json!(null));
    let found = ask("res=ac,id1,ac1,req1&cond=ac1='Ordr.add'");
    assert_eq!(found["d"], json!([["batch:3,User.get,Ordr.add,whoami", 2, "Ordr.add", ";\ndscr=tea"]]));
    let all = ask("res=id,ac1&cond=ac like 'batch%' or ac='User.get'&pagesz=-1")["d"].clone();
    assert_eq!(all.as_array().unwrap().len(), 4, "{all}");
    // A page that ends among the items of one call goes on with the rest of them.
    let (mut paged, mut key) = (Vec::new(), json!(1));
    while let Some(page) = key.as_i64() {
        let got = ask(&format!("res=id,ac1&cond=ac like 'batch%' or ac='User.get'&pagesz=2&pagekey={page}"));
        paged.extend(got["d"].as_array().unwrap().clone());
        key = got["nextkey"].clone();
    }
    assert_eq!(json!(paged), all);
    let get = boss.ok(&format!("ApiLog.get?id={}&res=log1", all[1][0]), json!(null));
    let order: Vec<&Value> = get["log1"].as_array().unwrap().iter().map(|item| &item["ac"]).collect();
    assert_eq!(order, ["User.get", "Ordr.add", "whoami"]);
}

#[test]
fn f104_changes_are_kept_with_old_and_new_values() {
    let app = app();
    let admin = app.login(Role::Admin, 1);
    let id = admin.ok("Employee.add", json!({"uname": "wang", "pwd": "golden-cloud-7", "name": "A"}));
    admin.ok(&format!("Employee.set?id={id}"), json!({"name": "B", "pwd": "silver-river-8"}));
    admin.ok(&format!("Employee.del?id={id}"), json!(null));
    let found = rows(&app, "SELECT dscr, objId, changes FROM ObjLog WHERE obj='Employee' ORDER BY id");
    let whats: Vec<&Value> = found.iter().map(|row| &row[0]).collect();
    assert_eq!(whats, [&json!("添加"), &json!("更新"), &json!("删除")]);
    assert!(found.iter().all(|row| row[1] == id));
    let changes: Value = serde_json::from_str(found[1][2].as_str().unwrap()).unwrap();
    assert_eq!(changes, json!({"name": ["A", "B"], "pwd": ["?", "?"]}));
    assert!(found.iter().all(|row| !row[2].to_string().contains("argon2")));
}

#[test]
fn a_change_that_was_undone_leaves_no_trace_of_itself() {
    let app = app();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let before = app.cell("SELECT COUNT(*) FROM ObjLog");
    client.ok(
        "batch?useTrans=1",
        json!([{"ac": "Ordr.add", "post": {"dscr": "x"}}, {"ac": "Ordr.get", "get": {"id": 99}}]),
    );
    assert_eq!(app.cell("SELECT COUNT(*) FROM Ordr"), json!(0));
    assert_eq!(app.cell("SELECT COUNT(*) FROM ObjLog"), before);
    assert_eq!(report(&app).broken, None);
}

#[test]
fn f105_the_call_log_is_for_managers() {
    let app = app();
    employee(&app, "wang", "emp");
    employee(&app, "chief", "emp,mgr");
    assert_eq!(app.anon().fails("ApiLog.query", json!(null)).0, 2);
    for role in [Role::User, Role::Emp] {
        if role == Role::User {
            user(&app, "13800138000");
        }
        for action in ["ApiLog.query", "ApiLog.get?id=1", "ApiLog.stat", "ApiLog1.query", "SyslogV.query"] {
            assert_eq!(app.login(role, 1).fails(action, json!(null)).0, 5, "{action}");
        }
    }
    let chief = app.login(Role::Mgr, 2);
    chief.ok("Employee.get", json!(null));
    let newest = chief.ok("ApiLog.query?pagesz=1&res=ac,userId,empName,empPhone", json!(null));
    assert_eq!(newest["d"][0], json!(["Employee.get", 2, "Wang", format!("1390000{:04}", "chief".len())]));
    app.login(Role::User, 1).ok("User.get", json!(null));
    let row = chief.ok("ApiLog.query?pagesz=1&res=ac,empName&cond=ac='User.get'", json!(null));
    assert_eq!(row["d"], json!([["User.get", null]]), "user 1 is not employee 1");
    let years = chief.ok("ApiLog.query?gres=y&res=count(*) n", json!(null));
    assert_eq!(years["h"], json!(["y", "n"]));
    let batch = chief.ok("batch", json!([{"ac": "Employee.get"}]));
    assert_eq!(batch[0][0], json!(0));
    let id = app.cell("SELECT MAX(id) FROM ApiLog WHERE ac LIKE 'batch%'");
    let row = chief.ok(&format!("ApiLog.get?id={id}&res=id,log1"), json!(null));
    assert_eq!(row["log1"][0]["ac"], json!("Employee.get"));
    assert!(row["log1"][0].get("hash").is_none());
}

#[test]
fn nobody_writes_the_log_by_hand() {
    let app = app();
    employee(&app, "chief", "emp,mgr");
    for (role, name) in [(Role::Mgr, "mgr"), (Role::Admin, "admin")] {
        let client = app.login(role, 1);
        for object in ["ApiLog", "ApiLog1", "ObjLog", "AuditMark"] {
            for action in [
                "add",
                "set?id=1",
                "del?id=1",
                "setIf?cond=id>0",
                "delIf?cond=id>0",
                "batchDel?cond=id>0",
                "batchSet?cond=id>0",
                "batchAdd",
                "dup?id=1",
            ] {
                let (code, _) = client.fails(&format!("{object}.{action}"), json!({"ac": "x"}));
                assert_eq!(code, 5, "{name} {object}.{action}");
            }
        }
    }
    assert_eq!(report(&app).broken, None);
}

#[test]
fn f106_the_object_log_by_a_condition_on_the_object() {
    let app = app();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let ids: Vec<Value> =
        ["tea", "coffee", "tea"].map(|dscr| client.ok("Ordr.add", json!({"dscr": dscr}))).to_vec();
    let emp = app.login(Role::Emp, employee(&app, "wang", "emp"));
    emp.ok(&format!("Ordr.set?id={}", ids[2]), json!({"status": "RE"}));
    let log = emp
        .ok("ObjLog.query?cond[obj]=Ordr&objFilter=dscr='tea'&res=objId,dscr,ac,userId,empName", json!(null));
    let expected = json!([
        [ids[2], "更新", "Ordr.set", 1, "Wang"],
        [ids[2], "添加", "Ordr.add", 1, null],
        [ids[0], "添加", "Ordr.add", 1, null],
    ]);
    assert_eq!(log["d"], expected);
    let all = emp.ok("ObjLog.query?cond[obj]=Ordr", json!(null));
    let head = [
        "id",
        "obj",
        "objId",
        "dscr",
        "apiLogId",
        "apiLog1Id",
        "tm",
        "ac",
        "req",
        "userId",
        "addr",
        "ac0",
        "ac1",
        "empName",
        "empPhone",
    ];
    assert!(head.iter().all(|name| all["h"].as_array().unwrap().contains(&json!(name))), "{}", all["h"]);
    assert_eq!(emp.fails("ObjLog.query?objFilter=id>0", json!(null)).0, 1);
    assert_eq!(
        emp.fails("ObjLog.query?cond[obj]=Cinf&objFilter=id>0", json!(null)).0,
        5,
        "only what one may query"
    );
    assert_eq!(client.fails("ObjLog.query", json!(null)).0, 5);
}

#[test]
fn f107_clients_report_and_managers_read() {
    let app = app();
    let guest = app.anon();
    let id = guest.ok("Syslog.add", json!({"module": "m2", "content": "<b>boom</b>"}));
    assert_eq!(guest.fails("Syslog.add", json!({"module": "m2", "content": "x", "apiLogId": 1})).0, 5);
    assert_eq!(guest.fails("Syslog.add", json!({"module": "m2"})).0, 1);
    for action in
        ["Syslog.query", "SyslogV.query", &format!("Syslog.get?id={id}"), &format!("Syslog.del?id={id}")]
    {
        assert_eq!(guest.fails(action, json!(null)).0, 2, "{action}");
    }
    let chief = app.login(Role::Mgr, employee(&app, "chief", "mgr"));
    let seen = chief.ok("SyslogV.query?res=module,pri,content,apiLogId", json!(null));
    let call = app.cell("SELECT MIN(id) FROM ApiLog WHERE ac='Syslog.add'");
    assert_eq!(seen["d"], json!([["m2", "INF", "<b>boom</b>", call]]));
    let flood = (0..100).map(|_| guest.call("Syslog.add", json!({"module": "m", "content": "x"}))[0].clone());
    assert!(flood.filter(|code| *code == json!(5)).count() >= 30, "a flood is refused");
}

#[test]
fn statistics_of_actions() {
    let app = app();
    let client = app.login(Role::User, user(&app, "13800138000"));
    for _ in 0..3 {
        client.ok("User.get", json!(null));
        client.fails("Ordr.get?id=9", json!(null));
    }
    client.ok("batch", json!([{"ac": "User.get"}]));
    let admin = app.login(Role::Admin, 1);
    let found = admin.ok("ApiLog.stat", json!(null));
    assert_eq!(found["h"], json!(["ac", "cnt", "err", "p50", "p95", "avg"]));
    let row =
        |ac: &str| found["d"].as_array().unwrap().iter().find(|row| row[0] == json!(ac)).cloned().unwrap();
    assert_eq!(row("Ordr.get").as_array().unwrap()[1..3], [json!(3), json!(3)]);
    assert_eq!(row("User.get").as_array().unwrap()[1..3], [json!(3), json!(0)]);
    assert_eq!(row("batch")[1], json!(1));
    assert_eq!(admin.ok("ApiLog.stat?to=2020-01-01", json!(null))["d"], json!([]));
    let bad = admin.fails("ApiLog.stat?from=yesterday-ish", json!(null));
    assert_eq!(bad.0, 1);
}

fn busy() -> TestApp {
    let app = app();
    let client = app.login(Role::User, user(&app, "13800138000"));
    for n in 0..6 {
        client.ok("Ordr.add", json!({"dscr": format!("{n}")}));
    }
    client.ok("batch", json!([{"ac": "Ordr.add", "post": {"dscr": "b"}}, {"ac": "User.get"}]));
    assert_eq!(report(&app).broken, None);
    app
}

#[test]
fn a_row_that_was_altered_is_named() {
    for (table, field) in [("ApiLog", "userId"), ("ApiLog1", "retval"), ("ObjLog", "changes")] {
        let app = busy();
        let id = app.cell(&format!("SELECT MIN(id)+1 FROM {table}"));
        alter(&app, &format!("UPDATE {table} SET {field}='77' WHERE id={id}"));
        let at = report(&app).broken.expect("a break");
        assert_eq!((at.table, json!(at.id)), (table, id), "{}", at.what);
        assert_eq!(at.what, "the row was altered");
    }
}

#[test]
fn a_row_that_was_removed_is_missed() {
    for table in ["ApiLog", "ApiLog1", "ObjLog"] {
        let app = busy();
        let seq = app.cell(&format!("SELECT MIN(seq) FROM {table}"));
        alter(&app, &format!("DELETE FROM {table} WHERE seq={seq}"));
        let at = report(&app).broken.expect("a break");
        assert!(at.what.contains("removed"), "{table}: {}", at.what);
    }
    let app = busy();
    alter(&app, "DELETE FROM ApiLog WHERE id=(SELECT MAX(id) FROM ApiLog)");
    assert!(report(&app).broken.is_some(), "also at the end");
}

#[test]
fn a_row_that_was_slipped_in_is_named() {
    let app = busy();
    let next = app.cell("SELECT MAX(seq)+1 FROM ApiLog");
    alter(
        &app,
        &format!(
            "INSERT INTO ApiLog (id, tm, ac, seq, hash) VALUES (9999, '2026-01-01 00:00:00', 'Ordr.del', {next}, 'ab')"
        ),
    );
    let at = report(&app).broken.expect("a break");
    assert_eq!((at.table, at.id), ("ApiLog", 9999));
}

/// Takes the id of a row that is still to be written.
fn take_place(app: &TestApp, table: &'static str) -> String {
    let id = app.cell(&format!("SELECT MAX(id)+10 FROM {table}"));
    let row = serde_json::Map::from_iter([("id".to_owned(), id), ("ac".to_owned(), json!("taken"))]);
    app.write(move |tx| tx.insert(table, row));
    format!("DELETE FROM {table} WHERE ac='taken'")
}

#[test]
fn a_read_whose_row_cannot_be_written_hurts_no_other() {
    let app = TestApp::new();
    let boss = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    let count = "ApiLog.query?cond=ac='whoami'&res=count(*) n&fmt=one?";
    assert_eq!(boss.ok(count, json!(null)), json!(0));
    let undo = take_place(&app, "ApiLog");
    // Many rows go into one statement: those before the fault and those after it stay.
    for _ in 0..60 {
        app.anon().call("whoami", json!(null));
    }
    assert_eq!(boss.ok(count, json!(null)), json!(59));
    alter(&app, &undo);
    assert_eq!(report(&app).broken, None);
}

#[test]
fn a_strict_log_answers_no_read_whose_row_was_not_written() {
    let app = app();
    let undo = take_place(&app, "ApiLog");
    let codes: Vec<i64> =
        (0..60).map(|_| app.anon().call("initClient", json!(null))[0].as_i64().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 3).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 59, "{codes:?}");
    let recorded = "SELECT COUNT(*) FROM ApiLog WHERE ac='initClient'";
    assert_eq!(app.cell(recorded), json!(59));
    alter(&app, &undo);
    assert_eq!(report(&app).broken, None);
}

/// While a fault passes, the row of a batch that has changed something is tried again.
#[test]
fn the_row_of_a_batch_is_written_when_a_fault_has_passed() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138001"));
    let items = json!([{"ac": "Ordr.add", "post": {"dscr": "tea"}}]);
    let id = app.server.env.peek_log_id(LogTable::Call);
    app.write(move |tx| {
        tx.insert(
            "ApiLog",
            serde_json::Map::from_iter([("id".to_owned(), json!(id)), ("ac".to_owned(), json!("taken"))]),
        )
    });
    assert_eq!(client.ok("batch", items)[0][0], json!(0));
    let left = "SELECT COUNT(*) FROM BatchBegun WHERE userId IS NOT NULL AND addr='127.0.0.1'";
    assert_eq!(app.cell(left), json!(1));
    alter(&app, "DELETE FROM ApiLog WHERE ac='taken'");
    let row = format!("SELECT COUNT(*) FROM ApiLog WHERE id={id} AND retval=0 AND userId IS NOT NULL");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while app.cell(&row) != json!(1) {
        assert!(std::time::Instant::now() < until, "the row is not written");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    while app.cell(left) != json!(0) {
        assert!(std::time::Instant::now() < until, "what the first call left is still there");
    }
}

#[test]
fn a_change_is_not_kept_without_its_rows() {
    let app = busy();
    let client = app.login(Role::User, user(&app, "13800138001"));
    let orders = "SELECT COUNT(*) FROM Ordr";
    let before = app.cell(orders);
    let items = json!(vec![json!({"ac": "Ordr.add", "post": {"dscr": "tea"}}); 20]);
    let undo = take_place(&app, "ApiLog1");
    let body = client.call("batch?useTrans=1", items.clone());
    assert_ne!(body[0], json!(0), "{body}");
    assert_eq!(app.cell(orders), before);
    alter(&app, &undo);
    client.ok("batch?useTrans=1", items);
    assert_eq!(app.cell(orders).as_i64(), before.as_i64().map(|n| n + 20));
    assert_eq!(report(&app).broken, None);
}

#[test]
fn retention_cuts_whole_calls_and_the_rest_still_proves_itself() {
    let app = keeping_a_month();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let work = |n: i64| {
        client.ok("Ordr.add", json!({"dscr": n.to_string()}));
        client.ok("batch", json!([{"ac": "Ordr.add", "post": {"dscr": "b"}}]));
    };
    (0..3).for_each(work);
    let start = app.server.env.unix_ms();
    set_clock(&app, start + 29 * 86_400_000);
    let client2 = app.login(Role::User, 1);
    client2.ok("Ordr.add", json!({"dscr": "young"}));
    set_clock(&app, start + 31 * 86_400_000);
    while retain(&app) {}
    let left = rows(&app, "SELECT ac FROM ApiLog WHERE ac<>'runJob' ORDER BY id");
    assert_eq!(json!(left), json!([["Ordr.add"]]));
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog1"), json!(0));
    assert_eq!(app.cell("SELECT COUNT(*) FROM ObjLog"), json!(1));
    assert_eq!(app.cell("SELECT COUNT(*) FROM AuditMark WHERE note='cut'"), json!(1));
    let after = report(&app);
    assert!(after.broken.is_none() && after.rows > 0, "{after:?}");
    alter(&app, "DELETE FROM ObjLog");
    assert!(report(&app).broken.is_some());
}

/// Writes the row of a call that began before others and ends after them.
fn end_late(app: &TestApp, id: i64) {
    let server = app.server.clone();
    let tm = jindou::time::format(app.server.env.zone.from_unix(app.server.env.unix_ms() / 1000));
    let record = CallRecord { id, tm: tm.into(), ..CallRecord::default() };
    app.write(move |_| {
        server.chain.leave(record.into(), Need::Change);
        Ok(())
    });
}

/// A log whose last row is that of a call that began before forty others.
fn ended_late() -> (TestApp, i64) {
    let app = busy();
    let id = app.server.env.next_log_id(LogTable::Call);
    let client = app.login(Role::User, user(&app, "13800138009"));
    (0..40).for_each(|n| _ = client.ok("Ordr.add", json!({"dscr": n.to_string()})));
    end_late(&app, id);
    (app, id)
}

#[test]
fn a_call_that_took_long_ends_the_chain_and_the_next_server_goes_on_from_it() {
    let (app, id) = ended_late();
    let marks =
        "SELECT COUNT(*) FROM AuditMark m JOIN ApiLog c ON c.seq=m.seq AND c.hash=m.hash WHERE note='end'";
    assert_eq!(app.cell(marks), json!(1));
    let last = app.cell("SELECT MAX(seq) FROM ApiLog");
    assert_eq!(app.cell("SELECT seq FROM ApiLog WHERE ac IS NULL"), last);
    let app = app.restart(&[("P_TEST_MODE", "2"), ("P_AUDIT", "strict")]);
    app.anon().call("whoami", json!(null));
    assert_eq!(app.cell("SELECT MAX(seq) FROM ApiLog").as_i64(), last.as_i64().map(|seq| seq + 1));
    assert_eq!(report(&app).broken, None);
    // Without it the end would be missed.
    alter(&app, &format!("DELETE FROM ApiLog WHERE id={id}"));
    assert!(report(&app).broken.is_some());
}

#[test]
fn what_was_undone_leaves_the_end_where_it_was() {
    let (app, _) = ended_late();
    let client = app.login(Role::User, user(&app, "13800138008"));
    // The second item fails after the first has written: the end is read from the tables again.
    let items = json!([{"ac": "Ordr.add", "post": {"dscr": "b"}}, {"ac": "Ordr.set", "get": {"id": 99999}}]);
    client.call("batch?useTrans=1", items);
    client.ok("Ordr.add", json!({"dscr": "after"}));
    assert_eq!(report(&app).broken, None);
}

#[test]
fn retention_waits_for_a_call_that_took_long() {
    let app = keeping_a_month();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let start = app.server.env.unix_ms();
    let id = app.server.env.next_log_id(LogTable::Call);
    // More than one go takes.
    let items: Vec<Value> = (0..700).map(|_| json!({"ac": "Ordr.add", "post": {"dscr": "b"}})).collect();
    client.ok("batch", json!(items));
    (0..20).for_each(|n| _ = client.ok("Ordr.add", json!({"dscr": n.to_string()})));
    end_late(&app, id);
    set_clock(&app, start + 31 * 86_400_000);
    let client = app.login(Role::User, 1);
    client.ok("Ordr.add", json!({"dscr": "young"}));
    let mut times = 0;
    while retain(&app) {
        assert_eq!(report(&app).broken, None);
        times += 1;
    }
    assert!(times > 0, "one go was enough");
    let left = rows(&app, "SELECT ac FROM ApiLog WHERE ac IS NULL OR ac<>'runJob' ORDER BY id");
    assert_eq!(json!(left), json!([["Ordr.add"]]));
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog1"), json!(0));
    assert_eq!(app.cell("SELECT COUNT(*) FROM ObjLog"), json!(1));
    assert_eq!(report(&app).broken, None);
}

#[test]
fn retention_goes_on_past_rows_that_somebody_removed() {
    let app = keeping_a_month();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let start = app.server.env.unix_ms();
    (0..20).for_each(|n| _ = client.ok("Ordr.add", json!({"dscr": n.to_string()})));
    alter(&app, "DELETE FROM ApiLog WHERE id BETWEEN 5 AND 9");
    set_clock(&app, start + 31 * 86_400_000);
    app.login(Role::User, 1).ok("User.get", json!(null));
    while retain(&app) {}
    assert_eq!(app.cell("SELECT COUNT(*) FROM ObjLog"), json!(0));
    assert_eq!(report(&app).broken, None);
}

#[test]
fn a_row_without_a_place_does_not_say_where_the_chain_begins() {
    let app = keeping_a_month();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let id = app.server.env.next_log_id(LogTable::Call);
    (0..3).for_each(|n| _ = client.ok("Ordr.add", json!({"dscr": n.to_string()})));
    set_clock(&app, app.server.env.unix_ms() + 31 * 86_400_000);
    app.login(Role::User, 1).ok("User.get", json!(null));
    while retain(&app) {}
    alter(&app, &format!("INSERT INTO ApiLog (id, tm, ac) VALUES ({id}, '2020-01-01 00:00:00', 'taken')"));
    while retain(&app) {}
    assert_eq!(report(&app).broken.map(|at| (at.id, at.what)), Some((id, "a row was inserted".to_owned())));
    alter(&app, "DELETE FROM ApiLog WHERE ac='taken'");
    assert_eq!(report(&app).broken, None);
}

#[test]
fn a_row_with_a_number_that_is_still_to_come_is_named() {
    let app = busy();
    let id = app.server.env.next_log_id(LogTable::Call);
    (0..40).for_each(|_| _ = app.anon().call("whoami", json!(null)));
    alter(&app, &format!("INSERT INTO ApiLog (id, ac, seq, hash) VALUES ({id}, 'Ordr.del', 99999, 'ab')"));
    let at = report(&app).broken.expect("a break");
    assert_eq!((at.id, at.what.as_str()), (id, "a row was inserted"));
}

#[test]
fn a_batch_that_was_cut_off_gets_its_row_at_the_next_start() {
    let app = busy();
    let id = app.cell("SELECT MAX(apiLogId) FROM ApiLog1");
    // As a crash leaves it: the items were committed, the batch's own row (the last one) was not.
    alter(&app, &format!("DELETE FROM ApiLog WHERE id={id}"));
    alter(&app, "UPDATE sqlite_sequence SET seq=(SELECT MAX(id) FROM ApiLog) WHERE name='ApiLog'");
    let app = app.restart(&[("P_TEST_MODE", "2"), ("P_AUDIT", "strict")]);
    let row = rows(&app, &format!("SELECT ac, retval FROM ApiLog WHERE id={id}"));
    assert_eq!(json!(row), json!([["batch:2,Ordr.add,User.get", -100]]));
    assert_eq!(report(&app).broken, None);
}

#[test]
fn who_reads_the_log_sees_what_was_answered_before() {
    let app = TestApp::new();
    let boss = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    for n in 0..30 {
        app.anon().call(&format!("initClient?_ver=a/{n}"), json!(null));
        let last = boss.ok("ApiLog.query?cond=ac='initClient'&res=ver&pagesz=1", json!(null));
        assert_eq!(last["d"], json!([[format!("a/{n}")]]));
    }
    for _ in 0..300 {
        app.anon().call("whoami", json!(null));
    }
    let count = boss.ok("ApiLog.query?cond=ac='whoami'&res=count(*) n&fmt=one?", json!(null));
    assert_eq!(count, json!(300));
}
