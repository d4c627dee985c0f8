//! Users and employees as objects: one's own row, managers' rights, and changes that take effect at once.

use crate::app::TestApp;
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::json;

const PWD: &str = "golden-cloud-7";

#[test]
fn a_user_has_his_own_row_and_no_other() {
    let app = TestApp::new();
    let (mine, other) = (user(&app, "13800138000"), user(&app, "13800138001"));
    let client = app.login(Role::User, mine);
    assert_eq!(client.ok(&format!("User.get?id={other}"), json!(null))["id"], json!(mine));
    client.ok(&format!("User.set?id={other}"), json!({"name": "Zhang"}));
    assert_eq!(app.cell("SELECT GROUP_CONCAT(name) FROM User"), json!("Zhang,Li"));
    for field in ["phone", "pwd", "uname", "createTm"] {
        assert_eq!(client.fails("User.set", json!({field: "13700000000"})).0, 5, "{field}");
    }
    for action in ["User.query", "User.add", "User.del"] {
        assert_eq!(client.fails(action, json!({})).0, 5, "{action}");
    }
}

#[test]
fn w6_a_password_is_not_read_by_any_name() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let admin = app.login(Role::Admin, 1);
    for client in [&client, &admin] {
        for query in
            ["res=id,pwd", "res=id,pwd x", "res=max(pwd) m", "res=id&cond=pwd like 'a%'", "res=t0.pwd"]
        {
            for action in ["User.get?id=1&", "User.query?"] {
                let answer = client.call(&format!("{action}{query}"), json!(null));
                assert!(!answer.to_string().contains("argon2"), "{query}: {answer}");
                assert_ne!(answer[0], json!(0), "{query}");
            }
        }
        assert!(client.ok("User.get?id=1", json!(null)).get("pwd").is_none());
    }
}

#[test]
fn an_employee_sees_himself_and_managers_everybody() {
    let app = TestApp::new();
    let (emp, mgr) = (employee(&app, "wang", "emp"), employee(&app, "chief", "mgr"));
    let client = app.login(Role::Emp, emp);
    assert_eq!(client.ok("Employee.get", json!(null))["id"], json!(emp));
    assert_eq!(client.fails(&format!("Employee.get?id={mgr}"), json!(null)).0, 5);
    assert_eq!(client.fails(&format!("Employee.set?id={mgr}"), json!({"name": "x"})).0, 5);
    assert_eq!(client.ok("Employee.query?res=id", json!(null))["d"], json!([[emp]]));
    client.ok("Employee.set", json!({"name": "New"}));
    for field in ["perms", "phone", "uname"] {
        assert_eq!(client.fails("Employee.set", json!({field: "mgr"})).0, 5, "{field}");
    }
    let chief = app.login(Role::Mgr, mgr);
    assert_eq!(chief.ok(&format!("Employee.get?id={emp}"), json!(null))["name"], json!("New"));
    let new = chief.ok("Employee.add", json!({"phone": "13911112222", "pwd": PWD}));
    assert_eq!(chief.ok(&format!("Employee.get?id={new}"), json!(null))["perms"], json!("emp"));
    assert_eq!(
        chief.fails("Employee.add", json!({"name": "nobody"})),
        (1, "缺少参数`phone or uname`".into())
    );
    app.client("emp").ok("login", json!({"uname": "13911112222", "pwd": PWD}));
    assert_eq!(client.fails("Employee.add", json!({"phone": "13911112223"})).0, 5);
    chief.ok(&format!("Employee.del?id={new}"), json!(null));
    assert_eq!(app.client("emp").fails("login", json!({"uname": "13911112222", "pwd": PWD})).0, -1);
}

#[test]
fn another_role_counts_from_the_next_call() {
    let app = TestApp::new();
    let (emp, mgr) = (employee(&app, "wang", "emp"), employee(&app, "chief", "mgr"));
    let (client, chief) = (app.login(Role::Emp, emp), app.login(Role::Mgr, mgr));
    assert_eq!(client.fails("ApiLog.query", json!(null)).0, 5);
    chief.ok(&format!("Employee.set?id={emp}"), json!({"perms": "emp,mgr"}));
    client.ok("ApiLog.query", json!(null));
    chief.ok(&format!("Employee.set?id={emp}"), json!({"perms": "emp"}));
    assert_eq!(client.fails("ApiLog.query", json!(null)).0, 5);
}

#[test]
fn a_deleted_account_is_out_with_the_call_that_deleted_it() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    let client = app.anon();
    let me = client.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    app.login(Role::Admin, 1).ok(&format!("User.del?id={id}"), json!(null));
    assert_eq!(client.fails("User.get", json!(null)).0, 2);
    assert_eq!(app.anon().fails("login", json!({"token": me["_token"]})).0, -1);
    assert_eq!(app.cell("SELECT COUNT(*) FROM Token"), json!(0));
    assert_eq!(app.cell("SELECT COUNT(*) FROM Session WHERE appType='user'"), json!(0));
}

#[test]
fn a_password_set_by_a_manager_ends_the_sessions_and_ones_own_keeps_this_one() {
    let app = TestApp::new();
    let (emp, mgr) = (employee(&app, "wang", "emp"), employee(&app, "chief", "mgr"));
    let (client, chief) = (app.login(Role::Emp, emp), app.login(Role::Mgr, mgr));
    chief.ok(&format!("Employee.set?id={emp}"), json!({"pwd": "silver-river-8"}));
    assert_eq!(client.fails("Employee.get", json!(null)).0, 2);
    client.ok("login", json!({"uname": "wang", "pwd": "silver-river-8"}));
    client.ok("chpwd", json!({"oldpwd": "silver-river-8", "pwd": "copper-stone-9"}));
    client.ok("Employee.get", json!(null));
    assert_eq!(chief.fails(&format!("Employee.setIf?cond=id={emp}"), json!({"pwd": "copper-stone-1"})).0, 5);
}

#[test]
fn names_do_not_look_like_phones_and_are_unique() {
    let app = TestApp::new();
    let admin = app.login(Role::Admin, 1);
    assert_eq!(admin.fails("User.add", json!({"uname": "138abc"})).0, 1);
    admin.ok("User.add", json!({"uname": "bob"}));
    assert_eq!(admin.fails("User.add", json!({"uname": "bob"})), (1, "已存在重复记录: uname".into()));
    assert_eq!(admin.ok("User.add", json!({"name": "no login"})).as_i64(), Some(2));
}

#[test]
fn staff_sends_messages() {
    let app = TestApp::new();
    let emp = app.login(Role::Emp, employee(&app, "wang", "emp"));
    let sms = json!({"phone": "13812345678", "content": "<b>3</b> pizzas are on their way"});
    assert_eq!(app.anon().fails("sendSms", sms.clone()).0, 2);
    assert_eq!(app.login(Role::User, user(&app, "13800138000")).fails("sendSms", sms.clone()).0, 5);
    assert_eq!(emp.ok("sendSms", sms.clone()), json!(null));
    assert_eq!(emp.fails("sendSms", json!({"phone": "1381234", "content": "x"})).0, 1);
    assert_eq!(emp.fails("sendSms", json!({"phone": "13812345678"})).0, 1);
    assert_eq!(emp.fails("sendSms", json!({"phone": "13812345678", "content": "x".repeat(501)})).0, 1);
    let sent = app.house.env.mock_messages().into_iter().next().unwrap();
    assert_eq!(sent, "<b>3</b> pizzas are on their way (13812345678)");
    for _ in 1..60 {
        emp.ok("sendSms", sms.clone());
    }
    assert_eq!(emp.fails("sendSms", sms).0, 5);
}

#[test]
fn facts_are_set_and_read_by_name() {
    let app = TestApp::new();
    let chief = app.login(Role::Mgr, employee(&app, "chief", "mgr"));
    assert_eq!(chief.ok("Cinf.getValue?name=theme", json!(null)), json!(null));
    for value in ["<b>red</b>", "blue"] {
        let set = chief.ok("Cinf.setValue?name=theme", json!({"value": value}));
        assert_eq!(set, json!(null), "an action without an answer");
        assert_eq!(chief.ok("Cinf.getValue?name=theme", json!(null)), json!(value));
    }
    let emp = app.login(Role::Emp, employee(&app, "w", "emp"));
    assert_eq!(emp.fails("Cinf.setValue?name=theme", json!({"value": "x"})).0, 5);
    assert_eq!(emp.fails("Cinf.query", json!(null)).0, 5);
}
