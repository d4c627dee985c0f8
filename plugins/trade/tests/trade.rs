//! Purchases and quotes over HTTP: the life of a purchase, quotes and answers, the end of quoting.

use crate::app::{Client, TestApp};
use jindou::auth::Role;
use serde_json::{Value, json};

/// A market with so many users; the first is the buyer.
pub fn market(users: i64, settings: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("P_TEST_MODE", "2")];
    all.extend_from_slice(settings);
    let app = TestApp::with(&all);
    app.write(move |tx| {
        for n in 1..=users {
            let name = json!(format!("trader{n}"));
            tx.insert(
                "User",
                [("uname", name.clone()), ("name", name), ("phone", json!(format!("1390000{n:04}")))],
            )?;
        }
        for (uname, perms) in [("clerk", "emp"), ("boss", "mgr")] {
            tx.insert(
                "Employee",
                [("uname", json!(uname)), ("name", json!(uname)), ("perms", json!(perms))],
            )?;
        }
        for name in ["白菜", "土豆", "番茄"] {
            tx.insert("Variety", [("name", json!(name))])?;
        }
        Ok(())
    });
    app
}

pub fn two_lines() -> Value {
    json!([{"varietyId": 1, "qty": 100, "unit": "斤"}, {"name": "青椒", "qty": "50.5", "unit": "斤", "price": 3}])
}

pub fn publish(buyer: &Client<'_>, more: Value) -> i64 {
    let mut post = json!({"title": "本周蔬菜", "items": two_lines()});
    more.as_object().unwrap().iter().for_each(|(name, value)| post[name] = value.clone());
    buyer.ok("Purchase.add", post).as_i64().unwrap()
}

pub fn quote(supplier: &Client<'_>, item: i64, price: f64) -> i64 {
    supplier.ok("Quote.add", json!({"itemId": item, "quality": "一级", "price": price})).as_i64().unwrap()
}

pub fn lines(client: &Client<'_>, purchase: i64) -> Vec<i64> {
    let got = client.ok(&format!("Purchase.get?id={purchase}"), json!(null));
    got["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

pub fn rows(client: &Client<'_>, target: &str) -> Vec<Value> {
    let glue = if target.contains('?') { '&' } else { '?' };
    client.ok(&format!("{target}{glue}fmt=list"), json!(null))["list"].as_array().unwrap().clone()
}

#[test]
fn a_purchase_is_published_with_its_lines() {
    let app = market(2, &[]);
    let [buyer, other] = [1, 2].map(|id| app.login(Role::User, id));
    assert_eq!(buyer.fails("Purchase.add", json!({"title": "x"})).0, 1);
    assert_eq!(app.anon().fails("Purchase.add", json!({"items": two_lines()})).0, 2);
    for (wrong, code) in [
        (json!([{"name": "a", "qty": 0, "unit": "斤"}]), 1),
        (json!([{"name": "a", "qty": -1, "unit": "斤"}]), 1),
        (json!([{"name": "a", "qty": "many", "unit": "斤"}]), 1),
        (json!([{"name": "a", "qty": 1}]), 1),
        (json!([{"qty": 1, "unit": "斤"}]), 1),
        (json!([{"varietyId": 99, "qty": 1, "unit": "斤"}]), 20012),
        (json!([]), 1),
        (json!("x"), 1),
    ] {
        assert_eq!(buyer.fails("Purchase.add", json!({"items": wrong})).0, code, "{wrong}");
    }
    assert_eq!(app.cell("SELECT count(*) FROM Purchase"), json!(0));
    let id = publish(&buyer, json!({}));
    let got = buyer.ok(&format!("Purchase.get?id={id}"), json!(null));
    assert_eq!((&got["status"], got["items"].as_array().unwrap().len()), (&json!(1), 2));
    assert_eq!(got["log"][0]["action"], json!("CR"));
    assert_eq!(got["items"][0]["name"], json!("白菜"));
    assert_eq!(rows(&app.anon(), "Purchase.query").len(), 1);
    assert_eq!(other.fails(&format!("Purchase.set?id={id}"), json!({"title": "mine"})).0, 20001);
    assert_eq!(buyer.fails(&format!("Purchase.del?id={id}"), json!({})).0, 5);
    buyer.ok(
        &format!("Purchase.set?id={id}"),
        json!({"title": "改了", "items": [{"name": "葱", "qty": 2, "unit": "把"}]}),
    );
    let got = buyer.ok(&format!("Purchase.get?id={id}"), json!(null));
    assert_eq!((&got["title"], got["items"].as_array().unwrap().len()), (&json!("改了"), 1));
}

#[test]
fn quotes_have_their_rules() {
    let app = market(4, &[("TRADE_QUOTE_WEEK_MAX", "3")]);
    let [buyer, supplier, other] = [1, 2, 3].map(|id| app.login(Role::User, id));
    let id = publish(&buyer, json!({}));
    let items = lines(&buyer, id);
    let post = |item: i64| json!({"itemId": item, "quality": "好", "price": 2.5});
    assert_eq!(app.anon().fails("Quote.add", post(items[0])).0, 2);
    assert_eq!(supplier.fails("Quote.add", json!({"itemId": items[0], "price": 1})).0, 1);
    assert_eq!(supplier.fails("Quote.add", json!({"itemId": items[0], "quality": "好", "price": 0})).0, 1);
    assert_eq!(supplier.fails("Quote.add", post(9999)).0, 20001);
    assert_eq!(buyer.fails("Quote.add", post(items[0])).0, 20004);
    let first = quote(&supplier, items[0], 2.5);
    assert_eq!(supplier.fails("Quote.add", post(items[0])).0, 20005);
    assert_eq!(buyer.fails(&format!("Purchase.set?id={id}"), json!({"title": "late"})).0, 20002);
    // The supplier's own and the buyer's; nobody else's.
    assert_eq!(rows(&supplier, "Quote.query").len(), 1);
    assert_eq!(rows(&buyer, &format!("Quote.query?itemId={}", items[0])).len(), 1);
    assert_eq!(rows(&other, "Quote.query").len(), 0);
    assert_eq!(other.fails(&format!("Quote.get?id={first}"), json!(null)).0, 1);
    assert_eq!(other.fails(&format!("Quote.set?id={first}"), json!({"price": 1})).0, 20008);
    assert_eq!(app.anon().fails("Quote.query", json!(null)).0, 2);
    // A change keeps the version before.
    supplier.ok(&format!("Quote.set?id={first}"), json!({"price": 2.25}));
    let got = supplier.ok(&format!("Quote.get?id={first}"), json!(null));
    assert_eq!((&got["price"], &got["version"]), (&json!(2.25), &json!(2)));
    assert_eq!(got["revisions"][0]["price"], json!(2.5));
    // The buyer is told, once a quote.
    assert_eq!(rows(&buyer, "Notification.query?type=2").len(), 1);
    assert_eq!(rows(&buyer, "Notification.query?type=2")[0]["content"], json!(items[0].to_string()));
    quote(&supplier, items[1], 9.0);
    let more = publish(&buyer, json!({}));
    let items = lines(&buyer, more);
    quote(&supplier, items[0], 9.0);
    assert_eq!(supplier.fails("Quote.add", post(items[1])).0, 20006);
}

#[test]
fn a_buyer_answers_quotes_all_or_none() {
    let app = market(4, &[]);
    let [buyer, supplier, second, stranger] = [1, 2, 3, 4].map(|id| app.login(Role::User, id));
    let id = publish(&buyer, json!({}));
    let item = lines(&buyer, id)[0];
    let (a, b) = (quote(&supplier, item, 3.0), quote(&second, item, 2.0));
    let reply = |ids: Value, state: i64| json!({"ids": ids, "state": state, "message": "too dear"});
    assert_eq!(stranger.fails("Quote.reply", reply(json!(a), 2)).0, 20007);
    assert_eq!(supplier.fails("Quote.reply", reply(json!(a), 1)).0, 20007);
    assert_eq!(buyer.fails("Quote.reply", reply(json!(a), 3)).0, 20013);
    assert_eq!(buyer.fails("Quote.reply", reply(json!(format!("{a},777")), 2)).0, 20007);
    assert_eq!(app.cell("SELECT count(*) FROM Quote WHERE state<>0"), json!(0), "all or none");
    assert_eq!(buyer.ok("Quote.reply", reply(json!(a), 2)), json!({"cnt": 1}));
    let told = rows(&supplier, "Notification.query");
    assert_eq!((&told[0]["type"], &told[0]["content"]), (&json!(1), &json!(a.to_string())));
    assert_eq!(told[0]["refId"], json!(a));
    assert_eq!(buyer.fails("Quote.reply", reply(json!(a), 1)).0, 20009);
    assert_eq!(supplier.fails(&format!("Quote.set?id={a}"), json!({"price": 1})).0, 20009);
    let again = quote(&supplier, item, 2.9);
    assert_ne!(again, a);
    buyer.ok("Quote.reply", json!({"ids": format!("{again},{b}"), "state": 1}));
    assert_eq!(app.cell("SELECT count(*) FROM Quote WHERE state=1"), json!(2));
}

#[test]
fn the_life_of_a_purchase_has_no_other_steps() {
    let app = market(3, &[]);
    let [buyer, supplier, stranger] = [1, 2, 3].map(|id| app.login(Role::User, id));
    let step = |id: i64, step: &str| format!("Purchase.{step}?id={id}");
    let id = publish(&buyer, json!({}));
    let item = lines(&buyer, id)[0];
    let q = quote(&supplier, item, 3.0);
    for name in ["endQuote", "close"] {
        assert_eq!(stranger.fails(&step(id, name), json!({})).0, 20001);
        assert_eq!(supplier.fails(&step(id, name), json!({})).0, 20001);
    }
    let deal = json!({"quoteIds": q.to_string()});
    assert_eq!(buyer.fails(&step(id, "deal"), deal.clone()).0, 20002, "it was not accepted");
    buyer.ok(&step(id, "endQuote"), json!({}));
    assert_eq!(buyer.fails(&step(id, "endQuote"), json!({})).0, 20002);
    assert_eq!(supplier.fails(&format!("Quote.set?id={q}"), json!({"price": 1})).0, 20003);
    buyer.ok("Quote.reply", json!({"ids": q, "state": 1}));
    buyer.ok(&step(id, "deal"), deal.clone());
    assert_eq!(app.cell(&format!("SELECT status FROM Quote WHERE id={q}")), json!(1));
    for (name, body) in [("deal", deal), ("close", json!({})), ("endQuote", json!({}))] {
        assert_eq!(buyer.fails(&step(id, name), body).0, 20002, "{name}: what is purchased stays so");
    }
    let log = buyer.ok(&format!("Purchase.get?id={id}"), json!(null))["log"].clone();
    let actions: Vec<&str> =
        log.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["CR", "EQ", "DE"]);
    let closed = publish(&buyer, json!({}));
    app.login(Role::Emp, 1).ok(&step(closed, "close"), json!({}));
    assert_eq!(
        app.anon().fails(&format!("Purchase.get?id={closed}"), json!(null)).0,
        1,
        "closed is gone for others"
    );
    assert_eq!(rows(&buyer, "Purchase.query").len(), 2);
    assert_eq!(rows(&stranger, "PurchaseItem.query").len(), 2, "lines of what is closed neither");
}

#[test]
fn at_the_deadline_quoting_ends() {
    let app = market(3, &[]);
    let [buyer, supplier] = [1, 2].map(|id| app.login(Role::User, id));
    let id = publish(&buyer, json!({"term": 1}));
    let items = lines(&buyer, id);
    let q = quote(&supplier, items[0], 3.0);
    buyer.ok("Quote.reply", json!({"ids": q, "state": 1}));
    app.anon().ok("testAdvance?sec=86401", json!({}));
    let late = json!({"itemId": items[1], "quality": "好", "price": 1});
    assert_eq!(supplier.fails("Quote.add", late.clone()).0, 20003, "by the clock, before the job");
    app.anon().ok("runJob?name=tradeExpire", json!({}));
    assert_eq!(app.cell("SELECT status FROM Purchase"), json!(2));
    app.anon().ok("runJob?name=tradeExpire", json!({}));
    assert_eq!(app.cell("SELECT count(*) FROM PurchaseLog WHERE action='EQ'"), json!(1));
    assert_eq!(supplier.fails("Quote.add", late).0, 20003);
    buyer.ok(&format!("Purchase.deal?id={id}"), json!({"quoteIds": q.to_string()}));
}

/// A quote and the end of quoting at the same moment: the quote is in and was in time, or it is not there.
#[test]
fn the_race_at_the_end_has_one_winner() {
    let app = market(2, &[]);
    for round in 0..30 {
        let post = json!({"title": format!("r{round}"), "sealedFlag": round % 2, "items": two_lines()});
        let id = app.call_as(Role::User, 1, "Purchase.add", json!({}), post)[1].as_i64().unwrap();
        let item = app.cell(&format!("SELECT min(id) FROM PurchaseItem WHERE purchaseId={id}"));
        let (quoted, ended) = std::thread::scope(|scope| {
            let quoted = scope.spawn(|| {
                let post = json!({"itemId": item, "quality": "好", "price": 2});
                app.call_as(Role::User, 2, "Quote.add", json!({}), post)[0].as_i64().unwrap()
            });
            let ended = app.call_as(Role::User, 1, "Purchase.endQuote", json!({"id": id}), json!({}));
            (quoted.join().unwrap(), ended[0].as_i64().unwrap())
        });
        assert_eq!(ended, 0);
        let there = app.cell(&format!("SELECT count(*) FROM Quote WHERE purchaseId={id}"));
        assert_eq!(there, json!(i64::from(quoted == 0)), "round {round}");
        assert!(quoted == 0 || quoted == 20003, "{quoted}");
        let sealed = app.cell(&format!("SELECT count(*) FROM Quote WHERE purchaseId={id} AND sealedFlag=1"));
        assert_eq!(sealed, json!(0), "no quote stays sealed");
    }
}

#[test]
fn two_quotes_of_one_supplier_at_once_are_one() {
    let app = market(2, &[]);
    let buyer = app.login(Role::User, 1);
    let item = lines(&buyer, publish(&buyer, json!({})))[0];
    let codes: Vec<i64> = std::thread::scope(|scope| {
        let call = || {
            let post = json!({"itemId": item, "quality": "好", "price": 2});
            app.call_as(Role::User, 2, "Quote.add", json!({}), post)[0].as_i64().unwrap()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 0 | 20005)), "{codes:?}");
    assert_eq!(app.cell("SELECT count(*) FROM Notification"), json!(1));
}
