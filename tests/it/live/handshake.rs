//! Who may open a WebSocket, and how it is answered.

use super::client::{Came, Ws};
use crate::app::TestApp;
use crate::login::user;
use jindou::auth::Role;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The status of a request as it is.
fn status(app: &TestApp, lines: &str) -> u16 {
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(super::client::ENOUGH)).unwrap();
    stream.write_all(format!("{lines}\r\n\r\n").as_bytes()).unwrap();
    let mut head = [0; 64];
    let count = stream.read(&mut head).unwrap();
    String::from_utf8_lossy(&head[..count]).split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_handshake_is_complete_or_refused() {
    let app = TestApp::production();
    let good = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    assert_eq!(status(&app, good), 101);
    let changed = |from: &str, to: &str| status(&app, &good.replace(from, to));
    assert_eq!(changed("Upgrade: websocket", "Upgrade: WebSocket"), 101);
    assert_eq!(changed("Connection: Upgrade", "Connection: keep-alive, Upgrade"), 101);
    assert_eq!(changed("Upgrade: websocket", "Upgrade: h2c"), 426);
    assert_eq!(changed("Connection: Upgrade", "Connection: keep-alive"), 426);
    assert_eq!(changed("Version: 13", "Version: 8"), 426);
    assert_eq!(changed("GET /ws", "POST /ws"), 426);
    assert_eq!(changed("HTTP/1.1", "HTTP/1.0"), 426);
    assert_eq!(changed("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", ""), 400);
    assert_eq!(changed("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400);
    assert_eq!(changed("Host: localhost", "Host: localhost\r\nContent-Length: 3"), 400);
    assert_eq!(changed("Host: localhost", "Host: localhost\r\nTransfer-Encoding: chunked"), 400);
    assert_eq!(changed("/ws", "/ws?_app=a;b"), 400);
    assert_eq!(changed("/ws", "/wsx"), 404);
}

#[test]
fn pages_of_other_sites_open_none() {
    let app = TestApp::with(&[("P_CORS_ORIGINS", "https://friend.example.test")]);
    let client = app.login(Role::User, user(&app, "13800000001"));
    let own = format!("http://{}", app.address);
    let cookies = client.cookies();
    let open = |headers: &[(&str, &str)]| {
        let mut all = vec![("cookie", cookies.as_str())];
        all.extend_from_slice(headers);
        Ws::with(app.address, "/ws?_app=user", &all).map(|_| ())
    };
    for headers in [
        &[][..],
        &[("origin", own.as_str())],
        &[("origin", "https://friend.example.test")],
        &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")],
        &[("origin", "https://friend.example.test"), ("sec-fetch-site", "cross-site")],
    ] {
        assert_eq!(open(headers), Ok(()), "{headers:?}");
    }
    for headers in [
        &[("origin", "http://evil.example.test")][..],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", own.as_str()), ("sec-fetch-site", "cross-site")],
        &[("origin", own.as_str()), ("sec-fetch-site", "same-site")],
        &[("referer", "http://evil.example.test/page")],
        &[("origin", "http://127.0.0.1.evil.example.test")],
        &[("origin", "http://127.0.0.1:1")],
    ] {
        assert_eq!(open(headers), Err(403), "{headers:?}");
    }
    // Guests are no exception: what is answered could be read by the page.
    assert_eq!(Ws::with(app.address, "/ws", &[("origin", "http://evil.example.test")]).err(), Some(403));
}

#[test]
fn a_denied_address_and_a_foreign_name_get_nothing() {
    let app = TestApp::with(&[("P_IP_DENY", "192.0.2.0/24"), ("P_TRUST_PROXY", "1")]);
    assert_eq!(Ws::with(app.address, "/ws", &[("x-forwarded-for", "192.0.2.7")]).err(), Some(200));
    assert!(Ws::with(app.address, "/ws", &[("x-forwarded-for", "198.51.100.7")]).is_ok());
    let app = TestApp::new();
    assert_eq!(Ws::with(app.address, "/ws", &[("host", "rebound.example.test")]).err(), Some(421));
}

#[test]
fn what_follows_the_handshake_at_once_is_not_lost() {
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let text = json!({"id": 7, "call": {"ac": "User.get"}}).to_string();
    let mut frame = Frame::message(text, OpCode::Data(Data::Text), true);
    frame.header_mut().mask = Some([1, 2, 3, 4]);
    let mut bytes = format!(
        "GET /ws?_app=user HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: {}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        client.cookies()
    )
    .into_bytes();
    frame.format(&mut bytes).unwrap();
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(super::client::ENOUGH)).unwrap();
    stream.write_all(&bytes).unwrap();
    let mut got = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&got).contains("\"id\":7,\"re\":[0") {
        let count = stream.read(&mut piece).unwrap();
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&piece[..count]);
    }
}

#[test]
fn text_is_spoken_and_nothing_else() {
    use tokio_tungstenite::tungstenite::Message;
    let app = TestApp::production();
    let client = app.login(Role::User, user(&app, "13800000001"));
    let mut ws = Ws::of(&app, &client);
    ws.try_send(Message::Binary(vec![1, 2, 3].into())).unwrap();
    assert_eq!(ws.end(), 3503);
    for text in ["", " ", "\n\n"] {
        let mut ws = Ws::of(&app, &client);
        ws.send_text(text);
        assert_eq!(ws.call("User.get", json!({}), json!(null))[0], 0, "an empty line is no frame");
    }
    for text in ["x", "[]", "{}", "{\"call\":{\"ac\":\"User.get\"}}", "{\"id\":\"a\",\"unsub\":1}"] {
        let mut ws = Ws::of(&app, &client);
        ws.send_text(text);
        assert_eq!(ws.end(), 3503, "{text}");
    }
    // A frame that has an id is answered, and the connection goes on.
    let mut ws = Ws::of(&app, &client);
    for frame in [
        json!({}),
        json!({"sub": "a", "x": 1}),
        json!({"call": {}}),
        json!({"unsub": 1, "call": {"ac": "a"}}),
    ] {
        let answer = ws.ask(frame.clone());
        assert_eq!(
            (&answer["err"]["code"], &answer["err"]["temporary"]),
            (&json!(1), &json!(false)),
            "{frame}"
        );
    }
    assert_eq!(ws.next_within(std::time::Duration::from_millis(50)), Came::Nothing);
}
