//! Roles with a matrix over HTTP: what they leave of the rights of staff, and how several add up.

use crate::app::{Client, TestApp};
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Serves orders: sees no amounts and no phones.
pub fn clerk() -> Value {
    json!({
        "Ordr": {"actions": ["query", "get", "set"], "hidden": ["amount"], "readonly": ["cmt"]},
        "User": {"actions": "query,get", "hidden": ["phone"]},
        "OrderAtt": {"actions": ["query"]},
    })
}

pub struct House {
    pub app: TestApp,
    pub chief: i64,
}

impl House {
    pub fn new() -> House {
        let app = TestApp::new();
        let chief = employee(&app, "chief", "mgr");
        let customer = user(&app, "13800138000");
        let boss = app.login(Role::Mgr, chief);
        for amount in [10, 20] {
            boss.ok("Ordr.add", json!({"userId": customer, "dscr": "wash", "amount": amount, "cmt": "x"}));
        }
        drop(boss);
        House { app, chief }
    }

    pub fn chief(&self) -> Client<'_> {
        self.app.login(Role::Mgr, self.chief)
    }

    pub fn role(&self, name: &str, base: &str, matrix: Value) -> i64 {
        let fields = json!({"name": name, "base": base, "matrix": matrix.to_string()});
        self.chief().ok("Role.add", fields).as_i64().unwrap()
    }

    pub fn with(&self, uname: &str, perms: &str) -> Client<'_> {
        self.app.login(Role::Emp, employee(&self.app, uname, perms))
    }
}

#[test]
fn a_role_leaves_what_stands_in_its_matrix() {
    let house = House::new();
    house.role("客服", "emp", clerk());
    let client = house.with("wang", "emp,客服");
    let row = client.ok("Ordr.get?id=1", json!(null));
    assert_eq!(row["dscr"], json!("wash"));
    for gone in ["amount", "userPhone", "orderLog"] {
        assert!(row.get(gone).is_none(), "{gone}: {row}");
    }
    assert!(row.get("atts").is_some() && row.get("userName").is_some(), "{row}");
    for ask in [
        "res=amount",
        "res=t0.amount",
        "res=sum(amount) n",
        "cond=amount>1",
        "cond[amount]=10",
        "orderby=amount",
        "gres=amount&res=count(*) n",
        "statRes=sum(amount) n",
        "res=userPhone",
        "cond=userPhone like '1%'",
        "res=id,@orderLog",
        "res=id&fmt=csv&cond=amount=10",
    ] {
        let answer = client.call(&format!("Ordr.query?{ask}"), json!(null));
        assert_ne!(answer[0], json!(0), "{ask}: {answer}");
    }
    // What is typed into the search is not looked for where it is hidden.
    assert_eq!(client.ok("Ordr.query?q=13800138000&res=id", json!(null))["d"], json!([]));
    let csv = client.exactly("GET", "/api/Ordr.query?fmt=csv&_app=emp", &[], None);
    let csv = String::from_utf8_lossy(&csv.bytes).into_owned();
    assert!(csv.contains("wash") && !csv.contains("amount") && !csv.contains("13800138000"), "{csv}");
    client.ok("Ordr.set?id=1", json!({"status": "RE"}));
    for (action, body) in [
        ("Ordr.set?id=1", json!({"amount": 1})),
        ("Ordr.set?id=1", json!({"cmt": "y"})),
        ("Ordr.add", json!({"userId": 1, "dscr": "x"})),
        ("Ordr.batchAdd", json!({"list": [{"userId": 1}]})),
        ("Ordr.setIf?cond=id>0", json!({"dscr": "y"})),
        ("Ordr.del?id=1", json!(null)),
        ("OrderLog.query", json!(null)),
        ("OrderAtt.get?id=1", json!(null)),
        ("Report.query", json!(null)),
        ("Employee.query", json!(null)),
        ("sendSms", json!({"phone": "13800138000", "content": "x"})),
        ("ObjLog.query", json!(null)),
        ("ObjLog.asOf?obj=Ordr&id=1", json!(null)),
        ("Role.query", json!(null)),
    ] {
        let answer = client.call(action, body.clone());
        assert_eq!(answer[0], json!(5), "{action} {body}: {answer}");
    }
    let items = json!([{"ac": "Ordr.query", "get": {"res": "amount"}}, {"ac": "OrderLog.query"}]);
    let items = client.ok("batch", items);
    assert!(items.as_array().unwrap().iter().all(|item| item[0] != json!(0)), "{items}");
    let me = client.ok("Employee.get", json!(null));
    assert_eq!(me["name"], json!("Wang"));
    assert_eq!(client.fails(&format!("Employee.get?id={}", house.chief), json!(null)).0, 5);
    client.ok("whoami", json!(null));
    client.ok("mySessions", json!(null));
    // What everybody may call goes on to the standard action that it stands for; others of the object stay closed.
    client.ok("Plaza.query", json!(null));
    assert_eq!(client.fails("Plaza.del?id=1", json!(null)).0, 5);
}

#[test]
fn meta_shows_what_the_role_leaves() {
    let house = House::new();
    house.role("客服", "emp", clerk());
    let client = house.with("wang", "客服");
    let list = client.ok("Meta.query", json!(null))["list"].clone();
    // Others are there by what everybody may call.
    let listed = |object: &&Value| object["actions"].as_array().unwrap().contains(&json!("query"));
    let names = |list: &Value| -> BTreeSet<String> {
        let found = list.as_array().unwrap().iter().filter(listed);
        found.map(|object| object["obj"].as_str().unwrap().to_owned()).collect()
    };
    let of_guests = names(&house.app.anon().ok("Meta.query", json!(null))["list"]);
    let more: Vec<String> = names(&list).difference(&of_guests).cloned().collect();
    assert_eq!(more, ["Notification", "OrderAtt", "Ordr", "User"]);
    let meta = client.ok("Meta.get?obj=Ordr", json!(null));
    assert_eq!(meta["actions"], json!(["get", "query", "set"]));
    let field = |name: &str| meta["fields"].as_array().unwrap().iter().find(|field| field["name"] == name);
    assert!(field("amount").is_none() && field("userPhone").is_none());
    assert_eq!(field("cmt").unwrap()["readonly2"], json!(true));
    let subs: Vec<&Value> = meta["subs"].as_array().unwrap().iter().map(|sub| &sub["name"]).collect();
    assert_eq!(subs, ["atts"]);
    assert_eq!(client.fails("Meta.get?obj=OrderLog", json!(null)).0, 5);
}

#[test]
fn own_rows_are_those_that_name_the_employee() {
    let house = House::new();
    house.role(
        "own",
        "mgr",
        json!({"OrderLog": {"actions": "query,get", "rows": "own"},
        "Ordr": {"actions": "get,set"}, "Report": {"actions": "add,query,get,set,del", "rows": "own"},
        "Employee": {"actions": "query,get,set", "rows": "own"}}),
    );
    let client = house.with("wang", "own");
    client.ok("Ordr.set?id=1", json!({"status": "RE"}));
    let mine = client.ok("OrderLog.query?res=empId", json!(null))["d"].clone();
    assert_eq!(mine.as_array().unwrap().len(), 1, "{mine}");
    let all = house.chief().ok("OrderLog.query?res=id&orderby=id", json!(null))["d"].clone();
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_ne!(client.call(&format!("OrderLog.get?id={}", all[0][0]), json!(null))[0], json!(0));
    // The same rows where they are shown below their order.
    let log = client.ok("Ordr.get?id=1", json!(null))["orderLog"].clone();
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");
    let other = house.chief().ok("Report.add", json!({"name": "n", "obj": "Ordr", "def": "{}"}));
    let report = client.ok("Report.add", json!({"name": "m", "obj": "Ordr", "def": "{}"}));
    assert_eq!(client.ok("Report.query?res=id", json!(null))["d"], json!([[report]]));
    assert_ne!(client.call(&format!("Report.del?id={other}"), json!(null))[0], json!(0));
    let everybody = client.ok("Employee.query?res=id", json!(null))["d"].clone();
    assert_eq!(everybody.as_array().unwrap().len(), 1);
    assert_ne!(client.call(&format!("Employee.set?id={}", house.chief), json!({"name": "x"}))[0], json!(0));
}

#[test]
fn roles_add_up_cell_by_cell_and_no_further() {
    let house = House::new();
    house.role("reads", "emp", json!({"Ordr": {"actions": "query,get", "hidden": "amount,dscr"}}));
    house.role("more", "emp", json!({"Ordr": {"actions": "query", "hidden": "amount,cmt"}}));
    house.role("writes", "emp", json!({"Ordr": {"actions": "set"}}));
    house.role("chiefs", "mgr", json!({"Cinf": {"actions": "query"}, "Ordr": {"actions": "del"}}));
    let both = house.with("wang", "reads,more");
    let row = both.ok("Ordr.query?fmt=one", json!(null));
    assert!(row.get("dscr").is_some() && row.get("cmt").is_some() && row.get("amount").is_none(), "{row}");
    let got = both.ok("Ordr.get?id=1", json!(null));
    assert!(got.get("dscr").is_none() && got.get("cmt").is_some(), "{got}");
    // Who may write a field by one role does not see it by the other.
    let writer = house.with("zhangs", "reads,writes");
    writer.ok("Ordr.set?id=2", json!({"dscr": "new"}));
    for ask in ["Ordr.get?id=2&res=amount", "Ordr.query?res=amount", "Ordr.query?cond=amount=20"] {
        assert_ne!(writer.call(ask, json!(null))[0], json!(0), "{ask}");
    }
    let probed =
        [10, 20].map(|n| writer.call(&format!("Ordr.set?id=2&cond=amount={n}"), json!({"dscr": "z"})));
    assert_eq!(probed[0][0], probed[1][0], "{probed:?}");
    assert_ne!(probed[0][0], json!(0));
    // The lower base is the ceiling of both.
    let mixed = house.with("zhaoliu", "reads,chiefs");
    assert_eq!(mixed.fails("Cinf.query", json!(null)).0, 5);
    assert_eq!(mixed.fails("Ordr.del?id=1", json!(null)).0, 5);
    house.with("qianqianqi", "chiefs").ok("Cinf.query", json!(null));
    // A role without a matrix says nothing of rights.
    house.chief().ok("Role.add", json!({"name": "menus", "perms": "a b"}));
    house.with("sunsunsunsun", "mgr,menus").ok("ApiLog.query", json!(null));
}

#[test]
fn a_changed_role_counts_from_the_next_call_and_a_stale_word_allows_nothing() {
    let house = House::new();
    let id = house.role("客服", "emp", clerk());
    let client = house.with("wang", "客服");
    client.ok("Ordr.query", json!(null));
    let chief = house.chief();
    chief.ok(&format!("Role.set?id={id}"), json!({"matrix": "{\"User\":{\"actions\":[\"query\"]}}"}));
    assert_eq!(client.fails("Ordr.query", json!(null)).0, 5);
    client.ok("User.query?res=phone", json!(null));
    // An entry whose words have lost their meaning, as after an upgrade.
    let stale = [
        json!({"Ordr": {"actions": ["query"], "hidden": ["noSuchField"]}}).to_string(),
        json!({"Ordr": {"actions": ["noSuchAction"]}, "NoSuchObject": {"actions": ["query"]}}).to_string(),
        "no json".to_owned(),
    ];
    for matrix in stale {
        let text = matrix.clone();
        house.app.write(move |tx| {
            let fields = json!({"matrix": text}).as_object().unwrap().clone();
            tx.update("Role", &[("id", json!(id))], fields).map(|_| ())
        });
        assert_eq!(client.fails("Ordr.query", json!(null)).0, 5, "{matrix}");
        assert_eq!(client.fails("User.query", json!(null)).0, 5, "{matrix}");
    }
    chief.ok(&format!("Role.set?id={id}"), json!({"matrix": ""}));
    client.ok("OrderLog.query", json!(null));
}

/// However the row of a role was lost: nothing is known of what it had kept from its holders.
/// A name that stands in `perms` already would give to whoever has it what its taker has not to give.
/// An undo is a write like any other: what a narrowed manager may not give, he does not bring back either.
/// What hangs below an order is given with the same fields and rows at most.
#[test]
fn a_matrix_names_what_there_is_and_what_its_base_may_do() {
    let house = House::new();
    let chief = house.chief();
    let id = chief.ok("Role.add", json!({"name": "r"}));
    for (base, matrix, place) in [
        ("emp", json!({"Nothing": {"actions": ["get"]}}), "Nothing"),
        ("emp", json!({"ordr": {"actions": ["get"]}}), "ordr"),
        ("emp", json!({"Ordr": {"actions": ["del"]}}), "Ordr.actions.del"),
        ("emp", json!({"Ordr": {"actions": ["fly"]}}), "Ordr.actions.fly"),
        ("emp", json!({"ApiLog": {"actions": ["query"]}}), "ApiLog.actions.query"),
        ("mgr", json!({"Server": {"actions": ["info"]}}), "Server.actions.info"),
        ("mgr", json!({"Ordr": {"actions": ["get"], "hidden": ["t0.amount"]}}), "Ordr.hidden.t0.amount"),
        ("mgr", json!({"Ordr": {"actions": ["get"], "hidden": ["id"]}}), "Ordr.hidden.id"),
        ("mgr", json!({"User": {"actions": ["get"], "hidden": ["pwd"]}}), "User.hidden.pwd"),
        ("mgr", json!({"Ordr": {"actions": ["get"], "readonly": ["userName"]}}), "Ordr.readonly.userName"),
        ("mgr", json!({"Ordr": {"actions": ["get"], "rows": "own"}}), "Ordr.rows"),
        ("mgr", json!({"Ordr": {"actions": ["add"], "readonly": ["userId"]}}), "Ordr.userId"),
        ("mgr", json!({"functions": ["execSql"]}), "functions.execSql"),
        ("mgr", json!({"Ordr": {"act": []}}), "act"),
        ("mgr", json!([]), "JSON"),
    ] {
        let before = chief.ok(&format!("Role.get?id={id}"), json!(null));
        let sent = json!({"base": base, "matrix": matrix.to_string()});
        let (code, text) = chief.fails(&format!("Role.set?id={id}"), sent);
        assert!(code == 1 && text.contains(place), "{matrix}: {code} {text}");
        assert_eq!(chief.ok(&format!("Role.get?id={id}"), json!(null)), before);
    }
    assert_eq!(chief.fails(&format!("Role.set?id={id}"), json!({"base": "admin"})).0, 1);
    // Another base is asked about the matrix that is there.
    chief.ok(
        &format!("Role.set?id={id}"),
        json!({"base": "mgr", "matrix": "{\"ApiLog\":{\"actions\":\"query\"}}"}),
    );
    assert_eq!(chief.fails(&format!("Role.set?id={id}"), json!({"base": "emp"})).0, 1);
}

#[test]
fn a_role_can_be_looked_at_before_it_is_given() {
    let house = House::new();
    let id = house.role("客服", "emp", clerk());
    let chief = house.chief();
    let held = employee(&house.app, "wang", "客服");
    let unsaved = json!({"base": "emp", "matrix": clerk().to_string()});
    for ask in [json!({"id": id}), json!({"empId": held}), unsaved] {
        let seen = chief.ok("Role.preview", ask.clone());
        let objects = seen["objects"].as_array().unwrap();
        let order = objects.iter().find(|object| object["obj"] == "Ordr").unwrap();
        assert_eq!(
            (&order["actions"], &order["rows"]),
            (&json!(["get", "query", "set"]), &json!("all")),
            "{ask}"
        );
        assert!(!order.to_string().contains("userPhone"));
        assert_eq!((&seen["functions"], &seen["narrowed"]), (&json!([]), &json!(true)));
    }
    let all = chief.ok("Role.preview?base=mgr", json!(null));
    assert!(all["objects"].as_array().unwrap().len() > 10);
    let functions: Vec<&str> =
        all["functions"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert!(functions.contains(&"sendSms") && !functions.contains(&"whoami"), "{functions:?}");
    for bad in ["", "base=admin", "base=emp&matrix=x", "id=99"] {
        assert_eq!(chief.fails(&format!("Role.preview?{bad}"), json!(null)).0, 1, "{bad}");
    }
    let client = house.app.login(Role::Emp, held);
    assert_eq!(client.fails("Role.preview?base=emp", json!(null)).0, 5);
    let looks = chief.ok("ApiLog.query?cond=ac='Role.preview'&res=count(*) n", json!(null))["d"].clone();
    assert!(looks[0][0].as_i64().unwrap() >= 4, "{looks}");
}
