//! Obfuscated parameters, as stock clients send every call until they have seen test mode.

use crate::app::{Client, TestApp};
use serde_json::{Value, json};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What the clients do, written from their description alone.
fn encode(n: usize, plain: &[u8]) -> String {
    let turned = |at: usize| ALPHABET[(at + n) % 64];
    let first = if n == 64 { b'=' } else { ALPHABET[n] };
    let mut out = vec![first, turned((n + plain.len()) % 64)];
    for chunk in plain.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            out.push(turned((bits >> (18 - 6 * at) & 63) as usize));
        }
    }
    String::from_utf8(out).unwrap().replace('+', "-")
}

fn url(client: &Client<'_>, n: usize, query: &str) -> Value {
    client.exactly("GET", &format!("/api.php?xp={}", encode(n, query.as_bytes())), &[], None).json()
}

#[test]
fn f042_the_url() {
    let app = TestApp::rtest();
    let anon = app.anon();
    for n in 1..=64 {
        let answer = url(&anon, n, "ac=fn&f=param&name=a&a=筋斗 1&_app=user".replace(' ', "%20").as_str());
        assert_eq!(answer, json!([0, "筋斗 1"]), "n={n}");
    }
    // It replaces the rest of the address.
    let hidden = encode(5, b"ac=fn&f=param&name=a&a=in");
    assert_eq!(
        anon.exactly("GET", &format!("/api.php?xp={hidden}&a=out&ac=initClient"), &[], None).json(),
        json!([0, "in"])
    );
    assert_eq!(url(&anon, 9, "_ac=fn&ac=3&f=param&name=ac/i"), json!([0, 3]));
    // `1` says only that the body may be hidden.
    assert_eq!(anon.exactly("GET", "/api.php/fn?xp=1&f=param&name=a&a=x", &[], None).json(), json!([0, "x"]));
}

#[test]
fn f043_the_body() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let post = |kind: &str, n: usize, body: &str| {
        let headers = [("content-type", kind)];
        anon.exactly(
            "POST",
            "/api.php/fn?xp=1&f=param&name=a",
            &headers,
            Some(encode(n, body.as_bytes()).into_bytes()),
        )
        .json()
    };
    for n in [1, 7, 40, 63, 64] {
        assert_eq!(
            post("application/json;xparam=1", n, "{\"a\":{\"b\":\"筋斗\"}}"),
            json!([0, {"b": "筋斗"}]),
            "n={n}"
        );
        assert_eq!(post("application/json; charset=utf-8;xparam=1", n, "{\"a\":5}"), json!([0, 5]));
        assert_eq!(
            post("application/x-www-form-urlencoded;xparam=1", n, "a[b]=1%202"),
            json!([0, {"b": "1 2"}])
        );
    }
    let batch = encode(3, br#"[{"ac":"ApiLog.hello"},{"ac":"nosuch"}]"#).into_bytes();
    let headers = [("content-type", "application/json; charset=utf-8;xparam=1")];
    let target = format!("/api.php?xp={}", encode(8, b"ac=batch&useTrans=0"));
    let answer = anon.exactly("POST", &target, &headers, Some(batch)).json();
    assert_eq!((&answer[1][0][1]["id"], &answer[1][1][0]), (&json!(100), &json!(1)));
}

#[test]
fn f044_what_cannot_be_read() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let good = encode(5, b"ac=initClient");
    // A wrong length, a letter outside the alphabet, almost nothing.
    for bad in
        [format!("{good}AAAA"), format!("{}!", &good[..6]), "x".to_owned(), good[..good.len() - 4].to_owned()]
    {
        let answer = anon.exactly("GET", &format!("/api.php?xp={bad}"), &[], None).json();
        assert_eq!((&answer[0], &answer[2]), (&json!(1), &json!("bad url xparam")), "{bad}");
    }
    let headers = [("content-type", "application/json;xparam=1")];
    let answer = anon.exactly("POST", "/api.php/fn", &headers, Some(b"{\"a\":1}".to_vec())).json();
    assert_eq!((&answer[0], &answer[2]), (&json!(1), &json!("bad post xparam")));
}

#[test]
fn emoji_and_line_ends_as_the_clients_write_them() {
    let app = TestApp::rtest();
    // Astral characters leave the old encoder as two surrogates of three bytes each.
    let plain = [b"{\"a\":\"".as_slice(), &[0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], b"\"}"].concat();
    let headers = [("content-type", "application/json;xparam=1")];
    let body = encode(11, &plain).into_bytes();
    let answer = app.anon().exactly("POST", "/api.php/fn?f=param&name=a", &headers, Some(body)).json();
    assert_eq!(answer, json!([0, "😀"]));
}
