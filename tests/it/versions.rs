//! Two editors of one row: who saves second on what is no longer true is told so.

use crate::app::{Client, TestApp};
use crate::code;
use crate::lab::{admin, emp, lab, user};
use crate::login;
use jindou::auth::Role;
use serde_json::{Value, json};

fn version(client: &Client<'_>, target: &str) -> String {
    let glue = if target.contains('?') { '&' } else { '?' };
    let row = client.ok(&format!("{target}{glue}withVersion=1"), json!(null));
    row["_version"].as_str().unwrap_or_else(|| panic!("{target}: {row}")).to_owned()
}

#[test]
fn the_second_editor_is_told_and_changes_nothing() {
    let app = lab();
    let (a, b) = (admin(&app), emp(&app));
    let seen = version(&a, "Bill.get?id=1&res=id,name");
    assert_eq!(version(&a, "Bill.get?id=1"), seen, "the version does not depend on the fields asked for");
    b.ok("Bill.set?id=1", json!({"cmt": "theirs"}));
    let answer = a.call(&format!("Bill.set?id=1&ifVersion={seen}"), json!({"name": "mine"}));
    assert_eq!((&answer[0], &answer[2]["obj"], &answer[2]["id"]), (&json!(7), &json!("Bill"), &json!(1)));
    assert_eq!(answer[2]["row"]["cmt"], json!("theirs"));
    assert_eq!(app.cell("select name from Bill where id=1"), json!("a"));
    let now = answer[2]["version"].as_str().unwrap().to_owned();
    assert_eq!(a.ok(&format!("Bill.set?id=1&ifVersion={now}"), json!({"name": "mine"})), json!("OK"));
    assert_eq!(
        a.fails(&format!("Bill.set?id=1&ifVersion={now}"), json!({"name": "again"})).0,
        code::CONFLICT,
        "once"
    );
    assert_eq!(a.fails(&format!("Bill.del?id=1&ifVersion={now}"), json!({})).0, code::CONFLICT);
    let now = version(&a, "Bill.get?id=1");
    assert_eq!(a.ok(&format!("Bill.del?id=1&ifVersion={now}"), json!({})), json!("OK"));
}

#[test]
fn what_leaves_no_record_is_noticed_too_and_what_changed_back_is_not() {
    let app = lab();
    let client = admin(&app);
    let seen = version(&client, "Bill.get?id=2");
    app.write(|tx| tx.update("Bill", &[("id", json!(2))], [("qty".to_owned(), json!(99))]));
    let answer = client.call(&format!("Bill.set?id=2&ifVersion={seen}"), json!({"name": "x"}));
    assert_eq!((&answer[0], &answer[2]["row"]["qty"]), (&json!(7), &json!(99)));
    app.write(|tx| tx.update("Bill", &[("id", json!(2))], [("qty".to_owned(), json!(2))]));
    assert_eq!(client.ok(&format!("Bill.set?id=2&ifVersion={seen}"), json!({"name": "x"})), json!("OK"));
}

#[test]
fn written_children_belong_to_the_version_and_hidden_columns_do_not() {
    let app = lab();
    let client = admin(&app);
    let seen = version(&client, "Bill.get?id=1");
    client.ok("BillItem.set?id=2", json!({"qty": 5}));
    assert_eq!(
        client.fails(&format!("Bill.set?id=1&ifVersion={seen}"), json!({"name": "x"})).0,
        code::CONFLICT
    );
    let seen = version(&client, "Cust.get?id=1");
    app.write(|tx| tx.update("Cust", &[("id", json!(1))], [("secretWord".to_owned(), json!("new"))]));
    assert_eq!(client.ok(&format!("Cust.set?id=1&ifVersion={seen}"), json!({"cmt": "x"})), json!("OK"));
}

#[test]
fn it_is_a_header_as_well_and_a_batch_holds_each_call_by_its_own() {
    let app = lab();
    let client = admin(&app);
    let got = client.send("GET", "Shop.get?id=1&withVersion=1", &[], None);
    let tag = got.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 20, "{tag}");
    let put = |tag: &str, name: &str| {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        client.send("POST", "Shop.set?id=1", &headers, Some(json!({"name": name}).to_string().into())).json()
    };
    assert_eq!(put(&tag, "one")[0], json!(0));
    assert_eq!(put(&tag, "two")[0], json!(7));
    assert_eq!(put("*", "three")[0], json!(0));
    assert_eq!(put("\"nonsense\"", "four")[0], json!(1));
    let seen = version(&client, "Shop.get?id=2");
    let items = json!([
        {"ac": "Shop.set", "get": {"id": 2, "ifVersion": seen}, "post": {"name": "a"}},
        {"ac": "Shop.set", "get": {"id": 2, "ifVersion": seen}, "post": {"name": "b"}},
    ]);
    let answers = client.ok("batch", items.clone());
    assert_eq!((&answers[0][0], &answers[1][0]), (&json!(0), &json!(7)), "{answers}");
    assert_eq!(answers[1][2]["row"]["name"], json!("a"));
    assert_eq!(client.fails(&format!("batch?ifVersion={seen}"), items.clone()).0, code::PARAM);
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    assert_eq!(client.send("POST", "batch", &headers, Some(items.to_string().into())).json()[0], json!(1));
}

#[test]
fn lists_have_versions_and_what_has_none_says_so() {
    let app = lab();
    let client = admin(&app);
    let list = client.ok("Shop.query?res=id,name&withVersion=1&fmt=array", json!(null));
    assert_eq!(list[1]["_version"], json!(version(&client, "Shop.get?id=2")));
    assert_eq!(client.fails("Shop.query?res=name&withVersion=1", json!(null)).0, code::PARAM);
    assert_eq!(client.ok("Shop.query?res=id,name&withVersion=0", json!(null))["h"], json!(["id", "name"]));
    let cards = client.ok("Card.query?res=id&withVersion=1&fmt=array", json!(null));
    let (id, seen) = (cards[0]["id"].as_str().unwrap(), cards[0]["_version"].as_str().unwrap());
    assert_eq!(client.ok(&format!("Card.set?id={id}&ifVersion={seen}"), json!({"name": "x"})), json!("OK"));
    let refused = client.call(&format!("Card.set?id={id}&ifVersion={seen}"), json!({"name": "y"}));
    assert_eq!((&refused[0], &refused[2]["id"]), (&json!(7), &json!(id)));
    for call in [
        "Bill.setIf?cond=id=1",
        "Bill.delIf?cond=id=1",
        "Bill.batchSet?cond=id=1",
        "Bill.batchDel?cond=id=1",
        "Bill.add?uniKey=code",
    ] {
        assert_eq!(
            client.fails(&format!("{call}&ifVersion={seen}"), json!({"name": "n", "code": "c"})).0,
            code::PARAM,
            "{call}"
        );
    }
    for bad in ["x", "é23456789012345678901234567890", "0123456789abcdef", "zzzzzzzzzzzzzzzz000000000000"] {
        assert_eq!(
            client.fails(&format!("Shop.set?id=1&ifVersion={bad}"), json!({"name": "n"})).0,
            code::PARAM,
            "{bad}"
        );
    }
}

#[test]
fn another_ones_row_and_a_row_that_cannot_be_read_stay_out_of_reach() {
    let app = lab();
    let (a, b) = (user(&app, 1), user(&app, 2));
    let seen = version(&b, "Bill.get?id=4");
    let plain = a.call("Bill.set?id=4", json!({"name": "x"}));
    let asked = a.call(&format!("Bill.set?id=4&ifVersion={seen}"), json!({"name": "x"}));
    assert_eq!(plain, asked, "a version opens nothing");
    b.ok("Bill.set?id=4", json!({"name": "y"}));
    assert_eq!(a.call(&format!("Bill.set?id=4&ifVersion={seen}"), json!({"name": "x"})), plain);
    b.ok("Bill.del?id=4", json!({}));
    assert_eq!(a.call(&format!("Bill.del?id=4&ifVersion={seen}"), json!({}))[0], json!(1));
}

/// A place where staff and a customer meet over one order.
fn shop() -> (TestApp, i64, i64) {
    let app = TestApp::new();
    let customer = login::user(&app, "13800000001");
    let clerk = login::employee(&app, "clerk", "emp");
    app.login(Role::User, customer).ok("Ordr.add", json!({"dscr": "a cake", "amount": 12}));
    (app, customer, clerk)
}

#[test]
fn staff_is_told_who_and_what_and_a_customer_only_what_they_may_read() {
    let (app, customer, clerk) = shop();
    let (user, emp) = (app.login(Role::User, customer), app.login(Role::Emp, clerk));
    let (by_user, by_emp) = (version(&user, "Ordr.get?id=1"), version(&emp, "Ordr.get?id=1"));
    emp.ok("Ordr.set?id=1", json!({"cmt": "call first"}));
    let told: Value = emp.call(&format!("Ordr.set?id=1&ifVersion={by_emp}"), json!({"dscr": "x"}));
    assert_eq!(told[0], json!(7));
    assert_eq!(told[2]["fields"]["cmt"], json!({"old": null, "now": "call first"}), "{told}");
    assert_eq!(
        (&told[2]["changes"][0]["userId"], &told[2]["changes"][0]["ac"]),
        (&json!(clerk), &json!("Ordr.set"))
    );
    assert!(told[1].as_str().unwrap().contains("Wang"), "{told}");
    let told = user.call(&format!("Ordr.set?id=1&ifVersion={by_user}"), json!({"dscr": "x"}));
    assert_eq!((&told[0], &told[2]["changes"], &told[2]["fields"]), (&json!(7), &json!([]), &json!({})));
    assert!(!told.to_string().contains("Wang"), "{told}");
}

#[test]
fn a_deleted_row_is_told_to_those_who_may_read_the_log() {
    let (app, _, _) = shop();
    let admin = app.login(Role::Admin, 1);
    let seen = version(&admin, "Ordr.get?id=1");
    admin.ok("Ordr.del?id=1", json!({}));
    let told = admin.call(&format!("Ordr.set?id=1&ifVersion={seen}"), json!({"dscr": "x"}));
    assert_eq!((&told[0], &told[2]["gone"]), (&json!(7), &json!(true)), "{told}");
}

#[test]
fn of_two_at_once_one_wins() {
    let app = lab();
    let seen = version(&admin(&app), "Shop.get?id=1");
    let codes: Vec<i64> = std::thread::scope(|scope| {
        let run = |n: usize| {
            let (app, seen) = (&app, seen.clone());
            scope.spawn(move || {
                let client = app.login(Role::Admin, 1);
                client.call(&format!("Shop.set?id=1&ifVersion={seen}"), json!({"name": format!("n{n}")}))[0]
                    .as_i64()
                    .unwrap()
            })
        };
        let all: Vec<_> = (0..6).map(run).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 7).count(), 5, "{codes:?}");
}

#[test]
fn what_is_no_version_is_refused_wherever_it_stands() {
    let app = lab();
    let client = admin(&app);
    let seen = version(&client, "Bill.get?id=1");
    client.ok("Bill.set?id=1", json!({"cmt": "theirs"}));
    let name = app.cell("select name from Bill where id=1");
    for value in [json!(5), json!(true), json!([seen]), json!({"v": seen}), json!(1.5)] {
        for action in ["Bill.set", "Bill.del", "Bill.setIf", "Bill.delIf", "Bill.batchSet", "Bill.batchDel"] {
            let get = json!({"id": 1, "cond": "id=1", "ifVersion": value});
            let answer = client.ok("batch", json!([{"ac": action, "get": get, "post": {"name": "mine"}}]));
            assert_eq!(answer[0][0], json!(1), "{action} {value}: {answer}");
            assert!(answer[0].to_string().contains("ifVersion"), "{answer}");
        }
    }
    // One that is true no more, in the body.
    assert_eq!(client.fails("Bill.del", json!({"id": 1, "ifVersion": seen})).0, code::CONFLICT);
    assert_eq!(client.fails("Bill.delIf?cond=id=1", json!({"ifVersion": seen})).0, code::PARAM);
    assert_eq!(
        client.fails("Bill.set?id=1", json!({"name": "mine", "ifVersion": seen})).0,
        code::PARAM,
        "it is no field"
    );
    assert_eq!(app.cell("select name from Bill where id=1"), name);
    // Nothing was sent, in the words of several clients.
    for value in [json!(null), json!(""), json!("*")] {
        let get = json!({"id": 1, "ifVersion": value});
        let answer = client.ok("batch", json!([{"ac": "Bill.set", "get": get, "post": {"name": "mine"}}]));
        assert_eq!(answer[0][0], json!(0), "{value}: {answer}");
    }
}
