//! Counting rows on their way to a sort. A page in an order that no index has costs a look at all of its rows;
//! to count them would cost another. A function in the first place of the order is called once for each row that
//! is sorted, which is each row there is: no index can have an order that begins with what a function says.

use super::conn::Conn;
use super::row::More;
use crate::error::Result;
use crate::sql::SQLITE;
use crate::value::Val;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the rows that are sorted on a connection: how often the function was called.
#[derive(Default)]
pub struct SortedRows(Arc<AtomicU64>);

impl SortedRows {
    pub fn bring(&self, to: &Connection) -> rusqlite::Result<()> {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
        let calls = self.0.clone();
        to.create_scalar_function(SQLITE.count_function.unwrap_or_default(), 0, flags, move |_| {
            // The connection is one thread's at a time: nobody else counts.
            calls.store(calls.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            Ok(0)
        })
    }

    pub fn calls(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Conn {
    /// Whether the statement looks at all of its rows before it gives the first, to sort them.
    pub fn sorts_all(&self, text: &str, binds: &[Val]) -> Result<bool> {
        let mut sorts = false;
        self.each_row(&format!("EXPLAIN QUERY PLAN {text}"), binds, |step| {
            sorts |= step.cells()?.last() == Some(&Val::from("USE TEMP B-TREE FOR ORDER BY"));
            Ok(More::Wanted)
        })?;
        Ok(sorts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::tests::scratch;

    #[test]
    fn each_sorted_row_is_counted_once() {
        let (_dir, conn) = scratch();
        conn.batch("CREATE TABLE T (a INTEGER, b INTEGER); CREATE INDEX i ON T (a)").unwrap();
        for n in 0..100 {
            conn.batch(&format!("INSERT INTO T VALUES ({n}, {})", n * 37 % 50)).unwrap();
        }
        let sorts = |order: &str| {
            let text = format!("SELECT b FROM T WHERE b <> ? ORDER BY {order} LIMIT 10");
            conn.sorts_all(&text, &[Val::Int(7)]).unwrap()
        };
        assert_eq!(["a", "a DESC", "b", "b, a"].map(sorts), [false, false, true, true]);
        // Even where an index could have given the order.
        for order in ["a", "a, b", "b"] {
            let before = conn.sorted_rows.calls();
            let text = format!("SELECT b FROM T WHERE b <> ? ORDER BY jindou_tally(), {order} LIMIT 10");
            let mut rows = 0;
            conn.each_row(&text, &[Val::Int(7)], |_| {
                rows += 1;
                Ok(More::Wanted)
            })
            .unwrap();
            assert_eq!((rows, conn.sorted_rows.calls() - before), (10, 98));
        }
    }
}
