//! The log of changes and of calls tells a reader no more than the objects themselves would: row by row, field by
//! field, and in every clause of a query.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::{employee, user};
use crate::watch_devices::{bind, watch};
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::{Value, json};

fn list(client: &Client<'_>, query: &str) -> Vec<Value> {
    let sign = if query.contains('?') { '&' } else { '?' };
    let answer = client.ok(&format!("{query}{sign}fmt=list&pagesz=-1"), json!(null));
    answer["list"].as_array().unwrap().clone()
}

/// Rows as servers wrote them that masked less, or not at all.
fn insert(app: &TestApp, sql: &'static str) {
    rusqlite::Connection::open(app.server.db.path()).unwrap().execute_batch(sql).unwrap();
}

/// Every way to ask for a field of the log: none may tell that a row holds `word`.
fn tells_nothing(client: &Client<'_>, object: &str, field: &str, word: &str) {
    let like = format!("{field} like '%25{word}%25'");
    for query in [
        format!("cond={like}&res=id"),
        format!("cond=t0.{like}&res=id"),
        format!("cond={field} is not null and {like}&res=id"),
        format!("cond[{field}]=~*{word}*&res=id"),
        format!("res=id,{field}"),
        format!("res=id,{field} x&orderby=x"),
        format!("res=t0.*&orderby={field} desc"),
        "res=*".to_owned(),
        "".to_owned(),
        format!("res={field},count(*) n&gres={field}"),
        format!("gres={field}&res=count(*) n"),
        format!("res=max({field}) x,min({field}) y"),
        format!("res=id&statRes=max({field}) x"),
        format!("res=sum({like}) x&gcond=x>0&gres=1"),
        format!("res={field}&distinct=1"),
        format!("res=id&hiddenFields=0&orderby={field}"),
        format!("q={word}"),
        format!("res=id&qsearch={field}:{word}"),
        format!("fmt=csv&res=id,{field}"),
        format!("res=id,{field}&pivot={field}"),
    ] {
        let target = format!("/api/{object}.query?{}", query.replace(' ', "%20"));
        let answer = client.send("GET", &target, &[], None).text();
        let echoes = answer.replace(&query, "");
        assert!(!echoes.contains(word), "{object}?{query}: {answer}");
        if query.starts_with("cond") || query.starts_with('q') {
            let found = client.call(&format!("{object}.query?{query}&res=count(*) n&fmt=one"), json!(null));
            let none = found[0] != json!(0) || found[1]["n"] == json!(0);
            assert!(none, "{object}?{query}: {found}");
        }
    }
}

#[test]
fn changes_are_shown_row_by_row() {
    let app = TestApp::new();
    let boss = app.login(Role::Admin, 1);
    let (one, other) = (employee(&app, "clerk", "emp"), employee(&app, "colleague", "emp"));
    boss.ok(&format!("Employee.set?id={other}"), json!({"phone": "13700009999", "perms": "emp,mgr"}));
    let emp = app.login(Role::Emp, one);
    let mgr = app.login(Role::Mgr, employee(&app, "thechief", "emp,mgr"));
    let seen = list(&emp, "ObjLog.query?cond[obj]=Employee&res=objId,changes");
    assert!(!seen.is_empty() && seen.iter().all(|row| row["objId"] == json!(one)), "{seen:?}");
    assert!(!list(&mgr, &format!("ObjLog.query?cond[obj]=Employee&cond[objId]={other}")).is_empty());
    tells_nothing(&emp, "ObjLog", "changes", "13700009999");
    for row in list(&boss, &format!("ObjLog.query?cond[obj]=Employee&cond[objId]={other}&res=id")) {
        assert_ne!(emp.call(&format!("ObjLog.get?id={}", row["id"]), json!(null))[0], json!(0));
    }
    // Counts and pages count what is shown.
    let all = emp.ok("ObjLog.query?res=count(*) n&fmt=one&cond[obj]=Employee", json!(null));
    assert_eq!(all["n"], json!(seen.len()));
    let page = emp.ok("ObjLog.query?cond[obj]=Employee&pagesz=1&page=1", json!(null));
    assert_eq!(page["total"], json!(seen.len()));
    // A report of somebody else's is not shown, a shared one is.
    for (name, share) in [("private", 0), ("common", 1)] {
        boss.ok("Report.add", json!({"name": name, "obj": "Ordr", "def": {}, "shareFlag": share}));
    }
    let reports = list(&emp, "ObjLog.query?cond[obj]=Report&res=changes").to_vec();
    assert!(reports.len() == 1 && reports[0].to_string().contains("common"), "{reports:?}");
}

#[test]
fn fields_that_are_hidden_from_the_reader_are_not_in_the_changes() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    a.ok(&format!("Circle.set?id={id}"), json!({"brief": "the first"}));
    let emp = app.login(Role::Emp, employee(&app, "clerk", "emp"));
    let mgr = app.login(Role::Mgr, employee(&app, "thechief", "emp,mgr"));
    let trusted = app.login(Role::Emp, employee(&app, "trusted", "emp,family"));
    // No more is written by the server after these.
    insert(
        &app,
        r#"INSERT INTO ObjLog (obj, objId, dscr, changes) VALUES
           ('Circle', 1, '更新', '{"joinPwd":[null,"778899"],"brief":["a","778899"],"tm":["a","before"]}'),
           ('Circle', 2, '更新', '{"joinPwd":[null,"778899...'),
           ('CircleMsg', 1, '更新', '{"content":[null,"778899"]}'),
           ('Cinf', 1, '更新', '{"value":[null,"778899"]}'),
           ('Nothing', 1, '更新', '{"value":[null,"778899"]}')"#,
    );
    for client in [&emp, &mgr] {
        let seen = list(client, "ObjLog.query?cond[obj]=Circle&res=changes");
        assert!(seen.iter().any(|row| row.to_string().contains("before")), "{seen:?}");
        assert!(!json!(seen).to_string().contains("joinPwd"), "{seen:?}");
    }
    tells_nothing(&emp, "ObjLog", "changes", "778899");
    assert_eq!(list(&trusted, "ObjLog.query?cond[obj]=Circle&res=changes").len(), 0);
    // Whoever may look at private data does so where the look is recorded.
    tells_nothing(&trusted, "ObjLog", "changes", "778899");
    assert_eq!(list(&app.login(Role::Admin, 1), "ObjLog.query?cond=changes like '%25778899%25'").len(), 5);
}

#[test]
fn what_was_said_in_a_call_is_for_those_who_may_read_calls_and_the_object() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138000"));
    client.ok("Ordr.add?aside=teapot-112233", json!({"dscr": "tea"}));
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, "860000000000001");
    bind(&a, id, "860000000000001");
    a.ok(&format!("CircleMsg.add?circleId={id}"), json!({"type": 3, "content": "words-445566"}));
    a.ok(&format!("CircleMsg.query?circleId={id}&res=content words"), json!(null));
    device.ok("Watch.uploadLocate", json!({"lon": 121.445566, "lat": 31.2}));
    let items = json!([{"ac": "CircleMsg.add", "get": {"circleId": id}, "post": {"type": 3, "content": "words-445566"}},
        {"ac": "Ordr.add", "get": {"aside": "cup-112233"}, "post": {"dscr": "tea"}}]);
    a.ok("batch", items);
    let boss = app.login(Role::Admin, 1);
    boss.ok("execSql", json!({"sql": "SELECT content FROM CircleMsg"}));
    let emp = app.login(Role::Emp, employee(&app, "clerk", "emp"));
    let mgr = app.login(Role::Mgr, employee(&app, "thechief", "emp,mgr"));
    let trusted = app.login(Role::Mgr, employee(&app, "trusted", "emp,mgr,family"));

    let of_order = list(&emp, "ObjLog.query?cond[obj]=Ordr");
    assert_eq!(of_order.len(), 2);
    for row in &of_order {
        assert!(row["ac"].is_string() && row["req"].is_null() && row["tm"].is_string(), "{row}");
    }
    for field in ["req", "req0", "req1"] {
        tells_nothing(&emp, "ObjLog", field, "112233");
        tells_nothing(&emp, "ObjLog", field, "445566");
        tells_nothing(&mgr, "ObjLog", field, "445566");
    }
    let seen = json!(list(&mgr, "ObjLog.query?cond[obj]=Ordr")).to_string();
    assert!(seen.contains("teapot-112233") && seen.contains("cup-112233"), "{seen}");

    for field in ["req", "res", "req1"] {
        tells_nothing(&mgr, "ApiLog", field, "445566");
    }
    for field in ["req", "res"] {
        tells_nothing(&mgr, "ApiLog1", field, "445566");
    }
    let batches = list(&mgr, "ApiLog.query?cond=ac like 'batch%25'&res=id,ac,req,log1");
    assert!(!json!(batches).to_string().contains("445566"), "{batches:?}");
    assert!(json!(batches).to_string().contains("cup-112233"), "{batches:?}");
    let orders = list(&mgr, "ApiLog.query?cond[ac]=Ordr.add&res=req,ac");
    assert!(orders[0].to_string().contains("teapot-112233"), "{orders:?}");
    assert!(!list(&mgr, "ApiLog.query?cond[ac]=CircleMsg.add&res=tm,ac,userId,retval").is_empty());
    tells_nothing(&trusted, "ApiLog", "req", "445566");
    tells_nothing(&trusted, "ApiLog", "res", "445566");
    let calls = json!(list(&boss, "ApiLog.query?cond=ac like 'CircleMsg.%25'&res=req,res")).to_string();
    assert!(calls.contains("words-445566"), "{calls}");
    let sql = json!(list(&trusted, "ApiLog.query?cond[ac]=execSql&res=req,res")).to_string();
    assert!(!sql.contains("words"), "{sql}");
}

#[test]
fn a_condition_on_the_object_may_be_nested() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let ids: Vec<Value> = ["tea", "coffee"].map(|dscr| client.ok("Ordr.add", json!({"dscr": dscr}))).to_vec();
    let emp = app.login(Role::Emp, employee(&app, "wang", "emp"));
    emp.ok(&format!("Ordr.set?id={}", ids[0]), json!({"status": "RE"}));
    for filter in [
        "objFilter=dscr='tea'",
        "objFilter[dscr]=tea",
        "objFilter[cond]=dscr='tea'",
        "objFilter[cond][dscr]=tea",
        "objFilter[cond][dscr]=~te*&objFilter[cond][status]=RE",
        "objFilter[dscr]=tea&objFilter[status]=RE",
    ] {
        let found = list(&emp, &format!("ObjLog.query?cond[obj]=Ordr&{filter}&res=objId"));
        assert!(found.len() == 2 && found.iter().all(|row| row["objId"] == ids[0]), "{filter}: {found:?}");
    }
    let none = list(&emp, "ObjLog.query?cond[obj]=Ordr&objFilter[cond][dscr]=cola");
    assert!(none.is_empty(), "{none:?}");
    for empty in ["objFilter=", "objFilter[cond]="] {
        assert_eq!(list(&emp, &format!("ObjLog.query?cond[obj]=Ordr&{empty}")).len(), 3, "{empty}");
    }
    assert_eq!(emp.fails("ObjLog.query?objFilter[cond][id]=1", json!(null)).0, code::PARAM);
    assert_eq!(
        emp.fails("ObjLog.query?cond[obj]=Cinf&objFilter[cond][id]=1", json!(null)).0,
        code::FORBIDDEN
    );
    assert_eq!(emp.fails("ObjLog.query?cond[obj]=Ordr&objFilter[cond][nothing]=1", json!(null)).0, code::DB);
}
