//! Calls with a key: done once however often they are sent, one after the other, at once, and across a restart.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::user;
use jindou::auth::Role;
use serde_json::{Value, json};

fn orders(app: &TestApp) -> Value {
    app.cell("SELECT COUNT(*) FROM Ordr")
}

fn with_header(client: &Client<'_>, target: &str, key: &str, body: Value) -> Value {
    let headers = [("content-type", "application/json"), ("Idempotency-Key", key)];
    client.send("POST", target, &headers, Some(body.to_string().into_bytes())).json()
}

#[test]
fn the_first_answer_is_given_again() {
    let app = TestApp::new();
    let (id, other) = (user(&app, "13800138001"), user(&app, "13800138002"));
    let client = app.login(Role::User, id);
    let add = |client: &Client<'_>, key: &str, dscr: &str| {
        client.call(&format!("Ordr.add?_key={key}"), json!({"dscr": dscr}))
    };
    let first = add(&client, "a", "tea");
    assert_eq!(first[0], json!(0));
    // Also from another session of the account, and by the header.
    assert_eq!(add(&client, "a", "tea"), first);
    assert_eq!(add(&app.login(Role::User, id), "a", "tea"), first);
    assert_eq!(with_header(&client, "Ordr.add", "a", json!({"dscr": "tea"})), first);
    assert_eq!(orders(&app), json!(1));
    // Another request under the same key, in whatever it differs.
    assert_eq!(add(&client, "a", "coffee")[0], json!(1));
    assert_eq!(
        client.fails(&format!("Ordr.set?_key=a&id={}", first[1]), json!({"dscr": "tea"})).0,
        code::PARAM
    );
    assert_eq!(client.fails("Ordr.add?_key=a&res=id", json!({"dscr": "tea"})).0, code::PARAM);
    assert_eq!(orders(&app), json!(1));
    // Another key, another account.
    assert_ne!(add(&client, "b", "tea")[1], first[1]);
    assert_ne!(add(&app.login(Role::User, other), "a", "tea")[1], first[1]);
    assert_eq!(orders(&app), json!(3));
    // A call that was refused was not done, so its key is free.
    assert_eq!(client.fails("Ordr.set?_key=c&id=999", json!({"dscr": "x"})).0, code::PARAM);
    assert_eq!(add(&client, "c", "tea")[0], json!(0));
    // Every call has its row, the repeated ones too.
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog WHERE ac='Ordr.add' AND retval=0"), json!(7));
    assert_eq!(app.cell("SELECT COUNT(*) FROM ObjLog WHERE obj='Ordr'"), json!(4));
}

#[test]
fn a_key_is_for_those_who_are_known_and_for_calls_whose_answer_can_be_kept() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138001"));
    assert_eq!(app.anon().fails("Syslog.add?_key=a", json!({"module": "m", "content": "c"})).0, code::NOAUTH);
    let long = "x".repeat(256);
    for bad in ["_key=", &format!("_key={long}"), "_key=a%0ab", "_key[]=a", "_key[a]=1"] {
        assert_eq!(client.fails(&format!("Ordr.add?{bad}"), json!({"dscr": "x"})).0, code::PARAM, "{bad}");
    }
    assert_eq!(
        client.fails("batch?useTrans[]=1", json!([{"ac": "Ordr.add", "post": {"dscr": "x"}}])).0,
        code::PARAM
    );
    let batch = json!([{"ac": "Ordr.add", "post": {"dscr": "x"}}]);
    assert_eq!(client.fails("batch?_key=a", batch).0, code::PARAM);
    for (key, target) in [json!("a"), json!(5), json!({"a": 1}), json!(["a"])]
        .into_iter()
        .flat_map(|key| [(key.clone(), "batch"), (key, "batch?useTrans=1")])
    {
        let item = json!([{"ac": "Ordr.add", "get": {"_key": key}, "post": {"dscr": "x"}}]);
        assert_eq!(client.ok(target, item.clone())[0][0], json!(1));
    }
    // Its answer is a token.
    assert_eq!(client.fails("WatchUser.renew?_key=a", json!({"x": 1})).0, code::PARAM);
    assert_eq!(client.ok("Ordr.query?_key=a&res=count(*) n&fmt=one", json!(null)), json!({"n": 0}));
    assert_eq!((orders(&app), app.cell("SELECT COUNT(*) FROM CallKey")), (json!(0), json!(0)));
}

#[test]
fn a_transaction_of_calls_is_done_once() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138001"));
    let add = json!({"ac": "Ordr.add", "post": {"dscr": "x"}});
    let call = |items: Value| client.call("batch?useTrans=1&_key=a", items);
    // One that failed was not done.
    assert_eq!(call(json!([add, {"ac": "nosuch"}]))[1][1][0], json!(1));
    let first = call(json!([add, add]));
    assert_eq!((&first[0], orders(&app)), (&json!(0), json!(2)));
    assert_eq!(call(json!([add, add])), first);
    assert_eq!(call(json!([add]))[0], json!(1));
    assert_eq!(orders(&app), json!(2));
}

#[test]
fn sent_many_times_at_once_it_is_done_once() {
    let app = TestApp::new();
    let id = user(&app, "13800138001");
    let item = json!([{"ac": "Ordr.add", "post": {"dscr": "x"}}]);
    for (target, body) in [("Ordr.add", json!({"dscr": "x"})), ("batch?useTrans=1", item)] {
        let before = orders(&app).as_i64().unwrap();
        let answers: Vec<Value> = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| with_header(&app.login(Role::User, id), target, target, body.clone()))
                })
                .collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        assert_eq!(answers[0][0], json!(0));
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(orders(&app), json!(before + 1));
    }
    // Those that work outside the lane work there once too: a second one that comes meanwhile is told so.
    let sheet = "list\nx\n".replace("list", "dscr");
    let send = || {
        let headers = [("content-type", "text/plain"), ("Idempotency-Key", "import")];
        app.login(Role::User, id)
            .send("POST", "Ordr.batchAdd", &headers, Some(sheet.clone().into_bytes()))
            .json()
    };
    let code = send()[0].clone();
    let before = orders(&app);
    assert_eq!((send()[0].clone(), orders(&app)), (code, before));
}

#[test]
fn a_key_lives_for_a_day_and_through_a_restart() {
    let app = TestApp::new();
    let id = user(&app, "13800138001");
    let call = |app: &TestApp| app.login(Role::User, id).call("Ordr.add?_key=a", json!({"dscr": "x"}));
    let first = call(&app);
    let app = app.restart(&[("P_TEST_MODE", "2")]);
    assert_eq!(call(&app), first);
    app.anon().ok("testAdvance", json!({"sec": 86_401}));
    assert_ne!(call(&app), first);
    assert_eq!(app.cell("SELECT COUNT(*) FROM CallKey"), json!(1));
    app.anon().ok("testAdvance", json!({"sec": 86_401}));
    app.anon().ok("runJob?name=kept", json!(null));
    assert_eq!(app.cell("SELECT COUNT(*) FROM CallKey"), json!(0));
}

#[test]
fn a_clock_that_jumps_makes_no_key_old() {
    const DAY: i64 = 86_400_000;
    let app = TestApp::new();
    let id = user(&app, "13800138001");
    let now = app.server.env.unix_ms();
    let call =
        |key: &str| app.login(Role::User, id).call(&format!("Ordr.add?_key={key}"), json!({"dscr": "x"}));
    let first = call("a");
    for days in [730, -400, 20, 0] {
        app.server.env.clock.set_ms(now + days * DAY);
        assert_eq!(call("a"), first, "{days} days");
        // Made while the clock was wrong.
        let key = format!("made{}", days.abs());
        let made = call(&key);
        app.server.env.clock.set_ms(now);
        assert_eq!(call(&key), made, "{days} days");
    }
}
