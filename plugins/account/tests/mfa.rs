//! The second factor: enrolling, logging in with it, what guards it, what it is required for.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::{employee, last_code};
use jindou::auth::Role;
use jindou::credentials::otp;
use serde_json::{Value, json};

const PWD: &str = "golden-cloud-7";
const STEP_MS: i64 = 30_000;

/// An authenticator app.
struct Phone<'a> {
    app: &'a TestApp,
    key: Vec<u8>,
}

impl Phone<'_> {
    fn code(&self) -> String {
        otp::code_at(&self.key, self.app.server.env.unix_ms() / 1000).unwrap()
    }

    /// A code that has not been used.
    fn next(&self) -> String {
        self.app.server.env.clock.advance_ms(2 * STEP_MS);
        self.code()
    }

    /// Six digits that are no code of about now.
    fn wrong(&self) -> String {
        let now = self.app.server.env.unix_ms() / 1000;
        let near: Vec<String> = (-3..=3).map(|n| otp::code_at(&self.key, now + n * 30).unwrap()).collect();
        (0..9).map(|n| format!("12345{n}")).find(|code| !near.contains(code)).unwrap()
    }
}

fn credentials(name: &str) -> (&'static str, &'static str) {
    if name == "admin" { ("admin", "only-for-tests") } else { ("wang", PWD) }
}

fn login(client: &Client<'_>, name: &str, otp: Option<&str>) -> Value {
    let (uname, pwd) = credentials(name);
    client.call("login", json!({"uname": uname, "pwd": pwd, "otp": otp}))
}

/// Turns the second factor of a logged-in client on: the app that has the key, the recovery codes.
fn enrol<'a>(app: &'a TestApp, client: &Client<'_>, name: &str) -> (Phone<'a>, Vec<String>) {
    let begun = client.ok("mfaBegin", json!({"pwd": credentials(name).1}));
    let secret = begun["secret"].as_str().unwrap();
    assert!(begun["otpauth"].as_str().unwrap().contains(secret));
    assert!(begun["otpSvg"].as_str().unwrap().contains("<svg"));
    let phone = Phone { app, key: otp::from_base32(secret).unwrap() };
    assert_eq!(phone.key.len(), 20);
    assert_eq!(client.fails("mfaConfirm", json!({"otp": phone.wrong()})).0, code::AUTHFAIL);
    let done = client.ok("mfaConfirm", json!({"otp": phone.code()}));
    let codes = done["recovery"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (phone, codes.collect())
}

fn entered<'a>(app: &'a TestApp, name: &'static str) -> Client<'a> {
    let client = app.client(name);
    assert_eq!(login(&client, name, None)[0], json!(0));
    client
}

#[test]
fn staff_and_administrator_log_in_with_a_code_that_is_taken_once() {
    for name in ["emp", "admin"] {
        let app = TestApp::new();
        employee(&app, "wang", "emp");
        let (here, elsewhere) = (entered(&app, name), entered(&app, name));
        let (phone, codes) = enrol(&app, &here, name);
        assert_eq!(
            elsewhere.fails("whoami", json!(null)).0,
            code::NOAUTH,
            "what one factor let in comes again with two"
        );
        here.ok("whoami", json!(null));
        assert_eq!(here.ok("mfaStatus", json!(null)), json!({"active": 1, "required": 0, "codesLeft": 10}));

        let client = app.client(name);
        let needed = login(&client, name, None);
        assert_eq!((&needed[0], &needed[1]), (&json!(1101), &json!("需要动态验证码")));
        assert_eq!(login(&client, name, Some(""))[0], json!(1101));
        assert_eq!(client.fails("whoami", json!(null)).0, code::NOAUTH, "the password alone gives nothing");
        assert_eq!(login(&client, name, Some(&phone.code()))[0], json!(-1), "used to enrol already");
        let code = phone.next();
        let me = login(&client, name, Some(&code));
        assert_eq!(me[0], json!(0), "{me}");
        assert_eq!(login(&app.client(name), name, Some(&code))[0], json!(-1), "a code is taken once");
        app.client(name).ok("login", json!({"token": me[1]["_token"]}));

        let late = phone.next();
        app.server.env.clock.advance_ms(STEP_MS);
        assert_eq!(login(&app.client(name), name, Some(&late))[0], json!(0), "clocks may differ by a step");
        let stale = phone.next();
        app.server.env.clock.advance_ms(2 * STEP_MS);
        assert_eq!(login(&app.client(name), name, Some(&stale))[0], json!(-1));

        assert_eq!(codes.len(), 10);
        let typed = codes[3].to_lowercase().replace('-', " ");
        assert_eq!(login(&app.client(name), name, Some(&typed))[0], json!(0));
        assert_eq!(login(&app.client(name), name, Some(&codes[3]))[0], json!(-1), "each one once");
        assert_eq!(here.ok("mfaStatus", json!(null))["codesLeft"], json!(9));
        let fresh = here.ok("mfaRecovery", json!({"otp": phone.next()}));
        assert_eq!(
            login(&app.client(name), name, Some(&codes[4]))[0],
            json!(-1),
            "the new ones replace them"
        );
        assert_eq!(here.ok("mfaEnd", json!({"otp": fresh["recovery"][0]})), json!("OK"));
        assert_eq!(login(&app.client(name), name, None)[0], json!(0));
    }
}

#[test]
fn three_wrong_codes_block_codes_but_not_recovery() {
    let app = TestApp::new();
    employee(&app, "wang", "emp");
    let here = entered(&app, "emp");
    let (phone, codes) = enrol(&app, &here, "emp");
    app.server.env.clock.advance_ms(2 * STEP_MS);
    let wrong = phone.wrong();
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let code = login(&app.client("emp"), "emp", Some(&wrong))[0].as_i64();
                assert!(matches!(code, Some(-1 | 5)), "{code:?}");
            });
        }
    });
    assert_eq!(app.cell("SELECT wrong FROM Mfa"), json!(3), "no more than three were looked at");
    assert_eq!(login(&app.client("emp"), "emp", Some(&phone.code()))[0], json!(5));
    for action in ["mfaEnd", "mfaRecovery"] {
        assert_eq!(
            here.fails(action, json!({"otp": phone.code()})).0,
            code::FORBIDDEN,
            "{action} is no other way to guess"
        );
    }
    assert_eq!(login(&app.client("emp"), "emp", Some(&codes[0]))[0], json!(0));
    for _ in 0..3 {
        assert_eq!(login(&app.client("emp"), "emp", Some(&phone.wrong()))[0], json!(-1));
    }
    app.server.env.clock.advance_ms(15 * 60_000);
    assert_eq!(login(&app.client("emp"), "emp", Some(&phone.wrong()))[0], json!(-1));
    app.server.env.clock.advance_ms(16 * 60_000);
    assert_eq!(
        login(&app.client("emp"), "emp", Some(&phone.code()))[0],
        json!(5),
        "the next block is longer"
    );
    app.server.env.clock.advance_ms(15 * 60_000);
    assert_eq!(login(&app.client("emp"), "emp", Some(&phone.code()))[0], json!(0));
    assert_eq!(app.cell("SELECT wrong FROM Mfa"), json!(0));
}

#[test]
fn a_code_by_message_is_one_factor_too() {
    let app = TestApp::with_sms();
    let id = employee(&app, "wang", "emp");
    let phone_number = app.cell("SELECT phone FROM Employee");
    let (phone, _) = enrol(&app, &entered(&app, "emp"), "emp");
    let client = app.client("emp");
    client.ok("genCode", json!({"phone": phone_number}));
    let code = last_code(&app);
    let by = |code: &str, otp: Option<&str>| {
        client.call("login", json!({"uname": phone_number, "code": code, "otp": otp}))
    };
    assert_eq!(by("000000", None)[0], json!(1), "who has no code learns nothing of the second factor");
    assert_eq!(by(&code, None)[0], json!(1101));
    assert_eq!(client.fails("whoami", json!(null)).0, code::NOAUTH);
    let me = by(&code, Some(&phone.next()));
    assert_eq!((&me[0], &me[1]["id"]), (&json!(0), &json!(id)), "{me}");
}

#[test]
fn where_it_is_required_one_can_do_nothing_before_enrolling() {
    let settings = [("P_TEST_MODE", "0"), ("P_MFA", "emp,admin")];
    for name in ["emp", "admin"] {
        let app = TestApp::with(&settings);
        employee(&app, "wang", "emp,mgr");
        let client = app.client(name);
        let answer = login(&client, name, None);
        assert_eq!((&answer[0], &answer[1]["_mfa"]), (&json!(0), &json!("enrol")), "{answer}");
        assert!(answer[1].get("_token").is_none());
        assert_eq!(client.ok("whoami", json!(null))["_mfa"], json!("enrol"));
        let closed = [
            "Employee.get",
            "Employee.query",
            "User.query",
            "Ordr.query",
            "ApiLog.query",
            "execSql",
            "mySessions",
            "mfaEnd",
            "mfaRecovery",
            "mfaReset",
            "chpwd",
            "upload",
            "sendSms",
            "Cinf.query",
        ];
        for action in closed {
            let code =
                client.call(action, json!({"pwd": "silver-river-8", "oldpwd": PWD}))[0].as_i64().unwrap();
            assert!(matches!(code, 1 | 2 | 5), "{name} {action}: {code}");
        }
        assert_eq!(client.fails("mfaBegin", json!({"pwd": "not-it-at-all"})).0, code::AUTHFAIL);
        enrol(&app, &client, name);
        let me = client.ok("whoami", json!(null));
        assert!(me.get("_mfa").is_none(), "{me}");
        client.ok("User.query", json!(null));
        assert_eq!(client.ok("mfaStatus", json!(null))["required"], json!(1));
    }
}

#[test]
fn sessions_and_tokens_of_before_are_narrowed_when_it_becomes_required() {
    let app = TestApp::new();
    let id = employee(&app, "wang", "emp");
    let client = entered(&app, "emp");
    let token = login(&client, "emp", None)[1]["_token"].clone();
    let cookie = client.cookie("empid").unwrap();
    drop(client);
    let app = app.restart(&[("P_TEST_MODE", "2"), ("P_MFA", "emp")]);
    let client = app.client("emp");
    client.set_cookie("empid", &cookie);
    assert_eq!(client.fails("User.query", json!(null)).0, code::NOAUTH);
    let client = app.client("emp");
    assert_eq!(client.ok("login", json!({"token": token}))["_mfa"], json!("enrol"));
    assert_eq!(client.fails("User.query", json!(null)).0, code::NOAUTH);
    assert_eq!(
        app.call_as(Role::Emp, id, "User.query", json!({}), json!({}))[0],
        json!(0),
        "the machine's owner"
    );
}

#[test]
fn what_is_secret_of_it_is_in_no_record_and_no_answer() {
    let app = TestApp::new();
    let id = employee(&app, "wang", "emp");
    let (phone, codes) = enrol(&app, &entered(&app, "emp"), "emp");
    let code = phone.next();
    login(&app.client("emp"), "emp", Some(&code));
    login(&app.client("emp"), "emp", Some(&codes[1]));
    let secret = otp::base32(&phone.key).unwrap();
    app.write(|_| Ok(()));
    for text in [secret.as_str(), &code, &codes[0], &codes[1], "<svg"] {
        for column in ["req", "res"] {
            let sql = format!("SELECT COUNT(*) FROM ApiLog WHERE {column} LIKE '%{text}%'");
            assert_eq!(app.cell(&sql), json!(0), "{text} in {column}");
        }
        for column in ["secret", "recoverySecret"] {
            let sql = format!("SELECT COUNT(*) FROM Mfa WHERE {column} LIKE '%{}%'", text.replace('-', ""));
            assert_eq!(app.cell(&sql), json!(0), "{text}");
        }
    }
    let admin = entered(&app, "admin");
    for action in ["Mfa.query", "Mfa.get?id=1", "Mfa.del?id=1"] {
        assert_ne!(admin.call(action, json!(null))[0], json!(0), "{action}");
    }
    let shown = admin.call("execSql", json!({"sql": "SELECT * FROM Mfa"})).to_string();
    let stored = app.cell("SELECT secret FROM Mfa");
    assert!(!shown.contains(stored.as_str().unwrap()), "{shown}");
    assert!(!admin.ok(&format!("Employee.get?id={id}"), json!(null)).to_string().contains("ecret"));
}

#[test]
fn a_lost_factor_is_reset_by_others_only() {
    let app = TestApp::new();
    let id = employee(&app, "wang", "emp,mgr");
    let other = employee(&app, "manager", "emp,mgr");
    let clerk = employee(&app, "clerk", "emp");
    let here = entered(&app, "emp");
    enrol(&app, &here, "emp");
    assert_eq!(here.fails("mfaReset", json!({"id": id})).0, code::FORBIDDEN, "one's own is ended by a code");
    assert_eq!(app.login(Role::Emp, clerk).fails("mfaReset", json!({"id": id})).0, code::FORBIDDEN);
    assert_eq!(
        app.login(Role::Mgr, other).fails("mfaReset", json!({"type": "admin", "id": 1})).0,
        code::PARAM
    );
    app.login(Role::Mgr, other).ok("mfaReset", json!({"id": id}));
    assert_eq!(login(&app.client("emp"), "emp", None)[0], json!(0));
    assert_eq!(app.login(Role::Mgr, other).fails("mfaReset", json!({"id": id})).0, code::PARAM);

    // Nor by a manager who has fewer permissions.
    let here = entered(&app, "emp");
    enrol(&app, &here, "emp");
    app.login(Role::Admin, 1).ok(&format!("Employee.set?id={id}"), json!({"perms": "emp,mgr,family"}));
    assert_eq!(app.login(Role::Mgr, other).fails("mfaReset", json!({"id": id})).0, code::FORBIDDEN);
    app.login(Role::Admin, 1).ok("mfaReset", json!({"id": id}));

    let admin = entered(&app, "admin");
    enrol(&app, &admin, "admin");
    assert_eq!(admin.fails("mfaReset", json!({"type": "admin"})).0, code::FORBIDDEN);
    let reset = app.call_as(Role::Admin, 1, "mfaReset", json!({}), json!({"type": "admin"}));
    assert_eq!(reset[0], json!(0), "the command line: {reset}");
    assert_eq!(login(&app.client("admin"), "admin", None)[0], json!(0));
}

#[test]
fn another_password_leaves_it_and_a_deleted_account_takes_it_along() {
    let app = TestApp::new();
    let id = employee(&app, "wang", "emp");
    let here = entered(&app, "emp");
    let (phone, _) = enrol(&app, &here, "emp");
    assert_eq!(
        here.fails("mfaBegin", json!({"pwd": PWD})).0,
        code::FORBIDDEN,
        "nobody replaces it without a code"
    );
    here.ok("chpwd", json!({"oldpwd": PWD, "pwd": "silver-river-8"}));
    let again = app.client("emp").call("login", json!({"uname": "wang", "pwd": "silver-river-8"}));
    assert_eq!(again[0], json!(1101));
    let otp = phone.next();
    app.client("emp").ok("login", json!({"uname": "wang", "pwd": "silver-river-8", "otp": otp}));
    let admin = entered(&app, "admin");
    admin.ok(&format!("Employee.del?id={id}"), json!({}));
    assert_eq!(app.cell("SELECT COUNT(*) FROM Mfa"), json!(0));
}
