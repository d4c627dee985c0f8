//! Requests that come again with the same words get answers of their own: what is kept of the first is how it
//! is planned, never whose rows or which.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::{Value, json};

fn order(client: &Client<'_>, dscr: &str) -> i64 {
    client.ok("Ordr.add", json!({"dscr": dscr, "amount": 9.9})).as_i64().unwrap()
}

fn ids(answer: &Value) -> Vec<i64> {
    answer["d"].as_array().unwrap().iter().map(|row| row[0].as_i64().unwrap()).collect()
}

#[test]
fn the_same_words_mean_each_callers_own_rows() {
    let app = TestApp::new();
    let users = [user(&app, "13800138000"), user(&app, "13800138001")];
    let staff = employee(&app, "wang", "emp");
    let clients = users.map(|id| app.login(Role::User, id));
    let orders = [order(&clients[0], "tea"), order(&clients[1], "milk")];
    for _ in 0..2 {
        for (i, client) in clients.iter().enumerate() {
            assert_eq!(ids(&client.ok("Ordr.query?res=id,dscr", json!(null))), [orders[i]]);
            let got = client.ok(&format!("Ordr.get?id={}&res=id,userId", orders[i]), json!(null));
            assert_eq!(got, json!({"id": orders[i], "userId": users[i]}));
            let other = format!("Ordr.get?id={}&res=id,userId", orders[1 - i]);
            assert_eq!(client.fails(&other, json!(null)).0, code::PARAM);
        }
        let all = app.login(Role::Emp, staff).ok("Ordr.query?res=id,dscr", json!(null));
        assert_eq!(ids(&all), orders);
    }
}

#[test]
fn pages_follow_each_other_however_they_are_named() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let orders: Vec<i64> = (0..7).map(|i| order(&client, &format!("tea {i}"))).collect();
    for _ in 0..2 {
        for name in ["pagekey", "_pagekey"] {
            let (mut seen, mut key) = (Vec::new(), json!(null));
            while let Some(words) = match &key {
                Value::Null if seen.is_empty() => Some(String::new()),
                Value::Null => None,
                key => Some(format!("&{name}={key}")),
            } {
                let page = client.ok(&format!("Ordr.query?res=id&pagesz=3{words}"), json!(null));
                seen.extend(ids(&page));
                key = page["nextkey"].clone();
            }
            assert_eq!(seen, orders, "{name}");
        }
        // Sorted by something else, the key is the number of a page.
        let page = |n: i64| {
            let url = format!("Ordr.query?res=id&pagesz=3&orderby=dscr desc&pagekey={n}");
            client.ok(&url.replace(' ', "%20"), json!(null))
        };
        let backwards: Vec<i64> = (1..=3).flat_map(|n| ids(&page(n))).collect();
        assert_eq!(backwards, orders.iter().rev().copied().collect::<Vec<_>>());
        assert_eq!(page(2)["nextkey"], 3);
        // Twice the same name, in address and body: the address counts.
        let both = client.ok(&format!("Ordr.query?res=id&pagekey={}", orders[4]), json!({"pagekey": 1}));
        assert_eq!(ids(&both), orders[5..]);
    }
}

#[test]
fn totals_and_statistics_are_those_of_now() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let other = app.login(Role::User, user(&app, "13800138001"));
    order(&other, "milk");
    for n in 1..4 {
        order(&client, "tea");
        let page = client.ok("Ordr.query?res=id&pagekey=0", json!(null));
        assert_eq!(page["total"], n);
        let stat =
            client.ok("Ordr.query?res=id&statRes=count(*) cnt".replace(' ', "%20").as_str(), json!(null));
        assert_eq!(stat["stat"]["cnt"], n);
        assert_eq!(other.ok("Ordr.query?res=id&pagekey=0", json!(null))["total"], 1);
    }
}

#[test]
fn shapes_and_conditions_are_part_of_the_words() {
    let app = TestApp::new();
    let client = app.login(Role::User, user(&app, "13800138000"));
    let (tea, milk) = (order(&client, "tea"), order(&client, "milk"));
    for _ in 0..2 {
        let only = |what: &str| client.ok(&format!("Ordr.query?res=id&cond=dscr%3D'{what}'"), json!(null));
        assert_eq!((ids(&only("tea")), ids(&only("milk"))), (vec![tea], vec![milk]));
        assert_eq!(client.ok("Ordr.query?res=id&fmt=array", json!(null)), json!([{"id": tea}, {"id": milk}]));
        assert_eq!(
            client.ok("Ordr.query?res=id&fmt=list&pagesz=1", json!(null)),
            json!({"list": [{"id": tea}], "nextkey": tea})
        );
        assert_eq!(client.ok("Ordr.query?res=id&fmt=one", json!(null)), json!({"id": tea}));
    }
}
