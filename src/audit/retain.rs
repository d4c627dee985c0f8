//! Retention: the oldest rows go, and a mark says where the chain begins now. A call goes with all its rows or
//! not at all, and the newest call always stays.

use super::order::{InOrder, Part, Place};
use super::verify::{beginning, hashed};
use crate::db::Tx;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;
use std::collections::HashSet;

/// Rows at the beginning of the chain that may go.
pub struct Oldest {
    /// The number of the row before them.
    begin: i64,
    rows: Vec<Place>,
    /// There might be more.
    full: bool,
}

impl Oldest {
    /// Looks for those of calls before `limit` (a time of the server's zone): about so many, up to one that leaves no
    /// call cut in two.
    pub fn find(tx: &Tx<'_>, limit: &str, most: usize) -> Result<Oldest> {
        let conn = tx.conn();
        let newest = conn.number("SELECT MAX(id) FROM ApiLog", Vec::new())?;
        let begin = beginning(conn)?.seq;
        let mut order = InOrder::of(conn)?;
        // Calls whose rows have come, but not their own: it is the last one.
        let mut begun = HashSet::new();
        let (mut rows, mut whole, mut at) = (Vec::new(), 0, begin);
        while rows.len() < most || whole == 0 {
            let Some(place) = order.next(at + 1)? else { break };
            if place.seq <= at {
                // It has no place in the chain: `verify` names it, and it does not say where the chain begins.
                continue;
            }
            at = place.seq;
            if place.table == Part::Calls {
                let young = "SELECT 1 FROM ApiLog WHERE id = ? AND tm >= ?";
                if Some(place.id) == newest
                    || conn.number(young, vec![place.id.into(), limit.into()])?.is_some()
                {
                    break;
                }
                begun.remove(&place.call);
            } else if !begun.contains(&place.call)
                && conn.number("SELECT 1 FROM ApiLog WHERE id = ?", vec![place.call.into()])?.is_some()
            {
                begun.insert(place.call);
            }
            rows.push(place);
            if begun.is_empty() {
                whole = rows.len();
            }
        }
        let full = rows.len() >= most;
        rows.truncate(whole);
        Ok(Oldest { begin, rows, full })
    }

    /// Removes them. True = there are more.
    pub fn remove(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let now = tx.now();
        let conn = tx.conn();
        if beginning(conn)?.seq != self.begin {
            // Somebody else did.
            return Ok(true);
        }
        let Some(last) = self.rows.last() else { return Ok(false) };
        let hash =
            conn.rows(&Sql::fixed(hashed(last.table), vec![last.id.into()]))?.into_iter().flatten().next();
        for part in Part::ALL {
            let ids = || self.rows.iter().filter(|place| place.table == part).map(|place| place.id);
            if let (Some(first), Some(greatest)) = (ids().min(), ids().max()) {
                let range = vec![first.into(), greatest.into(), last.seq.into()];
                conn.run(&Sql::fixed(removal(part), range))?;
            }
        }
        conn.run(&Sql::fixed("DELETE FROM AuditMark WHERE note = 'cut'", Vec::new()))?;
        let mark = "INSERT INTO AuditMark (tm, seq, hash, note) VALUES (?, ?, ?, 'cut')";
        conn.run(&Sql::fixed(mark, vec![now.as_str().into(), last.seq.into(), hash.unwrap_or(Val::Null)]))?;
        Ok(self.full)
    }
}

fn removal(part: Part) -> &'static str {
    match part {
        Part::Calls => "DELETE FROM ApiLog WHERE id BETWEEN ? AND ? AND seq <= ?",
        Part::Items => "DELETE FROM ApiLog1 WHERE id BETWEEN ? AND ? AND seq <= ?",
        Part::Objects => "DELETE FROM ObjLog WHERE id BETWEEN ? AND ? AND seq <= ?",
    }
}
