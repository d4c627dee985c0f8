//! New rows that wait for company. A statement that adds one row to a table that numbers its own rows also reads
//! and writes the table of numbers and opens every index: one of eight rows takes a third of what eight take.
//! So the first row of a table goes in by itself, the database says its id, and those that follow in the same
//! transaction get the ids after it and wait. They are written before anybody looks at their table, and at the end at
//! the latest.

use super::at_hand::AtHand;
use super::conn::Conn;
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
pub(super) struct Waiting {
    /// Whether rows may wait now.
    pub allowed: bool,
    /// Some could not be written: what is in the database is not what whoever brought them believes.
    broken: bool,
    /// The last id of tables whose next is known.
    last: Vec<(Ident, i64)>,
    rows: Vec<Insert>,
    /// How many have ever waited.
    count: u64,
    /// How often the connection had undone something, and been borrowed, when this was true.
    undone: u64,
    borrowed: u64,
}

impl Waiting {
    /// What was undone took the waiting rows with it, and whoever had the driver in his hands may have used up ids.
    pub fn look(&mut self, conn: &Conn) {
        let (undone, borrowed) = (conn.undone(), conn.borrowed());
        if undone != self.undone {
            self.rows.clear();
            self.broken = false;
        }
        if (undone, borrowed) != (self.undone, self.borrowed) {
            self.last.clear();
        }
        (self.undone, self.borrowed) = (undone, borrowed);
    }

    /// Before a transaction: others may have written since the last, which left nothing waiting or was undone.
    pub fn begin(&mut self) {
        self.last.clear();
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Adds a row, now or later; gives its id.
    pub fn insert<'a>(&mut self, hand: &mut AtHand<'a>, conn: &'a Conn, mut row: Insert) -> Result<i64> {
        let last = self.last.iter().position(|(table, _)| *table == row.table);
        if let (true, Some(at), Some(id)) = (self.allowed, last, &row.numbered)
            && let Some(next) = self.last[at].1.checked_add(1)
        {
            row.columns.push(id.clone());
            row.values.push(Val::Int(next));
            self.last[at].1 = next;
            self.wait(hand, conn, row)?;
            return Ok(next);
        }
        if let Some(at) = last {
            // It may bring an id of its own, one that was given away here.
            self.write(hand, conn, Before::Statement(row.table.as_str()))?;
            self.last.swap_remove(at);
        }
        hand.insert(conn, &row)?;
        let id = conn.last_id();
        if row.numbered.is_some() {
            self.last.push((row.table, id));
        }
        Ok(id)
    }

    fn wait<'a>(&mut self, hand: &mut AtHand<'a>, conn: &'a Conn, row: Insert) -> Result<()> {
        self.count += 1;
        let alike = |many: &Insert| many.table == row.table && many.columns == row.columns;
        let Some(at) = self.rows.iter().position(alike) else {
            self.rows.push(row);
            return Ok(());
        };
        self.rows[at].values.extend(row.values);
        if self.rows[at].rows() < MANY {
            return Ok(());
        }
        let many = self.rows.swap_remove(at);
        self.written(hand.insert(conn, &many))
    }

    /// Writes all that wait, or those of tables that a statement names: it can look at no others.
    pub fn write<'a>(&mut self, hand: &mut AtHand<'a>, conn: &'a Conn, before: Before<'_>) -> Result<()> {
        if self.broken {
            return Err(Error::db("rows before were not written"));
        }
        let due = |row: &Insert| match before {
            Before::All => true,
            Before::Statement(text) => text.contains(row.table.as_str()),
        };
        while let Some(at) = self.rows.iter().position(due) {
            let rows = self.rows.swap_remove(at);
            self.write_alike(hand, conn, rows)?;
        }
        Ok(())
    }

    /// By statements of so few lengths that they are soon all at hand.
    fn write_alike<'a>(&mut self, hand: &mut AtHand<'a>, conn: &'a Conn, mut rest: Insert) -> Result<()> {
        let width = rest.columns.len();
        while !rest.values.is_empty() {
            let some = 1 << rest.rows().ilog2();
            let others = rest.values.split_off(some * width);
            self.written(hand.insert(conn, &rest))?;
            rest.values = others;
        }
        Ok(())
    }

    fn written(&mut self, done: Result<usize>) -> Result<()> {
        self.broken |= done.is_err();
        done.map(|_| ())
    }
}
