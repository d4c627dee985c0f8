//! Deals: a purchase ends with accepted quotes, or is ordered by quantity, split among suppliers.

use super::{codes, fields, life, order};
use jindou::plugin::*;
use std::collections::BTreeMap;

/// Quotes of one deal.
const AT_ONCE: usize = 1000;
const COLUMNS: &str = "id, userId, itemId, purchaseId, state, status, price";

/// `Purchase.deal(id)(quoteIds)`
pub fn deal(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let purchase = args.need_id("id").and_then(|id| life::owned(tx, id))?;
    let ids = fields::ids(args, "quoteIds", AT_ONCE)?;
    for id in &ids {
        accepted(tx, &purchase, *id)?;
    }
    life::step(tx, &purchase, &[life::WAITING, life::ENDED], life::PURCHASED, "DE")?;
    for id in ids {
        tx.set("Quote", id, json!({"status": 1}))?;
    }
    Ok(Answer::ok())
}

/// A quote on this purchase that was accepted.
fn accepted(tx: &mut Tx<'_>, purchase: &Row, id: i64) -> Result<Row> {
    let quote = tx.first("Quote", &[("id", json!(id))], COLUMNS)?;
    let fits = |quote: &Row| quote.int("purchaseId") == purchase.int("id") && quote.int("state") == 1;
    quote.filter(fits).ok_or_else(|| Error::known(codes::WRONG_STATUS))
}

/// A line of an award.
struct Awarded {
    quote: Row,
    qty: f64,
}

/// `Purchase.award(id)(lines=[{quoteId, qty}])`: one order for each supplier.
pub fn award(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let purchase = args.need_id("id").and_then(|id| life::owned(tx, id))?;
    let lines = args.rows("lines")?.unwrap_or_default();
    if lines.is_empty() {
        return Err(Error::missing("lines"));
    }
    if lines.len() > AT_ONCE {
        return Err(fields::wrong("lines", "最多1000行", "at most 1000"));
    }
    let mut by_supplier: BTreeMap<i64, Vec<Awarded>> = BTreeMap::new();
    let mut of_item: BTreeMap<i64, f64> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for line in &lines {
        let id = whole(line, "quoteId").ok_or_else(|| Error::missing("quoteId"))?;
        if !seen.insert(id) {
            return Err(fields::wrong("lines", "同一报价只能出现一次", "each quote once"));
        }
        let qty = fields::decimal(line, "qty", true)?.ok_or_else(|| Error::missing("qty"))?;
        let quote = accepted(tx, &purchase, id)?;
        *of_item.entry(quote.int("itemId")).or_default() += qty;
        by_supplier.entry(quote.int("userId")).or_default().push(Awarded { quote, qty });
    }
    let mut items: BTreeMap<i64, Row> = BTreeMap::new();
    for (item, qty) in &of_item {
        let row = tx.first("PurchaseItem", &[("id", json!(item))], "id, name, unit, qty")?;
        let row = row.ok_or_else(|| Error::known(codes::NOT_FOUND))?;
        // Sums of hundredths, so half a hundredth is nobody's quantity.
        if *qty > number(&row, "qty") + 0.005 {
            return Err(fields::wrong("qty", "超过采购数量", "more than the purchase asks for"));
        }
        items.insert(*item, row);
    }
    life::step(tx, &purchase, &[life::WAITING, life::ENDED], life::PURCHASED, "DE")?;
    let mut orders = Vec::new();
    for (supplier, lines) in by_supplier {
        let mut rows = Vec::new();
        for Awarded { quote, qty } in &lines {
            tx.set("Quote", quote.int("id"), json!({"status": 1}))?;
            let item = &items[&quote.int("itemId")];
            let price = number(quote, "price");
            rows.push(
                json!({"itemId": quote.int("itemId"), "quoteId": quote.int("id"), "name": item.text("name"),
                "unit": item.text("unit"), "qty": qty, "price": price, "amount": hundredths(price * qty)}),
            );
        }
        orders.push(order::place(tx, &purchase, supplier, rows)?);
    }
    Ok(json!(orders).into())
}

/// A decimal of a row.
pub fn number(row: &Row, name: &str) -> f64 {
    row.get(name).and_then(Value::as_f64).unwrap_or_default()
}

/// Rounded to hundredths.
pub fn hundredths(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
