//! Keys in headers instead of a login: by pattern, for one call, without a session.

use crate::app::{Client, TestApp};
use crate::login::{employee, user};
use base64::Engine;
use serde_json::{Value, json};

fn app() -> TestApp {
    let keys = json!([
        {"authType": "simple", "key": "k-2938-aGh-2", "allowedAc": ["*.query", "Ordr.*", "batch"], "app": "emp", "id": 1},
        {"authType": "basic", "key": "robot:b-771-xYz-5", "allowedAc": ["Ordr.add"], "app": "user", "id": 1},
        {"authType": "simple", "key": "k-0000-free-1", "app": "emp", "id": 1},
    ]);
    let app = TestApp::with(&[("P_AUTH_KEYS", &keys.to_string())]);
    user(&app, "13800138000");
    employee(&app, "wang", "emp");
    app
}

fn call(client: &Client<'_>, target: &str, header: (&str, &str), body: Value) -> Value {
    let headers = [header, ("content-type", "application/json")];
    let (method, body) =
        if body.is_null() { ("GET", None) } else { ("POST", Some(body.to_string().into_bytes())) };
    let got = client.send(method, target, &headers, body);
    assert_eq!(got.header("set-cookie"), "", "no session comes of a key");
    got.json()
}

const SIMPLE: (&str, &str) = ("x-daca-simple", "k-2938-aGh-2");

#[test]
fn f201_a_key_opens_what_its_patterns_name_and_nothing_else() {
    let app = app();
    let client = app.anon();
    assert_eq!(call(&client, "Ordr.query", SIMPLE, json!(null))[0], json!(0));
    assert_eq!(call(&client, "User.query", SIMPLE, json!(null))[0], json!(0));
    assert_eq!(call(&client, "User.get?id=1", SIMPLE, json!(null))[0], json!(2), "no pattern names it");
    assert_eq!(
        call(&client, "ApiLog.query", SIMPLE, json!(null))[0],
        json!(5),
        "no more rights than the account"
    );
    assert_eq!(client.fails("Ordr.query", json!(null)).0, 2, "nothing is remembered");
    assert_eq!(call(&client, "Ordr.query", ("x-daca-simple", "k-2938-aGh-3"), json!(null))[0], json!(2));
    assert_eq!(app.cell("SELECT COUNT(*) FROM Session"), json!(0));
}

#[test]
fn f201_basic_keys_stand_for_their_account() {
    let app = app();
    let basic = |text: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
    let right = basic("robot:b-771-xYz-5");
    let id = call(&app.anon(), "Ordr.add", ("authorization", &right), json!({"dscr": "tea"}));
    assert_eq!(id[0], json!(0), "{id}");
    assert_eq!(app.cell("SELECT userId FROM Ordr"), json!(1));
    for bad in [basic("robot:nope"), "Basic ???".to_owned(), "Bearer x".to_owned()] {
        let refused = call(&app.anon(), "Ordr.add", ("authorization", &bad), json!({"dscr": "tea"}));
        assert_eq!(refused[0], json!(2), "{bad}");
    }
    let log = app.cell("SELECT COUNT(*) FROM ApiLog WHERE req LIKE '%b-771%'");
    assert_eq!(log, json!(0));
}

#[test]
fn f201_a_key_is_judged_for_each_item_of_a_batch() {
    let app = app();
    let items = json!([{"ac": "Ordr.query"}, {"ac": "User.get", "get": {"id": 1}}, {"ac": "User.query"}]);
    for trans in ["0", "1"] {
        let answer = call(&app.anon(), &format!("batch?useTrans={trans}"), SIMPLE, items.clone());
        let codes: Vec<&Value> = answer[1].as_array().unwrap().iter().map(|item| &item[0]).collect();
        match trans {
            "0" => assert_eq!(codes, [&json!(0), &json!(2), &json!(0)]),
            _ => assert_eq!(codes, [&json!(0), &json!(2), &json!(-100)]),
        }
    }
}

#[test]
fn a_key_without_patterns_opens_nothing_by_itself() {
    let app = app();
    assert_eq!(call(&app.anon(), "Ordr.query", ("x-daca-simple", "k-0000-free-1"), json!(null))[0], json!(2));
}

#[test]
fn a_key_is_worth_no_more_than_its_account() {
    let app = app();
    app.write(|tx| {
        let off = json!({"perms": ""}).as_object().unwrap().clone();
        tx.update("Employee", &[("id", json!(1))], off)
    });
    assert_eq!(call(&app.anon(), "Ordr.query", SIMPLE, json!(null))[0], json!(2));
}

#[test]
fn an_own_session_goes_before_a_key() {
    let app = app();
    let client = app.login(jindou::auth::Role::User, 1);
    assert_eq!(call(&client, "User.query", SIMPLE, json!(null))[0], json!(5));
}
