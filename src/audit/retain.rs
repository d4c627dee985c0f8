//! Retention: the oldest rows go, and a mark says where the chain begins now. A call goes with all its rows or
//! not at all, and the newest call always stays.

use super::chain::{Link, stored};
use super::marks::{self, Kind};
use super::order::{InOrder, Part, Place};
use super::size::rows_beyond;
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

/// How far rows may go.
pub struct Until {
    /// Those of calls before this time of the server's zone.
    pub limit: Option<String>,
    /// The first so many in any case.
    pub extra: i64,
}

impl Oldest {
    /// How many rows must go so that the rest takes about so many bytes.
    pub fn beyond(tx: &Tx<'_>, bytes: i64) -> Result<i64> {
        let conn = tx.conn();
        rows_beyond(conn, stored(conn)?.link.seq - beginning(conn)?.seq, bytes)
    }

    /// Looks for them: about so many, up to one that leaves no call cut in two.
    pub fn find(tx: &Tx<'_>, until: &Until, most: usize) -> Result<Oldest> {
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
                let stays = match &until.limit {
                    _ if begin + until.extra >= place.seq => false,
                    Some(limit) => {
                        conn.number(young, vec![place.id.into(), limit.as_str().into()])?.is_some()
                    }
                    None => true,
                };
                if stays || Some(place.id) == newest {
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
        let hash = if let Some(Val::Text(hash)) = hash { hash.to_string() } else { String::new() };
        let seal = tx.env().audit_keys.current();
        marks::put(conn, seal, Kind::Cut, &now, &Link { seq: last.seq, hash })?;
        marks::drop_old_keys(conn, last.seq)?;
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
