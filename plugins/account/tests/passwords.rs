//! Changing, refusing and guessing passwords; registration.

use crate::app::TestApp;
use crate::code;
use crate::login::{employee, last_code, user};
use jindou::auth::Role;
use serde_json::{Map, json};

const PHONE: &str = "13812345678";
const PWD: &str = "golden-cloud-7";

#[test]
fn f085_the_old_password_opens_the_way_to_a_new_one() {
    let app = TestApp::new();
    let id = user(&app, PHONE);
    employee(&app, "wang", "emp");
    let client = app.login(Role::User, id);
    assert_eq!(
        client.fails("chpwd", json!({"oldpwd": "wrong", "pwd": "silver-river-8"})),
        (-1, "密码验证失败".into())
    );
    assert_eq!(
        client.fails("chpwd", json!({"pwd": "silver-river-8"})),
        (1, "缺少参数`oldpwd or code`".into())
    );
    assert_eq!(client.fails("chpwd", json!({"oldpwd": PWD})), (1, "缺少参数`pwd`".into()));
    client.ok("chpwd", json!({"oldpwd": PWD, "pwd": "silver-river-8"}));
    let staff = app.login(Role::Emp, 1);
    let given = staff.ok("chpwd", json!({"oldpwd": PWD, "pwd": "silver-river-8"}));
    assert!(given["_token"].is_string());
    staff.ok("Employee.get", json!(null));
}

#[test]
fn f086_a_new_account_needs_no_old_password_for_an_hour() {
    let app = TestApp::new();
    let client = app.anon();
    client.ok("login", json!({"uname": PHONE, "code": "080909"}));
    client.ok("chpwd?pwd=silver-river-8&oldpwd=_none", json!(null));
    client.ok("User.get", json!(null));
    app.server.env.clock.advance_ms(3_601_000);
    let client = app.anon();
    client.ok("login", json!({"uname": PHONE, "pwd": "silver-river-8"}));
    assert_eq!(client.fails("chpwd?pwd=copper-stone-9&oldpwd=_none", json!(null)).0, code::AUTHFAIL);
    let staff = app.login(Role::Emp, {
        employee(&app, "wang", "emp");
        1
    });
    assert_eq!(
        staff.fails("chpwd?pwd=copper-stone-9&oldpwd=_none", json!(null)).0,
        code::AUTHFAIL,
        "employees always need it"
    );
}

#[test]
fn w8_a_young_account_is_not_taken_over_by_its_phone() {
    let app = TestApp::production();
    user(&app, PHONE);
    let taken =
        app.anon().fails(&format!("chpwd?phone={PHONE}&oldpwd=_none&pwd=silver-river-8"), json!(null));
    assert_eq!(taken.0, 2);
    let other = app.login(Role::User, user(&app, "13800138001"));
    let target = format!("chpwd?phone={PHONE}&oldpwd=_none&pwd=silver-river-8");
    assert_eq!(other.fails(&target, json!(null)).0, code::AUTHFAIL, "who has a password must know it");
    app.write(|tx| tx.update("User", &[("id", json!(2))], Map::from_iter([("pwd".into(), json!(""))])));
    let other = app.login(Role::User, 2);
    other.ok(&target, json!(null));
    app.anon().ok("login", json!({"uname": PHONE, "pwd": PWD}));
    app.anon().ok("login", json!({"uname": "13800138001", "pwd": "silver-river-8"}));
}

#[test]
fn f087_a_forgotten_password_is_replaced_by_a_code() {
    let app = TestApp::with_sms();
    let id = user(&app, PHONE);
    let before = app.login(Role::User, id);
    let client = app.anon();
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let code = last_code(&app);
    let weak = client.fails("chpwd", json!({"phone": PHONE, "code": code, "pwd": "123456"}));
    assert_eq!(weak.0, 1);
    app.server.env.clock.advance_ms(61_000);
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let given = client.ok("chpwd", json!({"phone": PHONE, "code": last_code(&app), "pwd": "silver-river-8"}));
    assert_eq!(client.fails("User.get", json!(null)).0, code::NOAUTH, "it is no login");
    client.ok("login", json!({"token": given["_token"]}));
    assert_eq!(before.fails("User.get", json!(null)).0, code::NOAUTH);
    let nobody = app.anon();
    nobody.ok("genCode?phone=13800000009", json!(null));
    let code = last_code(&app);
    let fields = json!({"phone": "13800000009", "code": code, "pwd": "silver-river-8"});
    assert_eq!(nobody.fails("chpwd", fields), (-1, "手机号未注册".into()));
}

#[test]
fn f088_registration_is_off_until_it_is_on() {
    let off = TestApp::new();
    let fields = json!({"uname": "liu", "pwd": PWD, "name": "Liu"});
    assert_eq!(off.anon().fails("reg", fields.clone()), (5, "系统未开放用户注册。".into()));
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_REG", "1")]);
    let client = app.anon();
    let me = client.ok("reg", fields.clone());
    assert!(me["_token"].is_string() && me["name"] == json!("Liu") && me.get("pwd").is_none());
    assert_eq!(client.ok("User.get", json!(null))["uname"], json!("liu"));
    assert_eq!(app.anon().fails("reg", fields), (1, "用户名已存在".into()));
    let phone = json!({"phone": PHONE, "pwd": PWD});
    assert_eq!(app.anon().fails("reg", phone).0, code::PARAM, "a phone needs its code");
    app.anon().ok("reg", json!({"phone": PHONE, "pwd": PWD, "code": "080909"}));
    let again = json!({"phone": PHONE, "pwd": PWD, "code": "080909"});
    assert_eq!(app.anon().fails("reg", again), (1, "手机号已存在".into()));
}

#[test]
fn unsalted_md5_passwords_are_not_kept_and_no_password_is_collected() {
    let app = TestApp::new();
    let words = app.cell("SELECT COUNT(*) FROM Pwd");
    let (a, b) = (user(&app, PHONE), user(&app, "13800138001"));
    let (a, b) = (
        app.cell(&format!("SELECT pwd FROM User WHERE id={a}")),
        app.cell(&format!("SELECT pwd FROM User WHERE id={b}")),
    );
    assert!(a.as_str().unwrap().starts_with("$argon2id$") && a != b, "salted: {a} {b}");
    let stolen = app.anon().fails("login", json!({"uname": PHONE, "pwd": a}));
    assert_eq!(stolen.0, -1, "the stored text is no password");
    let client = app.login(Role::User, 1);
    client.ok("chpwd", json!({"oldpwd": PWD, "pwd": "silver-river-8"}));
    assert_eq!(app.cell("SELECT COUNT(*) FROM Pwd"), words);
    assert_eq!(
        app.cell("SELECT COUNT(*) FROM Pwd WHERE pwd LIKE '%river%' OR pwd LIKE '%cloud-7%'"),
        json!(0)
    );
}

#[test]
fn weak_passwords_are_refused_everywhere_and_counted() {
    let app = TestApp::new();
    let id = user(&app, PHONE);
    let client = app.login(Role::User, id);
    let cnt = || app.cell("SELECT cnt FROM Pwd WHERE pwd='password'");
    assert_eq!(cnt(), json!(0));
    assert_eq!(client.fails("chpwd", json!({"oldpwd": PWD, "pwd": "password"})).0, code::PARAM);
    assert_eq!(cnt(), json!(1));
    let md5 = jindou::credentials::password::digest("password");
    assert_eq!(client.fails("chpwd", json!({"oldpwd": PWD, "pwd": md5})).0, code::PARAM);
    let admin = app.login(Role::Admin, 1);
    assert_eq!(admin.fails("Employee.add", json!({"uname": "a", "pwd": "password"})).0, code::PARAM);
    let batch = json!([{"ac": "Employee.add", "post": {"uname": "a", "pwd": "password"}}]);
    assert_eq!(admin.ok("batch?useTrans=1", batch)[0][0], json!(1));
    assert_eq!(cnt(), json!(4));
    assert_eq!(app.cell("SELECT COUNT(*) FROM Employee"), json!(0));
    assert_eq!(client.fails("chpwd", json!({"oldpwd": PWD, "pwd": PHONE})).0, code::PARAM, "one's own phone");
    admin.ok("Pwd.add", json!({"pwd": "our-company-2026"}));
    assert_eq!(client.fails("chpwd", json!({"oldpwd": PWD, "pwd": "our-company-2026"})).0, code::PARAM);
    client.ok("User.get", json!(null));
}

#[test]
fn no_brute_force_limits_a_login_is_guessed_five_times() {
    let app = TestApp::production();
    user(&app, PHONE);
    let try_with = |uname: &str, pwd: &str| app.anon().call("login", json!({"uname": uname, "pwd": pwd}));
    for n in 0..5 {
        // By either name it is the same account.
        let uname = if n % 2 == 0 { PHONE.to_owned() } else { format!("u{PHONE}") };
        assert_eq!(try_with(&uname, "wrong-wrong")[0], json!(-1));
    }
    let refused = try_with(PHONE, PWD);
    assert_eq!(refused[0], json!(5));
    assert!(refused[1].as_str().unwrap().contains("秒"), "{refused}");
    let unknown: Vec<_> = (0..6).map(|_| try_with("13700000000", "wrong-wrong")[0].clone()).collect();
    assert_eq!(unknown[4..], [json!(-1), json!(5)], "an unknown account is treated alike");
    app.server.env.clock.advance_ms(601_000);
    assert_eq!(try_with(PHONE, PWD)[0], json!(0));
}

#[test]
fn no_brute_force_limits_an_address_guesses_fifty_times() {
    let app = TestApp::production();
    user(&app, PHONE);
    for n in 0..50 {
        let answer = app.anon().call("login", json!({"uname": format!("nobody{n}"), "pwd": "wrong-wrong"}));
        assert_eq!(answer[0], json!(-1), "{n}");
    }
    assert_eq!(app.anon().fails("login", json!({"uname": PHONE, "pwd": PWD})).0, code::FORBIDDEN);
    let admin = app.client("admin").fails("login", json!({"uname": "admin", "pwd": "only-for-tests"}));
    assert_eq!(admin.0, 5);
}

#[test]
fn session_fixation_a_login_renews_the_session() {
    let app = TestApp::with_sms();
    user(&app, PHONE);
    let client = app.anon();
    client.set_cookie("userid", "chosen-by-an-attacker-000");
    client.ok(&format!("genCode?phone={PHONE}"), json!(null));
    let guest = client.cookie("userid").unwrap();
    assert_ne!(guest, "chosen-by-an-attacker-000");
    client.ok("login", json!({"uname": PHONE, "pwd": PWD}));
    let mine = client.cookie("userid").unwrap();
    assert_ne!(mine, guest);
    let attacker = app.anon();
    attacker.set_cookie("userid", &guest);
    assert_eq!(attacker.fails("User.get", json!(null)).0, code::NOAUTH);
    let stored = app.cell("SELECT GROUP_CONCAT(hash) FROM Session");
    assert!(!stored.as_str().unwrap().contains(&mine), "only a hash is kept");
}

#[test]
fn token_holds_nothing_and_is_stored_as_a_hash() {
    let app = TestApp::production();
    user(&app, PHONE);
    let me = app.anon().ok("login", json!({"uname": PHONE, "pwd": PWD}));
    let token = me["_token"].as_str().unwrap().to_owned();
    let rows = app.cell("SELECT COUNT(*) FROM Token");
    assert_eq!(rows, json!(1));
    let hash = app.cell("SELECT hash FROM Token");
    let (stem, part) = token.split_at(24);
    assert_eq!(hash, json!(jindou::redact::hash_token(stem)));
    let seed = app.cell("SELECT seed FROM Token");
    assert!(!seed.as_str().unwrap().contains(part), "the row alone does not yield the other part");
    std::thread::sleep(std::time::Duration::from_millis(100));
    let seen =
        app.cell(&format!("SELECT COUNT(*) FROM ApiLog WHERE req LIKE '%{token}%' OR res LIKE '%{token}%'"));
    assert_eq!(seen, json!(0), "session ids and tokens are not in the log");
}

#[test]
fn sessions_survive_a_restart() {
    let app = TestApp::new();
    user(&app, PHONE);
    let client = app.anon();
    let me = client.ok("login", json!({"uname": PHONE, "pwd": PWD}));
    let cookie = client.cookie("userid").unwrap();
    drop(client);
    let app = app.restart(&[("P_TEST_MODE", "2")]);
    let client = app.anon();
    client.set_cookie("userid", &cookie);
    assert_eq!(client.ok("User.get", json!(null))["phone"], json!(PHONE));
    app.anon().ok("login", json!({"token": me["_token"]}));
}
