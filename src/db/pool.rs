//! Readers and the writer behind one handle.

use super::conn::{Conn, INTERRUPTED, Sync};
use super::lane::Lane;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Where a piece of reading may run and how much it may cost.
#[derive(Debug, Clone, Copy)]
pub enum Budget {
    /// On a thread that serves others: give up after this many thousand machine steps.
    Steps(i32),
    /// On a thread of its own: give up after this long.
    Time(Duration),
}

/// Where the database lives.
#[derive(Debug, Clone)]
pub struct Place {
    pub path: PathBuf,
    pub sync: Sync,
}

impl Place {
    pub fn new(path: impl AsRef<Path>, full_sync: bool) -> Place {
        Place { path: path.as_ref().to_owned(), sync: if full_sync { Sync::Full } else { Sync::Normal } }
    }
}

pub struct Db {
    place: Place,
    /// Idle readers. A call takes one, or opens another: their number follows the threads that read.
    readers: Mutex<Vec<Conn>>,
    readers_max: usize,
    pub lane: Lane,
}

impl Db {
    pub fn open(place: Place, readers_max: usize) -> Result<Db> {
        let writer = Conn::open_writer(&place.path, place.sync)?;
        Ok(Db { place, readers: Mutex::new(Vec::new()), readers_max, lane: Lane::start(writer)? })
    }

    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// Runs `work` on a reader. The snapshot is one: `work` sees no change that begins after it did.
    /// `Ok(None)` = the budget of steps was not enough; nothing has happened.
    pub fn read<T>(&self, budget: Budget, work: impl FnOnce(&Conn) -> Result<T>) -> Result<Option<T>> {
        let conn = self.take()?;
        match budget {
            Budget::Steps(thousands) => {
                let mut left = thousands;
                conn.watch(
                    1000,
                    Some(Box::new(move || {
                        left -= 1;
                        left < 0
                    })),
                )?;
            }
            Budget::Time(limit) => {
                let until = Instant::now() + limit;
                conn.watch(10_000, Some(Box::new(move || Instant::now() > until)))?;
            }
        }
        let begun = conn.batch_cached("BEGIN");
        let result = begun.and_then(|()| work(&conn));
        let ended = conn.batch_cached("COMMIT");
        // A statement that was cut off may have ended the transaction by itself.
        if ended.is_err() && !conn.raw().is_autocommit() {
            conn.batch("ROLLBACK")?;
        }
        self.give(conn);
        match (result, budget) {
            (Err(e), Budget::Steps(_)) if interrupted(&e) => Ok(None),
            (Err(e), Budget::Time(_)) if interrupted(&e) => Err(too_slow(e)),
            (result, _) => result.map(Some),
        }
    }

    fn take(&self) -> Result<Conn> {
        let idle = self.readers.lock().map_err(|_| Error::server("reader pool poisoned"))?.pop();
        match idle {
            Some(conn) => Ok(conn),
            None => Conn::open_reader(&self.place.path),
        }
    }

    fn give(&self, conn: Conn) {
        if let Ok(mut readers) = self.readers.lock()
            && readers.len() < self.readers_max
        {
            readers.push(conn);
        }
    }
}

impl Conn {
    /// BEGIN, COMMIT and their like, prepared once per connection.
    pub fn batch_cached(&self, sql: &'static str) -> Result<()> {
        let mut statement = self.raw().prepare_cached(sql).map_err(|e| super::conn::failed(e, sql))?;
        statement.execute([]).map_err(|e| super::conn::failed(e, sql)).map(|_| ())
    }
}

pub fn interrupted(error: &Error) -> bool {
    error.detail.as_deref() == Some(INTERRUPTED)
}

fn too_slow(error: Error) -> Error {
    Error::db("the query took longer than P_QUERY_TIMEOUT_MS allows")
        .say("查询超时，请缩小查询范围", "the query took too long, please narrow it")
        .because(error.source.as_deref().unwrap_or_default())
}
