//! Quotes: what a supplier offers for a line, with the versions before.

use super::{codes, fields, life, reply, trader};
use crate::plugins::upload::file_cols;
use jindou::plugin::*;

pub static QUOTE: Object = Object::table("Quote")
    .vcols(&[
        join("PurchaseItem", "itemId").cols("name itemName, unit unit, qty itemQty").by_default(),
        join("TradeUser", "userId").key("userId").cols("name supplierName").by_default(),
    ])
    .time_columns("createTm")
    .default_sort("id desc")
    .quick_search("itemName, supplierName")
    .subs(&[
        list("atts", "QuoteAtt", "quoteId={id}")
            .res("id, attId, type, k, orgName")
            .order("type")
            .by_default(),
        list("revisions", "QuoteRev", "quoteId={id}")
            .res("id, version, quality, price, priceDscr, tm, validDt, leadDays, minQty, taxRate")
            .order("version")
            .readonly()
            .not_copied(),
    ])
    .get_res("*, revisions")
    // The versions are its history; a sealed price stands in no other.
    .unlogged()
    .actions(&[
        write("add", USER, add).doc("Quotes for a line; gives the id."),
        write("set", USER, set).doc("Changes a quote that was not answered; the former version is kept."),
        write("reply", USER, reply::reply)
            .doc("The buyer accepts (1) or refuses (2) quotes: `ids`, `state`, `message?`."),
        read("query", USER | EMP | ADMIN, query)
            .doc("The caller's quotes, and those on their own lines; of a line with `itemId`."),
    ])
    .user(can(READ).narrow(of_caller))
    .emp(can(READ).narrow(opened))
    .admin(can(READ).narrow(opened));

pub static QUOTE_REV: Object = Object::table("QuoteRev").unlogged().admin(can(0));
pub static QUOTE_ATT: Object = Object::table("QuoteAtt").vcols(&[file_cols("attId")]).admin(can(0));

/// The supplier's own, and the buyer's once they are open.
fn of_caller(tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    let me = tx.caller().id;
    Ok(Cond::equals("userId", me).or(Cond::equals("buyerId", me).and(Cond::equals("sealedFlag", 0))))
}

fn opened(_tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    Ok(Cond::equals("sealedFlag", 0))
}

fn query(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let only = args.int("itemId")?.map_or_else(Cond::none, |item| Cond::equals("itemId", item));
    tx.standard_query("Quote", args, only)
}

/// Columns that a supplier gives, in a quote and in its versions.
const GIVEN: [&str; 7] = ["quality", "price", "priceDscr", "validDt", "leadDays", "minQty", "taxRate"];

/// The fields of a quote as they were sent, checked.
fn taken(tx: &Tx<'_>, args: &Args) -> Result<Map<String, Value>> {
    let sent = args.posted(&GIVEN);
    let mut taken = Map::new();
    for name in GIVEN.iter().filter(|name| sent.contains_key(**name)) {
        let value = match *name {
            "quality" | "priceDscr" => fields::text(&sent, name, 2000)?,
            "price" => json!(fields::decimal(&sent, name, true)?),
            "minQty" => json!(fields::decimal(&sent, name, false)?),
            "taxRate" => match fields::decimal(&sent, name, false)? {
                Some(rate) if rate > 100.0 => return Err(fields::wrong(name, "最多100", "at most 100")),
                rate => json!(rate),
            },
            "leadDays" => json!(fields::count(&sent, name, 3650)?),
            _ => match fields::text(&sent, name, 20)? {
                Value::String(day) if tx.env().parse_date(&day).is_none() => {
                    return Err(fields::wrong(name, "应为日期", "a date"));
                }
                day => day,
            },
        };
        if value.is_null() && matches!(*name, "quality" | "price") {
            return Err(Error::missing(name));
        }
        taken.insert((*name).to_owned(), value);
    }
    Ok(taken)
}

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mut fields = taken(tx, args)?;
    for name in ["quality", "price"] {
        if !fields.contains_key(name) {
            return Err(Error::missing(name));
        }
    }
    let item = args.need_id("itemId")?;
    let atts = fields::pictures(&Map::from_iter([("atts".to_owned(), json!(args.rows("atts")?))]))?;
    let me = tx.caller().id;
    let (item, purchase) = quotable(tx, item)?;
    let buyer = purchase.int("userId");
    ensure(buyer != me, codes::OWN)?;
    ensure(purchase.int("status") == life::WAITING && !life::is_over(tx, &purchase), codes::ENDED)?;
    let mine = Cond::equals("userId", me).and(Cond::equals("itemId", item.int("id")));
    ensure(tx.count_of("Quote", mine.and(Cond::differs("state", 2)))? == 0, codes::ALREADY)?;
    let week = tx.env().config.int("TRADE_QUOTE_WEEK_MAX");
    if week > 0 {
        let since = Cond::equals("userId", me).and(Cond::at_least("createTm", tx.in_days(-7)));
        ensure(tx.count_of("Quote", since)? < week, codes::WEEK)?;
    }
    ensure(!tx.env().config.flag("TRADE_QUOTE_NEED_PIC") || !atts.is_empty(), codes::PICTURE)?;
    let fixed = json!({"userId": me, "itemId": item.int("id"), "purchaseId": purchase.int("id"), "buyerId": buyer,
        "sealedFlag": purchase.int("sealedFlag"), "version": 1, "status": 0, "state": 0, "createTm": tx.now(), "atts": atts});
    fields.extend(fixed.as_object().cloned().unwrap_or_default());
    let id = tx.add("Quote", Value::Object(fields))?;
    let supplier = trader::name(tx, me)?;
    let about = json!({"quoteId": id, "itemId": item.int("id"), "itemName": item.text("name"), "supplierName": supplier});
    tx.notify("trade.quote", Receiver::User(buyer), about)?;
    Ok(json!(id).into())
}

/// A line and its purchase, if the caller may see them.
fn quotable(tx: &mut Tx<'_>, id: i64) -> Result<(Row, Row)> {
    let missing = || Error::known(codes::NOT_FOUND);
    let item = tx.first("PurchaseItem", &[("id", json!(id))], "id, purchaseId, name")?.ok_or_else(missing)?;
    let by = [("id", json!(item.int("purchaseId")))];
    let columns = "id, userId, status, expireTm, sealedFlag, inviteFlag";
    let purchase = tx.first("Purchase", &by, columns)?.ok_or_else(missing)?;
    let me = tx.caller().id;
    if purchase.int("inviteFlag") == 1 && purchase.int("userId") != me {
        let by = [("purchaseId", json!(purchase.int("id"))), ("userId", json!(me))];
        tx.first("PurchaseInvite", &by, "id")?.ok_or_else(missing)?;
    }
    Ok((item, purchase))
}

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let columns =
        format!("id, userId, itemId, purchaseId, state, version, createTm, updateTm, {}", GIVEN.join(", "));
    let found = tx.first("Quote", &[("id", json!(id))], &columns)?;
    let me = tx.caller().id;
    let old = found.filter(|quote| quote.int("userId") == me).ok_or_else(|| Error::known(codes::NO_QUOTE))?;
    let mut fields = taken(tx, args)?;
    ensure(old.int("state") == 0, codes::REPLIED)?;
    let by = [("id", json!(old.int("purchaseId")))];
    let purchase = tx.first("Purchase", &by, "id, status, expireTm")?;
    let open = purchase.is_some_and(|row| row.int("status") == life::WAITING && !life::is_over(tx, &row));
    ensure(open, codes::ENDED)?;
    if fields.is_empty() {
        return Ok(Answer::ok());
    }
    let mut before: Map<String, Value> =
        GIVEN.iter().map(|name| ((*name).to_owned(), old.get(*name).cloned().unwrap_or_default())).collect();
    let tm = if old.text("updateTm").is_empty() { old.text("createTm") } else { old.text("updateTm") };
    before.extend([
        ("quoteId".to_owned(), json!(id)),
        ("version".to_owned(), json!(old.int("version"))),
        ("tm".to_owned(), json!(tm)),
    ]);
    tx.insert("QuoteRev", before)?;
    fields.insert("version".into(), json!(old.int("version") + 1));
    fields.insert("updateTm".into(), json!(tx.now()));
    tx.set("Quote", id, Value::Object(fields))?;
    Ok(Answer::ok())
}
