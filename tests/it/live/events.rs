//! Channels as streams of events.

use super::client::ENOUGH;
use super::limits::becomes;
use crate::app::{Client, TestApp};
use crate::code;
use crate::watch_family::family;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

struct Events {
    lines: BufReader<TcpStream>,
    head: Vec<String>,
}

/// An event: its id, its name, its data.
type Event = (String, String, Value);

impl Events {
    fn open(app: &TestApp, client: &Client<'_>, query: &str, headers: &[(&str, &str)]) -> Events {
        let mut stream = TcpStream::connect(app.address).unwrap();
        stream.set_read_timeout(Some(ENOUGH)).unwrap();
        // Without the pieces of HTTP/1.1, which would stand between the lines.
        let mut request =
            format!("GET /sse?{query} HTTP/1.0\r\nHost: localhost\r\nCookie: {}\r\n", client.cookies());
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
        let mut events = Events { lines: BufReader::new(stream), head: Vec::new() };
        loop {
            match events.line() {
                Some(line) if !line.is_empty() => events.head.push(line.to_ascii_lowercase()),
                _ => return events,
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.lines.read_line(&mut line).unwrap();
        (count > 0).then(|| line.trim_end().to_owned())
    }

    fn next(&mut self) -> Option<Event> {
        let (mut id, mut name, mut data) = (String::new(), String::new(), Value::Null);
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("id", value)) => id = value.to_owned(),
                Some(("event", value)) => name = value.to_owned(),
                Some(("data", value)) => data = serde_json::from_str(value).unwrap(),
                _ if line.is_empty() && !data.is_null() => return Some((id, name, data)),
                _ => {}
            }
        }
    }
}

fn says(client: &Client<'_>, circle: i64, text: &str) -> i64 {
    client.ok("CircleMsg.add", json!({"circleId": circle, "type": 3, "content": text}))["id"]
        .as_i64()
        .unwrap()
}

#[test]
fn a_stream_goes_on_where_the_one_before_ended() {
    let app = TestApp::new();
    let (mum, first, _) = family(&app, "Home");
    let second = mum.ok("Circle.add", json!({"name": "Work"}))["id"].as_i64().unwrap();
    let query = format!("sub=circle:{first}&sub=circle%3A{second}");
    let mut events = Events::open(&app, &mum, &query, &[]);
    assert!(
        events.head.iter().any(|line| line.starts_with("content-type: text/event-stream")),
        "{:?}",
        events.head
    );
    for place in 0..2 {
        assert_eq!(events.next().unwrap().2["id"], json!(place));
    }
    let one = says(&mum, first, "one");
    let (id, _, frame) = events.next().unwrap();
    assert_eq!((&frame["ch"], &frame["offset"]), (&json!(format!("circle:{first}")), &json!(one)));
    drop(events);
    becomes(&app, "jindou_live_connections", 0.0);
    let two = says(&mum, second, "two");
    let three = says(&mum, first, "three");
    let mut events = Events::open(&app, &mum, &query, &[("Last-Event-ID", &id)]);
    for (place, offset) in [(0, three), (1, two)] {
        let (id, _, frame) = events.next().unwrap();
        assert_eq!((&frame["id"], &frame["ok"]["recovered"]), (&json!(place), &json!(true)), "{frame}");
        let rows = frame["ok"]["data"].as_array().unwrap();
        assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(offset)));
        assert!(id.contains(&offset.to_string()), "{id}");
    }
    let four = says(&mum, second, "four");
    assert_eq!(events.next().unwrap().2["offset"], json!(four));
}

#[test]
fn what_may_not_be_followed_is_answered_by_an_error() {
    let app = TestApp::new();
    let (mum, circle, _) = family(&app, "Home");
    let stranger = app.anon();
    stranger.ok("newUser", json!({}));
    let code_of = |client: &Client<'_>, query: &str| {
        client.exactly("GET", &format!("/sse?{query}"), &[], None).json()[0].clone()
    };
    let query = format!("sub=circle:{circle}");
    assert_eq!(code_of(&stranger, &query), json!(code::FORBIDDEN));
    assert_eq!(code_of(&app.anon(), &query), json!(code::NOAUTH));
    assert_eq!(code_of(&mum, ""), json!(code::PARAM));
    assert_eq!(code_of(&mum, "sub=nosuch:1"), json!(code::PARAM));
    assert_eq!(code_of(&mum, &format!("{query}&sub=nosuch:1")), json!(code::PARAM));
    let headers = [("origin", "http://evil.example.test")];
    assert_eq!(mum.exactly("GET", &format!("/sse?{query}"), &headers, None).status, 403);
    assert_eq!(mum.exactly("POST", &format!("/sse?{query}"), &[], Some(Vec::new())).status, 405);
    becomes(&app, "jindou_live_connections", 0.0);
    becomes(&app, "jindou_live_subscriptions", 0.0);
}

#[test]
fn a_stream_ends_with_the_login_and_with_the_server() {
    let mut app = TestApp::new();
    let (mum, circle, _) = family(&app, "Home");
    let query = format!("sub=circle:{circle}");
    let mut events = Events::open(&app, &mum, &query, &[]);
    assert!(events.next().unwrap().2["ok"].is_object());
    mum.ok("logout", json!({}));
    let (_, name, data) = events.next().unwrap();
    assert_eq!((name.as_str(), &data["code"], events.next()), ("close", &json!(3501), None));
    let (mum, circle, _) = family(&app, "Home");
    let mut events = Events::open(&app, &mum, &format!("sub=circle:{circle}"), &[]);
    assert!(events.next().unwrap().2["ok"].is_object());
    drop(mum);
    app.tell_to_stop();
    let (_, name, data) = events.next().unwrap();
    assert_eq!((name.as_str(), &data["code"], events.next()), ("close", &json!(3001), None));
}
