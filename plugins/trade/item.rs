//! Lines of purchases with their pictures.

use super::purchase::visible_by;
use super::{codes, fields};
use crate::plugins::upload::file_cols;
use jindou::plugin::*;
use std::time::Duration;

pub static PURCHASE_ITEM: Object = Object::table("PurchaseItem")
    .vcols(&[
        join("Purchase", "purchaseId")
            .cols(
                "status status, userId userId, inviteFlag inviteFlag, title purchaseTitle, expireTm expireTm",
            )
            .by_default(),
        count("quoteCnt", "Quote", "itemId={id}").by_default(),
    ])
    .quick_search("name, specification")
    .subs(&[
        list("atts", "PurchaseAtt", "itemId={id}")
            .res("id, attId, type, k, orgName")
            .order("type")
            .by_default(),
        list("quotes", "Quote", "itemId={id}").by_role().readonly().not_copied(),
    ])
    .actions(&[write("get", GUEST, get).doc("A line, with figures of its buyer; counts the view.")])
    .guest(can(READ).narrow(visible))
    .emp(can(READ))
    .admin(can(READ));

pub static PURCHASE_ATT: Object =
    Object::table("PurchaseAtt").vcols(&[file_cols("attId")]).emp(can(READ)).admin(can(READ | DEL));

/// Lines of one purchase.
const LINES: usize = 500;
const DAY: Duration = Duration::from_secs(86_400);

fn visible(tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    visible_by(tx, "purchaseId")
}

/// Lines as they were sent, checked.
pub fn taken(tx: &mut Tx<'_>, rows: &[Row]) -> Result<Vec<Value>> {
    if rows.is_empty() {
        return Err(Error::missing("items"));
    }
    if rows.len() > LINES {
        return Err(fields::wrong("items", "最多500行", "at most 500 lines"));
    }
    rows.iter().map(|row| line(tx, row)).collect()
}

fn line(tx: &mut Tx<'_>, row: &Row) -> Result<Value> {
    let variety = fields::count(row, "varietyId", i64::MAX)?.filter(|id| *id > 0);
    let mut name = fields::text(row, "name", 50)?;
    if let Some(id) = variety {
        let found = tx.first("Variety", &[("id", json!(id))], "name")?;
        let found = found.ok_or_else(|| Error::known(codes::VARIETY))?;
        if name.is_null() {
            name = json!(found.text("name"));
        }
    }
    if name.is_null() {
        return Err(fields::wrong("name", "缺少品种或名称", "a line needs a `varietyId` or a `name`"));
    }
    let qty = fields::decimal(row, "qty", true)?.ok_or_else(|| Error::missing("qty"))?;
    let unit = fields::text(row, "unit", 16)?;
    if unit.is_null() {
        return Err(Error::missing("unit"));
    }
    Ok(json!({
        "varietyId": variety, "name": name, "qty": qty, "unit": unit, "viewCnt": 0,
        "specification": fields::text(row, "specification", 200)?,
        "price": fields::decimal(row, "price", false)?,
        "quality": fields::text(row, "quality", 2000)?,
        "origin": fields::text(row, "origin", 200)?,
        "atts": fields::pictures(row)?,
    }))
}

/// What a purchase without a title is called.
pub fn title(items: &[Value]) -> String {
    let names: Vec<&str> = items.iter().filter_map(|item| item["name"].as_str()).take(3).collect();
    let more = if items.len() > 3 { "…" } else { "" };
    format!("{}{more}", names.join("、")).chars().take(100).collect()
}

/// The lines of a purchase that has none.
pub fn put(tx: &mut Tx<'_>, purchase: i64, items: Vec<Value>) -> Result<()> {
    for mut item in items {
        item["purchaseId"] = json!(purchase);
        tx.add("PurchaseItem", item)?;
    }
    Ok(())
}

/// Removes the lines of a purchase with their pictures.
pub fn remove(tx: &mut Tx<'_>, purchase: i64) -> Result<()> {
    for row in tx.list("PurchaseItem", &[("purchaseId", json!(purchase))], "id", LINES as u64)? {
        tx.del_all("PurchaseAtt", Cond::int("itemId", row.int("id")))?;
    }
    tx.del_along("PurchaseItem", &[("purchaseId", json!(purchase))]).map(|_| ())
}

fn get(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let answer = tx.standard("PurchaseItem", GET, args)?;
    let caller = tx.caller();
    // Who has no session cannot be told from the last one.
    let seen = format!("tradeView {id} {}", caller.session);
    if !caller.session.is_empty() && tx.stored_kv().set_nx(&seen, "1", Some(DAY))? {
        let row = tx.first("PurchaseItem", &[("id", json!(id))], "viewCnt")?;
        let views = row.map_or(0, |row| row.int("viewCnt")) + 1;
        tx.update(
            "PurchaseItem",
            &[("id", json!(id))],
            Map::from_iter([("viewCnt".to_owned(), json!(views))]),
        )?;
    }
    let mut shown = answer.into_value();
    if let Some(buyer) = buyer_of(tx, id)?
        && let Value::Object(row) = &mut shown
    {
        row.extend(figures(tx, buyer)?);
    }
    Ok(shown.into())
}

fn buyer_of(tx: &mut Tx<'_>, item: i64) -> Result<Option<i64>> {
    let Some(row) = tx.first("PurchaseItem", &[("id", json!(item))], "purchaseId")? else { return Ok(None) };
    let purchase = tx.first("Purchase", &[("id", json!(row.int("purchaseId")))], "userId")?;
    Ok(purchase.map(|row| row.int("userId")))
}

/// How many purchases of a buyer ended with a deal, and how many of the quotes were answered, in percent.
fn figures(tx: &mut Tx<'_>, buyer: i64) -> Result<Map<String, Value>> {
    let deals = tx.number_of("Purchase", &[("userId", json!(buyer)), ("status", json!(3))])?;
    let all = tx.number_of("Quote", &[("buyerId", json!(buyer))])?;
    let open = tx.number_of("Quote", &[("buyerId", json!(buyer)), ("state", json!(0))])?;
    let rate = if all == 0 { Value::Null } else { json!((all - open) * 100 / all) };
    Ok(Map::from_iter([("buyerDealCnt".to_owned(), json!(deals)), ("buyerReplyRate".to_owned(), rate)]))
}
