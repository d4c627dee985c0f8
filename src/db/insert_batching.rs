//! Batches consecutive inserts of one transaction into one statement of several rows. A statement that adds a row to a table
//! that numbers its own rows also reads and writes the table of numbers and opens every index: one statement of eight rows costs
//! a third of eight statements. The first row of a table is inserted at once and the database gives its id; the rows that
//! follow get the next ids and wait. They are written before their table is read, at the latest at the end.

use super::conn::Conn;
use super::statement_cache::StatementCache;
use crate::design::Ident;
use crate::error::{Error, Result};
use crate::plan::write::Insert;
use crate::value::Val;

/// Rows of one statement: past this a longer one gains nothing.
const MANY: usize = 16;

/// What rows are written before.
#[derive(Clone, Copy)]
pub enum Before<'t> {
    All,
    /// One of ours, which names each of its tables as the catalogue does.
    Statement(&'t str),
}

#[derive(Default)]
pub(super) struct InsertBatches {
    /// Whether rows may wait now.
    pub allowed: bool,
    /// Some rows could not be written although their ids were given out.
    broken: bool,
    /// Tables whose next id is known.
    tables: Vec<IdRange>,
    rows: Vec<Batch>,
    /// How many have ever waited.
    count: u64,
    /// How often the connection had undone something, and been borrowed, when this was true.
    undone: u64,
    borrowed: u64,
}

/// The last id of a table that was given away, and the last that is in it.
struct IdRange {
    table: Ident,
    given: i64,
    written: i64,
}

/// Rows that differ in nothing but their values, and the ids that they were given, in order.
struct Batch {
    rows: Insert,
    ids: Vec<i64>,
}

impl Batch {
    fn first(&mut self, count: usize) -> Batch {
        let values = self.rows.values.split_off(count * self.rows.columns.len());
        let ids = self.ids.split_off(count);
        let rows = Insert { values, ..self.rows.clone_empty() };
        std::mem::replace(self, Batch { rows, ids })
    }

    fn last_id(&self) -> i64 {
        self.ids.last().copied().unwrap_or_default()
    }

    /// Whether a table whose last id this is would number them just so.
    fn follows(&self, written: i64) -> bool {
        self.ids.first().copied() == written.checked_add(1)
            && self.last_id() - written == self.ids.len() as i64
    }

    /// The rows with their ids among their values.
    fn with_ids(self) -> Insert {
        let Batch { mut rows, ids } = self;
        let width = rows.columns.len();
        let values = std::mem::take(&mut rows.values);
        rows.columns.extend(rows.numbered.take());
        let mut values = values.into_iter();
        for id in ids {
            rows.values.extend(values.by_ref().take(width));
            rows.values.push(Val::Int(id));
        }
        rows
    }
}

impl InsertBatches {
    /// Drops rows whose transaction was undone. Raw access to the connection may have used up ids.
    pub fn look(&mut self, conn: &Conn) {
        let (undone, borrowed) = (conn.undone(), conn.borrowed());
        if undone != self.undone {
            self.rows.clear();
            self.broken = false;
        }
        if (undone, borrowed) != (self.undone, self.borrowed) {
            self.tables.clear();
        }
        (self.undone, self.borrowed) = (undone, borrowed);
    }

    /// Before a transaction: others may have written since the last, which left nothing waiting or was undone.
    pub fn begin(&mut self) {
        self.tables.clear();
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Adds a row, now or later; gives its id.
    pub fn insert<'a>(
        &mut self,
        statements: &mut StatementCache<'a>,
        conn: &'a Conn,
        row: Insert,
    ) -> Result<i64> {
        let known = self.tables.iter().position(|numbers| numbers.table == row.table);
        if let (true, true, Some(at)) = (self.allowed, row.numbered.is_some(), known)
            && let Some(next) = self.tables[at].given.checked_add(1)
        {
            self.tables[at].given = next;
            self.wait(statements, conn, row, next)?;
            return Ok(next);
        }
        if let Some(at) = known {
            // It may bring an id of its own, one that was given away here.
            self.write(statements, conn, Before::Statement(row.table.as_str()))?;
            self.tables.swap_remove(at);
        }
        statements.insert(conn, &row)?;
        let id = conn.last_id();
        if row.numbered.is_some() {
            self.tables.push(IdRange { table: row.table, given: id, written: id });
        }
        Ok(id)
    }

    fn wait<'a>(
        &mut self,
        statements: &mut StatementCache<'a>,
        conn: &'a Conn,
        row: Insert,
        id: i64,
    ) -> Result<()> {
        self.count += 1;
        let alike = |many: &Batch| many.rows.table == row.table && many.rows.columns == row.columns;
        let Some(at) = self.rows.iter().position(alike) else {
            self.rows.push(Batch { rows: row, ids: vec![id] });
            return Ok(());
        };
        let batch = &mut self.rows[at];
        batch.rows.values.extend(row.values);
        batch.ids.push(id);
        if batch.ids.len() < MANY {
            return Ok(());
        }
        let batch = self.rows.swap_remove(at);
        self.put(statements, conn, batch)
    }

    /// Writes all that wait, or those of tables that a statement names: it can look at no others.
    pub fn write<'a>(
        &mut self,
        statements: &mut StatementCache<'a>,
        conn: &'a Conn,
        before: Before<'_>,
    ) -> Result<()> {
        if self.broken {
            return Err(Error::db("rows before were not written"));
        }
        let due = |batch: &Batch| match before {
            Before::All => true,
            Before::Statement(text) => text.contains(batch.rows.table.as_str()),
        };
        while let Some(at) = self.rows.iter().position(due) {
            let mut batch = self.rows.swap_remove(at);
            // By statements of so few lengths that the cache soon has them all.
            while !batch.ids.is_empty() {
                let some = batch.first(1 << batch.ids.len().ilog2());
                self.put(statements, conn, some)?;
            }
        }
        Ok(())
    }

    fn put<'a>(&mut self, statements: &mut StatementCache<'a>, conn: &'a Conn, batch: Batch) -> Result<()> {
        let done = self.put_numbered(statements, conn, batch);
        self.broken |= done.is_err();
        done
    }

    /// Ids that come next the table gives by itself, which costs less than to look whether it has them already.
    fn put_numbered<'a>(
        &mut self,
        statements: &mut StatementCache<'a>,
        conn: &'a Conn,
        batch: Batch,
    ) -> Result<()> {
        let (last, numbers) =
            (batch.last_id(), self.tables.iter_mut().find(|numbers| numbers.table == batch.rows.table));
        if numbers.as_ref().is_some_and(|numbers| batch.follows(numbers.written)) {
            statements.insert(conn, &batch.rows)?;
            if conn.last_id() != last {
                return Err(Error::db(format!("{} did not number its rows one by one", batch.rows.table)));
            }
        } else {
            statements.insert(conn, &batch.with_ids())?;
        }
        if let Some(numbers) = numbers {
            numbers.written = numbers.written.max(last);
        }
        Ok(())
    }
}
