//! Everything that is not the API: front ends out of the binary, short addresses, the test aid of old clients.

use crate::app::TestApp;
use jindou::http::assets::{ASSETS, Asset};

const SCRIPT: Asset = Asset {
    path: "assets/main-B4kf93_x.js",
    mime: "text/javascript; charset=UTF-8",
    etag: "aaaa",
    immutable: true,
    identity: b"the script in full",
    gzip: Some(b"gzip form"),
    brotli: Some(b"brotli"),
};
const PAGE: Asset = Asset {
    path: "m2/index.html",
    mime: "text/html; charset=UTF-8",
    etag: "bbbb",
    immutable: false,
    identity: b"<!doctype html>",
    gzip: None,
    brotli: None,
};
static SITE: &[Asset] = &[SCRIPT, PAGE];

fn app(settings: &[(&str, &str)]) -> TestApp {
    TestApp::of_assets(settings, SITE)
}

#[test]
fn the_smallest_form_the_client_reads_is_sent() {
    let app = app(&[]);
    let anon = app.anon();
    for (accepts, body, encoding) in [
        ("gzip, deflate, br", "brotli", "br"),
        ("br;q=1.0, gzip;q=0.5", "brotli", "br"),
        ("gzip", "gzip form", "gzip"),
        ("gzip, br;q=0", "gzip form", "gzip"),
        ("GZIP", "gzip form", "gzip"),
        ("zebra", "the script in full", ""),
        ("br;q=0, gzip;q=0.0", "the script in full", ""),
    ] {
        let got = anon.exactly("GET", "/assets/main-B4kf93_x.js", &[("accept-encoding", accepts)], None);
        assert_eq!((got.status, got.text().as_str()), (200, body), "{accepts}");
        assert_eq!(
            (got.header("content-encoding"), got.header("vary")),
            (encoding, "accept-encoding"),
            "{accepts}"
        );
    }
}

#[test]
fn hashed_names_are_kept_for_ever_and_pages_asked_for_again() {
    let app = app(&[]);
    let anon = app.anon();
    let script = anon.exactly("GET", "/assets/main-B4kf93_x.js", &[], None);
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    let page = anon.exactly("GET", "/m2/index.html", &[], None);
    assert_eq!((page.header("cache-control"), page.header("etag")), ("no-cache", "W/\"bbbb\""));
    for tags in ["W/\"bbbb\"", "\"bbbb\"", "\"x\", W/\"bbbb\"", "*"] {
        let again = anon.exactly("GET", "/m2/index.html", &[("if-none-match", tags)], None);
        assert_eq!((again.status, again.text().as_str()), (304, ""), "{tags}");
        assert_eq!((again.header("etag"), again.header("cache-control")), ("W/\"bbbb\"", "no-cache"));
    }
    for tags in ["\"bbb\"", "\"cbbbb\"", "bb"] {
        let other = anon.exactly("GET", "/m2/index.html", &[("if-none-match", tags)], None);
        assert_eq!(other.status, 200, "{tags}");
    }
}

#[test]
fn a_page_may_run_only_what_comes_from_here() {
    let app = app(&[]);
    let page = app.anon().exactly("GET", "/m2/index.html", &[], None);
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
    ] {
        assert!(policy.contains(rule), "{rule}");
    }
    assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'self' 'unsafe-inline'"));
    assert_eq!((page.header("x-content-type-options"), page.header("x-frame-options")), ("nosniff", "DENY"));
    // The pages inside this build, if it has any, keep to it.
    for asset in ASSETS.iter().filter(|asset| asset.path.ends_with(".html")) {
        let text = String::from_utf8_lossy(asset.identity);
        for script in text.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains("src=\"/"), "{}: inline script", asset.path);
        }
        assert!(!text.contains("onload=") && !text.contains("onclick="), "{}", asset.path);
    }
}

#[test]
fn short_addresses_lead_to_the_pages() {
    let app = app(&[]);
    let anon = app.anon();
    for (from, to) in [
        ("/", "/m2/index.html"),
        ("/index.html", "/m2/index.html"),
        ("/m2", "/m2/index.html"),
        ("/m2/", "/m2/index.html"),
        ("/web", "/web/store.html"),
        ("/store", "/web/store.html"),
        ("/adm", "/web/adm.html"),
        ("/admin", "/web/adm.html"),
    ] {
        let got = anon.exactly("GET", from, &[], None);
        assert_eq!((got.status, got.header("location")), (302, to), "{from}");
    }
}

#[test]
fn head_tells_the_size_and_other_verbs_are_refused() {
    let app = app(&[]);
    let anon = app.anon();
    let head = anon.exactly("HEAD", "/assets/main-B4kf93_x.js", &[("accept-encoding", "gzip")], None);
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    assert_eq!((head.header("content-length"), head.header("content-encoding")), ("9", "gzip"));
    for verb in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let got = anon.exactly(verb, "/m2/index.html", &[], None);
        assert_eq!((got.status, got.header("allow")), (405, "GET, HEAD"), "{verb}");
    }
}

#[test]
fn nothing_else_is_served() {
    let app = app(&[]);
    let anon = app.anon();
    for path in [
        "/nothing.html",
        "/assets/",
        "/assets",
        "/assets/../Cargo.toml",
        "/m2/../../../etc/passwd",
        "/%2e%2e/Cargo.toml",
        "/data/test.db",
        "/M2/index.html",
        "/apix",
    ] {
        assert_eq!(anon.exactly("GET", path, &[], None).status, 404, "{path}");
    }
}

#[test]
fn a_build_without_front_ends_says_so() {
    let app = TestApp::of_assets(&[], &[]);
    let got = app.anon().exactly("GET", "/m2/index.html", &[], None);
    assert_eq!(got.status, 404);
    assert!(got.text().contains("/api/"), "{}", got.text());
    assert!(app.anon().ok("initClient", serde_json::json!(null))["plugins"].is_object());
}

#[test]
fn simulated_messages_are_shown_to_this_machine_in_test_mode() {
    let testing = app(&[("P_TEST_MODE", "2")]);
    testing.server.env.mock_message("验证码123456，请在5分钟内使用。".into());
    testing.server.env.mock_message("验证码654321，请在5分钟内使用。".into());
    let got = testing.anon().exactly("GET", "/tool/log.php?f=ext&sz=500", &[], None);
    assert_eq!((got.status, got.header("content-type")), (200, "text/plain; charset=UTF-8"));
    let text = got.text();
    assert!(text.starts_with("验证码654321"), "the newest comes first: {text}");
    assert!(text.contains("验证码123456"));
    let strangers = app(&[]);
    strangers.server.env.mock_message("验证码123456".into());
    assert_eq!(strangers.anon().exactly("GET", "/tool/log.php?f=ext", &[], None).status, 404);
    // A proxy in front does not make a stranger local.
    let proxied = app(&[("P_TEST_MODE", "2"), ("P_TRUST_PROXY", "1")]);
    let from = [("x-forwarded-for", "203.0.113.9")];
    assert_eq!(proxied.anon().exactly("GET", "/tool/log.php?f=ext", &from, None).status, 404);
}
