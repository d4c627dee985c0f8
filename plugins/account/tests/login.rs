//! Logging in and out: by password, code and token, for users, employees and the administrator.

use crate::app::{Client, TestApp};
use crate::code;
use jindou::plugin::Params;
use serde_json::{Value, json};

pub const PWD: &str = "golden-cloud-7";

fn add(app: &TestApp, action: &'static str, fields: Value) -> i64 {
    app.write(move |tx| {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        tx.call_as_system(action, Params::default(), Params(fields))
    })
    .as_i64()
    .unwrap()
}

pub fn user(app: &TestApp, phone: &str) -> i64 {
    let fields = json!({"phone": phone, "uname": format!("u{phone}"), "name": "Li", "pwd": PWD});
    add(app, "User.add", fields)
}

pub fn employee(app: &TestApp, uname: &str, perms: &str) -> i64 {
    add(
        app,
        "Employee.add",
        json!({"uname": uname, "phone": format!("1390000{:04}", uname.len()), "name": "Wang", "perms": perms, "pwd": PWD}),
    )
}

/// The code of the last simulated message.
pub fn last_code(app: &TestApp) -> String {
    let message = app.server.env.mock_messages().into_iter().next().expect("a message");
    message.trim_start_matches("验证码").chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn login(client: &Client<'_>, uname: &str, pwd: &str) -> Value {
    client.call("login", json!({"uname": uname, "pwd": pwd}))
}

#[test]
fn f069_name_and_phone_are_the_same_user() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    for uname in ["13800138000", "u13800138000"] {
        let me = app.anon().ok("login", json!({"uname": uname, "pwd": PWD}));
        assert_eq!(me["id"], json!(id));
    }
}

#[test]
fn f070_a_wrong_password_and_a_wrong_name_are_told_alike() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let wrong = login(&app.anon(), "13800138000", "not-it-at-all");
    assert_eq!(wrong[0], json!(-1));
    assert_eq!(wrong[1], json!("手机号或密码错误"));
    assert_eq!(login(&app.anon(), "13999999999", "not-it-at-all"), wrong);
    let staff = login(&app.client("emp-adm"), "nobody", "not-it-at-all");
    assert_eq!(staff[1], json!("用户名或密码错误"));
}

#[test]
fn f071_the_md5_form_is_a_password_too() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let md5 = jindou::credentials::password::digest(PWD);
    assert_eq!(login(&app.anon(), "13800138000", &md5)[0], json!(0));
}

#[test]
fn f072_a_login_gives_what_get_gives_and_a_token() {
    let app = TestApp::new();
    user(&app, "13800138000");
    employee(&app, "wang", "emp,mgr");
    for (client, uname, get) in
        [(app.anon(), "13800138000", "User.get"), (app.client("store"), "wang", "Employee.get")]
    {
        let mut me = client.ok("login", json!({"uname": uname, "pwd": PWD}));
        let fields = me.as_object_mut().unwrap();
        assert!(fields.remove("_token").unwrap().as_str().unwrap().len() >= 20);
        assert_eq!(fields.remove("_expire"), Some(json!(30 * 86_400)));
        assert!(!fields.contains_key("pwd"));
        assert_eq!(me, client.ok(get, json!(null)));
        assert_eq!(me, client.ok("whoami", json!(null)));
    }
}

#[test]
fn f075_a_code_makes_an_unknown_phone_a_user() {
    let app = TestApp::with_sms();
    let client = app.anon();
    assert_eq!(client.ok("genCode?phone=13812345678", json!(null)), json!(null));
    let code = last_code(&app);
    let me = client.ok("login", json!({"uname": "13812345678", "code": code}));
    assert_eq!((&me["_isNew"], &me["name"]), (&json!(1), &json!("用户138****5678")));
    assert!(me["createTm"].is_string() && me["_token"].is_string());
    let id = client.ok("Ordr.add", json!({"dscr": "tea", "amount": 9.9}));
    let order = client.ok(&format!("Ordr.get?id={id}"), json!(null));
    assert_eq!((&order["status"], &order["userId"]), (&json!("CR"), &me["id"]));
    assert_eq!(order["orderLog"][0]["action"], json!("CR"));
    assert_eq!(order["atts"], json!([]));
    assert_eq!(client.ok(&format!("Ordr.set?id={id}"), json!({"status": "CA"})), json!("OK"));
    assert_eq!(
        client.ok("Ordr.query?res=id,status", json!(null)),
        json!({"h": ["id", "status"], "d": [[id, "CA"]]})
    );
}

#[test]
fn f073_a_token_works_without_a_cookie_and_is_replaced_by_the_next() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let me = app.anon().ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    let client = app.anon();
    let mut token = me["_token"].clone();
    for _ in 0..3 {
        let again = client.ok("login", json!({"token": token}));
        assert_eq!((&again["id"], &again["_expire"]), (&me["id"], &json!(30 * 86_400)));
        assert_ne!(again["_token"], token);
        token = again["_token"].clone();
    }
    let staff = app.client("emp").call("login", json!({"token": token}));
    assert_eq!(
        (&staff[0], &staff[1]),
        (&json!(-1), &json!("认证失败")),
        "a user's token opens no staff console"
    );
    assert_eq!(app.anon().fails("login", json!({"token": "nonsense"})), (-1, "认证失败".into()));
}

#[test]
fn a_token_stays_where_old_clients_are_served() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_TOKEN_ROTATE", "0")]);
    user(&app, "13800138000");
    let me = app.anon().ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    for _ in 0..3 {
        let again = app.anon().ok("login", json!({"token": me["_token"]}));
        assert!(again["id"] == me["id"] && again.get("_token").is_none() && again.get("_expire").is_none());
        app.server.env.clock.advance_ms(60_000);
    }
}

#[test]
fn a_token_ends_after_its_life() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_TOKEN_LIFE", "1h")]);
    user(&app, "13800138000");
    let me = app.anon().ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    assert_eq!(me["_expire"], json!(3600));
    app.server.env.clock.advance_ms(3_599_000);
    let token = app.anon().ok("login", json!({"token": me["_token"]}))["_token"].clone();
    app.server.env.clock.advance_ms(3_600_000);
    assert_eq!(app.anon().fails("login", json!({"token": token})).0, code::AUTHFAIL);
    app.anon().ok("runJob?name=sessions", json!(null));
    assert_eq!(app.cell("SELECT COUNT(*) FROM Token"), json!(0));
}

#[test]
fn f074_a_new_password_ends_tokens_and_other_sessions() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let (here, there) = (app.anon(), app.anon());
    let me = there.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    here.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    let new = here.ok("chpwd", json!({"oldpwd": PWD, "pwd": "silver-river-8"}));
    assert!(new["_token"].is_string() && new["_expire"].is_number());
    assert_eq!(there.fails("User.get", json!(null)).0, code::NOAUTH);
    assert_eq!(app.anon().fails("login", json!({"token": me["_token"]})).0, code::AUTHFAIL);
    here.ok("User.get", json!(null));
    app.anon().ok("login", json!({"token": new["_token"]}));
    assert_eq!(login(&app.anon(), "13800138000", PWD)[0], json!(-1));
    assert_eq!(login(&app.anon(), "13800138000", "silver-river-8")[0], json!(0));
}

#[test]
fn f076_the_administrator_is_configuration() {
    let app = TestApp::production();
    let admin = app.client("admin");
    let me = admin.ok("login", json!({"uname": "admin", "pwd": "only-for-tests"}));
    assert_eq!((&me["id"], &me["uname"]), (&json!(1), &json!("admin")));
    assert_eq!(admin.ok("whoami", json!(null)), json!({"id": 1, "uname": "admin"}));
    app.client("adm").ok("login", json!({"token": me["_token"]}));
    assert_eq!(login(&app.client("admin"), "admin", "wrong-wrong")[1], json!("用户名或密码错误"));
    let nobody = TestApp::with(&[("P_ADMIN_CRED", "")]);
    let refused = login(&nobody.client("admin"), "admin", "admin123");
    assert_eq!((&refused[0], &refused[1]), (&json!(-1), &json!("超级管理员用户未设置，不可登录。")));
}

#[test]
fn f077_an_unknown_app_type_has_no_logins() {
    let app = TestApp::new();
    let answer = app.client("shop").call("login", json!({"uname": "a", "pwd": "b"}));
    assert_eq!((&answer[0], &answer[2]), (&json!(1), &json!("Unknown type `shop`")));
}

#[test]
fn f078_a_logout_ends_session_and_token() {
    let app = TestApp::new();
    user(&app, "13800138000");
    let client = app.anon();
    let me = client.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    let cookie = client.cookie("userid").unwrap();
    assert_eq!(client.ok("logout", json!(null)), json!("OK"));
    assert_eq!(client.fails("User.get", json!(null)).0, code::NOAUTH);
    client.set_cookie("userid", &cookie);
    assert_eq!(client.fails("User.get", json!(null)).0, code::NOAUTH, "the old cookie is worth nothing");
    assert_eq!(app.anon().fails("login", json!({"token": me["_token"]})).0, code::AUTHFAIL);
    assert_eq!(app.anon().ok("logout", json!(null)), json!("OK"));
}

#[test]
fn f079_whoami_needs_a_login() {
    let app = TestApp::new();
    for name in ["user", "emp", "admin"] {
        assert_eq!(app.client(name).fails("whoami", json!(null)).0, code::NOAUTH);
    }
}

#[test]
fn f080_with_one_place_login_the_second_ends_the_first() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_ONE_LOGIN", "user")]);
    user(&app, "13800138000");
    employee(&app, "wang", "emp");
    let (first, second) = (app.anon(), app.anon());
    let me = first.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    second.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    assert_eq!(first.fails("User.get", json!(null)).0, code::NOAUTH);
    assert_eq!(first.fails("login", json!({"token": me["_token"]})).0, code::AUTHFAIL);
    let mine = second.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    let third = app.anon();
    third.ok("login", json!({"token": mine["_token"]}));
    assert_eq!(second.fails("User.get", json!(null)).0, code::NOAUTH);
    third.ok("logout", json!(null));
    let staff = [app.client("emp"), app.client("emp")];
    for client in &staff {
        client.ok("login", json!({"uname": "wang", "pwd": PWD}));
    }
    staff[0].ok("Employee.get", json!(null));
}

#[test]
fn an_old_md5_row_opens_by_the_plain_password_and_is_upgraded() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    let md5 = jindou::credentials::password::digest(PWD);
    let stored = md5.clone();
    app.write(move |tx| {
        let fields = json!({"pwd": stored}).as_object().unwrap().clone();
        tx.update("User", &[("id", json!(id))], fields)
    });
    assert_eq!(login(&app.anon(), "13800138000", &md5)[0], json!(-1), "what the row holds is no password");
    let client = app.anon();
    client.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    let now = app.cell("SELECT pwd FROM User");
    assert!(now.as_str().unwrap().starts_with("$argon2id$"), "{now}");
    client.ok("User.get", json!(null));
    assert_eq!(login(&app.anon(), "13800138000", &md5)[0], json!(0));
}
