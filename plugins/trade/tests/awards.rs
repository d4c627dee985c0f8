//! Purchases beyond the plain ones: sealed quotes, invitations, awards and orders, figures, profiles; and the letters of a picture
//! at logins.

use crate::app::TestApp;
use crate::trade::{lines, market, publish, quote, rows, two_lines};
use jindou::auth::Role;
use serde_json::{Value, json};

#[test]
fn sealed_quotes_are_opened_at_the_end_and_not_before() {
    let app = market(3, &[]);
    let [buyer, supplier, rival] = [1, 2, 3].map(|id| app.login(Role::User, id));
    let (clerk, boss) = (app.login(Role::Emp, 1), app.login(Role::Emp, 2));
    let id = publish(&buyer, json!({"sealedFlag": 1}));
    let item = lines(&buyer, id)[0];
    let q = quote(&supplier, item, 3.21);
    for client in [&buyer, &rival, &clerk, &boss, &app.login(Role::Admin, 1)] {
        assert!(rows(client, "Quote.query").is_empty());
        assert_eq!(client.fails(&format!("Quote.get?id={q}"), json!(null)).0, 1);
        let line = client.ok(&format!("PurchaseItem.get?id={item}&res=id,quotes"), json!(null));
        assert!(!line.to_string().contains("3.21"), "{line}");
    }
    assert_eq!(rows(&supplier, "Quote.query").len(), 1);
    let shown = buyer.ok(&format!("Purchase.compare?id={id}"), json!(null));
    assert!(!shown.to_string().contains("3.21") && shown["suppliers"] == json!([]));
    assert_eq!(buyer.fails("Quote.reply", json!({"ids": q, "state": 1})).0, 20007);
    buyer.ok(&format!("Purchase.endQuote?id={id}"), json!({}));
    assert_eq!(rows(&buyer, "Quote.query").len(), 1);
    let log = supplier.ok(&format!("Purchase.get?id={id}"), json!(null))["log"].to_string();
    assert!(log.contains("\"OP\""), "the supplier sees when it was opened: {log}");
}

#[test]
fn what_is_closed_unopened_stays_sealed() {
    let app = market(2, &[]);
    let [buyer, supplier] = [1, 2].map(|id| app.login(Role::User, id));
    let id = publish(&buyer, json!({"sealedFlag": 1}));
    quote(&supplier, lines(&buyer, id)[0], 3.21);
    buyer.ok(&format!("Purchase.close?id={id}"), json!({}));
    assert!(
        rows(&buyer, "Quote.query").is_empty() && rows(&app.login(Role::Emp, 1), "Quote.query").is_empty()
    );
    assert_eq!(rows(&supplier, "Quote.query").len(), 1);
    assert_eq!(app.cell("SELECT count(*) FROM PurchaseLog WHERE action='OP'"), json!(0));
}

#[test]
fn a_comparison_is_also_a_table() {
    let app = market(3, &[]);
    let [buyer, a, b] = [1, 2, 3].map(|id| app.login(Role::User, id));
    let id = publish(&buyer, json!({}));
    for item in lines(&buyer, id) {
        quote(&a, item, 2.0);
        quote(&b, item, 1.5);
    }
    let table = rows(&buyer, &format!("Purchase.compare?id={id}"));
    assert_eq!(table.len(), 4);
    let best: Vec<i64> = table.iter().map(|row| row["best"].as_i64().unwrap()).collect();
    assert_eq!(best, [0, 1, 0, 1]);
    assert_eq!(
        a.fails(&format!("Purchase.compare?id={id}"), json!(null)).0,
        20001,
        "suppliers do not see each other"
    );
}

#[test]
fn who_is_not_invited_sees_nothing() {
    let app = market(4, &[]);
    let [buyer, invited, stranger] = [1, 2, 3].map(|id| app.login(Role::User, id));
    assert_eq!(
        buyer.fails("Purchase.add", json!({"items": two_lines(), "inviteFlag": 1, "invites": [99]})).0,
        1
    );
    let id = publish(&buyer, json!({"inviteFlag": 1, "invites": [2]}));
    let item = lines(&buyer, id)[0];
    assert_eq!(rows(&invited, "Notification.query").len(), 1);
    for client in [&stranger, &app.anon()] {
        assert!(rows(client, "Purchase.query").is_empty() && rows(client, "PurchaseItem.query").is_empty());
        assert_eq!(client.fails(&format!("Purchase.get?id={id}"), json!(null)).0, 1);
        assert_eq!(client.fails(&format!("PurchaseItem.get?id={item}"), json!(null)).0, 1);
    }
    assert_eq!(stranger.fails("Quote.add", json!({"itemId": item, "quality": "好", "price": 1})).0, 20001);
    assert_eq!(rows(&invited, "Purchase.query").len(), 1);
    quote(&invited, item, 2.0);
    assert!(
        rows(&stranger, "PurchaseInvite.query").is_empty() && rows(&stranger, "PurchaseLog.query").is_empty()
    );
    assert_eq!(stranger.fails(&format!("Purchase.compare?id={id}"), json!(null)).0, 20001);
}

#[test]
fn an_award_orders_quantities_with_numbers_without_gaps() {
    let app = market(4, &[]);
    let [buyer, a, b, stranger] = [1, 2, 3, 4].map(|id| app.login(Role::User, id));
    let mut numbers = Vec::new();
    for round in 0..3 {
        let id = publish(&buyer, json!({}));
        let items = lines(&buyer, id);
        let (qa, qb) = (quote(&a, items[0], 2.0), quote(&b, items[0], 2.5));
        let award = |lines: Value| json!({"lines": lines});
        let target = format!("Purchase.award?id={id}");
        assert_eq!(buyer.fails(&target, award(json!([{"quoteId": qa, "qty": 10}]))).0, 20002, "not accepted");
        buyer.ok("Quote.reply", json!({"ids": [qa, qb], "state": 1}));
        let shown = buyer.ok(&format!("Purchase.compare?id={id}"), json!(null));
        assert_eq!(shown["lines"][0]["quotes"][0]["best"], json!(1));
        assert_eq!(
            (&shown["suppliers"][0]["total"], &shown["suppliers"][1]["total"]),
            (&json!(200.0), &json!(250.0))
        );
        assert_eq!(
            buyer.fails(&target, award(json!([{"quoteId": qa, "qty": 60}, {"quoteId": qb, "qty": 41}]))).0,
            1
        );
        assert_eq!(
            buyer.fails(&target, award(json!([{"quoteId": qa, "qty": 1}, {"quoteId": qa, "qty": 1}]))).0,
            1
        );
        assert_eq!(stranger.fails(&target, award(json!([{"quoteId": qa, "qty": 1}]))).0, 20001);
        let made = buyer.ok(&target, award(json!([{"quoteId": qa, "qty": 60}, {"quoteId": qb, "qty": 40}])));
        assert_eq!((&made[0]["total"], &made[1]["total"]), (&json!(120.0), &json!(100.0)), "round {round}");
        numbers.extend(made.as_array().unwrap().iter().map(|order| order["no"].as_str().unwrap().to_owned()));
        assert_eq!(buyer.fails(&target, award(json!([{"quoteId": qa, "qty": 1}]))).0, 20002);
    }
    let month = app.server.env.now_text();
    let wanted: Vec<String> = (1..=6).map(|n| format!("PO-{}{}-{n:04}", &month[..4], &month[5..7])).collect();
    assert_eq!(numbers, wanted, "what failed took no number");
    assert_eq!(rows(&a, "PurchaseOrder.query").len(), 3);
    assert!(rows(&stranger, "PurchaseOrder.query").is_empty());
    assert_eq!(a.ok("PurchaseOrder.get?id=1", json!(null))["items"][0]["qty"], json!(60));
    assert_eq!(b.fails("PurchaseOrder.get?id=1", json!(null)).0, 1);
    assert_ne!(
        buyer.call("PurchaseOrder.set?id=1", json!({"status": "CO"}))[0],
        json!(0),
        "the supplier confirms"
    );
    a.ok("PurchaseOrder.set?id=1", json!({"status": "CO"}));
    buyer.ok("PurchaseOrder.set?id=1", json!({"status": "DE"}));
    assert_ne!(a.call("PurchaseOrder.set?id=1", json!({"total": 1}))[0], json!(0));
    assert_eq!(app.login(Role::Emp, 1).ok("tradeStat", json!(null))["orders"], json!(6));
}

#[test]
fn a_line_tells_of_its_buyer_and_counts_views_once_a_day() {
    let app = market(3, &[]);
    let [buyer, supplier] = [1, 2].map(|id| app.login(Role::User, id));
    let id = publish(&buyer, json!({}));
    let items = lines(&buyer, id);
    let q = quote(&supplier, items[0], 3.0);
    quote(&supplier, items[1], 3.0);
    buyer.ok("Quote.reply", json!({"ids": q, "state": 1}));
    for _ in 0..3 {
        let got = supplier.ok(&format!("PurchaseItem.get?id={}", items[0]), json!(null));
        assert_eq!((&got["buyerDealCnt"], &got["buyerReplyRate"]), (&json!(0), &json!(50)));
    }
    assert_eq!(app.cell(&format!("SELECT viewCnt FROM PurchaseItem WHERE id={}", items[0])), json!(1));
}

#[test]
fn varieties_are_found_by_their_beginning_and_traders_have_a_profile() {
    let app = market(2, &[]);
    assert_eq!(rows(&app.anon(), "Variety.query?q=白").len(), 1);
    assert_eq!(rows(&app.anon(), "Variety.query").len(), 3);
    assert_eq!(app.login(Role::User, 1).fails("Variety.add", json!({"name": "x"})).0, 5);
    app.login(Role::Emp, 1).ok("Variety.add", json!({"name": "西瓜"}));
    let me = app.login(Role::User, 1);
    me.ok(
        "TradeUser.set",
        json!({"name": "一号店", "type": 2, "varieties": [{"varietyId": 1}, {"varietyId": 2}]}),
    );
    let got = me.ok("TradeUser.get", json!(null));
    assert_eq!((&got["name"], got["varieties"].as_array().unwrap().len()), (&json!("一号店"), 2));
    assert_eq!(me.fails("TradeUser.set", json!({"varieties": [{"varietyId": 99}]})).0, 20012);
    assert_eq!(me.fails("TradeUser.set", json!({"type": 9})).0, 1);
    assert!(got.get("wxOpen").is_none());
    assert_eq!(app.cell("SELECT count(*) FROM TradeUser"), json!(1));
}

#[test]
fn without_the_plugin_nothing_of_it_exists() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", "order")]);
    let registry = &app.server.env.registry;
    assert!(registry.object("Purchase").is_none() && registry.function("tradeStat").is_none());
    assert!(registry.catalogue.table("Purchase").is_none() && registry.event("trade.quote").is_none());
    assert_ne!(app.anon().call("Purchase.query", json!(null))[0], json!(0));
}

#[test]
fn after_three_failures_a_login_needs_the_letters_of_a_picture() {
    let app = market(1, &[("P_CAPTCHA_AFTER", "3")]);
    app.write(|tx| {
        let hash = tx.hashed("right-one-77")?;
        tx.update("User", &[("id", json!(1))], serde_json::Map::from_iter([("pwd".to_owned(), json!(hash))]))
            .map(|_| ())
    });
    let client = app.anon();
    let login = |pwd: &str, captcha: Value| json!({"uname": "trader1", "pwd": pwd, "captcha": captcha});
    let picture = client.send("GET", "captcha?w=100&h=40", &[], None);
    assert_eq!((picture.header("content-type"), &picture.bytes[1..4]), ("image/png", &b"PNG"[..]));
    assert_eq!(client.fails("captcha?w=9999", json!(null)).0, 1);
    for _ in 0..3 {
        assert_eq!(client.fails("login", login("wrong-one-77", json!(null))).0, -1);
    }
    assert_eq!(client.fails("login", login("right-one-77", json!(null))).0, 20010);
    assert_eq!(client.fails("login", login("right-one-77", json!("ZZZZ"))).0, 20010);
    let code = client.ok("captcha?debug=1", json!(null))["code"].clone();
    assert_eq!(app.anon().fails("login", login("right-one-77", code.clone())).0, 20010, "of another session");
    assert_eq!(client.fails("login", login("right-one-77", json!("ZZZZ"))).0, 20010);
    assert_eq!(client.fails("login", login("right-one-77", code)).0, 20010, "a guess uses it up");
    let old = client.ok("captcha?debug=1", json!(null))["code"].clone();
    app.anon().ok("testAdvance?sec=301", json!({}));
    assert_eq!(client.fails("login", login("right-one-77", old)).0, 20010, "too old");
    let code = client.ok("captcha?debug=1", json!(null))["code"].clone();
    client.ok("login", login("right-one-77", code.clone()));
    assert_eq!(client.fails("login", login("right-one-77", code)).0, 20010, "for one use");
}
