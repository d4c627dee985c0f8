//! Roles of staff as clients know them: menu words, the search by role, names.

use crate::app::TestApp;
use crate::login::employee;
use jindou::auth::Role;
use serde_json::{Value, json};

const PWD: &str = "golden-cloud-7";

#[test]
fn clients_are_told_of_roles_and_the_configuration_may_say_otherwise() {
    let init = TestApp::new().anon().ok("initClient", json!(null));
    assert_eq!((&init["plugins"]["role"], &init["enableRole"]), (&json!([]), &json!(1)));
    let app = TestApp::with(&[("P_INIT_CLIENT", "{\"enableRole\":0}")]);
    assert_eq!(app.anon().ok("initClient", json!(null))["enableRole"], json!(0));
    let app = TestApp::with(&[("P_PLUGINS", "account")]);
    assert_eq!(app.anon().ok("initClient", json!(null))["enableRole"], Value::Null);
}

#[test]
fn an_employee_is_told_the_menu_words_of_his_roles() {
    let app = TestApp::new();
    let chief = app.login(Role::Mgr, employee(&app, "chief", "mgr"));
    chief.ok("Role.add", json!({"name": "客服", "perms": "menu1 menu2"}));
    chief.ok("Role.add", json!({"name": "R&D_1", "perms": "menu3"}));
    chief.ok("Role.add", json!({"name": "nothing"}));
    let id = employee(&app, "wang", "emp");
    chief.ok(&format!("Employee.set?id={id}"), json!({"perms": "emp,R&D_1,nothing,客服"}));
    let client = app.client("emp");
    let login = client.ok("login", json!({"uname": "wang", "pwd": PWD}));
    assert_eq!(login["rolePerms"], json!("menu3 menu1 menu2"));
    let get = |query: &str| client.ok(&format!("Employee.get?{query}"), json!(null));
    assert_eq!(get("")["rolePerms"], json!("menu3 menu1 menu2"));
    assert_eq!(get("res=*")["rolePerms"], json!("menu3 menu1 menu2"));
    assert_eq!(get("res=id,name"), json!({"id": id, "name": "Wang"}));
    assert_eq!(get("res=rolePerms"), json!({"rolePerms": "menu3 menu1 menu2"}));
    assert_eq!(get("res=perms,rolePerms")["perms"], json!("emp,R&D_1,nothing,客服"));
    assert_eq!(chief.ok("Employee.get", json!(null))["rolePerms"], json!(""));
}

#[test]
fn employees_are_found_by_role() {
    let app = TestApp::new();
    let chief = app.login(Role::Mgr, employee(&app, "chief", "mgr"));
    for name in ["a_b", "aXb", "ab"] {
        chief.ok("Role.add", json!({"name": name}));
    }
    let ids: Vec<i64> = [("wang", "emp,a_b"), ("li", "aXb"), ("zhang5", "emp,ab,a_b")]
        .into_iter()
        .map(|(uname, perms)| employee(&app, uname, perms))
        .collect();
    let found = |role: &str| {
        chief.ok(&format!("Employee.query?res=id&orderby=id&role={role}"), json!(null))["d"].clone()
    };
    assert_eq!(found("a_b"), json!([[ids[0]], [ids[2]]]));
    assert_eq!(found("aXb"), json!([[ids[1]]]));
    assert_eq!(found("none"), json!([]));
    assert_eq!(found("").as_array().unwrap().len(), 4);
    for bad in ["a'b", "a,b", "%25", "a b", "a;b"] {
        let answer = chief.fails(&format!("Employee.query?role={bad}"), json!(null));
        assert_eq!(answer, (1, "角色名包含非法字符".into()), "{bad}");
    }
    // An employee sees no more by it than before.
    let client = app.login(Role::Emp, ids[0]);
    assert_eq!(client.ok("Employee.query?res=id&role=ab", json!(null))["d"], json!([]));
    assert_eq!(client.ok("Employee.query?res=id&role=a_b", json!(null))["d"], json!([[ids[0]]]));
}

#[test]
fn roles_are_kept_by_managers_under_names_that_stand_in_lists() {
    let app = TestApp::new();
    let chief = app.login(Role::Mgr, employee(&app, "chief", "mgr"));
    let emp = app.login(Role::Emp, employee(&app, "wang", "emp"));
    for action in ["Role.query", "Role.get?id=1", "Role.add", "Role.set?id=1", "Role.del?id=1"] {
        assert_eq!(emp.fails(action, json!({"name": "x"})).0, 5, "{action}");
    }
    for bad in ["", "a b", "a,b", "a，b", "a'b", "a%", "<b>", "a\n", "a-b"] {
        let (code, text) = chief.fails("Role.add", json!({"name": bad}));
        let expected = if bad.is_empty() { "缺少参数`name`" } else { "角色名包含非法字符" };
        assert_eq!((code, text.as_str()), (1, expected), "{bad:?}");
    }
    assert!(chief.fails("Role.add", json!({"name": "mgr"})).1.contains("系统权限"));
    let id = chief.ok("Role.add", json!({"name": "客服", "perms": "a"}));
    assert!(chief.fails("Role.add", json!({"name": "客服"})).1.contains("已存在"));
    chief.ok(&format!("Role.set?id={id}"), json!({"perms": "b"}));
    assert_eq!(chief.fails(&format!("Role.set?id={id}"), json!({"name": "a b"})).0, 1);
    assert_eq!(chief.ok(&format!("Role.get?id={id}"), json!(null))["perms"], json!("b"));
    let held = employee(&app, "li", "emp 客服");
    for (action, body) in [("set", json!({"name": "other"})), ("del", json!(null))] {
        let (code, text) = chief.fails(&format!("Role.{action}?id={id}"), body);
        assert!(code == 5 && text.contains("有1名员工"), "{action}: {code} {text}");
    }
    chief.ok(&format!("Employee.set?id={held}"), json!({"perms": "emp"}));
    chief.ok(&format!("Role.set?id={id}"), json!({"name": "服务"}));
    chief.ok(&format!("Role.del?id={id}"), json!(null));
    let (code, text) = chief.fails(&format!("Employee.set?id={held}"), json!({"perms": "emp,服务"}));
    assert!(code == 1 && text.contains("服务"), "{text}");
}
