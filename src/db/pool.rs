//! Readers and the writer behind one handle.

use super::conn::{Conn, INTERRUPTED, Sync};
use super::database_lock::DatabaseLock;
use super::follow::{Follower, Following};
use super::lane::{Lane, PendingNotes};
use super::long_readers::{LongReadStats, LongReaders};
use super::page_cache::USUAL;
use super::queue::Admits;
use super::readers::Readers;
use crate::cut::{Cut, cut_off};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

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
pub struct DbLocation {
    pub path: PathBuf,
    pub sync: Sync,
    /// Mebibytes of pages that each connection keeps.
    pub cache: u32,
    /// Bytes of the write-ahead log from which on long reads are cut off.
    pub wal_max: u64,
    /// For tests: every write that may be run again is run twice.
    pub twice: bool,
}

impl DbLocation {
    pub fn new(path: impl AsRef<Path>, full_sync: bool) -> DbLocation {
        let sync = if full_sync { Sync::Full } else { Sync::Normal };
        DbLocation { path: path.as_ref().to_owned(), sync, cache: USUAL, wal_max: u64::MAX, twice: false }
    }
}

pub struct Db {
    place: DbLocation,
    /// A call takes one, or opens another: their number follows the threads that read.
    readers: Arc<Readers>,
    /// Apart from them: reads that last share a bounded number of connections.
    long_readers: LongReaders,
    pub lane: Lane,
    follower: Option<Arc<dyn Follower>>,
    /// Held by reads while nothing is written; who begins to write waits for them.
    only_reads: RwLock<bool>,
    /// The last to go. None while there is no lock to take.
    database_lock: Mutex<Option<DatabaseLock>>,
}

impl Db {
    /// Opens it to be read. Nobody may write before `admit`, nor anything be written before `wake`.
    /// It keeps at most `readers_max` idle readers of short reads, and `long_reads_max` long reads run at once.
    /// `follower` hears of every commit.
    pub fn open(
        place: DbLocation,
        database_lock: Option<DatabaseLock>,
        (readers_max, long_reads_max): (usize, u32),
        pending: Arc<dyn PendingNotes>,
        follower: Option<Arc<dyn Follower>>,
    ) -> Db {
        let readers = Arc::new(Readers::new(readers_max));
        let lane = Lane::new(pending, readers.clone(), (place.wal_max, place.twice));
        lane.admit(Admits::Only(None));
        let long_readers = LongReaders::new(&place, long_reads_max);
        Db {
            place,
            readers,
            long_readers,
            lane,
            follower,
            only_reads: RwLock::new(true),
            database_lock: Mutex::new(database_lock),
        }
    }

    /// Begins to write: takes the lock, if it could not be taken before, and starts the lane.
    pub fn wake(&self) -> Result<()> {
        if self.lane.is_running() {
            return Ok(());
        }
        let mut only_reads = self.only_reads.write().unwrap_or_else(PoisonError::into_inner);
        let mut database_lock = self.database_lock.lock().unwrap_or_else(PoisonError::into_inner);
        if database_lock.is_none() {
            *database_lock = Some(DatabaseLock::take(&self.place.path)?);
        }
        let writer = Conn::open_writer(&self.place.path, self.place.sync)?;
        writer.keep_pages(self.place.cache)?;
        let beside = Conn::open_beside(&self.place.path, self.place.sync)?;
        let following = self.follower.clone().map(|follower| Following::new(follower, &self.place.path));
        self.lane.run(writer, beside, following.transpose()?.map(Arc::new))?;
        *only_reads = false;
        Ok(())
    }

    /// Reads that begin from now on see the rows of the log that are written.
    pub fn show_log(&self) {
        self.readers.changed();
    }

    /// Idle readers that nobody needed for a while leave the write-ahead log to others.
    pub fn rest(&self) {
        self.readers.give_up_old();
    }

    pub fn path(&self) -> &Path {
        &self.place.path
    }

    /// Runs `work` on a reader. The snapshot is one: `work` sees every change whose writer was answered before, and
    /// none that comes after its first look. `Ok(None)` = the budget of steps was not enough; nothing has happened.
    pub fn read<T>(&self, budget: Budget, work: impl FnOnce(&Conn) -> Result<T>) -> Result<Option<T>> {
        if !self.lane.is_open() {
            return self.read_apart(budget, work);
        }
        self.read_idle(budget, work)
    }

    /// A read before the start is complete.
    #[cold]
    fn read_apart<T>(&self, budget: Budget, work: impl FnOnce(&Conn) -> Result<T>) -> Result<Option<T>> {
        let only_reads = self.only_reads.read().unwrap_or_else(PoisonError::into_inner);
        if !*only_reads {
            drop(only_reads);
            return self.read_idle(budget, work);
        }
        let conn = Conn::open_look(&self.place.path)?;
        conn.keep_pages(self.place.cache)?;
        self.readers.begin(&conn, budget)?;
        ended(work(&conn), budget, false)
    }

    fn read_idle<T>(&self, budget: Budget, work: impl FnOnce(&Conn) -> Result<T>) -> Result<Option<T>> {
        let idle = self.readers.take();
        let conn = idle.map_or_else(|| self.new_reader(), Ok)?;
        self.readers.begin(&conn, budget)?;
        let long = matches!(budget, Budget::Time(_)).then(|| self.readers.long.begin(&conn));
        let result = work(&conn);
        // Before others may have the connection: what cuts off this read must not cut off theirs.
        let is_cut = long.is_some_and(|long| long.cut().is_done());
        if result.is_err() || matches!(budget, Budget::Time(_)) {
            conn.end_read()?;
        }
        self.readers.give(conn);
        ended(result, budget, is_cut)
    }

    /// Runs `work`, which may last as long as `limit`, on a connection of the pool for long reads: in one snapshot, as
    /// `read` does. When all of them are in use it waits for one, at most as long as `wait`; never call it on a thread
    /// that serves others.
    pub fn read_long<T>(
        &self,
        limit: Duration,
        wait: Duration,
        work: impl FnOnce(&Conn) -> Result<T>,
    ) -> Result<T> {
        self.read_until_cut(limit, wait, |conn, _| work(conn))
    }

    /// Likewise for a read that does more than running statements: it is told when it is cut off.
    pub fn read_until_cut<T>(
        &self,
        limit: Duration,
        wait: Duration,
        work: impl FnOnce(&Conn, &Arc<Cut>) -> Result<T>,
    ) -> Result<T> {
        let budget = Budget::Time(limit);
        let read = if self.lane.is_open() {
            let conn = self.long_readers.take(wait)?;
            self.readers.begin(&conn, budget)?;
            let running = self.readers.long.begin(&conn);
            let result = work(&conn, running.cut());
            let is_cut = running.cut().is_done();
            drop(running);
            conn.end_read()?;
            ended(result, budget, is_cut)
        } else {
            self.read_apart(budget, |conn| work(conn, &Arc::default()))
        };
        read?.ok_or_else(|| Error::server("a read without a budget of steps ran out of it"))
    }

    /// How many connections long reads have.
    pub fn long_reads(&self) -> LongReadStats {
        self.long_readers.stats()
    }

    fn new_reader(&self) -> Result<Conn> {
        let conn = Conn::open_reader(&self.place.path)?;
        conn.keep_pages(self.place.cache)?;
        Ok(conn)
    }
}

/// `is_cut`: somebody else ended it.
fn ended<T>(result: Result<T>, budget: Budget, is_cut: bool) -> Result<Option<T>> {
    match (result, budget) {
        (Err(e), Budget::Steps(_)) if interrupted(&e) => Ok(None),
        (Err(e), Budget::Time(_)) if interrupted(&e) => {
            let error = if is_cut { cut_off() } else { too_slow() };
            Err(Error { source: e.source, ..error })
        }
        (result, _) => result.map(Some),
    }
}

pub fn interrupted(error: &Error) -> bool {
    error.detail.as_deref() == Some(INTERRUPTED)
}

pub(super) fn too_slow() -> Error {
    Error::db("the query took longer than P_QUERY_TIMEOUT_MS allows")
        .say("查询超时，请缩小查询范围", "the query took too long, please narrow it")
}
