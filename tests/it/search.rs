//! `search`: what is found, for whom, and within which bounds.

use crate::app::{Client, TestApp};
use crate::login::{employee, user};
use jindou::auth::Role;
use rusqlite::Connection;
use serde_json::{Value, json};

fn search(client: &Client<'_>, params: Value) -> Value {
    client.ok("search", params)["list"].clone()
}

/// The ids that are found of an object.
fn ids(list: &Value, obj: &str) -> Vec<i64> {
    let found = list.as_array().unwrap().iter().find(|one| one["obj"] == *obj);
    let hits = found.map(|one| one["hits"].as_array().unwrap().clone()).unwrap_or_default();
    hits.iter().map(|hit| hit["id"].as_i64().unwrap()).collect()
}

fn order(client: &Client<'_>, fields: Value) -> i64 {
    client.ok("Ordr.add", fields).as_i64().unwrap()
}

#[test]
fn records_are_found_by_number_name_phone_and_text() {
    let app = TestApp::new();
    let (customer, other) = (user(&app, "13810190056"), user(&app, "13999990000"));
    app.write(move |tx| tx.set("User", customer, json!({"name": "赵敏"})));
    let boss = employee(&app, "boss", "emp,mgr");
    let client = app.login(Role::Mgr, boss);
    let first = order(&client, json!({"userId": customer, "amount": 1, "dscr": "油烟机清洗"}));
    let second = order(
        &client,
        json!({"userId": other, "amount": 1, "dscr": "Deep CLEANING of 3 rooms", "cmt": "前门按铃"}),
    );
    let found = |text: &str| search(&client, json!({"q": text}));
    assert_eq!((ids(&found("赵敏"), "User"), ids(&found("赵敏"), "Ordr")), (vec![customer], vec![first]));
    assert_eq!(ids(&found("13810190056"), "User"), [customer]);
    assert_eq!(
        (ids(&found("1381019"), "User"), ids(&found("0056"), "User")),
        (vec![customer], vec![customer])
    );
    assert_eq!(ids(&found("deep cleaning"), "Ordr"), [second]);
    assert_eq!(ids(&found("cleaning 前门"), "Ordr"), [second], "each word in any field");
    assert_eq!(ids(&found("cleaning 油烟机"), "Ordr"), [0i64; 0]);
    for number in [format!("{second}"), format!("#{second}"), format!("  {second} ")] {
        assert_eq!(ids(&found(&number), "Ordr"), [second], "{number}");
    }
    for nothing in ["99999999", "没有的东西", "a", "*", "%%", "#", "__", "*%*"] {
        assert_eq!(found(nothing), json!([]), "{nothing}");
    }
    let hit = &search(&client, json!({"q": "前门", "obj": "Ordr"}))[0]["hits"][0];
    assert_eq!((&hit["field"], &hit["text"]), (&json!("cmt"), &json!("前门按铃")));
}

#[test]
fn nobody_finds_what_they_may_not_read() {
    let app = TestApp::new();
    let (mine, other) = (user(&app, "13810190056"), user(&app, "13999990000"));
    let boss = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    let theirs = order(&boss, json!({"userId": other, "amount": 1, "dscr": "秘密的订单"}));
    let own = order(&boss, json!({"userId": mine, "amount": 1, "dscr": "自己的秘密的订单"}));
    let client = app.login(Role::User, mine);
    let found = |params: Value| search(&client, params);
    assert_eq!(ids(&found(json!({"q": "秘密"})), "Ordr"), [own]);
    assert_eq!(found(json!({"q": theirs.to_string(), "obj": "Ordr"})), json!([]));
    assert_eq!(found(json!({"q": "13999990000"})), json!([]));
    assert_eq!(found(json!({"q": "boss"})), json!([]));
    // An object that is not theirs and one that is not there answer alike.
    for obj in ["Employee", "ObjLog", "Session", "Nothing"] {
        assert_eq!(found(json!({"q": "boss", "obj": obj})), json!([]));
    }
    assert_eq!(app.anon().fails("search", json!({"q": "秘密"})).0, 2);
    // Passwords and the log of calls are in no search.
    let hash = app.cell("SELECT pwd FROM Employee WHERE uname = 'boss'");
    for text in [hash.as_str().unwrap(), "argon2id", "Ordr.add"] {
        assert_eq!(search(&boss, json!({"q": text})), json!([]), "{text}");
    }
    assert!(
        !ids(&search(&boss, json!({"q": "Ordr.add", "obj": "ApiLog"})), "ApiLog").is_empty(),
        "if it is named"
    );
    // A field that is hidden from a role is not searched for it: what a family called its watch, without the permission.
    app.write(|tx| {
        tx.add("Watch", json!({"imei": "860000000000017", "name": "小明的手表", "phone": "13700000001"}))
    });
    let clerk = app.login(Role::Emp, employee(&app, "clerk1", "emp"));
    assert_eq!(search(&clerk, json!({"q": "小明"})), json!([]));
    assert_eq!(ids(&search(&clerk, json!({"q": "860000000000017"})), "Watch").len(), 1);
}

#[test]
fn the_work_and_the_answer_have_bounds() {
    let app = TestApp::new();
    let customer = user(&app, "13810190056");
    let client = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    let db = Connection::open(app.server.db.path()).unwrap();
    db.execute_batch(&format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 60000)
         INSERT INTO Ordr (userId, createTm, status, amount, dscr) SELECT {customer}, '2020-01-01', 'CR', 1,
           CASE WHEN n = 5 THEN '很久以前' WHEN n > 59980 THEN '最近的' ELSE '别的' END FROM numbers"
    ))
    .unwrap();
    let last = order(&client, json!({"userId": customer, "amount": 1, "dscr": "最近的"}));
    let recent = search(&client, json!({"q": "最近", "obj": "Ordr"}));
    assert_eq!(
        (ids(&recent, "Ordr")[0], ids(&recent, "Ordr").len(), &recent[0]["more"]),
        (last, 5, &json!(1))
    );
    assert_eq!(ids(&search(&client, json!({"q": "最近", "obj": "Ordr", "pagesz": 999})), "Ordr").len(), 20);
    // What is older than the newest rows is not looked through, and the answer says so.
    let older = search(&client, json!({"q": "很久", "obj": "Ordr"}));
    assert_eq!(older, json!([{"obj": "Ordr", "hits": [], "older": 1}]));
    // A number and what an index finds have no age.
    assert_eq!(ids(&search(&client, json!({"q": "5", "obj": "Ordr"})), "Ordr"), [5]);
    let (code, message) = client.fails("search", json!({"q": "长".repeat(101)}));
    assert!(code == 1 && message.contains("100"), "{message}");
    assert_eq!(client.fails("search", json!({})).0, 1);
    assert_eq!(client.fails("search", json!({"q": ["a", "b"]})).0, 1);
}

#[test]
fn a_long_text_is_shown_around_the_words() {
    let app = TestApp::new();
    let customer = user(&app, "13810190056");
    let client = app.login(Role::Mgr, employee(&app, "boss", "emp,mgr"));
    let text = format!("{}钥匙在<b>门卫</b>处{}", "前".repeat(80), "后".repeat(90));
    order(&client, json!({"userId": customer, "amount": 1, "dscr": text}));
    let hit = search(&client, json!({"q": "钥匙"}))[0]["hits"][0].clone();
    let name = hit["name"].as_str().unwrap();
    assert!(
        name.starts_with("…前") && name.contains("钥匙在<b>门卫</b>处") && name.ends_with("后…"),
        "{name}"
    );
    assert!(name.chars().count() <= 82, "{name}");
}
