//! The writer lane's connection, with the statements and the batches of inserts that it keeps from one write to the next.

use super::conn::Conn;
use super::insert_batching::{Before, InsertBatches};
use super::statement_cache::StatementCache;
use crate::design::Ident;
use crate::error::Result;
use crate::plan::write::Insert;
use crate::sql::Sql;
use crate::value::{Val, ValRef};
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::time::Instant;

pub struct WriterConn<'c> {
    conn: &'c Conn,
    statements: RefCell<StatementCache<'c>>,
    waiting: RefCell<InsertBatches>,
    /// When the write that runs was begun.
    now: Cell<Instant>,
    /// Ids of rows that will be undone but were told: no other row may get them.
    told: RefCell<Vec<(Ident, i64)>>,
}

/// Statements of a busy server: the log's, and those of its usual writes.
const STATEMENTS_KEPT: usize = 64;

impl<'c> WriterConn<'c> {
    pub fn new(conn: &'c Conn) -> WriterConn<'c> {
        WriterConn {
            conn,
            statements: RefCell::new(StatementCache::of(STATEMENTS_KEPT)),
            waiting: RefCell::default(),
            now: Cell::new(Instant::now()),
            told: RefCell::default(),
        }
    }

    /// Begins a transaction of the lane.
    pub(super) fn begin(&self) -> Result<()> {
        self.waiting.borrow_mut().begin();
        self.conn.begin_recording()?;
        self.conn.batch_cached("BEGIN IMMEDIATE")
    }

    /// When the write that runs was begun.
    pub fn now(&self) -> Instant {
        self.now.get()
    }

    pub(super) fn begins_write(&self, now: Instant) {
        self.now.set(now);
        self.told.borrow_mut().clear();
    }

    /// For a write that will be undone: nobody else gets the ids of its new rows.
    pub fn never_again(&self, ids: Vec<(Ident, i64)>) {
        *self.told.borrow_mut() = ids;
    }

    /// After it was undone: the tables go on after those ids.
    pub(super) fn pass_told_ids(&self) -> Result<()> {
        for (table, id) in self.told.borrow_mut().drain(..) {
            let table = Val::from(table.as_str());
            let raised = "UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = ?";
            if self.conn.run(&Sql::fixed(raised, vec![id.into(), table.clone()]))? == 0 {
                let begun = "INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)";
                self.conn.run(&Sql::fixed(begun, vec![id.into(), table]))?;
            }
        }
        Ok(())
    }

    /// Whether anything was written in between, or is to be: the same as before if not.
    pub(super) fn changes(&self) -> (u64, u64, u64) {
        (self.conn.written(), self.conn.borrowed(), self.waiting.borrow().count())
    }

    /// Rows that waited could not be written: the transaction is not what its writes believe.
    pub(super) fn is_broken(&self) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        waiting.look(self.conn);
        waiting.is_broken()
    }
}

/// The plain connection, for code that needs no more.
impl Deref for WriterConn<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

/// Runs statements that change rows.
pub trait Statements {
    /// Gives the number of rows it changed.
    fn run(&self, text: &str, values: &mut dyn Iterator<Item = ValRef<'_>>) -> Result<usize>;
    /// Adds a row, now or before anybody looks; gives its id.
    fn insert(&self, row: Insert) -> Result<i64>;
    /// Writes the rows that wait (see `waiting`).
    fn write_waiting(&self, before: Before<'_>) -> Result<()>;
    /// Whether rows may wait from now on; gives whether they might before.
    fn let_wait(&self, allowed: bool) -> bool;
}

impl Statements for WriterConn<'_> {
    fn run(&self, text: &str, values: &mut dyn Iterator<Item = ValRef<'_>>) -> Result<usize> {
        self.statements.borrow_mut().run(self.conn, text, values)
    }

    fn insert(&self, row: Insert) -> Result<i64> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.look(self.conn);
        waiting.insert(&mut self.statements.borrow_mut(), self.conn, row)
    }

    fn write_waiting(&self, before: Before<'_>) -> Result<()> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.look(self.conn);
        waiting.write(&mut self.statements.borrow_mut(), self.conn, before)
    }

    fn let_wait(&self, allowed: bool) -> bool {
        std::mem::replace(&mut self.waiting.borrow_mut().allowed, allowed)
    }
}
