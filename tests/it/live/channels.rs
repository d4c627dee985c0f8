//! Channels: rows that are sent as they are written, to those who may read them, without a hole or a repeat.

use super::client::{Came, ENOUGH, Ws};
use super::limits::{becomes, metric};
use crate::app::{Client, TestApp};
use crate::code;
use crate::login::employee;
use crate::watch_family::family;
use jindou::auth::Role;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn channel(circle: i64) -> String {
    format!("circle:{circle}")
}

#[track_caller]
fn subscribed(ws: &mut Ws, circle: i64) -> Value {
    let answer = ws.ask(json!({"sub": channel(circle)}));
    assert!(answer["ok"]["offset"].is_i64(), "{answer}");
    answer["ok"].clone()
}

/// A message of a member; gives its id.
fn says(client: &Client<'_>, circle: i64, text: &str) -> i64 {
    let post = json!({"circleId": circle, "type": 3, "content": text});
    client.ok("CircleMsg.add", post)["id"].as_i64().unwrap()
}

fn second<'a>(app: &'a TestApp, circle: i64, pin: &str) -> (Client<'a>, i64) {
    let client = app.anon();
    let id = client.ok("newUser", json!({}))["id"].as_i64().unwrap();
    client.ok("circleJoin", json!({"circleId": circle, "joinPwd": pin}));
    (client, id)
}

#[test]
fn a_row_is_sent_as_the_query_shows_it() {
    let app = TestApp::new();
    let (mum, circle, pin) = family(&app, "Home");
    let (dad, _) = second(&app, circle, &pin);
    let (mut hers, mut his) = (Ws::of(&app, &mum), Ws::of(&app, &dad));
    let begin = subscribed(&mut hers, circle);
    assert_eq!(subscribed(&mut his, circle), begin, "one place in one channel");
    assert_eq!(begin["offset"], app.cell("SELECT max(id) FROM CircleMsg"));
    let id = says(&mum, circle, "你好\n\"quoted\"");
    let row = mum.ok(&format!("CircleMsg.query?circleId={circle}&fmt=list&pagesz=1"), json!(null))["list"][0]
        .clone();
    let frame = json!({"ch": channel(circle), "offset": id, "data": row});
    assert_eq!((&hers.frame(), &his.frame()), (&frame, &frame));
    // What came over the connection itself is sent to it as well, after the answer or before.
    let post = json!({"circleId": circle, "type": 3, "content": "by a socket"});
    let answer = hers.call("CircleMsg.add", json!({}), post);
    let frame = hers.frame();
    assert_eq!((&frame["offset"], &frame["data"]["content"]), (&answer[1]["id"], &json!("by a socket")));
    assert_eq!(his.frame(), frame);
    // Another family's messages are nobody else's.
    let (other, elsewhere, _) = family(&app, "Elsewhere");
    says(&other, elsewhere, "not yours");
    let id = says(&dad, circle, "ours");
    assert_eq!((&his.frame()["offset"], &hers.frame()["offset"]), (&json!(id), &json!(id)));
    becomes(&app, "jindou_live_subscriptions", 2.0);
    assert!(metric(&app, "jindou_live_deliveries_total") >= 6.0);
}

#[test]
fn who_may_not_query_may_not_follow() {
    let app = TestApp::new();
    let (mum, circle, _) = family(&app, "Home");
    let stranger = app.anon();
    stranger.ok("newUser", json!({}));
    let mut ws = Ws::of(&app, &stranger);
    let code_of = |ws: &mut Ws, sub: Value| ws.ask(json!({"sub": sub}))["err"]["code"].clone();
    assert_eq!(code_of(&mut ws, json!(channel(circle))), json!(code::FORBIDDEN));
    assert_eq!(code_of(&mut ws, json!(channel(1))), json!(code::FORBIDDEN), "nor is told which there are");
    assert_eq!(code_of(&mut Ws::guest(&app), json!(channel(circle))), json!(code::NOAUTH));
    // Looks of staff at private data are recorded one by one.
    for (at, perms) in ["", "mgr", "family", "mgr,family"].into_iter().enumerate() {
        let staff = app.login(Role::Emp, employee(&app, &"e".repeat(5 + at), perms));
        assert_eq!(
            code_of(&mut Ws::of(&app, &staff), json!(channel(circle))),
            json!(code::FORBIDDEN),
            "{perms}"
        );
    }
    let mut ws = Ws::of(&app, &mum);
    for name in [
        format!("circle:0{circle}"),
        format!("circle:+{circle}"),
        format!("circle: {circle}"),
        format!("circle:{circle} "),
        format!("Circle:{circle}"),
        format!("circle:{circle}.0"),
        format!("circle:{circle}:pos"),
        "circle:".into(),
        "circle".into(),
        "".into(),
        ":".into(),
        "circle:99999999999999999999".into(),
        "CircleMsg:1".into(),
    ] {
        assert_eq!(code_of(&mut ws, json!(name)), json!(code::PARAM), "{name}");
    }
    for what in [json!(5), json!(["circle:1"]), json!(null), json!(true)] {
        let answer = ws.ask(json!({"sub": what}));
        assert_eq!(answer["err"]["code"], json!(code::PARAM), "{what}");
    }
    subscribed(&mut ws, circle);
}

#[test]
fn what_was_missed_is_given_again_across_a_restart() {
    let app = TestApp::with(&[("P_LIVE_RECOVER", "5")]);
    let (mum, circle, _) = family(&app, "Home");
    let mut ws = Ws::of(&app, &mum);
    let begin = subscribed(&mut ws, circle);
    drop(ws);
    let missed: Vec<i64> = (0..5).map(|n| says(&mum, circle, &format!("missed {n}"))).collect();
    let cookies = mum.cookies();
    let app = app.restart(&[("P_LIVE_RECOVER", "5")]);
    let again = app.anon();
    again.set_cookie("userid", cookies.split("userid=").nth(1).unwrap().split(';').next().unwrap());
    let mut ws = Ws::of(&app, &again);
    let since = |offset: &Value, epoch: &Value| json!({"sub": channel(circle), "since": {"epoch": epoch, "offset": offset}});
    let answer = ws.ask(since(&begin["offset"], &begin["epoch"]))["ok"].clone();
    assert_eq!((&answer["epoch"], &answer["recovered"]), (&begin["epoch"], &json!(true)), "{answer}");
    let ids = |answer: &Value| -> Vec<i64> {
        answer["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!((ids(&answer), &answer["offset"]), (missed.clone(), &json!(missed[4])));
    let query = again.ok(&format!("CircleMsg.query?circleId={circle}&fmt=list&pagesz=1"), json!(null));
    assert_eq!(answer["data"][4], query["list"][0]);
    let next = says(&again, circle, "after the restart");
    assert_eq!(ws.frame()["offset"], json!(next));
    // All or nothing: one more than the bound, or another database.
    let answer = Ws::of(&app, &again).ask(since(&begin["offset"], &begin["epoch"]))["ok"].clone();
    assert_eq!(
        (&answer["recovered"], &answer["offset"], answer.get("data")),
        (&json!(false), &json!(next), None)
    );
    let answer = Ws::of(&app, &again).ask(since(&begin["offset"], &json!("another")))["ok"].clone();
    assert_eq!((&answer["recovered"], answer.get("data")), (&json!(false), None));
    let answer = Ws::of(&app, &again).ask(since(&json!(next), &begin["epoch"]))["ok"].clone();
    assert_eq!((&answer["recovered"], &answer["data"]), (&json!(true), &json!([])));
    assert_eq!(metric(&app, "jindou_live_recoveries_total{whole=\"1\"}"), 2.0);
    assert_eq!(metric(&app, "jindou_live_recoveries_total{whole=\"0\"}"), 2.0);
}

#[test]
fn a_membership_that_ends_ends_the_connection_before_the_next_row() {
    let app = TestApp::new();
    let (mum, circle, pin) = family(&app, "Home");
    for round in 0..5 {
        let (dad, id) = second(&app, circle, &pin);
        let mut ws = Ws::of(&app, &dad);
        subscribed(&mut ws, circle);
        let last = says(&mum, circle, "for both");
        mum.ok("CircleUser.remove", json!({"circleId": circle, "userId": id}));
        says(&mum, circle, "not for him");
        // The row that tells of his removal is not for him either.
        loop {
            match ws.next() {
                Came::Frame(frame) => assert!(frame["offset"].as_i64().unwrap() <= last, "{round}: {frame}"),
                Came::End(Some((code, _))) => break assert_eq!(code, 3501),
                other => panic!("{other:?}"),
            }
        }
        let answer = Ws::of(&app, &dad).ask(json!({"sub": channel(circle)}));
        assert_eq!(answer["err"]["code"], json!(code::FORBIDDEN));
    }
}

#[test]
fn a_login_that_ends_ends_what_it_follows() {
    let app = TestApp::new();
    let (mum, circle, pin) = family(&app, "Home");
    type End = fn(&TestApp, &Client<'_>, i64);
    let ends: [End; 3] = [
        |_, client, _| drop(client.ok("logout", json!({}))),
        |app, _, id| app.write(move |tx| tx.end_sessions("user", id)),
        |app, _, id| app.write(move |tx| tx.delete("User", &[("id", json!(id))]).map(|_| ())),
    ];
    for (at, end) in ends.into_iter().enumerate() {
        let (dad, id) = second(&app, circle, &pin);
        let mut ws = Ws::of(&app, &dad);
        subscribed(&mut ws, circle);
        end(&app, &dad, id);
        says(&mum, circle, "not for him");
        assert_eq!(ws.next(), Came::End(Some((3501, "rights ended".into()))), "{at}");
    }
}

#[test]
fn nothing_is_missed_and_nothing_comes_twice_while_connections_come_and_go() {
    let app = TestApp::new();
    let (mum, circle, pin) = family(&app, "Home");
    let (dad, _) = second(&app, circle, &pin);
    let stop = AtomicBool::new(false);
    let (app, stop) = (&app, &stop);
    std::thread::scope(|scope| {
        for (name, client) in [("mum", mum.cookies()), ("dad", dad.cookies())] {
            scope.spawn(move || {
                let mut ws = Ws::with(app.address, "/ws?_app=user", &[("cookie", &client)]).unwrap();
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let post = json!({"circleId": circle, "type": 3, "content": format!("{name} {n}")});
                    assert_eq!(ws.call("CircleMsg.add", json!({}), post)[0], 0);
                }
            });
        }
        let readers: Vec<_> = (0..4)
            .map(|seed| {
                let cookies = mum.cookies();
                scope.spawn(move || reader(app, circle, &cookies, seed))
            })
            .collect();
        let seen: Vec<(i64, Vec<i64>)> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
        stop.store(true, Ordering::Relaxed);
        for (first, offsets) in seen {
            let last = offsets.last().copied().unwrap();
            let rows: Value = serde_json::from_str(
                app.cell(&format!(
                    "SELECT json_group_array(id) FROM (SELECT id FROM CircleMsg WHERE circleId={circle} \
                     AND id>{first} AND id<={last} ORDER BY id)"
                ))
                .as_str()
                .unwrap(),
            )
            .unwrap();
            assert_eq!(json!(offsets), rows);
        }
    });
}

/// Follows a channel over connections that end at random, each going on where the one before was; gives where it began and
/// all offsets that it was sent.
fn reader(app: &TestApp, circle: i64, cookies: &str, seed: u64) -> (i64, Vec<i64>) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut first = None;
    let mut offsets: Vec<i64> = Vec::new();
    let mut place: Option<Value> = None;
    for _ in 0..60 {
        let mut ws = Ws::with(app.address, "/ws?_app=user", &[("cookie", cookies)]).unwrap();
        let mut ask = json!({"sub": channel(circle)});
        if let Some(place) = &place {
            ask["since"] = place.clone();
        }
        let answer = ws.ask(ask)["ok"].clone();
        if place.is_some() {
            assert_eq!(answer["recovered"], true, "{answer}");
        }
        let offset = answer["offset"].as_i64().unwrap();
        first.get_or_insert(offset);
        offsets
            .extend(answer["data"].as_array().into_iter().flatten().map(|row| row["id"].as_i64().unwrap()));
        let mut at = offset;
        for _ in 0..random.random_range(0..8) {
            let frame = ws.frame();
            at = frame["offset"].as_i64().unwrap();
            offsets.push(at);
        }
        place = Some(json!({"epoch": answer["epoch"], "offset": at}));
    }
    (first.unwrap(), offsets)
}

#[test]
fn rows_of_slow_writers_come_in_the_order_of_their_ids() {
    let app = TestApp::new();
    let (mum, circle, _) = family(&app, "Home");
    let mut ws = Ws::of(&app, &mum);
    subscribed(&mut ws, circle);
    // Each transaction gets its id early and is committed late; a second one tries to overtake it.
    std::thread::scope(|scope| {
        for pause in [15, 1] {
            let app = &app;
            scope.spawn(move || {
                for n in 0..20 {
                    app.write(move |tx| {
                        let fields = json!({"circleId": circle, "type": 3, "content": format!("{pause} {n}"),
                            "sender": "1", "senderType": 1, "tm": tx.env().now_ms_text(), "status": 0});
                        tx.add("CircleMsg", fields)?;
                        std::thread::sleep(Duration::from_millis(pause));
                        Ok(())
                    });
                }
            });
        }
    });
    let offsets: Vec<i64> = (0..40).map(|_| ws.frame()["offset"].as_i64().unwrap()).collect();
    assert!(offsets.is_sorted_by(|a, b| a < b), "{offsets:?}");
    assert_eq!(ws.next_within(Duration::from_millis(50)), Came::Nothing);
}

#[test]
fn a_subscription_ends_by_its_id_or_its_name() {
    let app = TestApp::with(&[("P_LIVE_SUBS", "2")]);
    let (mum, circle, pin) = family(&app, "Home");
    let (dad, _) = second(&app, circle, &pin);
    let mut ws = Ws::of(&app, &mum);
    for by in [json!(channel(circle)), json!(77)] {
        ws.send(&json!({"id": 77, "sub": channel(circle)}));
        assert!(ws.frame()["ok"].is_object());
        let again = json!({"id": 77, "sub": channel(circle)});
        ws.send(&again);
        assert_eq!(ws.frame()["err"]["code"], json!(code::PARAM), "the id is taken");
        assert_eq!(ws.ask(json!({"unsub": by}))["ok"], true);
        assert_eq!(ws.ask(json!({"unsub": by}))["ok"], false);
        says(&dad, circle, "nobody hears it");
        assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0);
    }
    subscribed(&mut ws, circle);
    subscribed(&mut ws, circle);
    assert_eq!(ws.ask(json!({"sub": channel(circle)}))["err"]["code"], json!(code::PARAM), "P_LIVE_SUBS");
    let id = says(&dad, circle, "twice, because it is followed twice");
    assert_eq!((&ws.frame()["offset"], &ws.frame()["offset"]), (&json!(id), &json!(id)));
    becomes(&app, "jindou_live_subscriptions", 2.0);
    drop(ws);
    becomes(&app, "jindou_live_subscriptions", 0.0);
}

#[test]
fn those_who_follow_a_channel_tell_each_other_what_is_fleeting() {
    let app = TestApp::new();
    let (mum, circle, pin) = family(&app, "Home");
    let (dad, his_id) = second(&app, circle, &pin);
    let (mut hers, mut his) = (Ws::of(&app, &mum), Ws::of(&app, &dad));
    let typing = json!({"send": channel(circle), "data": {"typing": 1}});
    assert_eq!(
        his.ask(typing.clone())["err"]["code"],
        json!(code::PARAM),
        "who does not follow says nothing"
    );
    subscribed(&mut hers, circle);
    subscribed(&mut his, circle);
    assert_eq!(his.ask(typing.clone())["ok"], true);
    let frame = json!({"ch": channel(circle), "from": {"app": "user", "id": his_id}, "data": {"typing": 1}});
    assert_eq!(hers.frame(), frame);
    let long = json!({"send": channel(circle), "data": "x".repeat(2000)});
    assert_eq!(his.ask(long)["err"]["temporary"], true);
    let refused = (0..30).map(|_| his.ask(typing.clone())).filter(|answer| answer["err"].is_object()).count();
    assert!(refused >= 10, "{refused}");
    mum.ok("CircleUser.remove", json!({"circleId": circle, "userId": his_id}));
    assert_eq!(his.end(), 3501);
}

#[test]
fn who_never_reads_costs_no_more_than_is_allowed() {
    let app = TestApp::with(&[("P_LIVE_UNSENT", "128K"), ("P_LIVE_PING", "3600s")]);
    let (mum, circle, pin) = family(&app, "Home");
    let (dad, _) = second(&app, circle, &pin);
    let mut good = Ws::of(&app, &mum);
    subscribed(&mut good, circle);
    let mut lazy = Ws::of(&app, &dad);
    subscribed(&mut lazy, circle);
    let text = "字".repeat(1000);
    let begun = Instant::now();
    // What the network takes is not waiting: it goes on until that is full, too.
    while metric(&app, "jindou_live_closes_total{code=\"3008\"}") == 0.0 {
        let calls: Vec<Value> = (0..40)
            .map(|_| json!({"ac": "CircleMsg.add", "post": {"circleId": circle, "type": 3, "content": text}}))
            .collect();
        let answer = mum.ok("batch", json!(calls));
        let last = answer[39][1]["id"].clone();
        // Others are served as before.
        while good.frame()["offset"] != last {}
        assert!(begun.elapsed() < 3 * ENOUGH);
    }
    becomes(&app, "jindou_live_connections", 1.0);
}
