//! Notes which rows the lane's connection changes, for the change feed. SQLite calls it for every row that a statement adds,
//! changes or deletes; what is undone is forgotten again.

use super::conn::{Conn, failed};
use super::feed::{ChangeKind, Feed, FeedCommit, RowChange, Tables};
use crate::error::Result;
use rusqlite::hooks::Action;
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows of a commit that are told one by one; of the rest it is only told in which tables they are.
const TOLD_MAX: usize = 1000;

/// The changes of the transaction that runs. The hook holds it, too.
#[derive(Default)]
struct Noted {
    tables: Arc<Tables>,
    changes: Vec<RowChange>,
}

impl Noted {
    fn note(&mut self, action: Action, table: &str, id: i64) {
        let Some(table) = self.tables.get(table) else { return };
        let kind = match action {
            Action::SQLITE_INSERT => ChangeKind::Add,
            Action::SQLITE_DELETE => ChangeKind::Del,
            _ => ChangeKind::Set,
        };
        match self.changes.len() < TOLD_MAX {
            true => self.changes.push(RowChange { table: table.clone(), id, kind }),
            false => self.note_all_of(&table.clone()),
        }
    }

    /// Rows of a table are not told one by one.
    fn note_all_of(&mut self, table: &str) {
        let Some(table) = self.tables.get(table) else { return };
        let mut late = self.changes.iter().skip(TOLD_MAX);
        if !late.any(|many| many.table == *table) {
            self.changes.push(RowChange { table: table.clone(), id: 0, kind: ChangeKind::Many });
        }
    }
}

/// Belongs to the connection of the lane.
pub struct Recorder {
    feed: Arc<Feed>,
    noted: Arc<Mutex<Noted>>,
    /// The state of the feed that the noted tables are of.
    version: Cell<u64>,
    /// How often the connection had been borrowed when the transaction began.
    borrowed: Cell<u64>,
    /// Whether the hook is in place.
    on: Cell<bool>,
}

impl Recorder {
    pub fn new(feed: Arc<Feed>) -> Recorder {
        Recorder {
            feed,
            noted: Arc::default(),
            version: Cell::new(0),
            borrowed: Cell::new(0),
            on: Cell::new(false),
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a transaction of the lane.
    pub fn begin(&self, conn: &Conn) -> Result<()> {
        let version = self.feed.version();
        if version != self.version.get() {
            let tables = self.feed.tables();
            self.place(conn, !tables.is_empty())?;
            self.noted().tables = tables;
            self.version.set(version);
        }
        if self.on.get() {
            self.noted().changes.clear();
            self.borrowed.set(conn.borrowed());
        }
        Ok(())
    }

    fn place(&self, conn: &Conn, on: bool) -> Result<()> {
        if on == self.on.get() {
            return Ok(());
        }
        let noted = self.noted.clone();
        let hook = move |action: Action, _: &str, table: &str, id: i64| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).note(action, table, id);
        };
        conn.raw().update_hook(on.then_some(hook)).map_err(|e| failed(e, "update_hook"))?;
        self.on.set(on);
        Ok(())
    }

    /// How many changes are noted: a mark to come back to.
    pub fn mark(&self) -> usize {
        if self.on.get() { self.noted().changes.len() } else { 0 }
    }

    /// What was noted since the mark has been undone.
    pub fn back_to(&self, mark: usize) {
        if self.on.get() {
            self.noted().changes.truncate(mark);
        }
    }

    /// After the commit, when new reads see it: tells the followers.
    pub fn tell(&self, conn: &Conn) {
        let mut changes = if self.on.get() { std::mem::take(&mut self.noted().changes) } else { Vec::new() };
        // A follower that came after the transaction began may have read the table as it was before.
        if self.feed.version() != self.version.get() {
            let (now, noted) = (self.feed.tables(), self.noted());
            let late = now.keys().filter(|table| !noted.tables.contains_key(*table));
            changes.extend(late.map(|table| RowChange {
                table: table.clone(),
                id: 0,
                kind: ChangeKind::Many,
            }));
        }
        let unknown = self.on.get() && conn.borrowed() != self.borrowed.get();
        if unknown || !changes.is_empty() {
            self.feed.tell(FeedCommit { changes, unknown });
        }
    }
}

/// The recorder of a connection, if it has one.
#[derive(Default)]
pub struct Recording(RefCell<Option<Recorder>>);

impl Recording {
    pub fn start(&self, feed: Arc<Feed>) {
        *self.0.borrow_mut() = Some(Recorder::new(feed));
    }
}

impl Conn {
    pub(super) fn begin_recording(&self) -> Result<()> {
        self.recording.0.borrow().as_ref().map_or(Ok(()), |recorder| recorder.begin(self))
    }

    /// How many changes of rows are noted for the feed.
    pub(super) fn recorded(&self) -> usize {
        self.recording.0.borrow().as_ref().map_or(0, Recorder::mark)
    }

    /// What was noted since has been undone.
    pub(super) fn forget_recorded(&self, mark: usize) {
        if let Some(recorder) = self.recording.0.borrow().as_ref() {
            recorder.back_to(mark);
        }
    }

    /// Every row of the table may have changed.
    pub(super) fn record_all_of(&self, table: &str) {
        if let Some(recorder) = self.recording.0.borrow().as_ref().filter(|recorder| recorder.on.get()) {
            recorder.noted().note_all_of(table);
        }
    }

    pub(super) fn tell_recorded(&self) {
        if let Some(recorder) = self.recording.0.borrow().as_ref() {
            recorder.tell(self);
        }
    }
}
