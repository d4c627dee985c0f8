//! Codes sent to phones, and what they open.

use crate::app::TestApp;
use crate::code;
use crate::login::{last_code, user};
use jindou::auth::Role;
use serde_json::json;

const PHONE: &str = "13812345678";

#[test]
fn f081_the_type_says_what_a_code_looks_like() {
    let app = TestApp::with(&[("P_CODE_GAP", "0"), ("P_MOCK_MODE", "sms")]);
    for (kind, length) in [("d6", 6), ("w4", 4), ("x8", 8)] {
        app.anon().ok(&format!("genCode?phone={PHONE}&type={kind}"), json!(null));
        let code = last_code(&app);
        assert_eq!(code.len(), length, "{code}");
        match kind {
            "d6" => assert!(code.bytes().all(|b| b.is_ascii_digit())),
            "w4" => assert!(code.bytes().all(|b| b.is_ascii_alphabetic())),
            _ => assert!(!code.contains(['0', 'O', '1', 'I'])),
        }
    }
    for bad in ["genCode?phone=1381234567", "genCode?phone=1381234567a"] {
        assert_eq!(app.anon().fails(bad, json!(null)), (1, "手机号不合法".into()));
    }
    assert_eq!(app.anon().fails(&format!("genCode?phone={PHONE}&type=d0"), json!(null)).0, code::PARAM);
}

#[test]
fn f082_one_code_a_minute_for_a_phone_and_for_a_session() {
    let app = TestApp::with_sms();
    let client = app.anon();
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let (code, message) = client.fails(&format!("genCode?phone={PHONE}"), json!(null));
    assert!(code == 5 && message.starts_with("60秒内只能生成一次验证码，还需"), "{message}");
    assert_eq!(
        client.fails("genCode?phone=13812345679", json!(null)).0,
        code::FORBIDDEN,
        "the session waits too"
    );
    // Weakness: the throttle of the session alone is shaken off with the cookie.
    assert_eq!(app.anon().fails(&format!("genCode?phone={PHONE}"), json!(null)).0, code::FORBIDDEN);
    app.server.env.clock.advance_ms(60_000);
    app.anon().ok(&format!("genCode?phone={PHONE}"), json!(null));
}

#[test]
fn no_brute_force_limits_a_phone_gets_ten_codes_a_day_and_an_address_thirty_an_hour() {
    let app = TestApp::with_sms();
    for _ in 0..10 {
        app.anon().ok(&format!("genCode?phone={PHONE}"), json!(null));
        app.server.env.clock.advance_ms(61_000);
    }
    let (code, message) = app.anon().fails(&format!("genCode?phone={PHONE}"), json!(null));
    assert!(code == 5 && message.contains("秒后再试"), "{message}");
    for n in 0..20 {
        app.anon().ok(&format!("genCode?phone=137000000{n:02}"), json!(null));
    }
    assert_eq!(app.anon().fails("genCode?phone=13700000099", json!(null)).0, code::FORBIDDEN);
}

#[test]
fn f083_the_code_is_shown_in_test_mode_only() {
    let strict = TestApp::with_sms();
    assert_eq!(strict.anon().ok(&format!("genCode?phone={PHONE}&debug=1"), json!(null)), json!(null));
    let app = TestApp::new();
    let shown = app.anon().ok(&format!("genCode?phone={PHONE}&debug=1"), json!(null));
    assert_eq!(shown["code"], json!(last_code(&app)));
    assert_eq!(app.anon().ok("genCode?phone=13812345679", json!(null)), json!(null));
    // Tests need not wait a minute between two.
    let client = app.anon();
    client.ok(&format!("genCode?phone={PHONE}&debug=1"), json!(null));
    let second = client.ok(&format!("genCode?phone={PHONE}&debug=1"), json!(null));
    assert_eq!(client.ok("login", json!({"uname": PHONE, "code": second["code"]}))["_isNew"], json!(1));
    assert_eq!(
        strict.anon().fails(&format!("genCode?phone={PHONE}&debug=1"), json!(null)).0,
        code::FORBIDDEN
    );
}

#[test]
fn f084_a_code_is_for_one_phone_one_session_and_five_minutes() {
    let app = TestApp::with_sms();
    let client = app.anon();
    let login = |phone: &str, code: &str| client.fails("login", json!({"uname": phone, "code": code}));
    assert_eq!(login(PHONE, "123456"), (5, "请先发送验证码!".into()));
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let code = last_code(&app);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(login(PHONE, wrong), (1, "验证码错误".into()));
    assert_eq!(login("13812345679", &code).0, 1);
    let elsewhere = app.anon().fails("login", json!({"uname": PHONE, "code": code}));
    assert_eq!(elsewhere.0, 5, "another session asked for no code");
    app.server.env.clock.advance_ms(301_000);
    assert_eq!(login(PHONE, &code).0, 5);
}

#[test]
fn a_code_works_once() {
    let app = TestApp::with_sms();
    let client = app.anon();
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let cookie = client.cookie("userid").unwrap();
    let code = last_code(&app);
    client.ok("login", json!({"uname": PHONE, "code": code}));
    client.set_cookie("userid", &cookie);
    assert_eq!(client.fails("login", json!({"uname": PHONE, "code": code})).0, code::FORBIDDEN);
}

#[test]
fn no_brute_force_limits_five_wrong_guesses_drop_the_code() {
    let app = TestApp::with_sms();
    let client = app.anon();
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let code = last_code(&app);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(client.fails("login", json!({"uname": PHONE, "code": wrong})).0, code::PARAM);
    }
    assert_eq!(
        client.fails("login", json!({"uname": PHONE, "code": code})).0,
        code::FORBIDDEN,
        "the right one comes too late"
    );
    app.server.env.clock.advance_ms(61_000);
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    client.ok("login", json!({"uname": PHONE, "code": last_code(&app)}));
}

#[test]
fn w7_there_is_no_universal_code() {
    let app = TestApp::with_sms();
    for phone in ["12345678901", PHONE] {
        let client = app.client("emp");
        client.ok(&format!("genCode?phone={phone}"), json!(null));
        app.server.env.clock.advance_ms(61_000);
        if last_code(&app) == "080909" {
            continue;
        }
        assert_ne!(client.call("login", json!({"uname": phone, "code": "080909"}))[0], json!(0));
        assert_ne!(app.anon().call("login", json!({"uname": phone, "code": "080909"}))[0], json!(0));
    }
    let test = TestApp::new();
    test.anon().ok("login", json!({"uname": PHONE, "code": "080909"}));
}

#[test]
fn an_unknown_phone_becomes_staff_only_where_configured() {
    let app = TestApp::new();
    let refused = app.client("emp").fails("login", json!({"uname": PHONE, "code": "080909"}));
    assert_eq!(refused, (-1, "手机号未注册".into()));
    let closed = TestApp::with(&[("P_TEST_MODE", "2"), ("P_AUTO_REG", "none")]);
    assert_eq!(closed.anon().fails("login", json!({"uname": PHONE, "code": "080909"})).0, code::AUTHFAIL);
    assert_eq!(closed.cell("SELECT COUNT(*) FROM User"), json!(0));
}

#[test]
fn a_phone_is_bound_by_its_code() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    user(&app, "13800138001");
    let client = app.login(Role::User, id);
    assert_eq!(client.fails("User.set", json!({"phone": PHONE})).0, code::FORBIDDEN);
    assert_eq!(client.fails("User.bindPhone", json!({"phone": PHONE, "code": "111111"})).0, code::FORBIDDEN);
    assert_eq!(
        client.fails("User.bindPhone", json!({"phone": "13800138001", "code": "080909"})),
        (1, "手机号已存在".into())
    );
    client.ok("User.bindPhone", json!({"phone": PHONE, "code": "080909"}));
    assert_eq!(client.ok("User.get", json!(null))["phone"], json!(PHONE));
    assert_eq!(app.anon().fails("User.bindPhone", json!({"phone": PHONE, "code": "080909"})).0, code::NOAUTH);
}
