//! The edges of HTTP: what a browser may keep, what pages of other sites may let it fetch, by which names a server
//! in test mode is reached, and what an answer tells strangers.

use crate::app::{Got, TestApp};
use crate::files_app::{app as files, packed, quarters};
use image::ImageFormat;
use jindou::auth::Role;
use jindou::http::assets::Asset;
use serde_json::{Value, json};

#[test]
fn a_private_file_is_asked_for_each_time() {
    let app = files();
    let owner = app.user(1);
    let png = packed(quarters(40, 40), ImageFormat::Png);
    let private = owner.upload("upload", "a.png", &png);
    let public = owner.upload("upload?category=avatar", "b.png", &png);
    let again = |client: &crate::app::Client<'_>, file: &Value, key: &str| {
        let path = format!("att?id={}{key}", file["id"]);
        let tag = owner.get(&path).header("etag").to_owned();
        client.send("GET", &path, &[("if-none-match", &tag)], None)
    };
    let kept = |got: &Got| got.header("cache-control").to_owned();
    assert_eq!(kept(&owner.get(&format!("att?id={}", private["id"]))), "private, no-cache");
    let known = again(&owner, &private, "");
    assert_eq!((known.status, kept(&known)), (304, "private, no-cache".to_owned()));
    // Neither a stranger nor the same browser after the logout hears that it has the file.
    for client in [app.anon(), app.user(2)] {
        let got = again(&client, &private, "");
        assert_eq!((got.status, kept(&got)), (404, "no-store".to_owned()));
    }
    let by_key = again(&app.anon(), &private, &format!("&k={}", private["k"].as_str().unwrap()));
    assert_eq!((by_key.status, kept(&by_key)), (304, "private, no-cache".to_owned()));
    assert!(kept(&again(&app.anon(), &public, "")).starts_with("public, max-age="));
}

#[test]
fn a_text_comes_back_as_a_file_for_pages_of_ours_only() {
    let app = TestApp::new();
    let id = app.write(|tx| tx.add("User", json!({"name": "u", "createTm": "2024-01-01"})));
    let user = app.login(Role::User, id);
    let ask =
        |headers: &[(&str, &str)]| user.send("GET", "export?fname=a.txt&str=words", headers, None).text();
    let code =
        |text: &str| serde_json::from_str::<Value>(text).map_or(json!(text), |answer| answer[0].clone());
    assert_eq!(ask(&[]), "words");
    assert_eq!(ask(&[("sec-fetch-site", "same-origin")]), "words");
    assert_eq!(ask(&[("sec-fetch-site", "none")]), "words");
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example.test"),
        ("origin", "null"),
        ("referer", "https://evil.example.test/page"),
    ] {
        assert_eq!(code(&ask(&[foreign])), json!(5), "{foreign:?}");
        let items = json!([{"ac": "export", "get": {"fname": "a.txt", "str": "words"}}]).to_string();
        let json = [foreign, ("content-type", "application/json")];
        assert!(!user.send("POST", "batch", &json, Some(items.into())).text().contains("words"));
    }
    for name in ["update.bat", "a.txt.exe", "a.hta", "a.html", "a.txt.", "报表.csv"] {
        let got = user.send("GET", &format!("export?fname={name}&str=words"), &[], None);
        let runs = ["bat", "exe", "hta", "html"].iter().any(|end| name.ends_with(end));
        assert_eq!(code(&got.text()) == json!(1), runs, "{name}: {}", got.text());
    }
}

#[test]
fn a_spreadsheet_runs_nothing_of_a_file_that_is_a_text() {
    let app = TestApp::new();
    let admin = app.login(Role::Admin, 1);
    let begins = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", "\n="];
    for begin in begins {
        let row = json!({"name": format!("{begin}cmd|'/C calc'!A0"), "createTm": "2024-01-01"});
        admin.ok("User.add", row);
    }
    for fmt in ["csv", "excelcsv", "txt", "html"] {
        // The title of a column is the caller's own word.
        let call = format!("User.query?fmt={fmt}&res=id,name \"=cmd\"&cond=name like '%25cmd%25'&orderby=id");
        let bytes = admin.send("GET", &call, &[], None).bytes;
        let text = match fmt {
            "excelcsv" => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
            _ => String::from_utf8(bytes).unwrap(),
        };
        let marked = text.matches("'=cmd").count() + text.matches("&#39;=cmd").count();
        assert!(marked >= 2, "{fmt}: {text}");
        let cells = text.matches("'").count() + text.matches("&#39;").count();
        // Two more in each text itself.
        assert_eq!(cells, 1 + begins.len() * 3, "{fmt}: {text}");
    }
}

/// A page of any site may let its own name lead to this machine; in test mode such names are not answered.
#[test]
fn a_server_in_test_mode_is_called_by_the_names_of_its_machine() {
    let app = TestApp::new();
    let anon = app.anon();
    let ask = |path: &str, host: &str| anon.exactly("GET", path, &[("host", host)], None).status;
    for path in ["/api/initClient", "/api.php?ac=initClient", "/m2/index.html", "/tool/log.php"] {
        for own in [
            "localhost",
            "localhost:8080",
            "LOCALHOST",
            "127.0.0.1:1",
            "127.8.9.1",
            "[::1]",
            "[::1]:80",
            "[::ffff:127.0.0.1]",
        ] {
            assert_ne!(ask(path, own), 421, "{path} {own}");
        }
        for other in [
            "evil.test",
            "localhost.evil.test",
            "evil.test:8080",
            "10.0.0.5",
            "[2001:db8::1]",
            "127.0.0.1.evil.test",
            "127.0.0.1.",
            "0.0.0.0",
            "2130706433",
            "null",
        ] {
            assert_eq!(ask(path, other), 421, "{path} {other}");
        }
        // It is no host at all.
        assert_eq!(ask(path, "x@localhost.test"), 400, "{path}");
    }
    let sql = |headers: &[(&str, &str)]| {
        let sql = anon.send("POST", "execSql", headers, Some(br#"{"sql":"select 1"}"#.to_vec()));
        (sql.status, sql.json()[0].clone())
    };
    let json = ("content-type", "application/json");
    assert_eq!(sql(&[json]).1, json!(0));
    assert_eq!(sql(&[json, ("host", "evil.test")]), (421, json!(5)));
    assert_eq!(sql(&[json, ("origin", "null")]).1, json!(5));
    let got = anon.send("GET", "initClient", &[("origin", "null")], None);
    assert_eq!(got.header("access-control-allow-origin"), "");
    // A name that the operator lists is known.
    let listed = TestApp::with(&[("P_TEST_MODE", "2"), ("P_CORS_ORIGINS", "http://dev.example.test:8080")]);
    let ask = |host: &str| listed.anon().exactly("GET", "/api/initClient", &[("host", host)], None).status;
    assert_eq!(
        ["dev.example.test:8080", "dev.example.test", "x.dev.example.test:8080"].map(ask),
        [200, 421, 421]
    );
    // In production a proxy may call it by any name.
    let app = TestApp::production();
    assert_eq!(app.anon().exactly("GET", "/api/initClient", &[("host", "shop.test")], None).status, 200);
}

const ASSETS: &[Asset] = &[Asset {
    path: "m2/index.html",
    mime: "text/html; charset=utf-8",
    etag: "aaaa",
    immutable: false,
    identity: b"page",
    brotli: None,
    gzip: None,
}];

#[test]
fn headers_that_fence_pages_in() {
    let app = TestApp::of_assets(&[("P_TRUST_PROXY", "127.0.0.1")], ASSETS);
    let client = app.anon();
    let page = client.exactly("GET", "/m2/index.html", &[], None);
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
    assert!(page.header("permissions-policy").contains("camera=()"));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    // Over TLS, as a proxy we trust says, and only then: every kind of answer.
    let paths = ["/m2/index.html", "/", "/nosuch", "/api/initClient", "/api/nosuch", "/api/att?id=1"];
    for path in paths {
        let https = client.exactly("GET", path, &[("x-forwarded-proto", "https")], None);
        assert_eq!(https.header("strict-transport-security"), "max-age=31536000", "{path}");
        for headers in [&[][..], &[("x-forwarded-proto", "http")]] {
            let got = client.exactly("GET", path, headers, None);
            assert_eq!(got.header("strict-transport-security"), "", "{path}");
        }
    }
    let stranger = TestApp::of_assets(&[], ASSETS);
    let got = stranger.anon().exactly("GET", "/m2/index.html", &[("x-forwarded-proto", "https")], None);
    assert_eq!(got.header("strict-transport-security"), "");
    let table = app.anon().send("GET", "Medal.query?fmt=html", &[], None);
    assert!(table.header("content-security-policy").starts_with("default-src 'none'"), "{}", table.text());
}

#[test]
fn the_number_of_a_call_is_told_to_who_is_known() {
    let app = TestApp::production();
    let of = |client: &crate::app::Client<'_>, call: &str, body: Value| {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let verb = if body.is_some() { "POST" } else { "GET" };
        client
            .send(verb, call, &[("content-type", "application/json")], body)
            .header("x-daca-log-id")
            .to_owned()
    };
    let items = json!([{"ac": "initClient"}]);
    for (call, body) in [("initClient", json!(null)), ("Syslog.query", json!(null)), ("batch", items.clone())]
    {
        assert_eq!(of(&app.anon(), call, body.clone()), "", "{call}");
        assert_ne!(of(&app.login(Role::Admin, 1), call, body), "", "{call}");
    }
}
