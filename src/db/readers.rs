//! Idle readers. A thread gets back the reader it used last, as long as nobody needed it meanwhile: what the
//! driver and the database remember of it is then still in the caches of the thread's processor.
//!
//! A reader keeps its snapshot for the reads that follow, as long as nothing was changed that they might look
//! for. To begin anew with each of them costs locks that all threads share, and after a commit, even of nothing
//! but rows of the log, every page that the reader had at hand.

use super::conn::Conn;
use super::long::LongReads;
use super::pool::Budget;
use super::snapshot::SnapshotState;
use crate::error::Result;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub struct Readers {
    shards: Vec<ReaderShard>,
    /// How many changes were committed.
    changes: AtomicU64,
    /// How many there are who need all snapshots given up.
    renouncing: AtomicUsize,
    pub long: LongReads,
}

/// Threads share lists of readers when there are more of them than this.
const SHARDS: usize = 8;
/// How old a snapshot becomes. What other programs write to the database is seen after that, and rows of the log
/// that nobody asked to see.
const KEPT: Duration = Duration::from_millis(10);

/// Alone on its line of the cache: threads must not wait for each other because of neighbours.
#[repr(align(128))]
struct ReaderShard {
    idle: Mutex<Vec<Conn>>,
    most: usize,
}

impl ReaderShard {
    fn lock(&self) -> MutexGuard<'_, Vec<Conn>> {
        // Nothing panics while it holds the lock; if it ever did, the list would still be whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a read that must see `now` may go on in the snapshot of `seen`.
fn is_good(seen: SnapshotState, now: SnapshotState) -> bool {
    seen.changes == now.changes && now.at.duration_since(seen.at) < KEPT
}

static THREADS: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

impl Readers {
    /// So many are kept at most.
    pub fn new(most: usize) -> Readers {
        let shards = SHARDS.min(most);
        let shard = |at| ReaderShard {
            idle: Mutex::default(),
            most: most / shards + usize::from(at < most % shards),
        };
        Readers {
            shards: (0..shards).map(shard).collect(),
            changes: AtomicU64::new(0),
            renouncing: AtomicUsize::new(0),
            long: LongReads::default(),
        }
    }

    /// Something was committed: reads that begin from now on see it.
    pub fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Begins a read: in the snapshot the reader has kept, if it is a short one and misses nothing there.
    pub fn begin(&self, conn: &Conn, budget: Budget) -> Result<()> {
        let now = self.state();
        let good = |seen| matches!(budget, Budget::Steps(_)) && is_good(seen, now);
        if conn.held().is_some_and(|seen| !good(seen)) {
            conn.end_read()?;
        }
        conn.begin_read(budget, now);
        Ok(())
    }

    fn state(&self) -> SnapshotState {
        SnapshotState { changes: self.changes.load(Ordering::Acquire), at: Instant::now() }
    }

    /// Does something to the write-ahead log, for which no snapshot may be kept.
    pub fn without_snapshots<T>(&self, work: impl FnOnce() -> T) -> T {
        self.renouncing.fetch_add(1, Ordering::SeqCst);
        self.changed();
        self.give_up_old();
        let done = work();
        // What was begun meanwhile is of the log as it was.
        self.changed();
        self.renouncing.fetch_sub(1, Ordering::SeqCst);
        done
    }

    /// Ends the snapshots of idle readers that no read would go on in.
    pub fn give_up_old(&self) {
        let now = self.state();
        for shard in &self.shards {
            let ended = |conn: &Conn| conn.end_read().is_ok();
            shard.lock().retain(|conn| conn.held().is_some_and(|seen| is_good(seen, now)) || ended(conn));
        }
    }

    pub fn take(&self) -> Option<Conn> {
        self.take_for(NUMBER.with(|number| *number))
    }

    pub fn give(&self, conn: Conn) {
        self.give_for(NUMBER.with(|number| *number), conn);
    }

    /// Those of others are taken before a new one has to be opened.
    fn take_for(&self, thread: usize) -> Option<Conn> {
        self.own_first(thread).find_map(|shard| shard.lock().pop())
    }

    /// One too many is closed.
    fn give_for(&self, thread: usize, conn: Conn) {
        for shard in self.own_first(thread) {
            let mut idle = shard.lock();
            if idle.len() < shard.most {
                // Asked under the lock: whoever needs the snapshots given up comes by each list after saying so.
                if self.may_keep(&conn) || conn.end_read().is_ok() {
                    idle.push(conn);
                }
                return;
            }
        }
    }

    fn may_keep(&self, conn: &Conn) -> bool {
        self.renouncing.load(Ordering::SeqCst) == 0
            && conn.held().is_some_and(|seen| seen.changes == self.changes.load(Ordering::Acquire))
    }

    /// All lists, the thread's own first.
    fn own_first(&self, thread: usize) -> impl Iterator<Item = &ReaderShard> {
        let shards = &self.shards;
        (0..shards.len()).map(move |step| &shards[(thread + step) % shards.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::conn::Sync;
    use crate::db::tests::scratch;
    use crate::sql::Sql;
    use crate::value::Val;

    /// A connection that is known by its number.
    fn numbered(dir: &tempfile::TempDir, n: i64) -> Conn {
        let conn = Conn::open_writer(&dir.path().join(format!("{n}.db")), Sync::Normal).unwrap();
        conn.batch(&format!("CREATE TABLE IF NOT EXISTS N AS SELECT {n} AS n")).unwrap();
        conn
    }

    fn number(conn: Option<Conn>) -> Option<i64> {
        let rows = conn?.rows(&Sql::fixed("SELECT n FROM N", Vec::new())).unwrap();
        rows.first().and_then(|row| row.first()).and_then(Val::as_i64)
    }

    /// A database of its own, with a table `T (n)`.
    struct Rig {
        readers: Readers,
        writer: Conn,
        dir: tempfile::TempDir,
    }

    impl Rig {
        fn new() -> Rig {
            let (dir, writer) = scratch();
            writer.batch("CREATE TABLE T (n INTEGER)").unwrap();
            Rig { readers: Readers::new(4), writer, dir }
        }

        fn write(&self) {
            self.writer.batch("INSERT INTO T VALUES (1)").unwrap();
        }

        fn conn(&self) -> Conn {
            let idle = self.readers.take();
            idle.unwrap_or_else(|| Conn::open_reader(&self.dir.path().join("t.db")).unwrap())
        }

        /// How many rows a short read sees.
        fn read(&self) -> i64 {
            let conn = self.conn();
            self.readers.begin(&conn, Budget::Steps(100)).unwrap();
            let rows = conn.rows(&Sql::fixed("SELECT COUNT(*) FROM T", Vec::new())).unwrap();
            self.readers.give(conn);
            rows[0][0].as_i64().unwrap()
        }
    }

    #[test]
    fn a_snapshot_is_kept_until_something_was_changed() {
        let rig = Rig::new();
        assert_eq!(rig.read(), 0);
        let began = Instant::now();
        rig.write();
        let seen = rig.read();
        // On a machine that stood still meanwhile it is too old to be kept.
        assert!(seen == 0 || began.elapsed() >= KEPT, "it is the same snapshot");
        rig.readers.changed();
        assert_eq!(rig.read(), 1);
    }

    #[test]
    fn what_others_write_is_seen_a_little_later() {
        let rig = Rig::new();
        assert_eq!(rig.read(), 0);
        rig.write();
        std::thread::sleep(KEPT);
        assert_eq!(rig.read(), 1);
    }

    #[test]
    fn the_log_begins_anew_although_readers_kept_their_snapshots() {
        let rig = Rig::new();
        rig.write();
        let busy = rig.conn();
        rig.readers.begin(&busy, Budget::Steps(100)).unwrap();
        busy.hold_snapshot().unwrap();
        rig.read();
        let left = || {
            rig.writer.restart_wal();
            std::fs::metadata(rig.dir.path().join("t.db-wal")).unwrap().len()
        };
        rig.write();
        assert_ne!(left(), 0, "snapshots hold it");
        let during = rig.readers.without_snapshots(|| {
            rig.readers.give(busy);
            left()
        });
        assert_eq!(during, 0);
        assert_eq!(rig.read(), 2);
    }

    #[test]
    fn an_idle_reader_gives_its_snapshot_up() {
        let rig = Rig::new();
        rig.read();
        std::thread::sleep(KEPT);
        rig.readers.give_up_old();
        assert!(rig.readers.take().unwrap().held().is_none());
    }

    #[test]
    fn each_thread_has_its_own_before_those_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let readers = Readers::new(16);
        for (shard, n) in [(1, 10), (1, 11), (3, 30)] {
            readers.give_for(shard, numbered(&dir, n));
        }
        assert_eq!(number(readers.take_for(3)), Some(30));
        assert_eq!(number(readers.take_for(3)), Some(11));
        assert_eq!(number(readers.take_for(1)), Some(10));
        assert_eq!(number(readers.take_for(1)), None);
    }

    #[test]
    fn no_more_are_kept_than_shall_be() {
        let dir = tempfile::tempdir().unwrap();
        let readers = Readers::new(1);
        for n in 1..=3 {
            readers.give_for(0, numbered(&dir, n));
        }
        assert_eq!(number(readers.take_for(5)), Some(1));
        assert_eq!(number(readers.take_for(0)), None);
        for most in [1, 3, 8, 10] {
            let readers = Readers::new(most);
            // All from one thread: the lists of others are used before one is closed.
            (0..12).for_each(|_| readers.give_for(5, numbered(&dir, 1)));
            assert_eq!(std::iter::from_fn(|| readers.take_for(2)).count(), most);
        }
    }
}
