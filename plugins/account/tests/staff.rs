//! Users and employees as objects: one's own row, managers' rights, and changes that take effect at once.

use crate::app::TestApp;
use crate::code;
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
        assert_eq!(client.fails("User.set", json!({field: "13700000000"})).0, code::FORBIDDEN, "{field}");
    }
    for action in ["User.query", "User.add", "User.del"] {
        assert_eq!(client.fails(action, json!({})).0, code::FORBIDDEN, "{action}");
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
    assert_eq!(client.fails(&format!("Employee.get?id={mgr}"), json!(null)).0, code::FORBIDDEN);
    assert_eq!(client.fails(&format!("Employee.set?id={mgr}"), json!({"name": "x"})).0, code::FORBIDDEN);
    assert_eq!(client.ok("Employee.query?res=id", json!(null))["d"], json!([[emp]]));
    client.ok("Employee.set", json!({"name": "New"}));
    for field in ["perms", "phone", "uname"] {
        assert_eq!(client.fails("Employee.set", json!({field: "mgr"})).0, code::FORBIDDEN, "{field}");
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
    assert_eq!(client.fails("Employee.add", json!({"phone": "13911112223"})).0, code::FORBIDDEN);
    chief.ok(&format!("Employee.del?id={new}"), json!(null));
    assert_eq!(
        app.client("emp").fails("login", json!({"uname": "13911112222", "pwd": PWD})).0,
        code::AUTHFAIL
    );
}

#[test]
fn another_role_counts_from_the_next_call() {
    let app = TestApp::new();
    let (emp, mgr) = (employee(&app, "wang", "emp"), employee(&app, "chief", "mgr"));
    let (client, chief) = (app.login(Role::Emp, emp), app.login(Role::Mgr, mgr));
    assert_eq!(client.fails("ApiLog.query", json!(null)).0, code::FORBIDDEN);
    chief.ok(&format!("Employee.set?id={emp}"), json!({"perms": "emp,mgr"}));
    client.ok("ApiLog.query", json!(null));
    chief.ok(&format!("Employee.set?id={emp}"), json!({"perms": "emp"}));
    assert_eq!(client.fails("ApiLog.query", json!(null)).0, code::FORBIDDEN);
}

#[test]
fn a_deleted_account_is_out_with_the_call_that_deleted_it() {
    let app = TestApp::new();
    let id = user(&app, "13800138000");
    let client = app.anon();
    let me = client.ok("login", json!({"uname": "13800138000", "pwd": PWD}));
    app.login(Role::Admin, 1).ok(&format!("User.del?id={id}"), json!(null));
    assert_eq!(client.fails("User.get", json!(null)).0, code::NOAUTH);
    assert_eq!(app.anon().fails("login", json!({"token": me["_token"]})).0, code::AUTHFAIL);
    assert_eq!(app.cell("SELECT COUNT(*) FROM Token"), json!(0));
    assert_eq!(app.cell("SELECT COUNT(*) FROM Session WHERE appType='user'"), json!(0));
}

#[test]
fn a_password_set_by_a_manager_ends_the_sessions_and_ones_own_keeps_this_one() {
    let app = TestApp::new();
    let (emp, mgr) = (employee(&app, "wang", "emp"), employee(&app, "chief", "mgr"));
    let (client, chief) = (app.login(Role::Emp, emp), app.login(Role::Mgr, mgr));
    chief.ok(&format!("Employee.set?id={emp}"), json!({"pwd": "silver-river-8"}));
    assert_eq!(client.fails("Employee.get", json!(null)).0, code::NOAUTH);
    client.ok("login", json!({"uname": "wang", "pwd": "silver-river-8"}));
    client.ok("chpwd", json!({"oldpwd": "silver-river-8", "pwd": "copper-stone-9"}));
    client.ok("Employee.get", json!(null));
    assert_eq!(
        chief.fails(&format!("Employee.setIf?cond=id={emp}"), json!({"pwd": "copper-stone-1"})).0,
        code::FORBIDDEN
    );
}

#[test]
fn names_do_not_look_like_phones_and_are_unique() {
    let app = TestApp::new();
    let admin = app.login(Role::Admin, 1);
    assert_eq!(admin.fails("User.add", json!({"uname": "138abc"})).0, code::PARAM);
    admin.ok("User.add", json!({"uname": "bob"}));
    assert_eq!(admin.fails("User.add", json!({"uname": "bob"})), (1, "已存在重复记录: uname".into()));
    assert_eq!(admin.ok("User.add", json!({"name": "no login"})).as_i64(), Some(2));
}

#[test]
fn staff_sends_messages() {
    let app = TestApp::new();
    let emp = app.login(Role::Emp, employee(&app, "wang", "emp"));
    let sms = json!({"phone": "13812345678", "content": "<b>3</b> pizzas are on their way"});
    assert_eq!(app.anon().fails("sendSms", sms.clone()).0, code::NOAUTH);
    assert_eq!(
        app.login(Role::User, user(&app, "13800138000")).fails("sendSms", sms.clone()).0,
        code::FORBIDDEN
    );
    assert_eq!(emp.ok("sendSms", sms.clone()), json!(null));
    assert_eq!(emp.fails("sendSms", json!({"phone": "1381234", "content": "x"})).0, code::PARAM);
    assert_eq!(emp.fails("sendSms", json!({"phone": "13812345678"})).0, code::PARAM);
    assert_eq!(
        emp.fails("sendSms", json!({"phone": "13812345678", "content": "x".repeat(501)})).0,
        code::PARAM
    );
    let sent = app.server.env.mock_messages().into_iter().next().unwrap();
    assert_eq!(sent, "<b>3</b> pizzas are on their way (13812345678)");
    for _ in 1..60 {
        emp.ok("sendSms", sms.clone());
    }
    assert_eq!(emp.fails("sendSms", sms).0, code::FORBIDDEN);
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
    assert_eq!(emp.fails("Cinf.setValue?name=theme", json!({"value": "x"})).0, code::FORBIDDEN);
    assert_eq!(emp.fails("Cinf.query", json!(null)).0, code::FORBIDDEN);
}

/// Every road to what logs a colleague in, who has a permission that the manager lacks.
#[test]
fn a_manager_takes_over_no_account_that_may_do_more() {
    let app = TestApp::new();
    let (director, mgr) = (employee(&app, "director", "emp,mgr,family"), employee(&app, "chief", "emp,mgr"));
    let (clerk, new) = (employee(&app, "helper", "emp"), "silver-river-8");
    let chief = app.login(Role::Mgr, mgr);
    let row = |id: i64| {
        let shown = "uname||'/'||phone||'/'||pwd||'/'||perms";
        app.cell(&format!("SELECT {shown} FROM Employee WHERE id={id}"))
    };
    let before = row(director);
    let phone = "13900000008";
    for fields in [
        json!({"pwd": new}),
        json!({"pwd": ""}),
        json!({"pwd": null}),
        json!({"phone": "13911112222"}),
        json!({"phone": null}),
        json!({"uname": "other"}),
        json!({"t0.pwd": new}),
        json!({"perms": "emp,mgr", "pwd": new}),
        json!({"perms": "", "pwd": new}),
    ] {
        chief.call(&format!("Employee.set?id={director}"), fields.clone());
        assert_eq!(row(director), before, "set {fields}");
        chief.call(&format!("Employee.setIf?cond=id={director}"), fields.clone());
        assert_eq!(row(director), before, "setIf {fields}");
        chief.call(&format!("Employee.batchSet?cond=id={director}"), fields.clone());
        assert_eq!(row(director), before, "batchSet {fields}");
        let with = |extra: &[(&str, serde_json::Value)]| {
            let mut all = fields.as_object().unwrap().clone();
            all.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            all
        };
        let keys = [("id", json!(director)), ("uname", json!("director")), ("phone", json!(phone))];
        for key in &keys {
            let row_of = with(std::slice::from_ref(key));
            chief.call(&format!("Employee.add?uniKey={}", key.0), json!(row_of));
            assert_eq!(row(director), before, "add by {} {fields}", key.0);
            chief.call(&format!("Employee.batchAdd?uniKey={}", key.0), json!({"list": [row_of]}));
            assert_eq!(row(director), before, "batchAdd by {} {fields}", key.0);
        }
        let items = json!([{"ac": "Employee.set", "get": {"id": director}, "post": fields}]);
        for trans in [0, 1] {
            chief.call(&format!("batch?useTrans={trans}"), items.clone());
            assert_eq!(row(director), before, "batch {fields}");
        }
    }
    assert_eq!(chief.fails(&format!("Employee.set?id={director}"), json!({"pwd": new})).0, code::FORBIDDEN);
    // The rest of a colleague's row is everyday work, and so are accounts that may do no more.
    chief.ok(&format!("Employee.set?id={director}"), json!({"name": "Mei", "phone": phone}));
    chief.ok(&format!("Employee.set?id={clerk}"), json!({"pwd": new, "phone": "13911113333"}));
    // Whoever leaves loses their permissions; these do not come back from somebody without them.
    chief.ok(&format!("Employee.set?id={director}"), json!({"perms": "emp"}));
    assert_eq!(
        chief.fails(&format!("Employee.set?id={director}"), json!({"perms": "emp,family"})).0,
        code::FORBIDDEN
    );
    app.login(Role::Admin, 1).ok(&format!("Employee.set?id={director}"), json!({"perms": "emp,mgr,family"}));
    app.login(Role::Admin, 1).ok(&format!("Employee.set?id={director}"), json!({"pwd": new}));
}

#[test]
fn a_manager_gives_no_word_that_may_become_a_permission() {
    let app = TestApp::new();
    let (mgr, emp) = (employee(&app, "chief", "emp,mgr"), employee(&app, "helper", "emp,driver"));
    let chief = app.login(Role::Mgr, mgr);
    let (code, says) = chief.fails(&format!("Employee.set?id={mgr}"), json!({"perms": "emp,mgr,vault"}));
    assert!(code == 1 && says.contains("vault"), "{says}");
    assert_eq!(chief.fails("Employee.add", json!({"uname": "new", "perms": "emp,vault"})).0, code::PARAM);
    chief.ok(&format!("Employee.set?id={emp}"), json!({"perms": "emp,mgr,driver"}));
}

/// A text column keeps a list or an object as JSON: what is a word in it is one for the rules as well.
#[test]
fn a_permission_in_a_list_or_an_object_is_one() {
    let app = TestApp::new();
    let (mgr, emp) = (employee(&app, "chief", "emp,mgr"), employee(&app, "helper", "emp"));
    let chief = app.login(Role::Mgr, mgr);
    for perms in
        [json!(["emp, family ,x"]), json!({"a": " family "}), json!([["emp"], " family "]), json!(["emp"])]
    {
        let row = json!({"uname": "new", "perms": perms, "pwd": "golden-cloud-7"});
        for (action, body) in [
            (format!("Employee.set?id={emp}"), json!({"perms": perms})),
            (format!("Employee.set?id={emp}"), json!({"t0.perms": perms})),
            (format!("Employee.set?id={mgr}"), json!({"perms": perms})),
            (format!("Employee.batchSet?cond=id={emp}"), json!({"perms": perms})),
            ("Employee.add".to_owned(), row.clone()),
            ("Employee.add?uniKey=uname".to_owned(), json!({"uname": "helper", "perms": perms})),
            ("Employee.batchAdd".to_owned(), json!({"list": [row]})),
        ] {
            let code = chief.fails(&action, body).0;
            assert!(matches!(code, 1 | 5), "{action} {perms}: {code}");
        }
    }
    assert_eq!(app.cell("SELECT group_concat(perms, ';') FROM Employee"), json!("emp,mgr;emp"));
    // A name that looks like a phone is one in any form.
    assert_eq!(
        chief.fails("Employee.add", json!({"uname": 13_800_000_001_i64, "perms": "emp"})).0,
        code::PARAM
    );
}

#[test]
fn every_page_may_show_the_company_and_nothing_else_of_the_facts() {
    let app = TestApp::new();
    let chief = app.login(Role::Mgr, employee(&app, "chief", "mgr"));
    assert_eq!(app.anon().ok("Cinf.company", json!(null)), json!({"name": null, "logo": null}));
    for (name, value) in [("company", "云上家政"), ("companyLogo", "12"), ("secretPlan", "x")] {
        chief.ok(&format!("Cinf.setValue?name={name}"), json!({"value": value}));
    }
    assert_eq!(app.anon().ok("Cinf.company", json!(null)), json!({"name": "云上家政", "logo": 12}));
    // What is no number is no picture.
    chief.ok("Cinf.setValue?name=companyLogo", json!({"value": "javascript:alert(1)"}));
    assert_eq!(app.anon().ok("Cinf.company", json!(null))["logo"], json!(null));
}
