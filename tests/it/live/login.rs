//! Who speaks over a live connection: by a cookie, by a token in the first frame, by a login on the way; and its end.

use super::client::{Came, Ws};
use crate::app::TestApp;
use crate::code;
use crate::login::{PWD, employee, user};
use jindou::auth::Role;
use serde_json::json;
use std::time::Duration;

const NOBODY: &[(&str, &str)] = &[("P_LIVE_LOGIN", "1s"), ("P_LIVE_PING", "1s")];

#[test]
fn nobody_stays_for_long() {
    let app = TestApp::with(NOBODY);
    let mut ws = Ws::guest(&app);
    assert_eq!(ws.end(), 3500);
    // A session of a guest is no login.
    let guest = app.anon();
    guest.call("getCaptcha", json!(null));
    assert_eq!(Ws::of(&app, &guest).end(), 3500);
    // Nor is one of another app.
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::with(app.address, "/ws?_app=emp", &[("cookie", &client.cookies())]).unwrap();
    assert_eq!(ws.end(), 3500);
    let mut ws = Ws::of(&app, &client);
    assert_eq!(ws.next_within(Duration::from_millis(2500)), Came::Nothing);
    assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0);
}

#[test]
fn a_token_in_the_first_frame_is_a_login() {
    let app = TestApp::with(NOBODY);
    let id = user(&app, "13800000001");
    let client = app.anon();
    let token =
        client.ok("login", json!({"uname": "13800000001", "pwd": PWD, "wantAll": 1}))["_token"].clone();
    let mut ws = Ws::guest(&app);
    let answer = ws.ask(json!({"auth": {"token": token, "app": "user"}}));
    assert_eq!(answer["ok"]["id"], json!(id), "{answer}");
    assert_ne!(answer["ok"]["_token"], token, "tokens turn with each login");
    assert_eq!(ws.call("User.get", json!({"res": "id"}), json!(null)), json!([0, {"id": id}]));
    assert_eq!(ws.next_within(Duration::from_millis(1500)), Came::Nothing);
    assert_eq!(ws.ask(json!({"auth": {"token": answer["ok"]["_token"]}}))["err"]["code"], 1);
    assert_eq!(ws.call("User.get", json!({"res": "id"}), json!(null))[0], 0);
}

#[test]
fn a_wrong_token_ends_the_connection() {
    let app = TestApp::production();
    user(&app, "13800000001");
    let mut ws = Ws::guest(&app);
    let answer = ws.ask(json!({"auth": {"token": "0123456789abcdef0123456789abcdef0123456789abcdef"}}));
    assert_eq!(answer["err"]["code"], json!(code::AUTHFAIL), "{answer}");
    assert_eq!(ws.end(), 3500);
    for auth in [json!({"token": "x", "app": 5}), json!("token")] {
        let mut ws = Ws::guest(&app);
        ws.send(&json!({"id": 1, "auth": auth}));
        let end = ws.next();
        assert!(matches!(&end, Came::End(Some((3503, _))) | Came::Frame(_)), "{end:?}");
    }
    assert_eq!(Ws::guest(&app).ask(json!({"auth": {"token": "x", "app": "a;b"}}))["err"]["code"], 1);
}

#[test]
fn a_login_over_the_connection_holds_for_it_and_a_logout_ends_it() {
    let app = TestApp::production();
    let id = employee(&app, "wang", "mgr");
    let mut ws = Ws::with(app.address, "/ws?_app=emp", &[]).unwrap();
    assert_eq!(ws.call("Employee.get", json!({}), json!(null))[0], json!(code::NOAUTH));
    assert_eq!(ws.call("login", json!({}), json!({"uname": "wang", "pwd": PWD}))[0], 0);
    assert_eq!(ws.call("Employee.get", json!({"res": "id"}), json!(null))[1]["id"], json!(id));
    assert_eq!(ws.call("logout", json!({}), json!({}))[0], 0, "its answer comes");
    assert_eq!(ws.end(), 3501);
}

#[test]
fn a_session_that_ends_elsewhere_ends_the_connection() {
    let app = TestApp::with(&[("P_LIVE_PING", "1s")]);
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0);
    client.ok("logout", json!({}));
    assert_eq!(ws.end(), 3501);
}

#[test]
fn a_connection_alone_does_not_keep_a_session_alive() {
    let app = TestApp::with(&[("P_LIVE_PING", "1s"), ("P_SESSION_IDLE", "10s")]);
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0);
    assert_eq!(ws.end(), 3501);
}
