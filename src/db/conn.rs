//! One SQLite connection: how it is set up, how statements run on it, what its errors mean to a caller.

use super::count_while_sorting::SortedRows;
use super::page_cache::USUAL;
use super::read_budget::Meter;
use super::recorder::Recording;
use super::row::{More, Row};
use super::snapshot::Snapshot;
use crate::error::{Code, Error, Result};
use crate::geo::Place;
use crate::sql::Sql;
use crate::value::{Val, ValRef};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub struct Conn {
    inner: Connection,
    /// How often something written here was taken back.
    undone: Cell<u64>,
    /// How often it was handed out as the driver's.
    borrowed: Cell<u64>,
    /// Readers only.
    pub(super) meter: Option<Arc<Meter>>,
    pub(super) snapshot: Cell<Snapshot>,
    /// Mebibytes of pages it keeps.
    pub(super) cache_mb: Cell<u32>,
    pub(super) sorted_rows: SortedRows,
    /// The lane's only: notes changes for the feed.
    pub(super) recording: Recording,
}

/// How long a statement waits for another process that holds the database.
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(10);

/// Set by `P_SYNC`: whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    Full,
    Normal,
}

impl Conn {
    pub(super) fn of(inner: Connection) -> Conn {
        Conn {
            inner,
            undone: Cell::new(0),
            borrowed: Cell::new(0),
            meter: None,
            snapshot: Cell::new(Snapshot::None),
            cache_mb: Cell::new(USUAL),
            sorted_rows: SortedRows::default(),
            recording: Recording::default(),
        }
    }

    pub fn open_writer(path: &Path, sync: Sync) -> Result<Conn> {
        let inner = Connection::open(path).map_err(|e| failed(e, "open"))?;
        // SQLite is content with what it gets.
        if inner.is_readonly("main").map_err(|e| failed(e, "open"))? {
            return Err(super::standby::cannot_be_written());
        }
        let conn = Conn::of(inner);
        conn.setup()?;
        let sync = if sync == Sync::Full { "FULL" } else { "NORMAL" };
        let setup = format!(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous={sync}; PRAGMA journal_size_limit=33554432;"
        );
        conn.batch(&setup)?;
        conn.watch_wal();
        Ok(conn)
    }

    /// For checkpoints beside the writer.
    pub fn open_beside(path: &Path, sync: Sync) -> Result<Conn> {
        let conn = Conn::open_writer(path, sync)?;
        conn.batch("PRAGMA cache_size=-64;")?;
        Ok(conn)
    }

    pub fn open_reader(path: &Path) -> Result<Conn> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Conn::reader_over(Connection::open_with_flags(path, flags).map_err(|e| failed(e, "open"))?)
    }

    pub(super) fn reader_over(inner: Connection) -> Result<Conn> {
        let meter = Arc::new(Meter::new());
        let conn = Conn { meter: Some(meter.clone()), ..Conn::of(inner) };
        conn.setup()?;
        // Sorts and groups go to a file when they outgrow the room of a connection (smaller ones never touch it): in
        // memory they have no bound, and callers who may ask for a group may ask for one of millions of rows.
        conn.batch("PRAGMA query_only=ON; PRAGMA temp_store=FILE;")?;
        conn.inner.progress_handler(1000, Some(move || meter.is_spent())).map_err(|e| failed(e, "watch"))?;
        Ok(conn)
    }

    /// Tells the driver where sorts and groups go that outgrow memory: into this folder, for the life of the process. It
    /// removes the name of such a file as soon as it has made it, so nothing is left behind.
    pub fn keep_temporary_files_in(folder: &Path) -> Result<()> {
        let failed = |e| failed(e, "temp_store_directory");
        // Deprecated because it holds for all connections, which is wanted here; the variable behind it needs unsafe code.
        let any = Connection::open_in_memory().map_err(failed)?;
        any.pragma_update(None, "temp_store_directory", folder.to_string_lossy()).map_err(failed)
    }

    /// Metres between two places, by the same code that everything else measures with.
    fn bring_distance(&self) -> rusqlite::Result<()> {
        use rusqlite::functions::FunctionFlags;
        let flags = FunctionFlags::SQLITE_UTF8
            | FunctionFlags::SQLITE_DETERMINISTIC
            | FunctionFlags::SQLITE_DIRECTONLY;
        self.inner.create_scalar_function("geo_distance", 4, flags, |args| {
            let number = |at| args.get::<Option<f64>>(at);
            let there = number(0)?.zip(number(1)?).and_then(|(lon, lat)| Place::new(lon, lat));
            let here = number(2)?.zip(number(3)?).and_then(|(lon, lat)| Place::new(lon, lat));
            Ok(there.zip(here).map(|(there, here)| there.distance(here)))
        })
    }

    pub(super) fn set_up(self) -> Result<Conn> {
        self.setup()?;
        Ok(self)
    }

    fn setup(&self) -> Result<()> {
        self.bring_distance().map_err(|e| failed(e, "geo_distance"))?;
        self.sorted_rows.bring(&self.inner).map_err(|e| failed(e, "the function that counts"))?;
        self.inner.busy_timeout(BUSY_WAIT).map_err(|e| failed(e, "setup"))?;
        self.inner.set_prepared_statement_cache_capacity(512);
        // Plans must not depend on bound values: such a statement is compiled anew for each value.
        let stable = self.inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
        stable.map_err(|e| failed(e, "setup"))?;
        self.batch("PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;")?;
        self.usual_cache()
    }

    /// Statements of our own, without values.
    pub fn batch(&self, sql: &str) -> Result<()> {
        self.inner.execute_batch(sql).map_err(|e| failed(e, sql))
    }

    /// Runs a reading statement; each row is lent to `each` as it comes, until that says it has enough.
    pub fn each_row(
        &self,
        text: &str,
        binds: &[Val],
        each: impl FnMut(&Row<'_>) -> Result<More>,
    ) -> Result<()> {
        if !self.meter.as_ref().is_some_and(|meter| meter.has_time()) {
            return self.untimed_rows(text, binds, each);
        }
        let started = std::time::Instant::now();
        let done = self.untimed_rows(text, binds, each);
        self.note_slow(started.elapsed(), text, binds);
        done
    }

    pub(super) fn untimed_rows(
        &self,
        text: &str,
        binds: &[Val],
        mut each: impl FnMut(&Row<'_>) -> Result<More>,
    ) -> Result<()> {
        self.hold_snapshot()?;
        let mut statement = self.inner.prepare_cached(text).map_err(|e| failed(e, text))?;
        let binds = binds.iter().map(|val| Bound(val.into()));
        let mut rows = statement.query(rusqlite::params_from_iter(binds)).map_err(|e| failed(e, text))?;
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    if each(&Row { row, text })? == More::Enough {
                        return Ok(());
                    }
                }
                Ok(None) => return Ok(()),
                Err(e) => return Err(failed(e, text)),
            }
        }
    }

    /// Whether its reads can be given so many steps and no more.
    pub(super) fn is_metered(&self) -> bool {
        self.meter.is_some()
    }

    /// Work that is given up after so many thousand steps: None. What it read is of the same snapshot as what follows.
    pub(super) fn within<T>(&self, thousands: u64, work: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
        let Some(meter) = &self.meter else { return work().map(Some) };
        match meter.within(thousands, work) {
            (Err(error), true) if super::interrupted(&error) => Ok(None),
            (done, _) => done.map(Some),
        }
    }

    /// Gives each row as values of its own.
    pub fn each(&self, sql: &Sql, mut each: impl FnMut(Vec<Val>) -> Result<()>) -> Result<()> {
        self.each_row(&sql.text, &sql.binds, |row| {
            each(row.cells()?)?;
            Ok(More::Wanted)
        })
    }

    pub fn rows(&self, sql: &Sql) -> Result<Vec<Vec<Val>>> {
        let mut out = Vec::new();
        self.each(sql, |row| {
            out.push(row);
            Ok(())
        })?;
        Ok(out)
    }

    /// The number that a statement selects first.
    pub fn number(&self, text: &'static str, binds: Vec<Val>) -> Result<Option<i64>> {
        let rows = self.rows(&Sql::fixed(text, binds))?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Val::as_i64))
    }

    /// Runs a changing statement; gives the number of rows it changed.
    pub fn run(&self, sql: &Sql) -> Result<usize> {
        let mut statement = self.inner.prepare_cached(&sql.text).map_err(|e| failed(e, &sql.text))?;
        let binds = sql.binds.iter().map(|val| Bound(val.into()));
        statement.execute(rusqlite::params_from_iter(binds)).map_err(|e| failed(e, &sql.text))
    }

    /// Rows that the table numbers by itself come after `next`.
    pub fn reserve_log_ids(&self, next: i64) -> Result<()> {
        let raise = Sql::fixed(
            "UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = 'ApiLog'",
            vec![Val::Int(next - 1)],
        );
        self.run(&raise).map(|_| ())
    }

    /// Takes back what was written since a mark (or all of the transaction), and remembers that it did.
    pub(super) fn undo(&self, sql: &'static str) -> Result<()> {
        self.undone.set(self.undone.get() + 1);
        self.batch_cached(sql)
    }

    /// No transaction is open: there was none, or it ended by itself, with all that was written in it.
    pub fn is_at_rest(&self) -> bool {
        self.inner.is_autocommit()
    }

    /// Grows whenever it is handed out as the driver's: what was done with it is not counted.
    pub fn borrowed(&self) -> u64 {
        self.borrowed.get()
    }

    /// Rows written, whatever became of them.
    pub fn written(&self) -> u64 {
        self.inner.total_changes()
    }

    /// Grows with every undoing: what was known of written rows before may be wrong after it.
    pub fn undone(&self) -> u64 {
        self.undone.get()
    }

    pub fn last_id(&self) -> i64 {
        self.inner.last_insert_rowid()
    }

    /// A statement to be held for a while.
    pub(super) fn prepared(&self, text: &str) -> Result<CachedStatement<'_>> {
        self.inner.prepare_cached(text).map_err(|e| failed(e, text))
    }

    /// BEGIN, COMMIT and their like, prepared once per connection.
    pub fn batch_cached(&self, sql: &'static str) -> Result<()> {
        let mut statement = self.inner.prepare_cached(sql).map_err(|e| failed(e, sql))?;
        statement.execute([]).map_err(|e| failed(e, sql)).map(|_| ())
    }

    /// The driver's own connection, for `execSql` and the tools of this folder. What is done with it may be a
    /// change that the driver does not count.
    pub(crate) fn raw(&self) -> &Connection {
        self.borrowed.set(self.borrowed.get() + 1);
        &self.inner
    }
}

pub(super) struct Bound<'a>(pub(super) ValRef<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            ValRef::Null => ValueRef::Null,
            ValRef::Int(n) => ValueRef::Integer(n),
            ValRef::Real(x) => ValueRef::Real(x),
            ValRef::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// The reason an interrupted statement carries until the door translates it.
pub const INTERRUPTED: &str = "interrupted";

/// What a driver error means to a caller. The driver's own words and the statement stay in the source.
pub fn failed(error: rusqlite::Error, statement: &str) -> Error {
    let source = format!("{error} in {statement}");
    let rusqlite::Error::SqliteFailure(failure, message) = &error else {
        return Error::db("the database refused the statement").because(source);
    };
    super::trouble::note(failure.code, &error);
    let message = message.as_deref().unwrap_or_default();
    match (failure.code, failure.extended_code) {
        (ErrorCode::OperationInterrupted, _) => Error::db(INTERRUPTED).because(source),
        (_, rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            let columns = columns_of(message);
            Error::new(Code::PARAM, format!("duplicate value of {columns}"))
                .say(
                    format!("已存在重复记录: {columns}"),
                    format!("a record with this `{columns}` exists already"),
                )
                .because(source)
        }
        (_, rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Error::db("foreign key violation")
            .say("有数据引用了本记录", "other data refers to this record")
            .because(source),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            Error::db("the database is busy").because(source)
        }
        (code, _) => super::standby::disk_error(code)
            .unwrap_or_else(|| Error::db("the database refused the statement"))
            .because(source),
    }
}

/// `UNIQUE constraint failed: User.phone, User.uname` → `phone, uname`
fn columns_of(message: &str) -> String {
    let list = message.rsplit(": ").next().unwrap_or_default();
    let names: Vec<&str> = list.split(',').map(|c| c.trim().rsplit('.').next().unwrap_or_default()).collect();
    names.join(", ")
}
