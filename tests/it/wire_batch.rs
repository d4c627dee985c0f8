//! Several calls in one request: order, references, transactions, one result for each item.

use crate::app::{Client, TestApp};
use crate::code;
use jindou::auth::Role;
use serde_json::{Value, json};

#[track_caller]
fn batch(client: &Client<'_>, target: &str, items: Value) -> Vec<Value> {
    let count = items.as_array().unwrap().len();
    let answer = client.call(target, items);
    assert_eq!(answer[0], 0, "{answer}");
    let results = answer[1].as_array().unwrap().clone();
    assert_eq!(results.len(), count, "{answer}");
    results
}

fn add(ac: &str) -> Value {
    json!({"ac": "ApiLog.add", "post": {"ac": ac, "addr": "batch"}})
}

/// The item echoes its parameter `a`.
fn echo(a: Value, refs: Value) -> Value {
    json!({"ac": "fn", "get": {"f": "param", "name": "a"}, "post": {"a": a}, "ref": refs})
}

#[test]
fn f057_results_in_order() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let results = batch(
        &anon,
        "batch",
        json!([{"ac": "ApiLog.hello"}, {"ac": "nosuch"}, {"ac": "fn", "get": {"f": "param", "name": "a", "a": 5}}]),
    );
    assert_eq!(results[0], json!([0, {"id": 100, "name": "hello"}]));
    assert_eq!((&results[1][0], &results[1][1]), (&json!(1), &json!("接口不支持")));
    assert_eq!(results[2], json!([0, 5]));
    assert_eq!(batch(&anon, "batch", json!([])), Vec::<Value>::new());
    assert_eq!(batch(&anon, "batch?useTrans=1", json!([])), Vec::<Value>::new());
    // As stock clients send it.
    let results = batch(
        &anon,
        "batch?useTrans=0",
        json!([{"ac": "ApiLog.hello", "get": null, "post": {"ac": "x", "gres": ""}}]),
    );
    assert_eq!(results[0][1]["id"], 100);
}

#[test]
fn f058_f059_references() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let results = batch(
        &anon,
        "batch",
        json!([
            {"ac": "ApiLog.hello"},
            echo(json!("{$1.id}"), json!(["a"])),
            echo(json!("{$-2}"), json!(["a"])),
            echo(json!("id={$1.id}, {$1.name}, {$1.none}, {$9.x}"), json!(["a"])),
            echo(json!({"deep": ["{$1.name}", {"x": "{$-4.id}"}]}), json!(["a"])),
            echo(json!("{$1.none}"), json!(["a"])),
        ]),
    );
    assert_eq!(results[1], json!([0, 100]));
    assert_eq!(results[2], json!([0, {"id": 100, "name": "hello"}]));
    assert_eq!(results[3], json!([0, "id=100, hello, null, null"]));
    assert_eq!(results[4], json!([0, {"deep": ["hello", {"x": 100}]}]));
    assert_eq!(results[5], json!([0, null]));
}

#[test]
fn references_to_failed_calls_are_null() {
    let app = TestApp::rtest();
    let results = batch(
        &app.anon(),
        "batch",
        json!([{"ac": "nosuch"}, echo(json!("{$1}"), json!(["a"])), echo(json!("<{$1.x}>"), json!(["a"]))]),
    );
    assert_eq!(results[1], json!([0, null]));
    assert_eq!(results[2], json!([0, "&lt;null&gt;"]));
}

#[test]
fn f060_only_listed_parameters_are_looked_at() {
    let app = TestApp::rtest();
    let results = batch(
        &app.anon(),
        "batch",
        json!([{"ac": "ApiLog.hello"}, echo(json!("{$1.id}"), json!(["b"])), echo(json!("{$1.id}"), json!(null))]),
    );
    assert_eq!(results[1], json!([0, "{$1.id}"]));
    assert_eq!(results[2], json!([0, "{$1.id}"]));
}

#[test]
fn f061_a_whole_part_can_be_a_reference() {
    let app = TestApp::rtest();
    let results = batch(
        &app.anon(),
        "batch",
        json!([
            {"ac": "fn", "get": {"f": "param", "name": "a"}, "post": {"a": {"f": "param", "name": "b", "b": "yes"}}},
            {"ac": "fn", "get": "{$1}"},
            {"ac": "fn", "get": "{$-1}"},
        ]),
    );
    assert_eq!(results[1], json!([0, "yes"]));
    assert_eq!((&results[2][0], &results[2][2]), (&json!(1), &json!("param get MUST be array.")));
}

#[test]
fn f062_arithmetic_and_nothing_more() {
    let app = TestApp::rtest();
    let item = |text: &str| echo(json!(text), json!(["a"]));
    let results = batch(
        &app.anon(),
        "batch",
        json!([
            {"ac": "fn", "get": {"f": "param", "name": "a/i", "a": 10}},
            {"ac": "fn", "get": {"f": "param", "name": "a/i", "a": 4}},
            item("{$-2 - $-1}"),
            item("{($1 + $2) * 2}"),
            item("{$1 / $2}"),
            item("{$1 / 0}"),
            item("{getcwd()}"),
            item("{system('id') . $1}"),
            item("{$0}"),
        ]),
    );
    assert_eq!(results[2], json!([0, 6]));
    assert_eq!(results[3], json!([0, 28]));
    assert_eq!(results[4], json!([0, 2.5]));
    assert_eq!(results[5], json!([0, null]));
    assert_eq!(results[6], json!([0, "{getcwd()}"]));
    assert_eq!(results[7], json!([0, null]));
    assert_eq!(results[8], json!([0, null]));
}

#[test]
fn f063_items_are_on_their_own() {
    let app = TestApp::rtest();
    let results = batch(
        &app.anon(),
        "batch",
        json!([add("one"), {"ac": "ApiLog.add", "post": {"addr": "no ac"}}, add("two")]),
    );
    assert_eq!(results.iter().map(|r| r[0].as_i64().unwrap()).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(app.cell("SELECT count(*) FROM ApiLog WHERE addr='batch'"), json!(2));
    // One row for the request, one for each item.
    let log = app.cell("SELECT id FROM ApiLog WHERE ac LIKE 'batch:3,%'");
    assert_eq!(
        app.cell("SELECT ac FROM ApiLog WHERE ac LIKE 'batch:%'"),
        json!("batch:3,ApiLog.add,ApiLog.add,ApiLog.add")
    );
    assert_eq!(
        app.cell(&format!(
            "SELECT group_concat(retval) FROM (SELECT retval FROM ApiLog1 WHERE apiLogId={log} ORDER BY id)"
        )),
        json!("0,1,0")
    );
    assert_eq!(
        app.cell(&format!("SELECT count(*) FROM ObjLog WHERE apiLogId={log} AND apiLog1Id IS NOT NULL")),
        json!(2)
    );
}

/// Lines of the order's log are written several at a time, but nobody may miss one.
#[test]
fn what_rules_write_beside_a_row_is_there_for_whoever_looks() {
    let app = TestApp::new();
    let admin = app.login(Role::Admin, 1);
    let order = json!({"ac": "Ordr.add", "post": {"userId": 1, "dscr": "tea"}});
    // It looks at the order first, inside of what is undone afterwards.
    let get = json!({"id": "{$1}", "doValidateOnly": 1});
    let dry = json!({"ac": "Ordr.set", "get": get, "post": {"dscr": "tea"}, "ref": ["id"]});
    let lines = "SELECT COUNT(*) n FROM OrderLog";
    let count = json!({"ac": "OrderLog.query", "get": {"res": "count(*) n", "fmt": "one?"}});
    let read = json!({"ac": "Ordr.get", "get": {"id": "{$1}", "res": "orderLog"}, "ref": ["id"]});
    let items = json!([order, count, read, order, dry, order, count, order]);
    let results = batch(&admin, "batch?useTrans=1", items);
    assert_eq!(results[1], json!([0, 1]));
    assert_eq!(results[2][1]["orderLog"][0]["action"], "CR");
    assert_eq!(results[4], json!([0, null]));
    assert_eq!(results[6], json!([0, 3]));
    assert_eq!(app.cell(lines), json!(4));
}

#[test]
fn f064_all_or_nothing() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let good = batch(
        &anon,
        "batch?useTrans=1",
        json!([add("one"), {"ac": "ApiLog.get", "get": {"id": "{$1}", "res": "ac"}, "ref": ["id"]}]),
    );
    assert_eq!(good[1], json!([0, {"ac": "one"}]));
    let bad = batch(
        &anon,
        "batch?useTrans=1",
        json!([add("two"), {"ac": "nosuch"}, add("three"), {"ac": "ApiLog.hello"}]),
    );
    assert_eq!(bad[0][0], 0);
    assert_eq!(bad[1][0], 1);
    for cancelled in &bad[2..] {
        assert_eq!(*cancelled, json!([-100, "事务失败，取消执行", "batch call cancelled."]));
    }
    assert_eq!(app.cell("SELECT count(*) FROM ApiLog WHERE addr='batch'"), json!(1));
    assert_eq!(app.cell("SELECT count(*) FROM ObjLog"), json!(1));
    // What failed is in the log all the same.
    let log = app.cell("SELECT max(id) FROM ApiLog WHERE ac LIKE 'batch:4,%'");
    assert_eq!(
        app.cell(&format!(
            "SELECT group_concat(retval) FROM (SELECT retval FROM ApiLog1 WHERE apiLogId={log} ORDER BY id)"
        )),
        json!("0,1,-100,-100")
    );
    // The id of a row that was undone belongs to nobody.
    let undone = bad[0][1].as_i64().unwrap();
    assert_eq!(anon.fails(&format!("ApiLog.get?id={undone}"), json!(null)).0, code::PARAM);
}

#[test]
fn f065_only_by_post() {
    let app = TestApp::rtest();
    let answer = app.anon().call("batch", json!(null));
    assert_eq!((&answer[0], &answer[2]), (&json!(1), &json!("batch MUST use `POST' method")));
    let headers = [("content-type", "application/json")];
    for body in ["{}", "{\"ac\":\"x\"}", "", "[1"] {
        let got = app.anon().send("POST", "batch", &headers, Some(body.into()));
        assert_eq!(got.json()[0], 1, "{body}: {}", got.text());
    }
    for body in ["[1", "[{}]x"] {
        let got = app.anon().send("POST", "batch?useTrans=1", &headers, Some(body.into()));
        assert_eq!((&got.json()[0], &got.json()[2]), (&json!(1), &json!("bad json-format body")), "{body}");
    }
}

#[test]
fn each_of_many_items_has_its_own_row_in_the_log() {
    let app = TestApp::rtest();
    let items: Vec<Value> = (0..300).map(|n| echo(json!(n), json!(null))).collect();
    // Twice, as either thread may come to an item first.
    for _ in 0..2 {
        let results = batch(&app.anon(), "batch?useTrans=1", json!(items));
        assert!(results.iter().enumerate().all(|(n, result)| *result == json!([0, n])), "{results:?}");
        let rows = "FROM ApiLog1 WHERE apiLogId = (SELECT MAX(id) FROM ApiLog)";
        let own = format!(
            "SELECT COUNT(*) {rows} AND req = 'f=param, name=a;' || char(10) || 'a=' || (id - (SELECT MIN(id) {rows})) \
             AND res = '[0,' || (id - (SELECT MIN(id) {rows})) || ']'"
        );
        assert_eq!(app.cell(&own), json!(300));
    }
}

#[test]
fn f066_bad_items_have_one_result_each() {
    let app = TestApp::rtest();
    for target in ["batch", "batch?useTrans=0"] {
        let results = batch(
            &app.anon(),
            target,
            json!([{}, {"ac": ""}, {"ac": "fn", "get": 5}, {"ac": "fn", "ref": "a"}, 7, {"ac": "batch", "post": {"a": 1}}, {"ac": "ApiLog.hello"}]),
        );
        assert_eq!(results[0], json!([1, "参数错误", "bad batch request: require `ac'"]));
        assert_eq!(results[1][0], 1);
        assert_eq!(
            (&results[2][1], &results[2][2]),
            (&json!("参数错误"), &json!("param get MUST be array."))
        );
        assert_eq!(
            (&results[3][1], &results[3][2]),
            (&json!("参数错误"), &json!("batch `ref' should be array"))
        );
        assert_eq!((&results[4][0], &results[5][0]), (&json!(1), &json!(1)));
        assert_eq!(results[6][0], 0);
    }
}

#[test]
fn f067_rest_forms_in_items() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let results = batch(
        &anon,
        "batch",
        json!([{"ac": "ApiLog", "post": {"ac": "rest"}}, {"ac": "ApiLog", "get": {"cond": "ac='rest'", "res": "ac", "fmt": "array"}}]),
    );
    let id = results[0][1].as_i64().unwrap();
    assert_eq!(results[1], json!([0, [{"ac": "rest"}]]));
    let results = batch(
        &anon,
        "batch",
        json!([{"ac": format!("ApiLog/{id}"), "get": {"res": "ac"}}, {"ac": format!("ApiLog/{id}/get"), "get": {"res": "ac"}}, {"ac": "ApiLog/hello"}]),
    );
    assert_eq!((&results[0], &results[1]), (&json!([0, {"ac": "rest"}]), &json!([0, {"ac": "rest"}])));
    assert_eq!(results[2][1]["id"], 100);
}

#[test]
fn rights_follow_logins_inside_a_batch() {
    let app = TestApp::new();
    crate::login::user(&app, "13800138000");
    let login = json!({"ac": "login", "post": {"uname": "13800138000", "pwd": "golden-cloud-7"}});
    let browser = app.anon();
    let results = batch(
        &browser,
        "batch",
        json!([{"ac": "User.get"}, login, {"ac": "User.get", "get": {"res": "phone"}}, {"ac": "logout"}, {"ac": "User.get"}]),
    );
    assert_eq!(results.iter().map(|r| r[0].as_i64().unwrap()).collect::<Vec<_>>(), [2, 0, 0, 0, 2]);
    assert_eq!(results[2][1]["phone"], "13800138000");
    assert_eq!(browser.fails("User.get", json!(null)).0, code::NOAUTH);
    let results = batch(&browser, "batch", json!([login, {"ac": "initClient"}]));
    assert_eq!(results[0][0], 0);
    browser.ok("User.get", json!(null));
}

#[test]
fn too_many_items_are_refused() {
    let app = TestApp::rtest();
    let items: Vec<Value> = (0..1001).map(|_| json!({"ac": "ApiLog.hello"})).collect();
    assert_eq!(app.anon().fails("batch", json!(items)).0, code::PARAM);
}

#[test]
fn passwords_inside_a_batch_are_masked_in_the_log() {
    let app = TestApp::new();
    let user = app.login(Role::User, crate::login::user(&app, "13800138000"));
    let login = json!({"ac": "login", "post": {"uname": "13800138000", "pwd": "never-in-a-log"}});
    batch(&user, "batch", json!([login]));
    // More than the log shows, with the password in what it shows, at its end and beyond.
    for before in [0, 55, 200] {
        let mut items = vec![json!({"ac": "User.get", "get": {"res": "id"}}); before];
        items.push(login.clone());
        items.resize(260, json!({"ac": "User.get"}));
        batch(&user, "batch?useTrans=1", json!(items));
    }
    for table in ["ApiLog", "ApiLog1"] {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE req LIKE '%never-in-a-log%' OR res LIKE '%never-in-a-log%'"
        );
        assert_eq!(app.cell(&sql), json!(0), "{table}");
    }
}

#[test]
fn f068_what_a_client_starts_with() {
    let app =
        TestApp::with(&[("P_TEST_MODE", "2"), ("P_INIT_CLIENT", "{\"title\":\"筋斗\",\"flags\":{\"a\":1}}")]);
    let init = app.anon().ok("initClient", json!(null));
    assert_eq!((&init["title"], &init["flags"]), (&json!("筋斗"), &json!({"a": 1})));
    for plugin in ["account", "order"] {
        assert_eq!(init["plugins"][plugin], json!([]), "{plugin}");
    }
    assert!(init["plugins"].get("core").is_none());
}
