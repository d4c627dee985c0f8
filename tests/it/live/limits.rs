//! What live connections may take, and how they end.

use super::client::{Came, ENOUGH, Ws};
use crate::app::TestApp;
use crate::login::user;
use jindou::auth::Role;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

pub fn metric(app: &TestApp, line: &str) -> f64 {
    let text = app.anon().send("GET", "/metrics", &[], None).text();
    let found = text.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("{line} is not in {text}"))
}

/// Waits until a number of `/metrics` is as expected.
#[track_caller]
pub fn becomes(app: &TestApp, line: &str, expected: f64) {
    let begun = Instant::now();
    while metric(app, line) != expected {
        assert!(begun.elapsed() < ENOUGH, "{line} is {}", metric(app, line));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_message_has_a_length() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let frame = |length: usize| {
        let dscr = "x".repeat(length);
        json!({"id": 1, "call": {"ac": "User.get", "get": {"x": dscr}}}).to_string()
    };
    let mut ws = Ws::of(&app, &client);
    let room = (64 << 10) - frame(0).len();
    ws.send_text(&frame(room));
    assert_eq!(ws.frame()["re"][0], 0);
    ws.send_text(&frame(room + 1));
    assert_eq!(ws.end(), 3509);
    // In pieces as well, none of which is too long.
    let mut ws = Ws::of(&app, &client);
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
    for at in 0..10 {
        let kind = if at == 0 { Data::Text } else { Data::Continue };
        let piece = Message::Frame(Frame::message(vec![b' '; 16 << 10], OpCode::Data(kind), false));
        if ws.try_send(piece).is_err() {
            break;
        }
    }
    assert!(matches!(ws.next(), Came::End(Some((3509, _)) | None)));
}

#[test]
fn an_account_and_an_address_have_so_many() {
    let app = TestApp::with(&[("P_LIVE_PER_ACCOUNT", "2"), ("P_LIVE_PER_ADDR", "4")]);
    let client = app.login(Role::User, user(&app, "13800000001"));
    let open = || Ws::of(&app, &client);
    let mut first = open();
    let mut second = open();
    assert_eq!(open().end(), 3012);
    for ws in [&mut first, &mut second] {
        assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0);
    }
    drop(first);
    becomes(&app, "jindou_live_connections", 1.0);
    let mut again = open();
    assert_eq!(again.call("User.get", json!({}), json!(null))[0], 0);
    // The address has room for two more, whoever they are.
    let mut guests: Vec<Ws> = (0..2).map(|_| Ws::guest(&app)).collect();
    guests.iter_mut().for_each(|ws| assert_eq!(ws.call("initClient", json!({}), json!(null))[0], 0));
    assert_eq!(Ws::guest(&app).end(), 3012);
    assert_eq!(metric(&app, "jindou_live_closes_total{code=\"3012\"}"), 2.0);
}

#[test]
fn the_end_of_the_server_is_told_with_a_delay_of_its_own() {
    let mut app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut all: Vec<Ws> = (0..20).map(|_| Ws::of(&app, &client)).collect();
    all.iter_mut().for_each(|ws| assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0));
    let readers = std::thread::spawn(move || {
        let told = all.iter_mut().map(|ws| match ws.next() {
            Came::End(Some((3001, reason))) => {
                serde_json::from_str::<Value>(&reason).unwrap()["delay"].as_i64()
            }
            other => panic!("{other:?}"),
        });
        told.map(Option::unwrap).collect::<Vec<i64>>()
    });
    app.tell_to_stop();
    let mut delays = readers.join().unwrap();
    delays.sort_unstable();
    delays.dedup();
    assert!(delays.len() > 10 && delays.iter().all(|delay| (0..=2000).contains(delay)), "{delays:?}");
}

#[test]
fn who_does_not_answer_is_given_up() {
    let app = TestApp::with(&[("P_LIVE_PING", "1s")]);
    let client = app.login(Role::User, user(&app, "13800000001"));
    let ws = Ws::of(&app, &client);
    // It reads nothing, so it answers no ping.
    becomes(&app, "jindou_live_closes_total{code=\"3008\"}", 1.0);
    drop(ws);
    becomes(&app, "jindou_live_connections", 0.0);
}

#[test]
fn an_answer_fits_into_what_may_wait() {
    let app = TestApp::with(&[("P_LIVE_UNSENT", "64K")]);
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    let order = json!({"ac": "Ordr.add", "post": {"amount": 1, "dscr": "d".repeat(200)}});
    for _ in 0..5 {
        assert_eq!(ws.call("batch", json!({}), json!(vec![order.clone(); 60]))[0], 0);
    }
    let few = ws.call("Ordr.query", json!({"pagesz": 20}), json!(null));
    assert_eq!(few[1]["d"].as_array().unwrap().len(), 20);
    let answer = ws.ask(json!({"call": {"ac": "Ordr.query", "get": {"pagesz": 300}}}));
    assert_eq!(answer["err"]["code"], 1, "{answer}");
    assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0);
}

#[test]
fn who_hangs_up_in_the_middle_of_a_call_does_not_cut_it_in_two() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    for _ in 0..20 {
        let mut ws = Ws::of(&app, &client);
        ws.send(&json!({"id": 1, "call": {"ac": "Ordr.add", "post": {"amount": 1}}}));
        drop(ws);
    }
    becomes(&app, "jindou_live_connections", 0.0);
    let begun = Instant::now();
    // What was received is done, with its record; nothing is half.
    loop {
        let (rows, records) = (
            app.cell("select count(*) from Ordr"),
            app.cell("select count(*) from ApiLog where ac='Ordr.add' and retval=0"),
        );
        assert_eq!(rows, records);
        if rows == json!(20) || begun.elapsed() > Duration::from_secs(2) {
            break;
        }
    }
}

#[test]
fn garbage_on_the_wire_ends_one_connection_and_no_other() {
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut good = Ws::of(&app, &client);
    for bytes in [
        &[0xff; 64][..],
        &[0x81, 0x05, b'h', b'e', b'l', b'l', b'o'],
        &[0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4],
    ] {
        let ws = Ws::of(&app, &client);
        let mut stream = ws.stream();
        stream.write_all(bytes).unwrap();
        let mut rest = Vec::new();
        // A close frame, then the end.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.first().is_none_or(|byte| *byte == 0x88), "{rest:?}");
    }
    assert_eq!(good.call("User.get", json!({}), json!(null))[0], 0);
}
