//! `Quote.reply`: the buyer accepts or refuses quotes, all of them or none.

use super::{codes, fields};
use jindou::plugin::*;

/// Quotes of one answer.
const AT_ONCE: usize = 500;

pub fn reply(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let ids = fields::ids(args, "ids", AT_ONCE)?;
    let state = args.need_int("state")?;
    ensure(matches!(state, 1 | 2), codes::STATE)?;
    let message = fields::text(&args.posted(&["message"]), "message", 1000)?;
    let me = tx.caller().id;
    let mut quotes = Vec::with_capacity(ids.len());
    for id in ids {
        let columns = "id, userId, itemId, purchaseId, buyerId, state, sealedFlag";
        let quote = tx.first("Quote", &[("id", json!(id))], columns)?;
        // A quote that does not exist is on nobody's lines, and a sealed one not yet on the buyer's desk.
        let mine = |quote: &Row| quote.int("buyerId") == me && quote.int("sealedFlag") == 0;
        quotes.push(quote.filter(mine).ok_or_else(|| Error::known(codes::NOT_BUYER))?);
    }
    ensure(quotes.iter().all(|quote| quote.int("state") == 0), codes::REPLIED)?;
    for quote in &quotes {
        let by = [("id", json!(quote.int("purchaseId")))];
        let status = tx.first("Purchase", &by, "status")?.map(|row| row.int("status"));
        ensure(matches!(status, Some(1 | 2)), codes::WRONG_STATUS)?;
    }
    for quote in &quotes {
        let id = quote.int("id");
        tx.set("Quote", id, json!({"state": state, "message": message, "updateTm": tx.now()}))?;
        let item = tx.first("PurchaseItem", &[("id", json!(quote.int("itemId")))], "name")?;
        let about = json!({"quoteId": id, "itemName": item.map(|item| item.text("name").to_owned()), "message": message});
        let event = if state == 1 { "trade.accepted" } else { "trade.refused" };
        tx.notify(event, Receiver::User(quote.int("userId")), about)?;
    }
    Ok(json!({"cnt": quotes.len()}).into())
}
