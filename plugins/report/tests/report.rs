//! Saved reports: whose they are, who sees them, what is refused.

use crate::app::TestApp;
use crate::code;
use crate::login::employee;
use jindou::auth::Role;
use serde_json::{Value, json};

fn def() -> Value {
    json!({"name": "每日订单", "obj": "Ordr", "def": "{\"rows\":[\"t:d\"]}"})
}

#[test]
fn reports_are_private_until_a_manager_shares_them() {
    let app = TestApp::new();
    let (li, wang, boss) =
        (employee(&app, "li", "emp"), employee(&app, "wang", "emp"), employee(&app, "chief", "emp,mgr"));
    let (li, wang, boss) = (app.login(Role::Emp, li), app.login(Role::Emp, wang), app.login(Role::Mgr, boss));
    let id = li.ok("Report.add", def());
    let row = li.ok(&format!("Report.get?id={id}&res=name,obj,def,shareFlag,empName"), json!(null));
    assert_eq!(
        row,
        json!({"name": "每日订单", "obj": "Ordr", "def": "{\"rows\":[\"t:d\"]}", "shareFlag": 0, "empName": "Wang"})
    );
    assert_eq!(wang.ok("Report.query?res=id&fmt=array", json!(null)), json!([]));
    assert_eq!(wang.fails(&format!("Report.get?id={id}"), json!(null)).0, code::PARAM);
    assert_eq!(wang.fails(&format!("Report.set?id={id}"), json!({"name": "x"})).0, code::PARAM);
    assert_eq!(li.fails(&format!("Report.set?id={id}"), json!({"shareFlag": 1})).0, code::FORBIDDEN);
    boss.ok(&format!("Report.set?id={id}"), json!({"shareFlag": 1}));
    assert_eq!(wang.ok("Report.query?res=id&fmt=array", json!(null)), json!([{"id": id}]));
    assert_eq!(
        wang.fails(&format!("Report.set?id={id}"), json!({"name": "x"})),
        (5, "只能修改自己的报表".into())
    );
    assert_eq!(wang.fails(&format!("Report.del?id={id}"), json!(null)).0, code::FORBIDDEN);
    li.ok(&format!("Report.set?id={id}"), json!({"name": "日报"}));
    li.ok(&format!("Report.del?id={id}"), json!(null));
    assert_eq!(boss.ok("Report.query?res=id&fmt=array", json!(null)), json!([]));
}

#[test]
fn a_report_that_makes_no_sense_is_refused() {
    let app = TestApp::new();
    let id = employee(&app, "li", "emp");
    let li = app.login(Role::Emp, id);
    for (field, value, code) in [
        ("name", json!(""), 1),
        ("obj", json!("Nothing"), 1),
        ("def", json!("not json"), 1),
        ("def", json!("[1]"), 1),
        ("empId", json!(id + 1), 5),
        ("tm", json!("2020-01-01"), 5),
    ] {
        let mut body = def();
        body[field] = value;
        assert_eq!(li.fails("Report.add", body).0, code, "{field}");
    }
    assert_eq!(app.cell("SELECT count(*) FROM Report"), json!(0));
    let user = crate::login::user(&app, "13800138000");
    assert_eq!(app.login(Role::User, user).fails("Report.query", json!(null)).0, code::FORBIDDEN);
    assert_eq!(app.anon().fails("Report.query", json!(null)).0, code::NOAUTH);
}
