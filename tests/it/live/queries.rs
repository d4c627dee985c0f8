//! Live queries over real sockets: snapshot, frames, end, refusals, and the record of the call.

use super::client::{Came, Ws};
use crate::app::TestApp;
use crate::code;
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::{Value, json};
use std::time::Duration;

fn order(app: &TestApp, user: i64, amount: f64) -> i64 {
    app.write(move |tx| {
        tx.insert("Ordr", [("userId", json!(user)), ("status", json!("CR")), ("amount", json!(amount))])
    })
}

fn sub(ws: &mut Ws, ac: &str, get: Value) -> Value {
    ws.ask(json!({"sub": {"ac": ac, "get": get}}))
}

#[test]
fn a_query_is_followed_over_a_socket() {
    let app = TestApp::production();
    let (mine, other) = (user(&app, "13800000001"), user(&app, "13800000002"));
    let first = order(&app, mine, 1.0);
    let client = app.login(Role::User, mine);
    let mut ws = Ws::of(&app, &client);
    let begun = sub(&mut ws, "Ordr.query", json!({"res": "id,amount", "orderby": "id desc"}));
    let q = begun["id"].clone();
    assert_eq!(
        (&begun["ok"]["q"], &begun["ok"]["data"]),
        (&q, &json!({"h": ["id", "amount"], "d": [[first, 1]]}))
    );
    order(&app, other, 2.0);
    let second = order(&app, mine, 3.0);
    let frame = ws.frame();
    assert_eq!((&frame["q"], &frame["set"], &frame["at"]), (&q, &json!([[second, 3]]), &json!([0])));
    assert!(frame["offset"].as_i64() >= begun["ok"]["offset"].as_i64());
    // By a call over the same socket: its answer and its frame both come.
    let made = ws.call("Ordr.set", json!({"id": first}), json!({"dscr": "another"}));
    assert_eq!(made[0], 0);
    assert_eq!(ws.ask(json!({"unsub": q}))["ok"], json!(true));
    order(&app, mine, 4.0);
    assert_eq!(ws.next_within(Duration::from_millis(300)), Came::Nothing);
    // The call is in the log like any other.
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog WHERE ac = 'Ordr.query'"), json!(1));
}

#[test]
fn what_cannot_be_followed_is_refused_as_the_call_is() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    let code = |answer: &Value| answer["err"]["code"].as_i64().unwrap_or_else(|| panic!("{answer}"));
    for (ac, get, expected) in [
        ("Ordr.query", json!({"pagesz": 501}), code::PARAM),
        ("Ordr.query", json!({"fmt": "list"}), code::PARAM),
        ("Ordr.query", json!({"fmt": "csv"}), code::PARAM),
        ("Ordr.query", json!({"res": "nothing"}), code::PARAM),
        ("Employee.query", json!({}), code::FORBIDDEN),
        ("Ordr.add", json!({"amount": 1}), code::PARAM),
    ] {
        let answer = sub(&mut ws, ac, get.clone());
        let given = code(&answer);
        assert!(given == expected || (expected == code::PARAM && given > 0), "{ac} {get}: {answer}");
        assert_eq!(answer["err"]["temporary"], json!(false), "{answer}");
    }
    assert_eq!(app.cell("SELECT COUNT(*) FROM Ordr"), json!(0), "a subscription writes nothing");
    assert!(ws.ask(json!({"sub": {"nothing": 1}}))["err"].is_object());
    assert_eq!(ws.call("Ordr.query", json!({}), json!(null))[0], 0);
}

#[test]
fn frames_end_with_the_login_and_with_the_account() {
    let app = TestApp::production();
    let mine = user(&app, "13800000001");
    let staff = employee(&app, "staff", "");
    let (user, emp) = (app.login(Role::User, mine), app.login(Role::Emp, staff));
    let mut mine_ws = Ws::of(&app, &user);
    let mut staff_ws = Ws::of(&app, &emp);
    let get = || json!({"res": "id,amount"});
    assert!(sub(&mut mine_ws, "Ordr.query", get())["ok"].is_object());
    assert!(sub(&mut staff_ws, "Ordr.query", get())["ok"].is_object());
    user.ok("logout", json!({}));
    app.write(move |tx| tx.delete("Employee", &[("id", json!(staff))]));
    order(&app, mine, 5.0);
    for ws in [&mut mine_ws, &mut staff_ws] {
        match ws.next() {
            Came::Frame(frame) => assert!(frame["err"].is_object(), "{frame}"),
            end => assert!(matches!(&end, Came::End(Some((3501, _)))), "{end:?}"),
        }
    }
}
