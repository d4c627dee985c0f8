//! Keys in headers instead of a login: by pattern, for one call, without a session.

use crate::app::{Client, TestApp};
use crate::code;
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
    assert_eq!(client.fails("Ordr.query", json!(null)).0, code::NOAUTH, "nothing is remembered");
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

/// Wrong keys, each another, until the network is refused.
fn guess(app: &TestApp) {
    let wrong = |n: usize| {
        call(&app.anon(), "Ordr.query", ("x-daca-simple", &format!("wrong-{n}")), json!(null))[0].clone()
    };
    assert!((0..200).any(|n| wrong(n) == json!(5)), "guesses are refused");
}

#[test]
fn guesses_of_others_do_not_close_a_key_that_worked_before() {
    let app = app();
    let basic = base64::engine::general_purpose::STANDARD.encode("robot:b-771-xYz-5");
    let basic = format!("basic {basic}");
    assert_eq!(call(&app.anon(), "Ordr.query", SIMPLE, json!(null))[0], json!(0));
    guess(&app);
    assert_eq!(call(&app.anon(), "Ordr.query", SIMPLE, json!(null))[0], json!(0));
    let first = call(&app.anon(), "Ordr.add", ("authorization", &basic), json!({"dscr": "tea"}));
    assert_eq!(first[0], json!(5), "a key that is right for the first time is refused like a wrong one");
}

#[test]
fn a_strong_key_is_open_whoever_guesses() {
    let keys = json!([{"authType": "simple", "key": "9fK2-qLw7-Zx04-mVt8-hRp3", "allowedAc": ["Ordr.query"],
        "app": "emp", "id": 1}]);
    let app = TestApp::with(&[("P_AUTH_KEYS", &keys.to_string())]);
    employee(&app, "wang", "emp");
    guess(&app);
    let strong = ("x-daca-simple", "9fK2-qLw7-Zx04-mVt8-hRp3");
    assert_eq!(call(&app.anon(), "Ordr.query", strong, json!(null))[0], json!(0));
}

#[test]
fn a_program_with_one_wrong_key_closes_no_other() {
    let app = app();
    assert_eq!(call(&app.anon(), "Ordr.query", SIMPLE, json!(null))[0], json!(0));
    let wrong = ("x-daca-simple", "k-of-last-year");
    let told = (0..1100).map(|_| call(&app.anon(), "Ordr.query", wrong, json!(null))[0].clone());
    assert_eq!(told.filter(|code| *code == json!(2)).count(), 50);
    assert_eq!(call(&app.anon(), "Ordr.query", SIMPLE, json!(null))[0], json!(0));
}

#[test]
fn a_password_in_a_header_is_no_guess_where_no_key_counts() {
    let app = app();
    for n in 0..100 {
        let site = base64::engine::general_purpose::STANDARD.encode(format!("visitor:{n}"));
        let header = ("authorization", format!("Basic {site}"));
        assert_eq!(call(&app.anon(), "initClient", (header.0, &header.1), json!(null))[0], json!(0));
        // A key of another kind counts for this one.
        assert_eq!(call(&app.anon(), "Ordr.query", (header.0, &header.1), json!(null))[0], json!(2));
    }
    assert_eq!(call(&app.anon(), "Ordr.query", SIMPLE, json!(null))[0], json!(0));
}

/// The batch itself is open to all; a key may name nothing but its calls.
#[test]
fn a_batch_is_of_whoever_its_calls_are_of() {
    let app = app();
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("robot:b-771-xYz-5"));
    let add = json!({"ac": "Ordr.add", "post": {"dscr": "tea"}});
    for target in ["batch", "batch?useTrans=1"] {
        let done = call(&app.anon(), target, ("authorization", &basic), json!([{"ac": "initClient"}, add]));
        assert_eq!(done[1][1][0], json!(0), "{target}: {done}");
        let by = app.cell("SELECT userId FROM ApiLog WHERE ac LIKE 'batch:%' ORDER BY id DESC LIMIT 1");
        assert_eq!(by, json!(1), "{target}");
    }
}

/// A caller who cannot be asked for is no guest: clients would throw their login away.
#[test]
fn an_account_that_cannot_be_read_is_not_a_guest() {
    let app = app();
    let client = app.anon();
    assert_eq!(call(&client, "Ordr.query", SIMPLE, json!(null))[0], json!(0));
    let beside = rusqlite::Connection::open(app.server.db.path()).unwrap();
    beside.execute_batch("ALTER TABLE Employee RENAME TO Gone").unwrap();
    assert_eq!(call(&client, "Ordr.query", SIMPLE, json!(null))[0], json!(3));
    let item = json!([{"ac": "Ordr.query"}]);
    for target in ["batch", "batch?useTrans=1"] {
        let answer = call(&client, target, SIMPLE, item.clone());
        assert!(answer[0] == json!(3) || answer[1][0][0] == json!(3), "{target}: {answer}");
    }
}

/// The number of an account means nothing without its kind.
#[test]
fn a_key_comes_as_the_kind_of_its_account_whatever_app_it_names() {
    let keys = json!([{"authType": "simple", "key": "k-2938-aGh-2", "app": "emp", "id": 1,
        "allowedAc": ["upload", "att", "mySessions", "endSession", "mfaStatus", "Ordr.add", "Ordr.query"]}]);
    let app = TestApp::with(&[("P_AUTH_KEYS", &keys.to_string())]);
    user(&app, "13800138000");
    employee(&app, "wang", "emp");
    let (owner, admin) = (app.login(jindou::auth::Role::User, 1), app.login(jindou::auth::Role::Admin, 1));
    let made = call(&owner, "upload?fmt=raw&f=a.txt", ("content-type", "text/plain"), json!("private"));
    let file = made[1][0]["id"].clone();
    assert!(file.is_i64(), "{made}");
    for name in ["user", "admin", "watch", "emp"] {
        let client = app.client(name);
        let got = client.send("GET", &format!("att?id={file}"), &[SIMPLE], None);
        assert_eq!(got.status, 404, "{name}: the file of user 1");
        assert_eq!(call(&client, "mySessions", SIMPLE, json!(null)), json!([0, []]), "{name}");
        assert_eq!(call(&client, "Ordr.query", SIMPLE, json!(null))[0], json!(0));
        let log = app.cell("SELECT app || userId FROM ApiLog WHERE ac='Ordr.query' ORDER BY id DESC LIMIT 1");
        assert_eq!(log, json!("emp1"), "{name}: the log says which account it was");
    }
    assert_eq!(
        (owner.ok("whoami", json!(null))["id"].clone(), admin.ok("whoami", json!(null))["id"].clone()),
        (json!(1), json!(1))
    );
}
