//! Attacks on accounts: guessing codes, locking others out, counting by the wrong address, taking over what a
//! session was left open for.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::{employee, last_code, user};
use jindou::auth::Role;
use serde_json::{Value, json};

const PHONE: &str = "13900000003";
const PWD: &str = "golden-cloud-7";

/// Behind a proxy that tells whatever address a client of the test has.
fn proxied(more: &[(&str, &str)]) -> TestApp {
    let mut settings = vec![("P_TRUST_PROXY", "127.0.0.1"), ("P_MOCK_MODE", "sms")];
    settings.extend_from_slice(more);
    TestApp::with(&settings)
}

fn login(client: &Client<'_>, uname: &str, pwd: &str) -> Value {
    client.call("login", json!({"uname": uname, "pwd": pwd}))[0].clone()
}

fn wrong_code(code: &str) -> String {
    if code.starts_with('0') { "1".repeat(code.len()) } else { "0".repeat(code.len()) }
}

#[test]
fn no_caller_chooses_a_code_that_is_easy_to_guess() {
    let app = proxied(&[("P_CODE_GAP", "0")]);
    for kind in ["d1", "d2", "d3", "d4", "d5", "w1", "w2", "w3", "x1", "x2", "x3", "a1", "a2", "a3"] {
        for target in [
            format!("genCode?phone={PHONE}&type={kind}"),
            format!("genCode?phone={PHONE}&_app=emp&type={kind}"),
        ] {
            let (code, message) = app.anon().fails(&target, json!(null));
            assert!(code == 1 && message.contains(kind), "{kind}: {message}");
        }
        let batch = json!([{"ac": "genCode", "post": {"phone": PHONE, "type": kind}}]);
        assert_eq!(app.anon().ok("batch", batch)[0][0], json!(1), "{kind}");
    }
    assert!(app.server.env.mock_messages().is_empty(), "nothing was sent");
}

#[test]
fn many_tries_in_the_configuration_do_not_weaken_a_code() {
    let app = proxied(&[("P_CODE_GAP", "0"), ("P_CODE_TRIES", "100")]);
    let client = app.anon();
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let wrong = wrong_code(&last_code(&app));
    let told: Vec<i64> =
        (0..12).map(|_| client.fails("login", json!({"uname": PHONE, "code": wrong})).0).collect();
    assert_eq!(told, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5, 5]);
}

#[test]
fn guesses_at_a_phone_are_counted_over_a_day_whatever_code_session_and_address() {
    let app = proxied(&[("P_CODE_GAP", "0")]);
    let mut looked_at = 0;
    for n in 0..8 {
        let attacker = app.anon().at(format!("192.0.2.{n}"));
        attacker.ok(&format!("genCode?phone={PHONE}"), json!(null));
        let code = last_code(&app);
        if looked_at >= 10 {
            assert_eq!(code.len(), 8, "a phone that is guessed at gets longer codes");
            continue;
        }
        assert_eq!(code.len(), 6);
        for _ in 0..5 {
            assert_eq!(
                attacker.fails("login", json!({"uname": PHONE, "code": wrong_code(&code)})).0,
                code::PARAM
            );
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 10);
    // The owner of the phone is not locked out.
    let owner = app.anon().at("198.51.100.1");
    owner.ok(&format!("genCode?phone={PHONE}"), json!(null));
    owner.ok("login", json!({"uname": PHONE, "code": last_code(&app)}));
    app.server.env.clock.advance_ms(86_400_000);
    app.anon().at("192.0.2.99").ok(&format!("genCode?phone={PHONE}"), json!(null));
    assert_eq!(last_code(&app).len(), 6, "a day later all is as before");
}

#[test]
fn four_letters_have_four_guesses_a_day() {
    let app = proxied(&[("P_CODE_GAP", "0")]);
    let client = app.anon();
    client.ok(&format!("genCode?phone={PHONE}&type=w4"), json!(null));
    let right = last_code(&app);
    for _ in 0..4 {
        assert_eq!(client.fails("login", json!({"uname": PHONE, "code": "0000"})).0, code::PARAM);
    }
    assert_eq!(client.fails("login", json!({"uname": PHONE, "code": right})).0, code::FORBIDDEN);
}

#[test]
fn codes_asked_for_by_one_network_leave_some_to_the_owner() {
    let app = proxied(&[("P_CODE_GAP", "0")]);
    for _ in 0..10 {
        app.anon().at("192.0.2.1").ok(&format!("genCode?phone={PHONE}"), json!(null));
    }
    assert_eq!(
        app.anon().at("192.0.2.1").fails(&format!("genCode?phone={PHONE}"), json!(null)).0,
        code::FORBIDDEN
    );
    app.anon().at("198.51.100.1").ok(&format!("genCode?phone={PHONE}"), json!(null));
}

#[test]
fn nobody_locks_another_out_by_wrong_passwords() {
    let app = proxied(&[]);
    user(&app, "13800138000");
    employee(&app, "clerk2", "emp");
    for (name, uname, pwd) in
        [("user", "13800138000", PWD), ("emp", "clerk2", PWD), ("admin", "admin", "only-for-tests")]
    {
        let attacker = app.client(name).at("192.0.2.1");
        for _ in 0..5 {
            assert_eq!(login(&attacker, uname, "not-it-at-all"), json!(-1));
        }
        assert_eq!(login(&attacker, uname, pwd), json!(5), "{name}: the attacker is refused");
        let owner = app.client(name).at("198.51.100.1");
        assert_eq!(login(&owner, uname, pwd), json!(0), "{name}: the owner is not");
        assert_eq!(login(&attacker, uname, pwd), json!(5), "{name}: which forgives the attacker nothing");
    }
}

#[test]
fn a_device_that_was_logged_in_from_passes_where_its_network_is_refused() {
    let app = proxied(&[]);
    user(&app, "13800138000");
    let owner = app.anon().at("192.0.2.1");
    assert_eq!(login(&owner, "13800138000", PWD), json!(0));
    owner.ok("logout", json!(null));
    let attacker = app.anon().at("192.0.2.1");
    for n in 0..60 {
        attacker.call("login", json!({"uname": format!("nobody{n}"), "pwd": "not-it-at-all"}));
    }
    assert_eq!(login(&attacker, "13800138000", PWD), json!(5));
    assert_eq!(login(&owner, "13800138000", PWD), json!(0));
    // The device has guesses of its own, and is known to its account alone.
    for _ in 0..5 {
        assert_eq!(login(&owner, "13800138000", "not-it-at-all"), json!(-1));
    }
    assert_eq!(login(&owner, "13800138000", PWD), json!(5));
    user(&app, "13800138001");
    let other = app.anon().at("192.0.2.1");
    other.set_cookie("userdev", &owner.cookie("userdev").unwrap());
    assert_eq!(login(&other, "13800138001", PWD), json!(5), "another account does not know it");
}

#[test]
fn the_cookie_of_a_device_is_kept_from_scripts_and_plain_connections() {
    let app = proxied(&[]);
    user(&app, "13800138000");
    let body = Some(json!({"uname": "13800138000", "pwd": PWD}).to_string().into_bytes());
    let head = ("content-type", "application/json");
    for (proto, secure) in [("http", false), ("https", true)] {
        let got = app.anon().send("POST", "login", &[head, ("x-forwarded-proto", proto)], body.clone());
        let cookies = got.header("set-cookie").to_owned();
        assert!(cookies.contains("HttpOnly; SameSite=Lax"), "{cookies}");
        let mut all = app.anon();
        assert_eq!(cookies.contains("; Secure"), secure, "{cookies}");
        all = all.at("192.0.2.1");
        assert!(all.cookie("userdev").is_none());
    }
}

#[test]
fn names_are_blocked_alike_whether_an_account_has_them_or_not() {
    let app = proxied(&[]);
    employee(&app, "clerk2", "emp");
    for (n, uname, other) in [(1, "clerk2", "CLERK2"), (2, "nosuch", "NOSUCH"), (3, "Clerk2", " clerk2 ")] {
        let attacker = app.client("emp").at(format!("192.0.2.{n}"));
        for _ in 0..5 {
            assert_eq!(login(&attacker, uname, "not-it-at-all"), json!(-1), "{uname}");
        }
        assert_eq!(login(&attacker, other, "not-it-at-all"), json!(5), "{other}");
    }
}

#[test]
fn an_ipv6_subscriber_is_counted_as_one() {
    let app = proxied(&[]);
    let at = |n: usize| app.anon().at(format!("2001:db8:1:2::{n:x}"));
    let users = (0..30).filter(|n| at(*n).call("newUser", json!({}))[0] == json!(0)).count();
    assert_eq!(users, 10);
    assert_eq!(app.anon().at("2001:db8:1:3::1").call("newUser", json!({}))[0], json!(0));
    let sent = (0..40)
        .filter(|n| at(*n).call(&format!("genCode?phone=137000000{n:02}"), json!(null))[0] == json!(0));
    assert_eq!(sent.count(), 30);
    let looked_at = (0..60).filter(|n| login(&at(*n), &format!("nobody{n}"), "not-it-at-all") == json!(-1));
    assert_eq!(looked_at.count(), 50);
    let line = json!({"module": "fe", "content": "x"});
    let kept = (0..70).filter(|n| at(*n).call("Syslog.add", line.clone())[0] == json!(0));
    assert_eq!(kept.count(), 60);
    let tries = (0..8).map(|n| at(n).fails("resumeUser", json!({"code": "ZZZZZZZZ"})).0);
    assert_eq!(tries.collect::<Vec<_>>(), [10041, 10041, 10041, 10041, 10041, 10042, 10042, 10042]);
}

#[test]
fn ones_own_password_and_phone_take_a_proof() {
    let app = proxied(&[]);
    let (emp, mgr) = (employee(&app, "clerk", "emp"), employee(&app, "manager", "emp,mgr"));
    let new = "silver-river-8";
    for (role, id) in [(Role::Emp, emp), (Role::Mgr, mgr)] {
        let client = app.login(role, id);
        let before = app.cell(&format!("SELECT pwd || phone FROM Employee WHERE id={id}"));
        for body in
            [json!({"pwd": new}), json!({"PWD": new}), json!({"t0.pwd": new}), json!({"phone": PHONE})]
        {
            for target in ["Employee.set".to_owned(), format!("Employee.set?id={id}")] {
                client.call(&target, body.clone());
            }
            client.call("batch", json!([{"ac": "Employee.set", "post": body}]));
            client.call(&format!("Employee.setIf?cond=id={id}"), body.clone());
            client.call(&format!("Employee.batchSet?cond=id={id}"), body);
        }
        client.call("Employee.batchAdd?uniKey=uname", json!({"list": [{"uname": "manager", "pwd": new}]}));
        assert_eq!(app.cell(&format!("SELECT pwd || phone FROM Employee WHERE id={id}")), before);
        client.ok("Employee.get", json!(null));
    }
    assert_eq!(app.login(Role::Mgr, mgr).fails("Employee.set", json!({"pwd": new})).0, code::FORBIDDEN);
    assert_eq!(app.login(Role::Emp, emp).fails("Employee.set", json!({"pwd": new})).0, code::FORBIDDEN);
    let chief = app.login(Role::Mgr, mgr);
    chief.ok("Employee.set", json!({"name": "Chief"}));
    chief.ok("chpwd", json!({"oldpwd": PWD, "pwd": new}));
    chief.ok(&format!("Employee.set?id={emp}"), json!({"pwd": new, "phone": "13900000077"}));
    chief.ok(&format!("genCode?phone={PHONE}"), json!(null));
    chief.ok("Employee.bindPhone", json!({"phone": PHONE, "code": last_code(&app)}));
    assert_eq!(app.cell(&format!("SELECT phone FROM Employee WHERE id={mgr}")), json!(PHONE));
}

#[test]
fn without_a_service_for_text_messages_there_are_none() {
    let app = TestApp::production();
    let emp = employee(&app, "clerk", "emp");
    let refused = app.anon().call(&format!("genCode?phone={PHONE}"), json!(null));
    assert_eq!((&refused[0], &refused[1]), (&json!(4), &json!("服务sms未启用")));
    assert_eq!(refused[2], json!("service sms is off"));
    let staff = app.login(Role::Emp, emp);
    assert_eq!(staff.fails("sendSms", json!({"phone": PHONE, "content": "hello"})).0, code::SERVER);
    assert!(app.server.env.mock_messages().is_empty());
}

#[test]
fn wrong_codes_for_a_watch_do_not_keep_it_out() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_TRUST_PROXY", "127.0.0.1")]);
    const IMEI: &str = "860000000000001";
    let code = app.client("watch").ok("Watch.login", json!({"imei": IMEI}))["authcode"].clone();
    let percent = |address: &str, code: &str| {
        let target = format!("Watch.uploadPercent?imei={IMEI}&authcode={code}&percent=50");
        app.client("watch").at(address).call(&target, json!({}))[0].clone()
    };
    let code = code.as_str().unwrap();
    for _ in 0..10 {
        assert_eq!(percent("192.0.2.1", "wrong"), json!(2));
    }
    assert_eq!(percent("192.0.2.1", code), json!(2), "the guesser is refused");
    assert_eq!(percent("198.51.100.1", code), json!(0), "the watch is not");
    for n in 0..50 {
        (0..10).for_each(|_| assert_eq!(percent(&format!("203.0.113.{n}"), "wrong"), json!(2)));
    }
    assert_eq!(percent("203.0.113.99", code), json!(2), "past these nobody new gets in");
    assert_eq!(percent("198.51.100.1", code), json!(0), "but whoever came in before");
}

#[test]
fn a_pin_has_ten_guesses_a_day_and_an_invitation_still_lets_in() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_TRUST_PROXY", "127.0.0.1")]);
    let owner = app.anon().at("198.51.100.1");
    owner.ok("newUser", json!({}));
    let circle = owner.ok("Circle.add", json!({"name": "Home"}));
    let id = &circle["id"];
    let mut wrong = 0;
    for n in 0..4 {
        for _ in 0..2 {
            let guesser = app.anon().at(format!("192.0.2.{n}"));
            guesser.ok("newUser", json!({}));
            for _ in 0..5 {
                let told = guesser.fails("circleJoin", json!({"circleId": id, "joinPwd": "00000x"})).0;
                wrong += i32::from(told == 10005);
            }
        }
    }
    assert_eq!(wrong, 10);
    let friend = app.anon().at("198.51.100.2");
    friend.ok("newUser", json!({}));
    assert_eq!(friend.fails("circleJoin", json!({"circleId": id, "joinPwd": circle["joinPwd"]})).0, 10048);
    let code = owner.ok(&format!("Circle.invite?id={id}"), json!(null))["code"].clone();
    friend.ok("circleJoin", json!({"circleId": id, "invite": code}));
}

#[test]
fn new_passwords_are_long_plain_and_not_soon_guessed() {
    let app = proxied(&[]);
    user(&app, "13800138000");
    let mgr = employee(&app, "manager", "emp,mgr");
    let md5 = |text: &str| jindou::credentials::password::digest(text);
    let bad =
        ["ab".to_owned(), "x7Kq!aB".to_owned(), md5("ab"), md5("long-enough-9"), "P@ssw0rd1".to_owned()];
    let client = app.login(Role::User, 1);
    let chief = app.login(Role::Mgr, mgr);
    for pwd in &bad {
        let (code, _) = client.fails("chpwd", json!({"oldpwd": PWD, "pwd": pwd}));
        assert_eq!(code, 1, "{pwd}");
        assert_eq!(chief.fails("Employee.add", json!({"uname": "new", "pwd": pwd})).0, code::PARAM, "{pwd}");
        let list = json!({"list": [{"uname": "new", "pwd": pwd}]});
        chief.call("Employee.batchAdd", list);
    }
    assert_eq!(app.cell("SELECT count(*) FROM Employee"), json!(1));
    // The md5 form still logs in, and proves the old password.
    assert_eq!(login(&app.anon(), "13800138000", &md5(PWD)), json!(0));
    client.ok("chpwd", json!({"oldpwd": md5(PWD), "pwd": "silver-river-8"}));
    let longer = proxied(&[("P_PWD_MIN", "20")]);
    let chief = longer.login(Role::Admin, 1);
    let (code, message) = chief.fails("Employee.add", json!({"uname": "new", "pwd": PWD}));
    assert!(code == 1 && message.contains("20"), "{message}");
}

#[test]
fn keys_of_programs_are_not_guessed_at_speed() {
    let keys = json!([{"authType": "simple", "key": "k-2938-aGh-2", "allowedAc": ["Cinf.query"], "app": "admin"},
        {"authType": "basic", "key": "u:k-2938-aGh-3", "allowedAc": ["Cinf.query"], "app": "admin"}]);
    let app = proxied(&[("P_AUTH_KEYS", &keys.to_string())]);
    let ask = |address: &str, header: (&str, &str)| {
        let client = app.anon().at(address);
        client.send("GET", "Cinf.query", &[header], None).json()[0].clone()
    };
    let right = ("x-daca-simple", "k-2938-aGh-2");
    for (address, wrong) in
        [("192.0.2.1", ("x-daca-simple", "wrong")), ("192.0.2.2", ("authorization", "Basic dTp3cm9uZw=="))]
    {
        let told: Vec<Value> = (0..60).map(|_| ask(address, wrong)).collect();
        assert_eq!(told.iter().filter(|code| **code == json!(2)).count(), 50, "{told:?}");
        assert_eq!(ask(address, right), json!(5));
    }
    assert_eq!(ask("192.0.2.3", right), json!(0));
    // Whoever brings no key is no guesser.
    assert_eq!(app.anon().at("192.0.2.1").call("whoami", json!(null))[0], json!(2));
}

#[test]
fn messages_of_guests_are_short_and_few() {
    let app = proxied(&[]);
    let line = json!({"module": "fe", "content": "x".repeat(60_000)});
    app.anon().at("192.0.2.1").ok("Syslog.add", line.clone());
    assert_eq!(app.cell("SELECT length(content) FROM Syslog"), json!(4000));
    let mut kept = 0;
    for _ in 0..25 {
        for _ in 0..50 {
            let guest = app.anon().at("192.0.2.1");
            kept +=
                i32::from(guest.call("Syslog.add", json!({"module": "fe", "content": "x"}))[0] == json!(0));
        }
        app.server.env.clock.advance_ms(60_000);
    }
    assert_eq!(kept, 999);
}

#[test]
fn an_account_has_a_quota_of_uploads() {
    let app = proxied(&[("P_UPLOAD_QUOTA_MB", "1")]);
    let (a, b) =
        (app.login(Role::User, user(&app, "13800138000")), app.login(Role::User, user(&app, "13800138001")));
    let text = "x".repeat(400_000);
    let upload = |client: &Client<'_>| {
        let answer = client.send("POST", "upload?fmt=raw&f=a.txt", &[], Some(text.clone().into_bytes()));
        answer.json()[0].clone()
    };
    assert_eq!((upload(&a), upload(&a)), (json!(0), json!(0)));
    assert_eq!(upload(&a), json!(5));
    assert_eq!(upload(&b), json!(0), "each has its own");
    assert_eq!(app.cell("SELECT count(*) FROM Attachment"), json!(3));
}
