//! Purchases: what may be published, who sees it, and the steps of its life.

use super::{award, codes, compare, fields, item, life};
use jindou::plugin::*;

pub static PURCHASE: Object = Object::table("Purchase")
    .vcols(&[
        join("TradeUser", "userId").key("userId").cols("name buyerName").by_default(),
        join("Area", "areaId").cols("name areaName").by_default(),
        count("quoteCnt", "Quote", "purchaseId={id}").by_default(),
    ])
    .time_columns("createTm")
    .quick_search("title, remark")
    .default_sort("openFlag desc, id desc")
    .subs(&[
        list("items", "PurchaseItem", "purchaseId={id}").by_role(),
        list("log", "PurchaseLog", "purchaseId={id}")
            .res("id, action, tm, dscr")
            .order("id")
            .readonly()
            .not_copied(),
    ])
    .get_res("*, items, log")
    .actions(&[
        write("add", USER, add).doc("Publishes a purchase with its lines; gives its id."),
        write("set", USER, set).doc("Changes a purchase for which nobody has quoted."),
        write("endQuote", USER | EMP | ADMIN, end_quote).doc("Ends quoting before the deadline."),
        write("close", USER | EMP | ADMIN, close).doc("Ends a purchase without a deal."),
        write("deal", USER | EMP | ADMIN, award::deal)
            .doc("Ends a purchase with accepted quotes (`quoteIds`)."),
        write("award", USER | EMP | ADMIN, award::award)
            .doc("Orders quantities of accepted quotes: `lines=[{quoteId, qty}]`."),
        read("compare", USER | EMP | ADMIN, compare::compare)
            .doc("All quotes of a purchase side by side, the best marked."),
    ])
    .on_write(on_write)
    .guest(can(READ).narrow(visible))
    .emp(can(READ))
    .admin(can(ALL));

pub static PURCHASE_INVITE: Object = Object::table("PurchaseInvite")
    .user(can(READ).own_via("purchaseId", "Purchase", "userId"))
    .emp(can(READ));

pub static PURCHASE_LOG: Object = Object::table("PurchaseLog")
    .time_columns("tm")
    .default_sort("id desc")
    .user(can(READ).own_via("purchaseId", "Purchase", "userId"))
    .emp(can(READ));

/// Invitations of one supplier that count.
const INVITED_MAX: u64 = 1000;
/// Suppliers that are invited to one purchase.
const INVITES: usize = 200;
const DAYS_MAX: i64 = 3650;

/// Public purchases that are not closed, and the caller's own and those that they are invited to.
fn visible(tx: &mut Tx<'_>, _params: &Params) -> Result<Cond> {
    visible_by(tx, "id")
}

/// The same for rows that name their purchase in `field` and have its fields joined.
pub fn visible_by(tx: &mut Tx<'_>, field: &str) -> Result<Cond> {
    let public = Cond::differs("status", life::CLOSED).and(Cond::equals("inviteFlag", 0));
    let caller = tx.caller();
    if !caller.has(USER) {
        return Ok(public);
    }
    let invited = tx.list("PurchaseInvite", &[("userId", json!(caller.id))], "purchaseId", INVITED_MAX)?;
    let invited = Cond::one_of(field, invited.iter().map(|row| row.int("purchaseId")));
    let invited = Cond::differs("status", life::CLOSED).and(invited);
    Ok(public.or(Cond::equals("userId", caller.id)).or(invited))
}

/// The fields of a purchase as they were sent, checked.
fn taken(tx: &mut Tx<'_>, args: &Args) -> Result<Map<String, Value>> {
    let sent =
        args.posted(&["title", "areaId", "term", "pay", "invoiceFlag", "remark", "sealedFlag", "inviteFlag"]);
    let mut taken = Map::new();
    for (name, most) in [("title", 100), ("pay", 100), ("remark", 2000)] {
        if sent.contains_key(name) {
            taken.insert(name.into(), fields::text(&sent, name, most)?);
        }
    }
    for name in ["invoiceFlag", "sealedFlag", "inviteFlag"] {
        if sent.contains_key(name) {
            taken.insert(name.into(), json!(fields::count(&sent, name, 1)?.unwrap_or(0)));
        }
    }
    if sent.contains_key("areaId") {
        let area = fields::count(&sent, "areaId", i64::MAX)?.filter(|area| *area > 0);
        if let Some(area) = area
            && !tx.has("Area", &json!(area))?
        {
            return Err(fields::wrong("areaId", "没有该地区", "there is no such area"));
        }
        taken.insert("areaId".into(), json!(area));
    }
    if sent.contains_key("term") {
        taken.insert("term".into(), json!(fields::count(&sent, "term", DAYS_MAX)?.unwrap_or(0)));
    }
    Ok(taken)
}

fn add(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let mut fields = taken(tx, args)?;
    let items = args.rows("items")?.unwrap_or_default();
    let items = item::taken(tx, &items)?;
    let invites = invites(tx, args)?;
    let term = fields.get("term").and_then(Value::as_i64).unwrap_or_default();
    let title =
        fields.get("title").and_then(Value::as_str).map_or_else(|| item::title(&items), str::to_owned);
    let me = tx.caller().id;
    let fixed = json!({"userId": me, "status": life::WAITING, "openFlag": 1, "term": term, "createTm": tx.now(),
        "expireTm": if term > 0 { json!(tx.in_days(term)) } else { Value::Null }, "title": title});
    fields.extend(fixed.as_object().cloned().unwrap_or_default());
    let id = tx.add("Purchase", Value::Object(fields))?;
    item::put(tx, id, items)?;
    life::note(tx, id, "CR", "")?;
    for supplier in invites {
        tx.insert("PurchaseInvite", [("purchaseId", json!(id)), ("userId", json!(supplier))])?;
        tx.notify("trade.invited", Receiver::User(supplier), json!({"purchaseId": id, "title": title}))?;
    }
    Ok(json!(id).into())
}

/// Suppliers by their ids, each a user that exists and not the buyer.
fn invites(tx: &mut Tx<'_>, args: &Args) -> Result<Vec<i64>> {
    if !args.sent("invites") {
        return Ok(Vec::new());
    }
    let me = tx.caller().id;
    let ids = fields::ids(args, "invites", INVITES)?;
    for id in &ids {
        if *id == me || !tx.has("User", &json!(id))? {
            return Err(fields::wrong("invites", "没有该供应商", "there is no such supplier"));
        }
    }
    Ok(ids)
}

fn set(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let id = args.need_id("id")?;
    let purchase = life::owned(tx, id)?;
    let quoted = tx.first("Quote", &[("purchaseId", json!(id))], "id")?.is_some();
    ensure(
        purchase.int("status") == life::WAITING && !life::is_over(tx, &purchase) && !quoted,
        codes::WRONG_STATUS,
    )?;
    let mut fields = taken(tx, args)?;
    if let Some(term) = fields.get("term").and_then(Value::as_i64) {
        let until = if term > 0 { json!(tx.in_days(term)) } else { Value::Null };
        fields.insert("expireTm".into(), until);
    }
    if let Some(items) = args.rows("items")? {
        let items = item::taken(tx, &items)?;
        item::remove(tx, id)?;
        item::put(tx, id, items)?;
    }
    if !fields.is_empty() {
        tx.set("Purchase", id, Value::Object(fields))?;
    }
    Ok(Answer::ok())
}

fn end_quote(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let purchase = args.need_id("id").and_then(|id| life::owned(tx, id))?;
    life::step(tx, &purchase, &[life::WAITING], life::ENDED, "EQ")?;
    Ok(Answer::ok())
}

fn close(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let purchase = args.need_id("id").and_then(|id| life::owned(tx, id))?;
    let deal = tx.first("Quote", &[("purchaseId", json!(purchase.int("id"))), ("status", json!(1))], "id")?;
    ensure(deal.is_none(), codes::WRONG_STATUS)?;
    life::step(tx, &purchase, &[life::WAITING, life::ENDED], life::CLOSED, "CL")?;
    Ok(Answer::ok())
}

/// What belongs to a purchase goes with it; one that was ordered from stays.
fn on_write(tx: &mut Tx<'_>, write: &mut Write) -> Result<()> {
    let Some(id) = write.id.filter(|_| write.deleting()) else { return Ok(()) };
    ensure(tx.first("PurchaseOrder", &[("purchaseId", json!(id))], "id")?.is_none(), codes::WRONG_STATUS)?;
    write.after(|tx, id| {
        for quote in tx.list("Quote", &[("purchaseId", json!(id))], "id", 100_000)? {
            let by = [("quoteId", json!(quote.int("id")))];
            tx.del_all("QuoteAtt", Cond::int("quoteId", quote.int("id")))?;
            tx.del_along("QuoteRev", &by)?;
        }
        tx.del_along("Quote", &[("purchaseId", json!(id))])?;
        item::remove(tx, id)?;
        tx.del_along("PurchaseInvite", &[("purchaseId", json!(id))])?;
        tx.del_along("PurchaseLog", &[("purchaseId", json!(id))]).map(|_| ())
    });
    Ok(())
}
