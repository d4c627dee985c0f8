//! Stories of single subscribers: rows that come, change and go, pages, joined names, refusals, rights that end.

use super::{change, delete, follow, order, params, staff, user};
use crate::app::TestApp;
use crate::code;
use jindou::auth::Role;
use jindou::error::{Error, Result};
use jindou::live::query::LiveQueries;
use serde_json::{Value, json};

#[test]
fn a_subscriber_is_told_of_rows_that_come_change_and_go() {
    let app = TestApp::new();
    let engine = LiveQueries::new(&app.server);
    let (mine, other) = (user(&app, "mine"), user(&app, "other"));
    let first = order(&app, mine, 1.0);
    order(&app, other, 2.0);
    let get = json!({"res": "id, amount, status", "cond": "status='CR'", "orderby": "id desc"});
    let mut orders = follow(&app, &engine, Role::User, mine, "Ordr.query", get).unwrap();
    assert_eq!(orders.grid["d"], json!([[first, 1, "CR"]]));
    let second = order(&app, mine, 3.0);
    let frame = orders.next();
    assert_eq!(
        (&frame["q"], &frame["set"], &frame["at"]),
        (&json!(7), &json!([[second, 3, "CR"]]), &json!([0]))
    );
    change(&app, "Ordr", first, json!({"amount": 9}));
    assert_eq!(orders.next()["set"], json!([[first, 9, "CR"]]));
    // It no longer meets the condition, then it is gone.
    change(&app, "Ordr", first, json!({"status": "RE"}));
    assert_eq!(orders.next()["del"], json!([first]));
    delete(&app, "Ordr", second);
    assert_eq!(orders.next()["del"], json!([second]));
    // What does not concern him, and what was undone, is not told: the next frame is of what he may see.
    let strange = order(&app, other, 4.0);
    let refused: Result<()> = app.server.write_as_system(move |tx| {
        tx.insert("Ordr", [("userId", json!(mine)), ("status", json!("CR"))])?;
        Err(Error::param("undone"))
    });
    assert!(refused.is_err());
    change(&app, "Ordr", first, json!({"dscr": "seen by nobody"}));
    // A row of somebody else's becomes his.
    change(&app, "Ordr", strange, json!({"userId": mine}));
    assert_eq!(orders.next()["set"], json!([[strange, 4, "CR"]]));
    change(&app, "Ordr", strange, json!({"userId": other}));
    assert_eq!(orders.next()["del"], json!([strange]));
    orders.agrees(&app);
}

#[test]
fn the_page_stays_full_and_in_order() {
    let app = TestApp::new();
    let engine = LiveQueries::new(&app.server);
    let mine = user(&app, "mine");
    staff(&app, "mgr");
    let ids: Vec<i64> = (0..8).map(|n| order(&app, mine, f64::from(n))).collect();
    let page = |more: Value| {
        let mut get = json!({"res": "amount", "pagesz": 3, "orderby": "amount desc, id"});
        get.as_object_mut().unwrap().extend(params(&more).0);
        get
    };
    let mut first = follow(&app, &engine, Role::Emp, 1, "Ordr.query", page(json!({}))).unwrap();
    let mut second = follow(&app, &engine, Role::Emp, 1, "Ordr.query", page(json!({"page": 2}))).unwrap();
    let mut groups = json!({"gres": "status", "res": "count(*) cnt, sum(amount) total"});
    groups["pagesz"] = json!(20);
    let mut groups = follow(&app, &engine, Role::Mgr, 1, "Ordr.query", groups).unwrap();
    assert_eq!(first.grid["h"], json!(["amount", "id"]), "each row has its id");
    delete(&app, "Ordr", ids[7]);
    assert_eq!(first.next()["set"], json!([[4, ids[4]]]), "the next row has come up");
    change(&app, "Ordr", ids[0], json!({"amount": 100}));
    change(&app, "Ordr", ids[6], json!({"status": "RE"}));
    for followed in [&mut first, &mut second, &mut groups] {
        followed.agrees(&app);
    }
}

#[test]
fn names_of_joined_rows_are_followed_too() {
    let app = TestApp::new();
    let engine = LiveQueries::new(&app.server);
    let mine = user(&app, "mine");
    staff(&app, "");
    let id = order(&app, mine, 1.0);
    let get = json!({"res": "id, userName, orderLog"});
    let mut orders = follow(&app, &engine, Role::Emp, 1, "Ordr.query", get).unwrap();
    change(&app, "User", mine, json!({"name": "another"}));
    assert_eq!(orders.next()["set"][0][1], json!("another"));
    app.write(move |tx| tx.insert("OrderLog", [("orderId", json!(id)), ("action", json!("CR"))]));
    orders.agrees(&app);
    assert_eq!(orders.grid["d"][0][2]["d"].as_array().map(Vec::len).unwrap_or(1), 1);
}

#[test]
fn what_cannot_be_followed_is_refused_with_a_reason() {
    let app = TestApp::new();
    let engine = LiveQueries::new(&app.server);
    staff(&app, "");
    let refused = |role, ac: &str, get| {
        let error = follow(&app, &engine, role, 1, ac, get).err().unwrap_or_else(|| panic!("{ac}"));
        (error.code.0, error.text.en.to_string())
    };
    assert_eq!(
        refused(Role::Emp, "Ordr.query", json!({"pagesz": 501})).0,
        i32::try_from(code::PARAM).unwrap()
    );
    assert!(refused(Role::Emp, "Ordr.query", json!({"pagesz": -1})).1.contains("pagesz"));
    assert!(refused(Role::Emp, "Ordr.query", json!({"fmt": "list"})).1.contains("fmt"));
    assert!(refused(Role::Emp, "Ordr.get", json!({"id": 1})).1.contains("Ordr.get"));
    assert!(refused(Role::Emp, "Attachment.query", json!({})).0 != 0);
    assert!(refused(Role::Emp, "nothing", json!({})).0 != 0);
    assert!(refused(Role::Emp, "Ordr.query", json!({"cond": "nothing=1"})).1.contains("nothing"));
    assert!(refused(Role::User, "Employee.query", json!({})).0 != 0);
    assert_eq!(engine.count(), 0);
}

#[test]
fn nothing_is_told_once_rights_have_ended() {
    let app = TestApp::new();
    let engine = LiveQueries::new(&app.server);
    let mine = user(&app, "mine");
    staff(&app, "");
    let get = || json!({"res": "id, amount"});
    let mut staff = follow(&app, &engine, Role::Emp, 1, "Ordr.query", get()).unwrap();
    let mut gone = follow(&app, &engine, Role::User, mine, "Ordr.query", get()).unwrap();
    let left = follow(&app, &engine, Role::User, mine, "Ordr.query", get()).unwrap();
    let left_frames = left.listener.clone();
    drop(left);
    delete(&app, "User", mine);
    let frame = gone.next();
    assert_eq!((frame["q"].as_i64(), frame["err"]["temporary"].as_bool()), (Some(7), Some(false)));
    // Other permissions of the same account.
    change(&app, "Employee", 1, json!({"perms": "mgr"}));
    let before = staff.next();
    assert!(before["err"]["code"].as_i64().is_some(), "{before}");
    order(&app, mine, 5.0);
    let mut fresh = follow(&app, &engine, Role::Mgr, 1, "Ordr.query", get()).unwrap();
    order(&app, mine, 6.0);
    fresh.next();
    let silent = [&gone.listener, &left_frames, &staff.listener];
    assert!(silent.iter().all(|listener| listener.frames.lock().unwrap().is_empty()));
    assert_eq!(engine.count(), 1);
}

#[test]
fn a_change_runs_only_the_queries_that_it_concerns() {
    let app = TestApp::new();
    let engine = LiveQueries::new(&app.server);
    let users: Vec<i64> = (0..200)
        .map(|n| app.write(move |tx| tx.insert("User", [("phone", json!(format!("138{n:08}")))])))
        .collect();
    let mut all: Vec<_> = users
        .iter()
        .map(|id| {
            let get = json!({"res": "id, amount", "cond": "amount>10"});
            follow(&app, &engine, Role::User, *id, "Ordr.query", get).unwrap()
        })
        .collect();
    let before = engine.runs();
    // Nobody's, then one that misses the condition, then one that meets it.
    order(&app, 0, 20.0);
    order(&app, users[7], 5.0);
    let id = order(&app, users[7], 20.0);
    assert_eq!(all[7].next()["set"], json!([[id, 20]]));
    change(&app, "Ordr", id, json!({"amount": 30}));
    assert_eq!(all[7].next()["set"], json!([[id, 30]]));
    assert_eq!(engine.runs() - before, 2);
    assert!(all.iter_mut().enumerate().all(|(at, one)| at == 7 || one.take().is_empty()));
}
