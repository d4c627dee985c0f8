//! Numbers that a table's design bounds: no way of writing passes by.

use crate::app::{Client, TestApp};
use crate::lab::{admin, emp};
use jindou::auth::Role;
use serde_json::{Value, json};

fn refused(client: &Client<'_>, call: &str, body: Value) {
    let (code, text) = client.fails(call, body);
    assert!(code == 1 && text.contains("amount"), "{call}: {code} {text}");
}

#[test]
fn no_order_is_worth_less_than_nothing() {
    let app = TestApp::new();
    let user = app.write(|tx| tx.add("User", json!({"name": "u", "createTm": "2024-01-01"})));
    let staff = app.write(|tx| {
        tx.add("Employee", json!({"name": "e", "uname": "boss", "phone": "13800000009", "perms": "emp,mgr"}))
    });
    let (client, boss) = (app.login(Role::User, user), app.login(Role::Emp, staff));
    let order = client.ok("Ordr.add", json!({"amount": 0}));
    for amount in [json!(-100), json!("-100"), json!(-0.01), json!("-1e3")] {
        let order = json!({"amount": amount, "userId": user});
        refused(&client, "Ordr.add", json!({"amount": amount}));
        refused(&client, "Ordr.add?doValidateOnly=1", json!({"amount": amount}));
        refused(&boss, "Ordr.add", order.clone());
        let import = boss.call("Ordr.batchAdd", json!({"list": [{"amount": 1, "userId": user}, order]}));
        assert_eq!(import[0], json!(1), "{import}");
    }
    assert_eq!(client.form("Ordr.add", "amount=-5")[0], json!(1));
    let csv = b"userId,amount\n1,5\n1,-5\n".to_vec();
    let got = boss.send("POST", "Ordr.batchAdd", &[("content-type", "text/plain")], Some(csv)).json();
    assert!(got[0] == json!(1) && got.to_string().contains("amount"), "{got}");
    let root = app.login(Role::Admin, 1);
    refused(&root, &format!("Ordr.set?id={order}"), json!({"amount": -1}));
    refused(&root, "Ordr.batchSet?cond=id>0", json!({"amount": -1}));
    refused(&root, "Ordr.add?uniKey=id", json!({"id": order, "amount": -1}));
    let items = json!([{"ac": "Ordr.add", "post": {"amount": -1, "userId": user}}]);
    assert_eq!(root.ok("batch", items)[0][0], json!(1));
    assert_eq!(app.cell("SELECT count(*)||' '||min(amount) FROM Ordr"), json!("1 0"));
    // What is allowed, and an amount that is not known.
    for amount in [json!(0), json!("99.5"), json!(null), json!("")] {
        client.ok("Ordr.add", json!({"amount": amount, "dscr": "x"}));
    }
}

/// Paths that orders do not have: bulk changes of any field, and children of another row.
#[test]
fn bulk_changes_and_children_are_bounded_too() {
    let app = crate::lab::lab();
    let client = emp(&app);
    let child = json!({"bills": [{"weight": -1}]});
    for (call, body) in [
        ("Bill.setIf?cond=id>0", json!({"weight": -1})),
        ("Bill.batchSet?cond=id>0", json!({"weight": -1})),
        ("Cust.set?id=1", child.clone()),
        ("Cust.set?id=1&submode=put", child.clone()),
        ("Cust.set?id=1", json!({"bills": [{"id": 1, "weight": "-0.1"}]})),
        ("Cust.add", json!({"name": "n", "phone": "1", "bills": [{"weight": -1}]})),
        ("Cust.batchAdd", json!({"list": [{"name": "n", "phone": "1", "bills": [{"weight": -1}]}]})),
    ] {
        let (code, text) = client.fails(call, body);
        assert!(code == 1 && text.contains("weight"), "{call}: {code} {text}");
    }
    assert_eq!(app.cell("SELECT count(*) FROM Bill WHERE weight<0"), json!(0));
}

#[test]
fn without_a_range_any_number_goes() {
    let app = crate::lab::lab();
    let id =
        emp(&app).ok("Bill.add", json!({"custId": 1, "amount": -5, "items": [{"name": "x", "qty": -3}]}));
    assert_eq!(admin(&app).ok(&format!("Bill.get?id={id}&res=amount"), json!(null)), json!({"amount": -5}));
}
