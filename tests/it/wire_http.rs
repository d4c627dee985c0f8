//! Headers, origins, cookies: what HTTP adds to a call.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::json;

#[test]
fn f045_the_revision() {
    let app = TestApp::with(&[("P_SERVER_REV", "1234567890")]);
    assert_eq!(app.anon().send("GET", "initClient", &[], None).header("x-daca-server-rev"), "123456");
    let app = TestApp::production();
    let got = app.anon().send("GET", "initClient", &[], None);
    assert!(!got.headers.contains_key("x-daca-server-rev"));
    assert_eq!(got.header("x-powered-by"), "jindou");
    // A refusal is recognised as an answer of the same server.
    assert_eq!(app.anon().send("GET", "nosuch", &[], None).header("x-powered-by"), "jindou");
}

#[test]
fn f046_modes_show_only_when_they_are_on() {
    let modes = |settings: &[(&str, &str)]| {
        let app = TestApp::with(settings);
        let got = app.anon().send("GET", "initClient", &[], None);
        (got.headers.get("x-daca-test-mode").cloned(), got.headers.get("x-daca-mock-mode").cloned())
    };
    assert_eq!(modes(&[]), (None, None));
    assert_eq!(modes(&[("P_TEST_MODE", "1")]).0.as_deref(), Some("1"));
    let both = modes(&[("P_TEST_MODE", "2"), ("P_MOCK_MODE", "1")]);
    assert_eq!((both.0.as_deref(), both.1.as_deref()), (Some("2"), Some("1")));
    assert_eq!(modes(&[("P_MOCK_MODE", "1")]), (None, None));
    let some = modes(&[("P_TEST_MODE", "1"), ("P_MOCK_MODE", "sms,map")]);
    assert_eq!(some.1.as_deref(), Some("sms,map"));
}

#[test]
fn f050_only_listed_origins_may_read() {
    let app = TestApp::with(&[("P_CORS_ORIGINS", "https://shop.example.test")]);
    let ask = |origin: &str| app.anon().send("GET", "initClient", &[("origin", origin)], None);
    let got = ask("https://shop.example.test");
    assert_eq!(got.header("access-control-allow-origin"), "https://shop.example.test");
    assert_eq!(got.header("access-control-allow-credentials"), "true");
    for name in ["X-Daca-Server-Rev", "X-Daca-Test-Mode", "X-Daca-Mock-Mode"] {
        assert!(
            got.header("access-control-expose-headers").to_lowercase().contains(&name.to_lowercase()),
            "{name}"
        );
    }
    for origin in [
        "https://evil.example.test",
        "http://shop.example.test",
        "null",
        "https://shop.example.test.evil.test",
    ] {
        let got = ask(origin);
        assert!(!got.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    assert!(ask("https://shop.example.test").header("vary").to_lowercase().contains("origin"));
}

#[test]
fn f051_options_and_head_are_no_calls() {
    let app = TestApp::with(&[("P_CORS_ORIGINS", "https://shop.example.test")]);
    app.write(|_| Ok(()));
    let before = app.cell("SELECT count(*) FROM ApiLog");
    for verb in ["OPTIONS", "HEAD"] {
        let headers = [
            ("origin", "https://shop.example.test"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-daca-simple"),
        ];
        let got = app.anon().send(verb, "Ordr.add", &headers, None);
        assert_eq!((got.status, got.bytes.len()), (200, 0), "{verb}");
        assert!(!got.headers.contains_key("set-cookie"), "{verb}");
        assert_eq!(got.header("access-control-allow-origin"), "https://shop.example.test");
        if verb == "OPTIONS" {
            assert!(got.header("access-control-allow-headers").contains("content-type"));
            assert!(got.header("access-control-allow-methods").contains("POST"));
        }
    }
    assert_eq!(app.cell("SELECT count(*) FROM ApiLog"), before);
}

#[test]
fn f052_answers_are_not_kept() {
    let app = TestApp::production();
    let got = app.anon().send("GET", "initClient", &[], None);
    assert!(got.header("cache-control").contains("no-cache"));
    assert_eq!(got.header("x-content-type-options"), "nosniff");
}

fn login(client: &Client<'_>, app: &str, uname: &str) -> crate::app::Got {
    let headers = [("content-type", "application/json")];
    let body = json!({"uname": uname, "pwd": "golden-cloud-7"}).to_string();
    client.exactly("POST", &format!("/api/login?_app={app}"), &headers, Some(body.into()))
}

#[test]
fn f053_f054_f055_cookies_by_type_of_app() {
    let app = TestApp::new();
    employee(&app, "chief", "emp,mgr");
    user(&app, "13800138000");
    let browser = app.anon();
    let got = login(&browser, "emp-adm2", "chief");
    assert_eq!(got.json()[0], 0, "{}", got.text());
    let cookie = got.header("set-cookie");
    assert!(cookie.starts_with("empid="), "{cookie}");
    for part in ["path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    // Every app of the type is logged in with it, and no other.
    let code = |app: &str, ac: &str| {
        browser.exactly("GET", &format!("/api/{ac}?_app={app}"), &[], None).json()[0].clone()
    };
    for app in ["emp", "emp2", "emp-adm", "store"] {
        assert_eq!(code(app, "Employee.get"), 0, "{app}");
    }
    assert_eq!(code("user", "User.get"), 2);
    assert_eq!(login(&browser, "user", "13800138000").json()[0], 0);
    assert_eq!(code("user", "logout"), 0);
    assert_eq!(code("user", "User.get"), 2);
    assert_eq!(code("store", "Employee.get"), 0);
    assert_eq!(browser.exactly("GET", "/api/initClient?_app=a;b", &[], None).json()[0], 1);
}

#[test]
fn a_guest_gets_no_cookie_and_a_login_a_new_one() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let browser = app.anon();
    let got = browser.send("GET", "initClient", &[], None);
    assert!(!got.headers.contains_key("set-cookie"));
    // A cookie of somebody else's choice is never adopted.
    browser.set_cookie("userid", "chosen-by-an-attacker");
    assert_eq!(login(&browser, "user", "13800138000").json()[0], 0);
    let first = browser.cookie("userid").unwrap();
    assert_ne!(first, "chosen-by-an-attacker");
    assert_eq!(login(&browser, "user", "13800138000").json()[0], 0);
    assert_ne!(browser.cookie("userid").unwrap(), first);
    let old = app.anon();
    old.set_cookie("userid", &first);
    assert_eq!(old.fails("User.get", json!(null)).0, code::NOAUTH);
}

#[test]
fn f056_versions_are_recorded() {
    let app = TestApp::new();
    let last = || app.cell("SELECT ver FROM ApiLog ORDER BY id DESC LIMIT 1");
    app.anon().ok("initClient?_ver=ios/15", json!(null));
    assert_eq!(last(), json!("ios/15"));
    app.anon().send(
        "GET",
        "initClient",
        &[("user-agent", "Mozilla/5.0 MicroMessenger/8.0.49(0x18) NetType/WIFI")],
        None,
    );
    assert_eq!(last(), json!("wx/8.0.49"));
    app.anon().ok("initClient", json!(null));
    assert_eq!(last(), json!("web"));
}

#[test]
fn the_row_of_a_call_is_named_in_its_head() {
    let app = TestApp::new();
    let got = app.anon().send("GET", "initClient", &[], None);
    let id = got.header("x-daca-log-id");
    assert_eq!(app.cell(&format!("SELECT ac FROM ApiLog WHERE id={id}")), json!("initClient"));
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    let browser = app.login(Role::User, id);
    let order = browser.ok("Ordr.add", json!({"dscr": "mine"}));
    let foreign: [&[(&str, &str)]; 3] = [
        &[("sec-fetch-site", "cross-site"), ("content-type", "application/json")],
        &[("origin", "https://evil.example.test"), ("content-type", "application/json")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example.test"),
            ("content-type", "text/plain"),
        ],
    ];
    for headers in foreign {
        let set = browser.send(
            "POST",
            &format!("Ordr.set?id={order}"),
            headers,
            Some(b"{\"dscr\":\"x\"}".to_vec()),
        );
        assert_eq!(set.json()[0], 5, "{}", set.text());
        for trans in [0, 1] {
            let items = json!([{"ac": "Ordr.set", "get": {"id": order}, "post": {"dscr": "x"}}]).to_string();
            let batch = browser.send("POST", &format!("batch?useTrans={trans}"), headers, Some(items.into()));
            assert!(batch.text().contains('5') && !batch.text().contains("OK"), "{}", batch.text());
        }
    }
    let by_link = browser.send(
        "GET",
        &format!("Ordr.set?id={order}&dscr=x"),
        &[("sec-fetch-site", "cross-site")],
        None,
    );
    assert_eq!(by_link.json()[0], 5);
    assert_eq!(app.cell("SELECT dscr FROM Ordr"), json!("mine"));
    let own = [("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    let set = browser.send("POST", &format!("Ordr.set?id={order}"), &own, Some(b"{\"dscr\":\"y\"}".to_vec()));
    assert_eq!(set.json()[0], 0, "{}", set.text());
}

#[test]
fn a_body_that_is_too_large_is_refused_and_named() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_MAX_BODY", "64k")]);
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    let got =
        app.anon().send("POST", "initClient", &[("content-type", "application/json")], Some(body.into()));
    assert_eq!(got.json()[0], 1);
    assert!(got.text().contains("P_MAX_BODY"), "{}", got.text());
}

/// The answer to bytes as they are.
fn answer_to(app: &TestApp, bytes: &[u8]) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn what_is_no_request_is_told_so() {
    let app = TestApp::production();
    let long = format!("GET /api/initClient?a={} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(70_000));
    let with_headers = |n: usize| {
        let close = "Host: localhost\r\nConnection: close\r\n";
        format!("GET /api/initClient HTTP/1.1\r\n{close}{}\r\n", "A: b\r\n".repeat(n - 2)).into_bytes()
    };
    assert!(answer_to(&app, &with_headers(100)).starts_with("HTTP/1.1 200"));
    for (bytes, status) in [
        (b"GARBAGE\r\n\r\n".to_vec(), "400"),
        (b"GET /api/fn?a=\xd6\xd0 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), "400"),
        (b"POST /api/initClient HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n".to_vec(), "400"),
        (long.into_bytes(), "4"),
        (with_headers(101), "431"),
    ] {
        let answer = answer_to(&app, &bytes);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    // UTF-8 as it is in an address is what curl sends.
    let plain = "GET /api/nosuch?a=筋斗 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(answer_to(&app, plain.as_bytes()).contains("unknown ac: nosuch"));
    // Chunked bodies have no length beforehand.
    let chunked = "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n10\r\n{\"token\":\"wrong\"}\r\n0\r\n\r\n";
    assert!(answer_to(&app, chunked.replace("\n10\r", "\n11\r").as_bytes()).contains("Bad login token!"));
}

#[test]
fn who_announces_too_much_need_not_send_it() {
    let app = TestApp::production();
    for expect in ["", "Expect: 100-continue\r\n"] {
        let head = format!(
            "POST /api/initClient HTTP/1.1\r\nHost: localhost\r\n{expect}Content-Type: application/json\r\n\
             Content-Length: 99999999999\r\n\r\n"
        );
        let begun = std::time::Instant::now();
        let answer = answer_to(&app, head.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("P_MAX_BODY"), "{answer}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(4));
    }
}
