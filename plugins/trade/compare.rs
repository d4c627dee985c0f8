//! `Purchase.compare`: all open quotes of a purchase side by side, for each line the best price marked.

use super::award::{hundredths, number};
use super::life;
use jindou::plugin::*;
use std::collections::BTreeMap;

pub fn compare(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let purchase = life::owned(tx, id)?;
    let items = tx.list(
        "PurchaseItem",
        &[("purchaseId", json!(id))],
        "id, name, specification, qty, unit, price",
        500,
    )?;
    // While it is sealed there is nothing to compare, for staff neither. A refused quote is none any more.
    let open = Cond::equals("purchaseId", purchase.int("id"))
        .and(Cond::equals("sealedFlag", 0))
        .and(Cond::differs("state", 2));
    let res =
        "id, userId, itemId, price, quality, leadDays, minQty, taxRate, validDt, state, status, supplierName";
    let quotes = tx.find("Quote", Find::by(open).res(res).order("id"))?;
    let mut of_item: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
    quotes.iter().for_each(|quote| of_item.entry(quote.int("itemId")).or_default().push(quote));
    let mut suppliers: BTreeMap<i64, Value> = BTreeMap::new();
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for item in &items {
        let offers = of_item.get(&item.int("id")).map(Vec::as_slice).unwrap_or_default();
        let best = offers.iter().map(|quote| number(quote, "price")).min_by(f64::total_cmp);
        let mut shown = Vec::with_capacity(offers.len());
        for quote in offers {
            let (price, supplier) = (number(quote, "price"), quote.int("userId"));
            let is_best = i64::from(Some(price) == best);
            let amount = hundredths(price * number(item, "qty"));
            let name = quote.get("supplierName").cloned().unwrap_or_default();
            let of = suppliers.entry(supplier).or_insert_with(
                || json!({"id": supplier, "name": name, "lines": 0, "total": 0.0, "best": 0}),
            );
            of["lines"] = json!(of["lines"].as_i64().unwrap_or_default() + 1);
            of["best"] = json!(of["best"].as_i64().unwrap_or_default() + is_best);
            of["total"] = json!(hundredths(of["total"].as_f64().unwrap_or_default() + amount));
            rows.push(vec![
                json!(item.int("id")),
                item["name"].clone(),
                item["qty"].clone(),
                item["unit"].clone(),
                json!(supplier),
                name,
                json!(quote.int("id")),
                json!(price),
                json!(amount),
                json!(is_best),
            ]);
            let mut cell = Map::from_iter([
                ("quoteId".to_owned(), json!(quote.int("id"))),
                ("supplierId".to_owned(), json!(supplier)),
                ("amount".to_owned(), json!(amount)),
                ("best".to_owned(), json!(is_best)),
            ]);
            for field in ["price", "quality", "leadDays", "minQty", "taxRate", "validDt", "state", "status"] {
                cell.insert(field.to_owned(), quote.get(field).cloned().unwrap_or_default());
            }
            shown.push(Value::Object(cell));
        }
        let mut line = item.clone();
        line.insert("quotes".into(), json!(shown));
        lines.push(Value::Object(line));
    }
    if args.sent("fmt") {
        let header = [
            "itemId",
            "name",
            "qty",
            "unit",
            "supplierId",
            "supplierName",
            "quoteId",
            "price",
            "amount",
            "best",
        ];
        return args.table(Grid::new(header, rows));
    }
    let suppliers: Vec<Value> = suppliers.into_values().collect();
    Ok(json!({"lines": lines, "suppliers": suppliers}).into())
}
