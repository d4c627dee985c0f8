//! The table of judgements, the list's forms, and the laws: a stranger is never answered nor obeyed.

use super::*;
use proptest::prelude::*;

const HOST: &str = "shop.test";

fn write<'a>() -> Asked<'a> {
    Asked { writes: true, ambient: true, host: Some(HOST), ..Asked::default() }
}

fn listed() -> Origins {
    Origins::parse("https://partner.test http://localhost:5173 *.example.test").unwrap()
}

fn allows(asked: Asked<'_>) -> bool {
    judge(&asked, &listed()) == OriginVerdict::Allow
}

#[test]
fn what_browsers_say_decides() {
    for (site, expected) in [
        ("same-origin", true),
        ("none", true),
        ("same-site", false),
        ("cross-site", false),
        ("new-word", false),
    ] {
        assert_eq!(allows(Asked { fetch_site: Some(site), ..write() }), expected, "{site}");
    }
    let cross = Asked { fetch_site: Some("cross-site"), ..write() };
    assert!(allows(Asked { origin: Some("https://partner.test"), ..cross }));
    assert!(!allows(Asked { origin: Some("https://evil.test"), ..cross }));
    // After a redirect over another site Origin may name us; the word of the browser stands.
    assert!(!allows(Asked { origin: Some("http://shop.test"), ..cross }));
    // A proxy that changes Host does no harm.
    let proxied = Asked { host: Some("backend:8080"), origin: Some("https://shop.test"), ..write() };
    assert!(allows(Asked { fetch_site: Some("same-origin"), ..proxied }) && !allows(proxied));
}

#[test]
fn older_browsers_are_judged_by_origin_then_referer() {
    for (origin, expected) in [
        ("http://shop.test", true),
        ("https://shop.test", true),
        ("http://SHOP.test:80", true),
        ("http://shop.test:8080", false),
        ("http://shop.test.evil.test", false),
        ("http://evil.test", false),
        ("http://evilshop.test", false),
        ("null", false),
        ("", false),
        ("http://shop.test@evil.test", false),
        ("https://partner.test", true),
        ("http://partner.test", false),
        ("https://a.example.test", true),
    ] {
        assert_eq!(allows(Asked { origin: Some(origin), ..write() }), expected, "{origin}");
        // The origin counts before the referer.
        let both = Asked { origin: Some(origin), referer: Some("http://shop.test/x"), ..write() };
        assert_eq!(allows(both), expected, "{origin}");
    }
    for (referer, expected) in [
        ("http://shop.test/m2/index.html?a=http://x", true),
        ("http://evil.test/http://shop.test/", false),
        ("http://shop.test@evil.test/", false),
        ("http://evil.test?http://shop.test", false),
        ("https://partner.test/", true),
        ("about:blank", false),
    ] {
        assert_eq!(allows(Asked { referer: Some(referer), ..write() }), expected, "{referer}");
    }
    assert!(allows(write()), "no browser page at all");
    assert!(!allows(Asked { host: None, origin: Some("http://shop.test"), ..write() }));
}

#[test]
fn a_page_without_tls_is_not_ours_behind_tls() {
    let secure = Asked { secure: true, ..write() };
    assert!(allows(Asked { origin: Some("https://shop.test:443"), ..secure }));
    assert!(!allows(Asked { origin: Some("http://shop.test"), ..secure }));
}

#[test]
fn reading_and_guests_are_not_judged() {
    let evil = Asked { origin: Some("http://evil.test"), fetch_site: Some("cross-site"), ..write() };
    assert!(!allows(evil));
    assert!(allows(Asked { writes: false, ..evil }) && allows(Asked { ambient: false, ..evil }));
}

#[test]
fn the_reason_names_the_header_and_is_clean() {
    let OriginVerdict::Refuse(why) =
        judge(&Asked { origin: Some("http://evil.test\r\nX: y"), ..write() }, &listed())
    else {
        panic!("allowed")
    };
    assert_eq!(why, "cross-site request: Origin is `http://evil.testX: y`");
}

#[test]
fn a_listed_origin_gets_its_headers() {
    let preflight =
        Preflight { method: "PUT", headers: Some("content-type, X-Daca-Simple,bad name, evil\r\nx") };
    let headers = cors(Some("http://localhost:5173"), Some(preflight), &listed());
    let of = |name| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str());
    assert_eq!(of("Access-Control-Allow-Origin"), Some("http://localhost:5173"));
    assert_eq!(of("Access-Control-Allow-Credentials"), Some("true"));
    assert_eq!(of("Access-Control-Expose-Headers"), Some(EXPOSED));
    assert_eq!(of("Access-Control-Allow-Headers"), Some("content-type, X-Daca-Simple"));
    assert!(of("Access-Control-Allow-Methods").unwrap().contains("PUT") && of("Vary") == Some("Origin"));
    let plain = cors(Some("https://b.a.example.test"), None, &listed());
    assert!(plain.len() == 4 && plain.iter().all(|(name, _)| *name != "Access-Control-Allow-Methods"));
}

#[test]
fn others_get_none() {
    for origin in [
        None,
        Some("https://evil.test"),
        Some("null"),
        Some("https://example.test"),
        Some("*"),
        Some("http://a.example.test"),
    ] {
        assert_eq!(cors(origin, None, &listed()), [("Vary", "Origin".to_owned())], "{origin:?}");
        assert_eq!(cors(origin, None, &Origins::default()), []);
    }
}

#[test]
fn the_list_is_checked() {
    for good in [
        "",
        "https://a.test",
        "https://a.test:8443",
        "*.a.test",
        "http://*.a.test:81",
        "http://[::1]:5173",
        "capacitor://localhost",
        "a.test",
    ] {
        assert!(Origins::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "*",
        "https://*",
        "*.test",
        "https://a.test/",
        "https://a.test/path",
        "https://u@a.test",
        "https://a.*.test",
        "https://a.test:port",
        "https://a.test:99999",
        "https://",
        "://a.test",
        "https://a..test",
    ] {
        let error = Origins::parse(bad).unwrap_err();
        assert!(error.text.en.contains(&format!("`{bad}`")), "{error}");
    }
    assert!(Origins::parse("https://A.test:443").unwrap().allows("https://a.TEST"));
    let app = Origins::parse("capacitor://localhost").unwrap();
    assert!(app.allows("capacitor://localhost") && !app.allows("capacitor://other"));
    assert!(Origins::parse("http://[::1]:5173").unwrap().allows("http://[::1]:5173"));
    assert!(!Origins::parse("*.a.test").unwrap().allows("https://.a.test"));
    assert!(!Origins::parse("*.a.test").unwrap().allows("https://x.a.test:8443"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    /// Whatever the headers say, who is neither ours nor listed is neither answered nor obeyed.
    #[test]
    fn a_stranger_is_never_answered(text in "[a-z:/@.?#\\[\\]*-]{0,12}", shape in 0usize..5) {
        let origin = match shape {
            0 => text,
            1 => format!("https://{text}.evil.org"),
            2 => format!("https://partner.test{text}.org"),
            3 => format!("https://{text}example.test.org"),
            _ => format!("https://partner.test@{text}.org"),
        };
        prop_assert!(cors(Some(&origin), None, &listed()).len() == 1, "{origin}");
        prop_assert!(!allows(Asked { origin: Some(&origin), ..write() }), "{origin}");
        let cross = Asked { fetch_site: Some("cross-site"), origin: Some(&origin), ..write() };
        prop_assert!(!allows(cross));
    }

    #[test]
    fn a_pattern_allows_what_is_below_and_nothing_else(label in "[a-z]{1,5}", deep in "[a-z]{1,5}") {
        let origins = Origins::parse("*.example.test").unwrap();
        let allows = |host: String| origins.allows(&format!("https://{host}"));
        let below = [format!("{label}.example.test"), format!("{deep}.{label}.example.test")];
        prop_assert!(below.into_iter().all(&allows));
        let others = [format!("{label}example.test"), format!("example.test.{label}"), format!("{label}.example.{deep}x")];
        prop_assert!(others.into_iter().all(|host| !allows(host)));
    }
}
