//! The life of a purchase: who may take which step, and what stands in its log.

use super::codes;
use jindou::plugin::*;

pub const CLOSED: i64 = 0;
pub const WAITING: i64 = 1;
pub const ENDED: i64 = 2;
pub const PURCHASED: i64 = 3;

/// A purchase of the caller's, or any for staff. One of somebody else's is as if there were none.
pub fn owned(tx: &mut Tx<'_>, id: i64) -> Result<Row> {
    let row =
        tx.first("Purchase", &[("id", json!(id))], "id, userId, status, expireTm, sealedFlag, title")?;
    let caller = tx.caller();
    let mine = |row: &Row| caller.has(EMP | ADMIN) || row.int("userId") == caller.id;
    row.filter(mine).ok_or_else(|| Error::known(codes::NOT_FOUND))
}

/// A line in the log, by whoever calls.
pub fn note(tx: &mut Tx<'_>, purchase: i64, action: &str, dscr: &str) -> Result<()> {
    let caller = tx.caller();
    let by = match caller.role() {
        Role::User => Some(("userId", json!(caller.id))),
        Role::Emp | Role::Mgr => Some(("empId", json!(caller.id))),
        _ => None,
    };
    let line = [
        ("purchaseId", json!(purchase)),
        ("action", json!(action)),
        ("tm", json!(tx.now())),
        ("dscr", json!(dscr)),
    ];
    tx.insert("PurchaseLog", line.into_iter().chain(by)).map(|_| ())
}

/// Takes a purchase from one of these states to another.
pub fn step(tx: &mut Tx<'_>, purchase: &Row, from: &[i64], to: i64, action: &str) -> Result<()> {
    ensure(from.contains(&purchase.int("status")), codes::WRONG_STATUS)?;
    let id = purchase.int("id");
    let mut fields = json!({"status": to, "openFlag": 0});
    if to != ENDED {
        fields["closeTm"] = json!(tx.now());
    }
    tx.set("Purchase", id, fields)?;
    note(tx, id, action, "")?;
    // Who closes a purchase unopened does not get to see what was offered.
    if purchase.int("sealedFlag") == 1 && purchase.int("status") == WAITING && to != CLOSED {
        open(tx, id)?;
    }
    Ok(())
}

/// From now on the buyer sees the quotes, and everybody who sees the purchase when that was.
fn open(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    let quotes = tx.number_of("Quote", &[("purchaseId", json!(id))])?;
    let unsealed = Map::from_iter([("sealedFlag".to_owned(), json!(0))]);
    tx.update("Quote", &[("purchaseId", json!(id))], unsealed)?;
    note(tx, id, "OP", &format!("{quotes}份报价 | {quotes} quotes"))
}

/// Whether the deadline has passed, by the clock alone.
pub fn is_over(tx: &Tx<'_>, purchase: &Row) -> bool {
    let deadline = purchase.text("expireTm");
    !deadline.is_empty() && deadline <= tx.now().as_str()
}
