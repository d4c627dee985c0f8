//! Retention: the oldest rows go, and a mark says where the chain begins now. A call goes with all its rows or
//! not at all, and the newest call always stays.

use super::chain::{ChainLink, stored};
use super::chain_order::{ChainPlace, InOrder, Part};
use super::marks::{self, MarkKind};
use super::proof::{Found, RowProof};
use super::size::rows_beyond;
use super::verify::beginning;
use crate::db::Tx;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;
use std::collections::HashSet;

/// Rows at the beginning of the chain that may go.
pub struct Oldest {
    /// The number of the row before them.
    begin: i64,
    /// The last of them, as it was proven.
    end: ChainLink,
    rows: Vec<ChainPlace>,
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

    /// Looks for them: about so many, up to one that leaves no call cut in two, and no further than the last one that is
    /// proven to be what the server wrote.
    pub fn find(tx: &Tx<'_>, until: &Until, most: usize) -> Result<Oldest> {
        let conn = tx.conn();
        let newest = conn.number("SELECT MAX(id) FROM ApiLog", Vec::new())?;
        let beginning = beginning(conn)?;
        let begin = beginning.seq;
        let mut end = beginning.clone();
        let mut proof = RowProof::new(conn, &tx.env().audit_keys, beginning)?;
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
            let (cells, proven) = match proof.look(&place)? {
                Found::Proven { cells } => (cells, true),
                Found::Open { cells } => (cells, false),
                Found::Altered => {
                    let (table, id) = (place.table.name(), place.id);
                    tracing::error!(
                        "{table} {id} of the audit log was altered: nothing is removed from there on; see `jindou audit verify`"
                    );
                    break;
                }
            };
            if place.table == Part::Calls {
                let stays = match (&until.limit, cells.get(2)) {
                    _ if begin + until.extra >= place.seq => false,
                    (Some(limit), Some(Val::Text(tm))) => **tm >= **limit,
                    (Some(_), _) => false,
                    (None, _) => true,
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
            if begun.is_empty() && proven {
                whole = rows.len();
                end = proof.link().clone();
            }
        }
        let full = rows.len() >= most;
        rows.truncate(whole);
        Ok(Oldest { begin, end, rows, full })
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
        for part in Part::ALL {
            let ids = || self.rows.iter().filter(|place| place.table == part).map(|place| place.id);
            if let (Some(first), Some(greatest)) = (ids().min(), ids().max()) {
                let range = vec![first.into(), greatest.into(), last.seq.into()];
                conn.run(&Sql::fixed(removal(part), range))?;
            }
        }
        let seal = tx.env().audit_keys.current();
        marks::put(conn, seal, MarkKind::Cut, &now, &self.end)?;
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
