//! Purchase orders: made by an award, with a number from a series without gaps.

use super::award::hundredths;
use jindou::plugin::*;

pub static PURCHASE_ORDER: Object = Object::table("PurchaseOrder")
    .vcols(&[
        join("TradeUser", "supplierId").key("userId").cols("name supplierName").by_default(),
        join("Purchase", "purchaseId").cols("title purchaseTitle").by_default(),
    ])
    .time_columns("createTm")
    .default_sort("id desc")
    .quick_search("no, supplierName")
    .subs(&[list("items", "PurchaseOrderItem", "orderId={id}")
        .res("id, itemId, quoteId, name, unit, qty, price, amount")
        .readonly()
        .not_copied()])
    .get_res("*, items")
    .states(&STATUS)
    .on_write(on_write)
    .user(can(READ | SET).narrow(own).readonly("no, purchaseId, buyerId, supplierId, total, createTm"))
    .emp(can(READ | SET).readonly("no, purchaseId, buyerId, supplierId, total, createTm"));

pub static PURCHASE_ORDER_ITEM: Object = Object::table("PurchaseOrderItem").emp(can(READ));

static STATUS: States = States::of("status")
    .start("CR")
    .step("CR", "CO", USER | EMP)
    .called("确认|Confirm")
    .step("CO", "DE", USER | EMP)
    .called("交货|Delivered")
    .step("CR", "CA", USER | EMP)
    .called("取消|Cancel");

fn own(tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    let me = tx.caller().id;
    Ok(Cond::equals("buyerId", me).or(Cond::equals("supplierId", me)))
}

/// The supplier confirms, the buyer says that it was delivered.
fn on_write(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let caller = tx.caller();
    if !caller.has(USER) || write.adding() || write.deleting() {
        return Ok(());
    }
    let whose = match write.changed("status").and_then(Value::as_str) {
        Some("CO") => "supplierId",
        Some("DE") => "buyerId",
        _ => return Ok(()),
    };
    if write.final_int(whose) != caller.id {
        return Err(Error::forbidden("the step is the other side's")
            .say("该操作应由对方进行", "that is for the other side to do"));
    }
    Ok(())
}

/// A new order; gives what the buyer is told of it.
pub fn place(tx: &mut Tx<'_>, purchase: &Row, supplier: i64, items: Vec<Value>) -> Result<Value> {
    let no = next_number(tx)?;
    let total = hundredths(items.iter().filter_map(|item| item["amount"].as_f64()).sum());
    let id = tx.insert(
        "PurchaseOrder",
        [
            ("no", json!(no)),
            ("purchaseId", json!(purchase.int("id"))),
            ("buyerId", json!(purchase.int("userId"))),
            ("supplierId", json!(supplier)),
            ("status", json!("CR")),
            ("total", json!(total)),
            ("createTm", json!(tx.now())),
        ],
    )?;
    for item in items {
        let Value::Object(mut fields) = item else { continue };
        fields.insert("orderId".into(), json!(id));
        tx.insert("PurchaseOrderItem", fields)?;
    }
    tx.notify("trade.ordered", Receiver::User(supplier), json!({"no": no, "total": total, "orderId": id}))?;
    Ok(json!({"id": id, "no": no, "supplierId": supplier, "total": total}))
}

/// The next number of the series of today. It is taken in the transaction that uses it: what fails takes none.
fn next_number(tx: &mut Tx<'_>) -> Result<String> {
    let pattern = tx.env().config.text("TRADE_PO_SERIES").to_owned();
    let now = tx.now();
    let dated =
        pattern.replace("{YYYY}", &now[0..4]).replace("{MM}", &now[5..7]).replace("{DD}", &now[8..10]);
    let by = [("series", json!(dated))];
    let last = tx.first("TradeSeries", &by, "lastNo")?;
    let next = last.as_ref().map_or(0, |row| row.int("lastNo")) + 1;
    match last {
        Some(_) => {
            tx.update("TradeSeries", &by, Map::from_iter([("lastNo".to_owned(), json!(next))]))?;
        }
        None => {
            tx.insert("TradeSeries", [("series", json!(dated)), ("lastNo", json!(next))])?;
        }
    }
    Ok(numbered(&dated, next))
}

/// `{####}` as the number with so many digits at least; without such a place the number stands at the end.
fn numbered(pattern: &str, number: i64) -> String {
    let place = pattern.find("{#").and_then(|from| Some((from, from + pattern[from..].find('}')?)));
    match place {
        Some((from, until)) => {
            let width = until - from - 1;
            format!("{}{number:0width$}{}", &pattern[..from], &pattern[until + 1..])
        }
        None => format!("{pattern}{number:04}"),
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn numbers_stand_in_their_place() {
        assert_eq!(numbered("PO-202611-{####}", 7), "PO-202611-0007");
        assert_eq!(numbered("PO-{##}/x", 1234), "PO-1234/x");
        assert_eq!(numbered("PO", 3), "PO0003");
    }
}
