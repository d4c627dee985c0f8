//! Calls over a live connection: the same rules, answers and records as over HTTP.

use super::client::Ws;
use crate::app::TestApp;
use crate::code;
use crate::login::user;
use jindou::auth::Role;
use serde_json::{Value, json};

#[test]
fn a_call_is_answered_as_over_http() {
    for app in [TestApp::production(), TestApp::new()] {
        let id = user(&app, "13800000001");
        let client = app.login(Role::User, id);
        let mut ws = Ws::of(&app, &client);
        for (ac, get) in [
            ("User.get", json!({})),
            ("User.get", json!({"res": "id,name"})),
            ("Ordr.query", json!({"fmt": "list", "pagesz": 5})),
            ("Ordr.get", json!({"id": 99})),
            ("Employee.query", json!({})),
            ("nosuch", json!({})),
            ("Ordr.query", json!({"cond": "nosuch=1"})),
        ] {
            let query: Vec<String> =
                get.as_object().unwrap().iter().map(|(n, v)| format!("{n}={}", text(v))).collect();
            let http = client.call(&format!("{ac}?{}", query.join("&")), json!(null));
            assert_eq!(ws.call(ac, get.clone(), json!(null)), http, "{ac} {get}");
        }
        let made = ws.call(
            "Ordr.add",
            json!({"res": "id"}),
            json!({"amount": 12.5, "dscr": "over a socket\nwith lines"}),
        );
        assert_eq!(made[0], 0, "{made}");
        let row = client.ok(
            &format!("Ordr.get?id={}", made[1]["id"].as_i64().unwrap_or(made[1].as_i64().unwrap_or(0))),
            json!(null),
        );
        assert_eq!(row["dscr"], "over a socket\nwith lines");
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn a_call_leaves_the_row_of_the_log_that_a_request_leaves() {
    let app = TestApp::production();
    let id = user(&app, "13800000001");
    let client = app.login(Role::User, id);
    let headers = [("cookie", client.cookies()), ("user-agent", "Watcher/7".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut ws = Ws::with(app.address, "/ws?_app=user2&_ver=android%2F3", &headers).unwrap();
    assert_eq!(ws.call("User.get", json!({"res": "id"}), json!(null))[0], 0);
    let column = |name: &str, ac: &str| {
        app.cell(&format!("select {name} from ApiLog where ac='{ac}' order by id desc limit 1"))
    };
    assert_eq!(column("userId", "User.get"), json!(id));
    assert_eq!(column("app", "User.get"), json!("user2"));
    assert_eq!(column("ua", "User.get"), json!("Watcher/7"));
    assert_eq!(column("ver", "User.get"), json!("android/3"));
    assert_eq!(column("addr", "User.get"), json!("127.0.0.1"));
    assert_eq!(column("retval", "User.get"), json!(0));
    let refused = ws.call("Employee.query", json!({}), json!(null));
    assert_eq!(refused[0], json!(code::FORBIDDEN));
    assert_eq!(column("retval", "Employee.query"), json!(code::FORBIDDEN));
    // Secrets of a call are kept out of its record.
    let wrong =
        ws.call("chpwd", json!({}), json!({"oldpwd": "not-the-password-7", "pwd": "another-secret-8"}));
    assert_ne!(wrong[0], 0);
    let request = column("req", "chpwd").to_string();
    assert!(!request.contains("not-the-password-7") && !request.contains("another-secret-8"), "{request}");
}

#[test]
fn calls_of_one_connection_are_answered_in_their_order() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    let lines: Vec<String> = (1..=40)
        .map(|id| match id % 3 {
            0 => json!({"id": id, "call": {"ac": "Ordr.add", "post": {"amount": id}}}),
            _ => json!({"id": id, "call": {"ac": "User.get"}}),
        })
        .map(|frame| frame.to_string())
        .collect();
    ws.send_text(&lines.join("\n"));
    for id in 1..=40 {
        let frame = ws.frame();
        assert_eq!((&frame["id"], &frame["re"][0]), (&json!(id), &json!(0)), "{frame}");
    }
    assert_eq!(app.cell("select count(*) from Ordr"), json!(13));
}

#[test]
fn a_call_with_a_key_is_done_once() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    let frame = json!({"call": {"ac": "Ordr.add", "post": {"amount": 5}, "key": "k-1"}});
    let first = ws.ask(frame.clone())["re"].clone();
    let again = Ws::of(&app, &client).ask(frame.clone())["re"].clone();
    assert_eq!((&first[0], &first), (&json!(0), &again));
    assert_eq!(app.cell("select count(*) from Ordr"), json!(1));
    let bad = ws.ask(json!({"call": {"ac": "Ordr.add", "post": {"amount": 5}, "key": "a\nb"}}));
    assert_ne!(bad["re"][0], 0, "{bad}");
}

#[test]
fn a_batch_goes_over_a_connection() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    let calls =
        json!([{"ac": "Ordr.add", "post": {"amount": 1}}, {"ac": "User.get", "get": {"res": "name"}}]);
    let answer = ws.call("batch", json!({}), calls);
    assert_eq!(
        (&answer[0], &answer[1][0][0], &answer[1][1]),
        (&json!(0), &json!(0), &json!([0, {"name": "Li"}]))
    );
}

#[test]
fn an_answer_has_one_form_and_no_file() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    for wish in ["_raw", "retfn", "_jsonp"] {
        let value = if wish == "retfn" { "xml" } else { "1" };
        let answer = ws.call("User.get", json!({wish: value, "res": "name"}), json!(null));
        assert_eq!(answer, json!([0, {"name": "Li"}]), "{wish}");
    }
    for (ac, get) in [("Ordr.query", json!({"fmt": "csv"})), ("att", json!({"id": 1}))] {
        let answer = ws.call(ac, get, json!(null));
        assert_eq!(answer[0], 1, "{answer}");
        assert!(answer[2].as_str().unwrap().contains("HTTP"), "{answer}");
    }
}

#[test]
fn the_app_of_a_connection_stays() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    client.set_cookie("empid", "0123456789abcdef0123456789abcdef");
    let mut ws = Ws::of(&app, &client);
    let answer = ws.call("User.get", json!({"_app": "emp"}), json!(null));
    assert_eq!(answer[0], 1, "{answer}");
    assert_eq!(ws.call("User.get", json!({"_app": "user"}), json!(null))[0], 0);
}

#[test]
fn guests_are_counted_as_over_http() {
    let app = TestApp::with(&[("P_GUEST_RATE", "1"), ("P_GUEST_BURST", "5")]);
    let mut ws = Ws::guest(&app);
    let codes: Vec<Value> =
        (0..8).map(|_| ws.call("initClient", json!({}), json!(null))[0].clone()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 5, "{codes:?}");
    assert_eq!(Ws::guest(&app).call("initClient", json!({}), json!(null))[0], 3, "the address is counted");
}
