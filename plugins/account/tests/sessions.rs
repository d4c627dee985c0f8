//! Sessions and login tokens: what ends them, what turns them, and what their owner sees of them.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::{Value, json};
use std::sync::Barrier;

const PWD: &str = "golden-cloud-7";
const GRACE_MS: i64 = jindou::session::GRACE_MS;

fn token_of(answer: &Value) -> String {
    answer["_token"].as_str().unwrap_or_else(|| panic!("a token in {answer}")).to_owned()
}

fn by_token(app: &TestApp, name: &'static str, token: &str) -> Value {
    app.client(name).call("login", json!({"token": token}))
}

/// Every way in that gives a token: a name, a client that came in by it, its token.
fn all_logins(app: &TestApp) -> Vec<(&'static str, Client<'_>, String)> {
    user(app, "13800138000");
    employee(app, "wang", "emp");
    let mut all = Vec::new();
    let mut add = |name: &'static str, target: &str, body: Value| {
        let client = app.client(name);
        let token = token_of(&client.ok(target, body));
        all.push((name, client, token));
    };
    add("user", "login", json!({"uname": "13800138000", "pwd": PWD}));
    add("user", "login", json!({"uname": "13900139000", "code": "080909"}));
    add("user", "newUser", json!({"name": "dad"}));
    add("user", "circleStart", json!({"name": "home", "userName": "mum"}));
    add("emp", "login", json!({"uname": "wang", "pwd": PWD}));
    add("admin", "login", json!({"uname": "admin", "pwd": "only-for-tests"}));
    add("watch", "Watch.login", json!({"imei": "123456789012345", "mac": "001122334455"}));
    all
}

#[test]
fn every_token_is_long_and_ends_with_the_logout_of_its_session() {
    let app = TestApp::new();
    for (name, client, token) in all_logins(&app) {
        assert!(token.len() >= 48, "{name}: {token}");
        client.ok("logout", json!({}));
        let again = by_token(&app, name, &token);
        assert_eq!((&again[0], &again[2]), (&json!(-1), &json!("Bad login token!")), "{name}");
    }
    assert_eq!(app.cell("SELECT COUNT(*) FROM Token"), json!(0));
}

#[test]
fn every_token_turns_and_a_copy_that_comes_late_ends_token_and_sessions() {
    let app = TestApp::new();
    for (name, _, first) in all_logins(&app) {
        let client = app.client(name);
        let second = token_of(&client.ok("login", json!({"token": first})));
        assert_ne!(first, second);
        app.server.env.clock.advance_ms(GRACE_MS - 5_000);
        let other = app.client(name);
        let again = token_of(&other.ok("login", json!({"token": first})));
        assert_eq!(again, second, "an answer that was lost is given again");
        app.server.env.clock.advance_ms(5_000);
        assert_eq!(by_token(&app, name, &first)[0], json!(-1), "{name}");
        assert_eq!(
            by_token(&app, name, &second)[0],
            json!(-1),
            "{name}: nobody keeps a token with two holders"
        );
        for client in [&client, &other] {
            assert_eq!(
                client.fails("mySessions", json!(null)).0,
                code::NOAUTH,
                "{name}: its sessions end too"
            );
        }
    }
}

#[test]
fn a_copy_in_a_batch_ends_the_token_too() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let first = token_of(&app.anon().ok("login", json!({"uname": "13800138000", "pwd": PWD})));
    let client = app.anon();
    let second = token_of(&client.ok("login", json!({"token": first})));
    app.server.env.clock.advance_ms(GRACE_MS);
    let answer = app.anon().call("batch", json!([{"ac": "login", "post": {"token": first}}]));
    assert_eq!(answer[1][0][0], json!(-1), "{answer}");
    assert_eq!(client.fails("User.get", json!(null)).0, code::NOAUTH);
    assert_eq!(by_token(&app, "user", &second)[0], json!(-1));
}

#[test]
fn tokens_of_the_form_before_still_work_and_turn() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    app.anon().ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    let old = "a1b2c3d4e5f6";
    app.write(move |tx| {
        let hash = jindou::redact::hash_token(old);
        let fields = json!({"hash": hash, "seed": null, "turn": null, "turnMs": null, "seenMs": null,
            "expireMs": i64::MAX});
        tx.update("Token", &[("uid", json!(id))], fields.as_object().unwrap().clone())
    });
    let me = app.anon().ok("login", json!({"token": old}));
    assert!(me.get("_expire").is_none(), "an endless token stays endless");
    assert_eq!(token_of(&app.anon().ok("login", json!({"token": old}))), token_of(&me));
    app.server.env.clock.advance_ms(GRACE_MS);
    let next = token_of(&app.anon().ok("login", json!({"token": me["_token"]})));
    assert_eq!(by_token(&app, "user", old)[0], json!(-1));
    assert_eq!(by_token(&app, "user", &next)[0], json!(-1));
}

/// Both at once, many times; then the session must be as dead in memory as it is in the table.
fn ended_for_good(app: &TestApp, name: &'static str, other: &str, body: &Value) {
    let (mut alive, rounds) = (Vec::new(), 60);
    for round in 0..rounds {
        let client = app.login(if name == "user" { Role::User } else { Role::Emp }, 1);
        let key = client.cookie(&format!("{name}id")).unwrap();
        let start = Barrier::new(2);
        std::thread::scope(|scope| {
            for (target, body) in [("logout", json!({})), (other, body.clone())] {
                let (start, key) = (&start, &key);
                scope.spawn(move || {
                    let twin = app.client(name);
                    twin.set_cookie(&format!("{name}id"), key);
                    start.wait();
                    twin.call(target, body);
                });
            }
        });
        let late = app.client(name);
        late.set_cookie(&format!("{name}id"), &key);
        if late.call("whoami", json!(null))[0] != json!(2) {
            alive.push(round);
        }
    }
    assert!(alive.is_empty(), "{other}: {} of {rounds} sessions outlived their logout", alive.len());
}

#[test]
fn a_logout_is_not_undone_by_a_call_beside_it() {
    let app = TestApp::new();
    user(&app, "13800138000");
    employee(&app, "wang", "emp");
    let code = json!({"phone": "13800138000", "debug": 1});
    ended_for_good(&app, "user", "genCode", &code);
    ended_for_good(&app, "emp", "genCode", &code);
    ended_for_good(&app, "user", "whoami", &json!(null));
    ended_for_good(&app, "user", "User.set", &json!({"name": "Li"}));
    ended_for_good(&app, "user", "batch", &json!([{"ac": "genCode", "post": code}]));
}

#[test]
fn a_logout_is_not_undone_by_a_session_read_from_the_table() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let mut alive = 0;
    for _ in 0..60 {
        let client = app.login(Role::User, 1);
        let key = client.cookie("userid").unwrap();
        let start = Barrier::new(3);
        std::thread::scope(|scope| {
            for target in ["logout", "whoami", "User.get"] {
                let (app, start, key) = (&app, &start, &key);
                scope.spawn(move || {
                    let twin = app.anon();
                    twin.set_cookie("userid", key);
                    start.wait();
                    twin.call(target, json!(null));
                });
            }
        });
        let late = app.anon();
        late.set_cookie("userid", &key);
        alive += u32::from(late.call("whoami", json!(null))[0] != json!(2));
    }
    assert_eq!(alive, 0);
}

fn sessions(client: &Client<'_>) -> Vec<Value> {
    client.ok("mySessions", json!(null)).as_array().unwrap().clone()
}

#[test]
fn one_sees_and_ends_ones_own_sessions_only() {
    let app = TestApp::new();
    user(&app, "13800138000");
    user(&app, "13800138001");
    employee(&app, "wang", "emp");
    let logins = [
        ("user", json!({"uname": "13800138000", "pwd": PWD})),
        ("emp", json!({"uname": "wang", "pwd": PWD})),
        ("admin", json!({"uname": "admin", "pwd": "only-for-tests"})),
    ];
    let stranger = app.anon();
    stranger.ok("login", json!({"uname": "13800138001", "pwd": PWD}));
    let theirs = sessions(&stranger)[0]["id"].clone();
    for (name, credentials) in logins {
        assert_eq!(app.client(name).fails("mySessions", json!(null)).0, code::NOAUTH);
        let (here, there) = (app.client(name), app.client(name));
        let agent = "x".repeat(500);
        let body = Some(credentials.to_string().into());
        let headers = [("content-type", "application/json"), ("user-agent", agent.as_str())];
        let token = token_of(&there.send("POST", "login", &headers, body).json()[1]);
        here.ok("login", credentials.clone());
        let seen = sessions(&here);
        assert_eq!(seen.len(), 2, "{name}: {seen:?}");
        assert_eq!((&seen[0]["current"], &seen[1]["current"]), (&json!(1), &json!(0)));
        assert_eq!((&seen[1]["addr"], &seen[1]["remembered"]), (&json!("127.0.0.1"), &json!(1)));
        assert!(seen[1]["agent"].as_str().unwrap().chars().count() <= 200);
        assert!(seen[1]["createTm"].as_str().unwrap().len() == 19);
        for id in [theirs.clone(), json!("s999999"), json!("t1 OR 1=1"), json!("")] {
            assert_eq!(here.fails("endSession", json!({"id": id})).0, code::PARAM, "{name}: {id}");
        }
        here.ok("endSession", json!({"id": seen[1]["id"]}));
        assert_eq!(there.fails("mySessions", json!(null)).0, code::NOAUTH, "{name}");
        assert_eq!(by_token(&app, name, &token)[0], json!(-1), "{name}: the token ends with its session");
        let gone = token_of(&there.ok("login", credentials.clone()));
        assert_eq!(here.ok("endOtherSessions", json!({})), json!(1));
        assert_eq!(by_token(&app, name, &gone)[0], json!(-1));
        assert_eq!(sessions(&here).len(), 1);
        let mine = sessions(&here)[0]["id"].clone();
        here.ok("endSession", json!({"id": mine}));
        assert_eq!(here.fails("mySessions", json!(null)).0, code::NOAUTH);
    }
    stranger.ok("User.get", json!(null));
}

#[test]
fn a_token_whose_session_is_over_is_still_a_device_of_its_owner() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    let token = token_of(&app.anon().ok("login", json!({"uname": "13800138000", "pwd": PWD})));
    app.write(move |tx| tx.delete("Session", &[("uid", json!(id))]));
    let here = app.login(Role::User, id);
    let seen = sessions(&here);
    assert_eq!(seen.len(), 2);
    assert!(seen[1]["id"].as_str().unwrap().starts_with('t'));
    here.ok("endSession", json!({"id": seen[1]["id"]}));
    assert_eq!(by_token(&app, "user", &token)[0], json!(-1));
}
