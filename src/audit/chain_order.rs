//! The rows of the log in the order of the chain, without an index of it. They are written nearly in the order of their
//! ids: a call gets its id when it begins and its row when it ends. So the tables are read by id, and what comes too early
//! waits.

use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Where a row is. Rows compare by their place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChainPlace {
    pub seq: i64,
    pub table: Part,
    pub id: i64,
    /// Of the call it belongs to: itself, for a call.
    pub call: i64,
}

/// One of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Calls,
    Items,
    Objects,
}

impl Part {
    pub(super) const ALL: [Part; 3] = [Part::Calls, Part::Items, Part::Objects];

    pub(super) fn name(self) -> &'static str {
        ["ApiLog", "ApiLog1", "ObjLog"][self as usize]
    }

    fn places(self) -> &'static str {
        [
            "SELECT id, seq, id FROM ApiLog WHERE id > ? AND id <= ? ORDER BY id LIMIT 500",
            "SELECT id, seq, apiLogId FROM ApiLog1 WHERE id > ? AND id <= ? ORDER BY id LIMIT 500",
            "SELECT id, seq, apiLogId FROM ObjLog WHERE id > ? AND id <= ? ORDER BY id LIMIT 500",
        ][self as usize]
    }

    fn last(self) -> &'static str {
        ["SELECT MAX(id) FROM ApiLog", "SELECT MAX(id) FROM ApiLog1", "SELECT MAX(id) FROM ObjLog"]
            [self as usize]
    }
}

/// So many rows may wait before it is asked whether the one that they wait for is there at all.
const MANY: usize = 200_000;
const ANYWHERE: &str = "SELECT 1 FROM ApiLog WHERE seq = ?1 UNION ALL SELECT 1 FROM ApiLog1 WHERE seq = ?1 \
     UNION ALL SELECT 1 FROM ObjLog WHERE seq = ?1 LIMIT 1";

/// The rows that are there when it begins.
pub(super) struct InOrder<'c> {
    conn: &'c Conn,
    early: BinaryHeap<Reverse<ChainPlace>>,
    rest: Vec<Rest>,
    many: usize,
}

/// What is to be read of a table.
struct Rest {
    part: Part,
    after: i64,
    last: i64,
}

impl<'c> InOrder<'c> {
    pub(super) fn of(conn: &'c Conn) -> Result<InOrder<'c>> {
        let rest = Part::ALL.into_iter().map(|part| {
            let last = conn.number(part.last(), Vec::new())?.unwrap_or_default();
            Ok(Rest { part, after: i64::MIN, last })
        });
        Ok(InOrder { conn, early: BinaryHeap::new(), rest: rest.collect::<Result<_>>()?, many: MANY })
    }

    /// The row with this number, or one with a lesser number, which has no place in the chain. If there is none, the
    /// row that comes next.
    pub(super) fn next(&mut self, seq: i64) -> Result<Option<ChainPlace>> {
        while self.early.peek().is_none_or(|Reverse(place)| place.seq > seq) && !self.rest.is_empty() {
            if self.early.len() >= self.many {
                if self.conn.number(ANYWHERE, vec![seq.into()])?.is_none() {
                    break;
                }
                self.many *= 2;
            }
            self.read()?;
        }
        Ok(self.early.pop().map(|Reverse(place)| place))
    }

    /// Those that were not given out.
    pub(super) fn left(mut self) -> Result<Vec<ChainPlace>> {
        while !self.rest.is_empty() {
            self.read()?;
        }
        Ok(self.early.into_iter().map(|Reverse(place)| place).collect())
    }

    /// Reads some rows of each table.
    fn read(&mut self) -> Result<()> {
        for rest in &mut self.rest {
            let sql = Sql::fixed(rest.part.places(), vec![rest.after.into(), rest.last.into()]);
            let mut read = false;
            self.conn.each(&sql, |row| {
                let [id, seq, call] =
                    [0, 1, 2].map(|at| row.get(at).and_then(Val::as_i64).unwrap_or_default());
                self.early.push(Reverse(ChainPlace { seq, table: rest.part, id, call }));
                (rest.after, read) = (id, true);
                Ok(())
            })?;
            if !read {
                rest.after = rest.last;
            }
        }
        self.rest.retain(|rest| rest.after < rest.last);
        Ok(())
    }
}

#[cfg(test)]
#[path = "chain_order_tests.rs"]
mod tests;
