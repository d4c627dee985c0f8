//! Callers that nobody knows: how often they may call, how little of what they were refused is kept, and what the log
//! leaves out when the disk is nearly full.

use crate::app::{Client, TestApp};
use crate::login::user;
use jindou::auth::Role;
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn limited(settings: &[(&str, &str)]) -> TestApp {
    let mut all =
        vec![("P_TEST_MODE", "2"), ("P_GUEST_RATE", "1"), ("P_GUEST_BURST", "10"), ("P_TRUST_PROXY", "1")];
    all.extend_from_slice(settings);
    TestApp::with(&all)
}

fn rows(app: &TestApp) -> i64 {
    app.cell("SELECT COUNT(*) FROM ApiLog").as_i64().unwrap()
}

/// How many of so many calls are let in.
fn let_in(client: &Client<'_>, target: &str, calls: usize) -> usize {
    (0..calls).filter(|_| client.call(target, Value::Null)[0] != json!(3)).count()
}

#[test]
fn a_guest_calls_so_often_and_beyond_that_leaves_no_row() {
    let app = limited(&[]);
    let flood = app.anon().at("192.0.2.1");
    let before = rows(&app);
    let begun = std::time::Instant::now();
    let passed = ["initClient", "nosuch", "Ordr.query", "Ordr.add"].map(|target| let_in(&flood, target, 10));
    let most = 10 + begun.elapsed().as_secs() as usize + 1;
    let all: usize = passed.iter().sum();
    assert!((10..=most).contains(&all), "{passed:?}");
    assert_eq!(rows(&app) - before, all as i64, "each call that was let in left a row, and no other");
    let refused = flood.send("GET", "initClient", &[], None);
    assert_eq!(refused.json()[0], 3, "{}", refused.text());
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
    // A body that is refused before it is read is no way around.
    let big = vec![b' '; 100 << 10];
    let before = rows(&app);
    for _ in 0..20 {
        flood.send("POST", "Ordr.add", &JSON, Some(big.clone()));
    }
    assert!(rows(&app) - before <= 2);
}

#[test]
fn others_are_not_held_up_by_a_guest_of_another_address() {
    let app = limited(&[]);
    let id = user(&app, "13800138000");
    assert!(let_in(&app.anon().at("192.0.2.1"), "initClient", 30) < 30);
    assert_eq!(let_in(&app.anon().at("192.0.2.2"), "initClient", 10), 10);
    // The /64 of an IPv6 subscriber is one address.
    let subscriber: usize =
        (0..30).map(|n| let_in(&app.anon().at(format!("2001:db8::{n:x}")), "initClient", 1)).sum();
    assert!(subscriber < 15, "{subscriber}");
    // Somebody who has logged in is not a guest, wherever the call comes from.
    let customer = app.login(Role::User, id).at("192.0.2.1");
    assert_eq!(let_in(&customer, "Ordr.query", 30), 30);
    // Pages are no calls.
    let page = |address| {
        let got = app.anon().at(address).exactly("GET", "/m2/index.html", &[], None);
        (got.status, got.bytes)
    };
    let unlimited = page("192.0.2.9");
    assert!((0..30).all(|_| page("192.0.2.1") == unlimited));
}

#[test]
fn the_calls_of_a_batch_count_one_by_one() {
    let app = limited(&[]);
    let client = app.anon().at("192.0.2.1");
    let items = json!(vec![json!({"ac": "initClient"}); 100]);
    assert_eq!(client.ok("batch", items.clone()).as_array().unwrap().len(), 100);
    let refused = client.send("POST", "batch", &JSON, Some(items.to_string().into()));
    assert_eq!(refused.json()[0], 3);
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((60..=91).contains(&wait), "{wait}");
}

#[test]
fn little_is_kept_of_what_a_guest_was_refused() {
    let app = TestApp::new();
    let pad = "x".repeat(3000);
    let crowd: String = (0..50).map(|n| format!("&{n}{pad}={pad}")).collect();
    let sizes = "SELECT MAX(LENGTH(req)) + MAX(LENGTH(res)) FROM ApiLog WHERE retval <> 0";
    for (target, body) in [
        (format!("nosuch{pad}"), json!({"a": pad})),
        (format!("Ordr.query?cond={pad}"), Value::Null),
        ("Ordr.add".to_owned(), json!({"dscr": pad, "list": vec![pad.clone(); 100]})),
        ("login".to_owned(), json!({"uname": "victim", "pwd": "wrong-one", "p_pad": pad, "cond": pad})),
    ] {
        app.anon().call(&target, body);
    }
    app.anon().form("Ordr.query", &crowd[1..]);
    app.anon().send("POST", "Ordr.add", &[("content-type", "text/plain")], Some(pad.clone().into()));
    app.anon().call("batch?useTrans=1", json!([{"ac": "login", "post": {"uname": "victim", "pwd": pad}}]));
    assert!(app.cell(sizes).as_i64().unwrap() < 900, "{}", app.cell(sizes));
    let aimed = app.cell("SELECT req FROM ApiLog WHERE ac = 'login' AND retval <> 0");
    assert!(aimed.as_str().unwrap().contains("uname=victim"), "{aimed}");
    let items = app.cell("SELECT MAX(LENGTH(req)) FROM ApiLog1 WHERE retval <> 0");
    assert!(items.as_i64().unwrap() < 500, "{items}");
    // Of somebody who is known the record is as full as ever.
    let customer = app.login(Role::User, user(&app, "13800138000"));
    customer.fails("Ordr.query", json!({"cond": pad}));
    assert!(app.cell(sizes).as_i64().unwrap() > 2000);
}

#[test]
fn a_nearly_full_disk_is_kept_for_changes() {
    const FULL: (&str, &str) = ("P_DISK_FLOOR_MB", "100000000");
    let count = |app: &TestApp, ac: &str| app.cell(&format!("SELECT COUNT(*) FROM ApiLog WHERE ac = '{ac}'"));
    for (settings, of_reads) in [(vec![FULL], 0), (vec![FULL, ("P_AUDIT", "strict")], 1), (vec![], 1)] {
        let mut all = vec![("P_TEST_MODE", "2")];
        all.extend_from_slice(&settings);
        let app = TestApp::with(&all);
        let ready = app.anon().exactly("GET", "/readyz", &[], None);
        let customer = app.login(Role::User, user(&app, "13800138000"));
        customer.ok("Ordr.query", Value::Null);
        customer.ok("Ordr.add", json!({"dscr": "kept"}));
        assert_eq!(count(&app, "Ordr.query"), of_reads, "{settings:?}");
        assert_eq!(count(&app, "Ordr.add"), 1, "{settings:?}");
        assert_eq!(ready.status, if settings.is_empty() { 200 } else { 503 });
        assert_eq!(ready.text().contains("reads are not recorded"), of_reads == 0, "{}", ready.text());
    }
}
