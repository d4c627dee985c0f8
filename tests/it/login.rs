//! Logging in and out: by password, code and token, for users, employees and the administrator.

use crate::app::{Client, TestApp};
use jindou::plugin::Params;
use serde_json::{Value, json};

const PWD: &str = "golden-cloud-7";

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
    let message = app.house.env.mock_messages().into_iter().next().expect("a message");
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
    let md5 = jindou::facility::password::digest(PWD);
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
    let app = TestApp::production();
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
