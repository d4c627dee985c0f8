//! Orders: whose they are, what may become of them, and the log they leave.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::{Value, json};

struct Shop {
    app: TestApp,
    users: [i64; 2],
    emp: i64,
    mgr: i64,
}

fn shop() -> Shop {
    let app = TestApp::new();
    let users = [user(&app, "13800138000"), user(&app, "13800138001")];
    let (emp, mgr) = (employee(&app, "wang", "emp"), employee(&app, "chief", "emp,mgr"));
    Shop { app, users, emp, mgr }
}

impl Shop {
    fn user(&self, which: usize) -> Client<'_> {
        self.app.login(Role::User, self.users[which])
    }

    fn emp(&self) -> Client<'_> {
        self.app.login(Role::Emp, self.emp)
    }

    fn mgr(&self) -> Client<'_> {
        self.app.login(Role::Mgr, self.mgr)
    }
}

fn order(client: &Client<'_>) -> i64 {
    client.ok("Ordr.add", json!({"dscr": "tea", "amount": 9.9})).as_i64().unwrap()
}

#[test]
fn a_user_sees_and_changes_his_own_orders_alone() {
    let shop = shop();
    let (mine, other) = (shop.user(0), shop.user(1));
    let id = order(&mine);
    assert_eq!(other.ok("Ordr.query?res=id", json!(null))["d"], json!([]));
    assert_eq!(other.fails(&format!("Ordr.get?id={id}"), json!(null)).0, code::PARAM);
    assert_eq!(other.fails(&format!("Ordr.set?id={id}"), json!({"dscr": "x"})).0, code::PARAM);
    assert_eq!(other.ok("OrderLog.query", json!(null))["d"], json!([]));
    assert_eq!(mine.ok("OrderLog.query?res=orderId", json!(null))["d"], json!([[id]]));
    assert_eq!(mine.fails(&format!("Ordr.del?id={id}"), json!(null)).0, code::FORBIDDEN);
    assert_eq!(mine.ok("Ordr.query?res=id,userName", json!(null))["d"], json!([[id, "Li"]]));
}

#[test]
fn w4_a_condition_does_not_cut_off_the_rule_of_own_rows() {
    let shop = shop();
    let id = order(&shop.user(0));
    let other = shop.user(1);
    for cond in
        ["1=1) -- ", "id>0 -- ", "id>0 /* ", "id>0 or 1=1", "(id>0) or (id>0)", "id>0 or id>0 or userId>0"]
    {
        let answer = other.call("Ordr.query", json!({"cond": cond, "res": "id"}));
        assert!(answer[0] != json!(0) || answer[1]["d"] == json!([]), "{cond}: {answer}");
        let set = other.call(&format!("Ordr.set?id={id}&cond={cond}"), json!({"dscr": "stolen"}));
        assert_ne!(set[0], json!(0), "{cond}");
    }
    assert_eq!(shop.app.cell("SELECT dscr FROM Ordr"), json!("tea"));
}

#[test]
fn the_server_sets_owner_time_and_state() {
    let shop = shop();
    let mine = shop.user(0);
    let sent = json!({"dscr": "tea", "userId": shop.users[1], "status": "RE", "createTm": "2020-1-1"});
    let id = mine.ok("Ordr.add", sent);
    let row = mine.ok(&format!("Ordr.get?id={id}"), json!(null));
    assert_eq!((&row["userId"], &row["status"]), (&json!(shop.users[0]), &json!("CR")));
    assert_eq!(row["orderLog"].as_array().unwrap().len(), 1);
    assert!(row["createTm"].as_str().unwrap() > "2026", "{row}");
    assert_eq!(mine.fails(&format!("Ordr.set?id={id}"), json!({"createTm": "2020-1-1"})).0, code::FORBIDDEN);
    let by_staff = json!({"userId": shop.users[0], "createTm": "2020-1-1"});
    let id = shop.emp().ok("Ordr.add?res=id,createTm", by_staff);
    assert!(id["createTm"].as_str().unwrap() > "2026", "{id}");
    let id = &row["id"];
    assert_eq!(mine.fails(&format!("Ordr.set?id={id}"), json!({"amount": 1})).0, code::FORBIDDEN);
    assert_eq!(mine.fails(&format!("Ordr.set?id={id}"), json!({"userId": 2})).0, code::FORBIDDEN);
    mine.ok(&format!("Ordr.set?id={id}"), json!({"cmt": "soon", "dscr": "coffee"}));
}

#[test]
fn states_follow_each_other_as_declared_and_leave_a_log() {
    let shop = shop();
    let (mine, emp) = (shop.user(0), shop.emp());
    let id = order(&mine);
    let set = format!("Ordr.set?id={id}");
    assert_eq!(mine.fails(&set, json!({"status": "RE"})).0, code::FORBIDDEN, "only staff completes");
    for bad in ["PA", "XX", "CR2", ""] {
        let answer = emp.call(&set, json!({"status": bad}));
        assert!(answer[0] == json!(5) || answer[0] == json!(1), "{bad}: {answer}");
    }
    assert_eq!(emp.ok(&set, json!({"status": "RE"})), json!("OK"));
    for next in ["CA", "CR", "RE"] {
        assert_eq!(emp.fails(&set, json!({"status": next})).0, code::FORBIDDEN, "{next}");
    }
    assert_eq!(
        mine.fails(&set, json!({"dscr": "late"})).0,
        code::FORBIDDEN,
        "a user changes new orders only"
    );
    emp.ok(&set, json!({"dscr": "done"}));
    let log = emp.ok(&format!("OrderLog.query?cond=orderId={id}"), json!(null));
    let head: Vec<&str> = log["h"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
    let at = |name: &str| head.iter().position(|h| *h == name).unwrap();
    let rows = log["d"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let shown =
        |row: &Value| [row[at("action")].clone(), row[at("empId")].clone(), row[at("empName")].clone()];
    assert_eq!(shown(&rows[0]), [json!("RE"), json!(shop.emp), json!("Wang")], "newest first");
    assert_eq!(shown(&rows[1]), [json!("CR"), json!(null), json!(null)]);
}

#[test]
fn of_two_who_complete_an_order_at_once_one_does() {
    let shop = shop();
    for _ in 0..10 {
        let set = format!("Ordr.set?id={}", order(&shop.user(0)));
        let codes: Vec<i64> = std::thread::scope(|scope| {
            let one = || shop.mgr().call(&set, json!({"status": "RE"}))[0].as_i64().unwrap();
            let two = || shop.emp().call(&set, json!({"status": "RE"}))[0].as_i64().unwrap();
            let both = [scope.spawn(one), scope.spawn(two)];
            both.map(|thread| thread.join().unwrap()).to_vec()
        });
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
        assert!(codes.contains(&5), "{codes:?}");
    }
    assert_eq!(shop.app.cell("SELECT COUNT(*) FROM OrderLog WHERE action='RE'"), json!(10));
}

#[test]
fn whole_rows_may_say_the_state_again() {
    let shop = shop();
    let id = order(&shop.user(0));
    let set = format!("Ordr.set?id={id}");
    assert_eq!(shop.emp().ok(&set, json!({"status": "CR", "cmt": "new"})), json!("OK"));
    shop.emp().ok(&set, json!({"status": "RE"}));
    assert_eq!(shop.emp().fails(&set, json!({"status": "RE", "cmt": "again"})).0, code::FORBIDDEN);
    shop.emp().ok(&format!("{set}&useStrictReadonly=0"), json!({"status": "RE", "cmt": "whole"}));
    assert_eq!(shop.app.cell("SELECT cmt FROM Ordr"), json!("whole"));
    assert_eq!(shop.app.cell("SELECT COUNT(*) FROM OrderLog"), json!(2));
}

#[test]
fn staff_adds_orders_for_users_who_exist() {
    let shop = shop();
    let emp = shop.emp();
    assert_eq!(emp.fails("Ordr.add", json!({"dscr": "tea"})), (1, "缺少参数`userId`".into()));
    assert_eq!(emp.fails("Ordr.add", json!({"userId": 99, "dscr": "tea"})).0, code::PARAM);
    let id = emp.ok("Ordr.add", json!({"userId": shop.users[1], "dscr": "tea", "amount": 1}));
    assert_eq!(shop.user(1).ok("Ordr.query?res=id", json!(null))["d"], json!([[id]]));
    let log = emp.ok(&format!("OrderLog.query?cond=orderId={id}&res=empId"), json!(null));
    assert_eq!(log["d"], json!([[shop.emp]]));
}

#[test]
fn many_orders_at_once_are_for_managers_and_keep_the_rules() {
    let shop = shop();
    let ids = [order(&shop.user(0)), order(&shop.user(0)), order(&shop.user(1))];
    let list = format!("id IN ({},{})", ids[0], ids[1]);
    let (emp, mgr) = (shop.emp(), shop.mgr());
    for action in ["setIf", "delIf", "batchSet", "batchDel"] {
        assert_eq!(
            emp.fails(&format!("Ordr.{action}?cond={list}"), json!({"cmt": "x"})).0,
            code::FORBIDDEN,
            "{action}"
        );
    }
    assert_eq!(mgr.ok(&format!("Ordr.setIf?cond={list}"), json!({"cmt": "hurry"})), json!(2));
    assert_eq!(
        mgr.fails(&format!("Ordr.setIf?cond={list}"), json!({"status": "RE"})).0,
        code::FORBIDDEN,
        "a state needs its rules"
    );
    assert_eq!(mgr.ok(&format!("Ordr.batchSet?cond={list}"), json!({"status": "RE"})), json!(2));
    let logged = || shop.app.cell("SELECT COUNT(*) FROM OrderLog");
    assert_eq!(logged(), json!(5));
    assert_eq!(mgr.ok(&format!("Ordr.delIf?cond=id={}", ids[0]), json!(null)), json!(1));
    assert_eq!(logged(), json!(3), "an order goes with its log, also where many go at once");
    assert_eq!(mgr.ok(&format!("Ordr.batchDel?cond={list}"), json!({})), json!(1));
    assert_eq!(logged(), json!(1), "the logs go with their orders");
    assert_eq!(mgr.ok(&format!("Ordr.del?id={}", ids[2]), json!(null)), json!("OK"));
    assert_eq!(logged(), json!(0));
}

#[test]
fn an_employee_whom_the_log_names_stays() {
    let shop = shop();
    let id = order(&shop.user(0));
    shop.emp().ok(&format!("Ordr.set?id={id}"), json!({"status": "RE"}));
    let mgr = shop.mgr();
    for call in ["Employee.del?id=", "Employee.batchDel?cond=id="] {
        let (code, message) = mgr.fails(&format!("{call}{}", shop.emp), json!({}));
        assert!(code == 5 && message.contains("OrderLog") && message.contains("停用"), "{message}");
    }
    let admin = shop.app.login(Role::Admin, 1);
    assert_eq!(admin.fails(&format!("Employee.delIf?cond=id={}", shop.emp), json!(null)).0, code::FORBIDDEN);
    let working = shop.emp();
    mgr.ok(&format!("Employee.set?id={}", shop.emp), json!({"perms": ""}));
    assert_eq!(
        working.fails("Ordr.query", json!(null)).0,
        code::NOAUTH,
        "a disabled account is out with the next call"
    );
    let again = shop.app.client("emp").fails("login", json!({"uname": "wang", "pwd": "golden-cloud-7"}));
    assert_eq!(again, (-1, "帐号已停用".into()));
}

#[test]
fn the_administrator_chooses_all_values() {
    let shop = shop();
    let admin = shop.app.login(Role::Admin, 1);
    let id = admin.ok("Ordr.add", json!({"dscr": "old", "createTm": "2020-01-02 03:04:05", "status": "RE"}));
    let row = admin.ok(&format!("Ordr.get?id={id}"), json!(null));
    assert_eq!(
        (&row["createTm"], &row["status"], &row["userId"]),
        (&json!("2020-01-02 03:04:05"), &json!("RE"), &json!(null))
    );
}

#[test]
fn an_import_writes_the_log_line_of_every_order() {
    let shop = shop();
    let (app, clerk, user) = (&shop.app, shop.emp(), shop.users[0]);
    let mut rows = String::from("userId,amount\n");
    for n in 0..100 {
        rows.push_str(&format!("{},{n}.50\n", if n == 70 { 999_999 } else { user }));
    }
    let import = |rows: &str| {
        let headers = [("content-type", "text/csv")];
        clerk.send("POST", "Ordr.batchAdd", &headers, Some(rows.as_bytes().to_vec())).json()
    };
    let refused = import(&rows);
    assert_eq!(refused[0], 1, "{refused}");
    assert!(refused[1].as_str().unwrap().contains("第72行"), "{refused}");
    assert_eq!(app.cell("select count(*) from OrderLog"), json!(0));
    let done = import(&rows.replace("999999", &user.to_string()));
    assert_eq!(done[1]["cnt"], 100, "{done}");
    let paired = "select count(*) || '/' || count(distinct l.orderId) from Ordr o join OrderLog l on l.orderId = o.id \
        where l.action = 'CR' and l.tm = o.createTm and l.id = o.id";
    assert_eq!(app.cell(paired), json!("100/100"));
}
