//! The demo's market: forty purchases of vegetables in the last forty days, twelve suppliers, quotes, answers and orders.

use jindou::plugin::*;

const DAY: i64 = 86_400;
const SUPPLIERS: usize = 12;
const PURCHASES: usize = 40;

/// Name, origin, unit and what a unit costs.
const GOODS: &[(&str, &str, &str, f64)] = &[
    ("大白菜", "山东寿光", "斤", 0.9),
    ("土豆", "内蒙古乌兰察布", "斤", 1.3),
    ("番茄", "山东寿光", "斤", 2.8),
    ("黄瓜", "河北饶阳", "斤", 2.4),
    ("青椒", "海南文昌", "斤", 3.2),
    ("胡萝卜", "福建晋江", "斤", 1.6),
    ("西兰花", "浙江台州", "斤", 4.5),
    ("生姜", "山东安丘", "斤", 5.8),
    ("大蒜", "山东金乡", "斤", 4.2),
    ("莲藕", "湖北洪湖", "斤", 3.6),
    ("香菇", "河南西峡", "箱", 68.0),
    ("鸡蛋", "湖北京山", "箱", 158.0),
];
const AREAS: &[&str] = &["浦东新区", "闵行区", "宝山区", "嘉定区", "松江区"];
const SHOPS: &[&str] = &["老李蔬菜行", "绿源农场", "田园合作社", "丰收批发", "鲜达供应链", "禾苗农业"];
const QUALITIES: &[&str] = &["一级，当天采收", "二级，适合食堂", "精选，带产地证明", "统货"];

pub fn market(demo: &mut Demo<'_>) -> Result<()> {
    let users = demo.ids("User", "id>0")?;
    let staff = demo.ids("Employee", "id>0")?;
    if !demo.is_empty("Purchase")? || users.len() <= SUPPLIERS || staff.is_empty() {
        return Ok(());
    }
    demo.ago(42 * DAY);
    for (name, origin, ..) in GOODS {
        demo.add(Role::Emp, staff[0], "Variety", json!({"name": name, "origin": origin}))?;
    }
    for name in AREAS {
        demo.add(Role::Emp, staff[0], "Area", json!({"name": name, "fatherId": 0}))?;
    }
    let (suppliers, buyers) = users.split_at(SUPPLIERS);
    for (n, user) in suppliers.iter().enumerate() {
        let name = format!("{}{}", SHOPS[n % SHOPS.len()], if n < SHOPS.len() { "" } else { "（分店）" });
        let varieties: Vec<Value> =
            (0..4).map(|k| json!({"varietyId": (n + k * 3) % GOODS.len() + 1})).collect();
        let fields = json!({"name": name, "type": 2, "areaId": n % AREAS.len() + 1, "varieties": varieties});
        demo.call(Role::User, *user, "TradeUser.set", json!({}), fields)?;
    }
    for n in 0..PURCHASES {
        purchase(demo, n, suppliers, buyers[n % buyers.len()])?;
    }
    Ok(())
}

fn purchase(demo: &Demo<'_>, n: usize, suppliers: &[i64], buyer: i64) -> Result<()> {
    let age = (PURCHASES - n) as i64 * DAY - (n as i64 * 977) % 3600 * 6;
    demo.ago(age);
    let goods: Vec<usize> = (0..2 + n % 3).map(|k| (n * 5 + k * 7) % GOODS.len()).collect();
    let items: Vec<Value> = goods
        .iter()
        .map(|at| {
            let (name, origin, unit, _) = GOODS[*at];
            let qty = if unit == "箱" { 10 + n % 20 } else { 100 + (n * 37 + at * 11) % 400 };
            json!({"varietyId": at + 1, "name": name, "qty": qty, "unit": unit, "origin": origin, "quality": QUALITIES[n % 2]})
        })
        .collect();
    let fields = json!({"title": format!("{}等{}种蔬菜", GOODS[goods[0]].0, goods.len()), "term": 5, "pay": "货到付款",
        "areaId": n % AREAS.len() + 1, "sealedFlag": i64::from(n % 10 == 9), "items": items});
    let id = demo.add(Role::User, buyer, "Purchase", fields)?;
    let lines = demo.ids("PurchaseItem", &format!("purchaseId={id}"))?;
    let mut quotes = Vec::new();
    for (k, (line, at)) in lines.iter().zip(&goods).enumerate() {
        for s in 0..1 + (n + k) % 4 {
            demo.ago((age - 3600 * (2 + s as i64 * 5 + k as i64)).max(120));
            let price = GOODS[*at].3 * (0.9 + ((n * 13 + s * 29 + k * 7) % 25) as f64 / 100.0);
            let fields = json!({"itemId": line, "quality": QUALITIES[(n + s) % QUALITIES.len()],
                "price": (price * 100.0).round() / 100.0, "leadDays": 1 + (n + s) % 4, "taxRate": 9});
            let supplier = suppliers[(n + k + s * 5) % suppliers.len()];
            quotes.push((demo.add(Role::User, supplier, "Quote", fields)?, s, *line));
        }
    }
    // The youngest wait for quotes; the others went their ways.
    if age < 5 * DAY {
        return Ok(());
    }
    demo.ago(age - 5 * DAY + 600);
    demo.call(Role::User, buyer, "Purchase.endQuote", json!({"id": id}), json!({}))?;
    let first: Vec<i64> = quotes.iter().filter(|(_, s, _)| *s == 0).map(|(quote, ..)| *quote).collect();
    let others: Vec<i64> = quotes.iter().filter(|(_, s, _)| *s == 1).map(|(quote, ..)| *quote).collect();
    demo.ago(age - 5 * DAY);
    match n % 5 {
        0 => {
            demo.call(Role::User, buyer, "Purchase.close", json!({"id": id}), json!({}))?;
        }
        1 => {}
        _ => {
            demo.call(Role::User, buyer, "Quote.reply", json!({}), json!({"ids": first, "state": 1}))?;
            if !others.is_empty() {
                let post = json!({"ids": others, "state": 2, "message": "价格偏高，下次合作"});
                demo.call(Role::User, buyer, "Quote.reply", json!({}), post)?;
            }
            let lines: Vec<Value> = first.iter().map(|quote| json!({"quoteId": quote, "qty": 10})).collect();
            demo.call(Role::User, buyer, "Purchase.award", json!({"id": id}), json!({"lines": lines}))?;
        }
    }
    Ok(())
}
