//! Roles over HTTP: nobody gives by them what they lack, takes over who may do more, or gains by a role that is gone.

use crate::login::employee;
use crate::role_rights::{House, clerk};
use jindou::auth::Role;
use serde_json::json;

#[test]
fn a_role_that_is_gone_allows_nothing() {
    let house = House::new();
    let id = house.role("客服", "emp", clerk());
    house.role("chiefs", "mgr", json!({"Cinf": {"actions": "query"}}));
    let clients = [
        (house.with("wang", "emp,客服"), false),
        (house.with("zhangs", "mgr,客服"), false),
        (house.with("zhaoliu", "客服"), false),
        // The lower base stays the ceiling of the other role.
        (house.with("qianqianqi", "客服,chiefs"), false),
        (house.with("sunsunsunsun", "emp"), true),
    ];
    for (client, _) in &clients {
        client.ok("Ordr.query", json!(null));
    }
    house.app.write(move |tx| tx.delete("Role", &[("id", json!(id))]).map(|_| ()));
    for (client, open) in &clients {
        for action in
            ["Ordr.query", "User.query", "OrderLog.query", "Report.query", "Cinf.query", "ApiLog.query"]
        {
            let answer = client.call(action, json!(null));
            let allowed = *open && !matches!(action, "Cinf.query" | "ApiLog.query");
            assert_eq!(answer[0] == json!(0), allowed, "{action}: {answer}");
        }
        client.ok("Employee.get", json!(null));
        client.ok("whoami", json!(null));
    }
    // It can be taken away, or made again.
    house.role("客服", "emp", json!({"Ordr": {"actions": "query"}}));
    clients[0].0.ok("Ordr.query", json!(null));
    assert_eq!(clients[0].0.fails("User.query", json!(null)).0, 5);
}

#[test]
fn a_narrowed_manager_takes_no_name_that_is_held() {
    let house = House::new();
    let roles = json!({"actions": "query,get,add,set,del"});
    house.role("lead", "mgr", json!({"Role": roles, "Ordr": {"actions": "query"}}));
    let free = house.role("free", "emp", json!({"User": {"actions": "query"}}));
    let gone = house.role("gone", "emp", json!({"Ordr": {"actions": "query"}}));
    let lead = house.with("wang", "lead,gone");
    let clerk = house.with("zhangs", "emp,gone");
    house.app.write(move |tx| tx.delete("Role", &[("id", json!(gone))]).map(|_| ()));
    for (action, body) in [
        (format!("Role.set?id={free}"), json!({"name": "gone"})),
        ("Role.add".to_owned(), json!({"name": "gone"})),
        ("Role.add".to_owned(), json!({"name": "gone", "matrix": "{\"Ordr\":{\"actions\":\"query\"}}"})),
    ] {
        assert_eq!(lead.fails(&action, body.clone()).0, 5, "{action} {body}");
    }
    for client in [&lead, &clerk] {
        assert_eq!(client.fails("User.query", json!(null)).0, 5);
    }
    house.chief().ok("Role.add", json!({"name": "gone"}));
    clerk.ok("User.query", json!(null));
    assert_eq!(lead.fails("User.query", json!(null)).0, 5);
}

#[test]
fn undo_brings_back_no_right_that_its_caller_lacks() {
    let house = House::new();
    let log = json!({"actions": "query,undo,restore,bin,asOf"});
    let staff = json!({"actions": "query,get,add,set,del"});
    house.role(
        "lead",
        "mgr",
        json!({"Role": {"actions": "query,get,add,set,del"}, "Employee": staff, "ObjLog": log, "Ordr": {"actions": "query"}}),
    );
    let less = house.role("less", "emp", json!({"Ordr": {"actions": "query"}, "User": {"actions": "query"}}));
    let chief = house.chief();
    let (held, lead_id) = (employee(&house.app, "zhangs", "emp"), employee(&house.app, "wang", "lead"));
    let lead = house.app.login(Role::Mgr, lead_id);
    let last = || house.app.cell("SELECT max(apiLogId) FROM ObjLog");
    chief.ok(&format!("Role.set?id={less}"), json!({"matrix": "{\"Ordr\":{\"actions\":\"query\"}}"}));
    let narrowed = last();
    chief.ok(&format!("Employee.set?id={held}"), json!({"perms": "less"}));
    let given = last();
    let before = house
        .app
        .cell("SELECT group_concat(perms, ';') || (SELECT group_concat(matrix) FROM Role) FROM Employee");
    for call in [&narrowed, &given] {
        let answer = lead.call(&format!("ObjLog.undo?apiLogId={call}"), json!({}));
        assert_ne!(answer[0], json!(0), "{answer}");
    }
    let after = house
        .app
        .cell("SELECT group_concat(perms, ';') || (SELECT group_concat(matrix) FROM Role) FROM Employee");
    assert_eq!(before, after);
    // Their own changes they take back.
    lead.ok(&format!("Role.set?id={less}"), json!({"perms": "menu"}));
    lead.ok(&format!("ObjLog.undo?apiLogId={}", last()), json!({}));
    assert_eq!(house.app.cell(&format!("SELECT perms FROM Role WHERE id={less}")), json!(null));
}

#[test]
fn nobody_gives_more_of_sub_objects_than_they_see() {
    let house = House::new();
    let roles = json!({"actions": "query,get,add,set,del"});
    let all = json!({"actions": "query,get"});
    house.role(
        "lead",
        "mgr",
        json!({"Role": roles, "Ordr": all, "OrderLog": {"actions": "query", "rows": "own"}, "OrderAtt": {"actions": "query"}}),
    );
    let lead = house.with("wang", "lead");
    for (matrix, allowed) in [
        (json!({"Ordr": all, "OrderLog": {"actions": "query"}}), false),
        (json!({"Ordr": all, "OrderLog": {"actions": "query", "rows": "own"}}), true),
        (json!({"Ordr": all}), true),
    ] {
        let sent = json!({"name": format!("r{allowed}{}", matrix.as_object().unwrap().len()), "matrix": matrix.to_string()});
        let answer = lead.call("Role.add", sent);
        assert_eq!(answer[0] == json!(0), allowed, "{matrix}: {answer}");
    }
}

#[test]
fn nobody_gives_by_a_role_what_they_lack() {
    let house = House::new();
    let staff = json!({"actions": "query,get,add,set,del"});
    let roles = json!({"actions": "query,get,add,set,del,preview"});
    let matrix = json!({"Employee": staff, "Role": roles, "Ordr": {"actions": "query", "hidden": "amount"}});
    let own = house.role("lead", "mgr", matrix.clone());
    let free = house.role("free", "emp", json!({"Ordr": {"actions": "query,set"}}));
    let less = house.role("less", "emp", json!({"Ordr": {"actions": "query", "hidden": "amount,cmt"}}));
    let lead_id = employee(&house.app, "wang", "lead");
    let lead = house.app.login(Role::Mgr, lead_id);
    let target = employee(&house.app, "zhangsan", "less");
    let wide = [
        json!({"Ordr": {"actions": "query"}}),
        json!({"Ordr": {"actions": "query,set", "hidden": "amount"}}),
        json!({"User": {"actions": "query"}}),
        json!({"functions": "sendSms"}),
    ];
    for wide in wide {
        let wide = wide.to_string();
        for id in [own, less] {
            let (code, text) = lead.fails(&format!("Role.set?id={id}"), json!({"matrix": wide}));
            assert!(code == 5 && text.contains("matrix"), "{wide}: {text}");
        }
        assert_eq!(lead.fails("Role.add", json!({"name": "new", "matrix": wide})).0, 5);
    }
    for id in [own, less] {
        assert_eq!(lead.fails(&format!("Role.set?id={id}"), json!({"matrix": ""})).0, 5);
    }
    lead.ok(&format!("Role.set?id={less}"), json!({"perms": "menu"}));
    lead.ok("Role.add", json!({"name": "same", "matrix": json!({"Ordr": {"actions": "query", "hidden": "amount"}}).to_string()}));
    // Nor by giving words: `emp` alone is all that staff may do.
    for perms in ["emp", "mgr", "free", "less,free", "emp,mgr,lead,free"] {
        assert_eq!(lead.fails(&format!("Employee.set?id={target}"), json!({"perms": perms})).0, 5, "{perms}");
        assert_eq!(
            lead.fails(&format!("Employee.set?id={lead_id}"), json!({"perms": perms})).0,
            5,
            "{perms}"
        );
    }
    let fresh = json!({"uname": "fresh", "phone": "13912345678"});
    assert_eq!(lead.fails("Employee.add", fresh.clone()).0, 5, "staff without a role");
    let mut given = fresh;
    given["perms"] = json!("less");
    lead.ok("Employee.add", given);
    lead.ok(&format!("Employee.set?id={target}"), json!({"perms": "emp,same"}));
    // Nor by taking over an account that may do more.
    let other = employee(&house.app, "lisilisil", "free");
    for account in [other, house.chief] {
        let (code, _) = lead.fails(&format!("Employee.set?id={account}"), json!({"pwd": "another-cloud-9"}));
        assert_eq!(code, 5);
    }
    assert_eq!(lead.fails(&format!("Role.preview?id={free}"), json!(null)).0, 5);
    lead.ok(&format!("Role.preview?id={less}"), json!(null));
}
