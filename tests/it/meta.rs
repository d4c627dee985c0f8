//! `Meta.query`, `Meta.get` and `Meta.all`: what consoles are drawn from, and what they must never show.

use crate::app::{Client, TestApp};
use crate::code;
use jindou::auth::Role;
use serde_json::{Value, json};

fn actions(client: &Client<'_>, obj: &str) -> Value {
    let list = client.ok("Meta.query", json!(null))["list"].as_array().unwrap().clone();
    list.into_iter().find(|entry| entry["obj"] == *obj).map_or(Value::Null, |entry| entry["actions"].clone())
}

fn field(meta: &Value, name: &str) -> Value {
    let fields = meta["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == *name).cloned().unwrap_or_default()
}

#[test]
fn everybody_sees_what_he_may_do() {
    let app = TestApp::rtest();
    let (anon, user) = (app.anon(), app.login(Role::User, 1));
    let all = json!([
        "add", "get", "query", "set", "del", "setIf", "delIf", "batchSet", "batchDel", "batchAdd", "dup",
        "hello"
    ]);
    assert_eq!(actions(&anon, "ApiLog"), all);
    assert_eq!(actions(&anon, "UserA"), Value::Null);
    assert_eq!(actions(&user, "UserApiLog"), json!(["add", "get", "query", "del", "listByAc"]));
    // Objects without a table are no grids.
    assert_eq!(actions(&user, "Meta"), Value::Null);
}

#[test]
fn what_is_listed_is_what_authorization_allows() {
    let app = TestApp::rtest();
    let user = app.login(Role::User, 1);
    for obj in ["ApiLog", "UserA", "UserApiLog"] {
        let open = actions(&user, obj);
        for (action, _) in jindou::object::STANDARD {
            let answer = user.call(&format!("{obj}.{action}?doValidateOnly=1"), json!(null));
            let refused = answer[0] == 5 && answer[2].as_str().unwrap_or_default().starts_with("Operation");
            assert_eq!(
                !refused,
                open.as_array().unwrap().contains(&json!(action)),
                "{obj}.{action}: {answer}"
            );
        }
    }
}

#[test]
fn an_object_that_is_not_for_the_caller_is_not_there() {
    let app = TestApp::rtest();
    let user = app.login(Role::User, 1);
    assert_eq!(app.anon().fails("Meta.get?obj=UserA", json!(null)).0, code::NOAUTH);
    assert_eq!(app.anon().fails("Meta.get?obj=Nothing", json!(null)).0, code::NOAUTH);
    assert_eq!(user.fails("Meta.get?obj=Nothing", json!(null)).0, code::FORBIDDEN);
    assert_eq!(user.fails("Meta.get?obj=Session", json!(null)).0, code::FORBIDDEN);
    assert_eq!(user.fails("Meta.get?obj=Meta", json!(null)).0, code::FORBIDDEN);
    assert_eq!(user.fails("Meta.get", json!(null)), (1, "缺少参数`obj`".into()));
}

#[test]
fn fields_have_types_labels_and_rights() {
    let app = TestApp::rtest();
    let meta = app.anon().ok("Meta.get?obj=ApiLog", json!(null));
    assert_eq!(meta["label"], "调用日志|Call log");
    assert_eq!(
        (&meta["table"], &meta["plugin"], &meta["timeField"]),
        (&json!("ApiLog"), &json!("rtest"), &json!("tm"))
    );
    let tm = field(&meta, "tm");
    assert_eq!((&tm["type"], &tm["label"]), (&json!("datetime"), &json!("时间|Time")));
    assert_eq!(
        (&tm["readonly"], &tm["readonly2"], &tm["virtual"]),
        (&json!(false), &json!(true), &json!(false))
    );
    let ac = field(&meta, "ac");
    assert_eq!((&ac["required"], &ac["readonly2"], &ac["max"]), (&json!(true), &json!(true), &json!(64)));
    // A joined column is known by the words of the column it comes from.
    let name = field(&meta, "userName");
    assert_eq!(name["label"], "姓名|Name");
    assert_eq!(
        (&name["virtual"], &name["readonly"], &name["default"], &name["max"]),
        (&json!(true), &json!(true), &json!(true), &json!(20))
    );
    assert_eq!(field(&meta, "ym")["default"], false);
    // UserA is not open to a guest, so there is nothing to follow.
    assert_eq!(field(&meta, "userId")["ref"], Value::Null);
    let meta = app.login(Role::User, 1).ok("Meta.get?obj=ApiLog", json!(null));
    assert_eq!(field(&meta, "userId")["ref"], json!({"obj": "UserA", "field": "id", "label": "name"}));
}

#[test]
fn hidden_columns_are_nowhere() {
    let app = TestApp::rtest();
    let user = app.login(Role::User, 1);
    for obj in ["ApiLog", "UserA", "UserApiLog"] {
        let meta = user.ok(&format!("Meta.get?obj={obj}"), json!(null));
        let mut names: Vec<&str> =
            meta["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        for sub in meta["subs"].as_array().unwrap() {
            names.extend(sub["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()));
        }
        for hidden in ["seq", "hash", "ua"] {
            assert!(!names.contains(&hidden), "{obj}.{hidden}");
        }
    }
    // A password can be given, not read.
    let meta = user.ok("Meta.get?obj=UserA", json!(null));
    let pwd = field(&meta, "pwd");
    assert_eq!(
        (&pwd["kind"], &pwd["default"], &pwd["sortable"]),
        (&json!("pwd"), &json!(false), &json!(false))
    );
    assert_eq!(user.fails("UserA.query?res=pwd", json!(null)).0, code::DB);
}

#[test]
fn sub_objects_show_what_their_rows_show() {
    let app = TestApp::rtest();
    let meta = app.login(Role::User, 1).ok("Meta.get?obj=UserA", json!(null));
    assert_eq!(meta["labelField"], "name");
    let subs = meta["subs"].as_array().unwrap();
    let (last, log) = (&subs[0], &subs[1]);
    assert_eq!(
        (&last["name"], &last["one"], &last["writable"], &last["rel"]),
        (&json!("lastLog"), &json!(true), &json!(false), &json!("id"))
    );
    assert_eq!(
        (&log["name"], &log["one"], &log["writable"], &log["rel"]),
        (&json!("log"), &json!(false), &json!(true), &json!("userId"))
    );
    let names: Vec<&Value> = log["fields"].as_array().unwrap().iter().map(|f| &f["name"]).collect();
    assert_eq!(names, ["id", "tm", "addr", "ac"]);
    assert!(log["actions"].as_array().unwrap().contains(&json!("query")));
}

#[test]
fn orders_as_the_consoles_draw_them() {
    let app = TestApp::new();
    let id = crate::login::employee(&app, "li", "emp");
    let emp = app.login(Role::Emp, id);
    let meta = emp.ok("Meta.get?obj=Ordr", json!(null));
    assert_eq!(meta["actions"], json!(["add", "get", "query", "set", "batchAdd"]));
    assert_eq!((&meta["timeField"], &meta["labelField"]), (&json!("createTm"), &json!("dscr")));
    let user = field(&meta, "userId");
    assert_eq!(user["ref"], json!({"obj": "User", "field": "id", "label": "name"}));
    assert_eq!(
        (&user["required"], &user["readonly"], &user["readonly2"]),
        (&json!(true), &json!(false), &json!(true))
    );
    assert_eq!(field(&meta, "createTm")["readonly"], true);
    assert_eq!(field(&meta, "amount")["scale"], 2);
    let status = field(&meta, "status");
    assert_eq!(status["readonly"], true);
    assert!(status["options"].as_array().unwrap().iter().any(|option| option["value"] == "CR"));
    let steps = meta["states"]["steps"].as_array().unwrap();
    assert_eq!(meta["states"]["field"], "status");
    assert!(steps.iter().all(|step| step["allowed"] == true), "{steps:?}");
    let subs = meta["subs"].as_array().unwrap();
    let log = subs.iter().find(|sub| sub["name"] == "orderLog").unwrap();
    assert_eq!((&log["writable"], &log["rel"]), (&json!(false), &json!("orderId")));
    let emp_id = field(log, "empId");
    assert_eq!(emp_id["ref"], json!({"obj": "Employee", "field": "id", "label": "name"}));
    assert_eq!(field(log, "orderId")["ref"]["obj"], "Ordr");
    let atts = subs.iter().find(|sub| sub["name"] == "atts").unwrap();
    assert_eq!(atts["writable"], true);
    let fields = atts["fields"].as_array().unwrap();
    let given: Vec<&Value> = fields.iter().filter(|f| f["virtual"] == false).map(|f| &f["name"]).collect();
    assert_eq!(given, ["id", "attId"]);
    assert_eq!(field(atts, "attId")["kind"], "attachment");
}

#[test]
fn users_see_their_own_side_of_an_order() {
    let app = TestApp::new();
    let id = crate::login::user(&app, "13800138000");
    let user = app.login(Role::User, id);
    let meta = user.ok("Meta.get?obj=Ordr", json!(null));
    // The owner is stamped, and a user does not look into users.
    assert_eq!(
        (&field(&meta, "userId")["readonly"], &field(&meta, "userId")["ref"]),
        (&json!(true), &json!(null))
    );
    let steps = meta["states"]["steps"].as_array().unwrap();
    let allowed: Vec<&Value> =
        steps.iter().filter(|step| step["allowed"] == true).map(|step| &step["to"]).collect();
    assert_eq!(allowed, ["CA"]);
    assert_eq!(user.fails("Meta.get?obj=Employee", json!(null)).0, code::FORBIDDEN);
    let own = user.ok("Meta.get?obj=User", json!(null));
    assert_eq!(field(&own, "pwd"), Value::Null);
}

#[test]
fn managers_may_change_freely_in_bulk_what_no_hook_watches() {
    let app = TestApp::new();
    let id = crate::login::employee(&app, "boss", "emp,mgr");
    let boss = app.login(Role::Mgr, id);
    assert_eq!(boss.ok("Meta.get?obj=Ordr", json!(null))["bulk"], json!(["dscr", "cmt"]));
    let emp = boss.ok("Meta.get?obj=Employee", json!(null));
    assert_eq!(
        (&field(&emp, "pwd")["kind"], &field(&emp, "pwd")["readonly"]),
        (&json!("pwd"), &json!(false))
    );
    assert_eq!(actions(&boss, "User"), json!(["get", "query", "set"]));
}

#[test]
fn an_owned_row_cannot_be_given_away() {
    let app = TestApp::new();
    let (a, b) = (crate::login::user(&app, "13800138000"), crate::login::user(&app, "13800138001"));
    let user = app.login(Role::User, a);
    let id = user.ok("Ordr.add", json!({"dscr": "mine"}));
    assert_eq!(user.fails(&format!("Ordr.set?id={id}"), json!({"userId": b})).0, code::FORBIDDEN);
    assert_eq!(app.cell("SELECT userId FROM Ordr"), json!(a));
}

#[test]
fn all_objects_come_at_once_and_only_when_something_changed() {
    let app = TestApp::new();
    let employee = crate::login::employee(&app, "li", "emp");
    let clients = [app.anon(), app.login(Role::Emp, employee), app.login(Role::Admin, 1)];
    let mut seen = Vec::new();
    for client in clients {
        let all = client.ok("Meta.all", json!(null));
        let listed = client.ok("Meta.query", json!(null))["list"].as_array().unwrap().clone();
        let whole = all["list"].as_array().unwrap();
        assert_eq!(whole.len(), listed.len());
        for (one, head) in whole.iter().zip(&listed) {
            let name = head["obj"].as_str().unwrap();
            assert_eq!(*one, client.ok(&format!("Meta.get?obj={name}"), json!(null)), "{name}");
        }
        let rev = all["rev"].as_str().unwrap();
        let again = client.ok(&format!("Meta.all?rev={rev}"), json!(null));
        assert_eq!(again, json!({"rev": rev, "same": 1}));
        assert_eq!(client.ok("Meta.all?rev=other", json!(null)), all);
        // Other rights, another revision: nobody goes on with what somebody else was shown.
        assert!(!seen.contains(&rev.to_owned()));
        seen.push(rev.to_owned());
    }
}

#[test]
fn the_whole_description_travels_in_gzip() {
    let app = TestApp::new();
    let client = app.login(Role::Admin, 1);
    let got = client.send("GET", "Meta.all", &[("accept-encoding", "gzip")], None);
    assert_eq!((got.header("content-encoding"), got.header("vary")), ("gzip", "accept-encoding"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&got.bytes[..]), &mut text).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer[1], client.ok("Meta.all", json!(null)));
    assert!(got.bytes.len() * 5 < text.len(), "{} of {}", got.bytes.len(), text.len());
}
