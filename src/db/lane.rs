//! The writer lane: one thread, one connection, group commit. What is waiting becomes one transaction
//! (`group`), which is committed once; only then its writes answer.

use super::checkpoint::Checkpoints;
use super::conn::Conn;
use super::feed::Feed;
use super::follow::Following;
use super::group::{self, Guard};
use super::queue::{Admits, LaneJob, Queue};
use super::readers::Readers;
use super::writer_conn::WriterConn;
use crate::error::{Error, Result};
use crate::metrics::Histogram;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What a piece of writing says about itself. Its note is written at the end of the transaction, out of reach of
/// any undoing: a note that fails is the end of the whole group, so that no change is ever kept without it.
pub enum Outcome {
    /// Keep what it wrote.
    Keep { note: Note, answer: OnCommit },
    /// Undo what it wrote (and nothing else), but keep the note, which tells of the failure.
    Undo { note: Note, answer: OnCommit },
}

/// Called with the fate of the commit.
pub type OnCommit = Box<dyn FnOnce(Result<()>) + Send>;
pub type Note = Box<dyn FnOnce(&Conn) -> Result<()> + Send>;
/// What notes leave behind to be written together.
pub trait PendingNotes: Send + Sync {
    /// Called when a few notes were taken.
    fn write(&self, writer: &WriterConn<'_>) -> Result<()>;
    /// Called when their transaction failed.
    fn forget(&self);
}
/// A piece of writing.
pub enum Work {
    /// It is used up by being run.
    Once(Box<dyn FnOnce(&WriterConn<'_>) -> Outcome + Send>),
    /// It can be run again when what it wrote was undone; the outcome it had then is dropped.
    Again(Box<dyn FnMut(&WriterConn<'_>) -> Outcome + Send>),
}
/// Which call or job a write belongs to, for the server's log.
pub type What = Arc<dyn fmt::Display + Send + Sync>;

/// Nothing to note.
pub fn no_note() -> Note {
    Box::new(|_| Ok(()))
}

pub struct Lane {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stats: Arc<LaneStats>,
    open: AtomicBool,
    /// The last thing it does is to copy the write-ahead log.
    folds: Arc<AtomicBool>,
    pending: Arc<dyn PendingNotes>,
    readers: Arc<Readers>,
    feed: Arc<Feed>,
    wal_max: u64,
    twice: bool,
}

#[derive(Default)]
pub struct LaneStats {
    pub commits: AtomicU64,
    pub writes: AtomicU64,
    pub slow: AtomicU64,
    /// How long calls waited for their turn.
    pub waits: Histogram,
}

impl Lane {
    /// A lane that does not run yet.
    /// `wal_max`: see `DbLocation`. `twice`: for tests, see `group::Guard::twice`.
    pub fn new(pending: Arc<dyn PendingNotes>, readers: Arc<Readers>, (wal_max, twice): (u64, bool)) -> Lane {
        Lane {
            queue: Arc::new(Queue::default()),
            thread: Mutex::default(),
            stats: Arc::new(LaneStats::default()),
            open: AtomicBool::new(true),
            folds: Arc::default(),
            pending,
            readers,
            feed: Arc::default(),
            wal_max,
            twice,
        }
    }

    /// Begins to write. `beside`: another connection to the same database, for checkpoints. `following`: somebody must
    /// see the write-ahead log before it begins anew.
    pub fn run(&self, conn: Conn, beside: Conn, following: Option<Arc<Following>>) -> Result<()> {
        let checkpoints = Checkpoints::start(beside, self.readers.clone(), following.clone(), self.wal_max)?;
        let (jobs, counted, pending) = (self.queue.clone(), self.stats.clone(), self.pending.clone());
        let (readers, guard) = (self.readers.clone(), Guard::new(self.twice));
        let folds = self.folds.clone();
        conn.recording.start(self.feed.clone());
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                serve(&conn, &jobs, &*pending, &readers, (&counted, guard), (checkpoints, following));
                if folds.load(Ordering::Relaxed) && readers.without_snapshots(|| conn.checkpoint()) != Some(0)
                {
                    tracing::error!("a part of the write-ahead log could not be copied into the database");
                }
            })
            .map_err(|e| Error::server(e.to_string()))?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }

    pub fn is_running(&self) -> bool {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// From now on everybody may write, or the thread that completes the start, or nobody.
    pub fn admit(&self, admits: Admits) {
        self.queue.admit(admits);
        self.open.store(admits == Admits::All, Ordering::Relaxed);
    }

    /// Whether everybody may write.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Tells which rows its commits change.
    pub fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    pub fn stats(&self) -> &LaneStats {
        &self.stats
    }

    /// Puts a write in the queue. It runs on the lane and answers through its `Outcome`.
    pub fn write(
        &self,
        what: What,
        work: impl FnOnce(&WriterConn<'_>) -> Outcome + Send + 'static,
    ) -> Result<()> {
        self.queue.push(LaneJob::Write(what, Work::Once(Box::new(work))))
    }

    /// Queues a write that can be run again, which is cheaper.
    pub fn write_again(
        &self,
        what: What,
        work: impl FnMut(&WriterConn<'_>) -> Outcome + Send + 'static,
    ) -> Result<()> {
        self.queue.push(LaneJob::Write(what, Work::Again(Box::new(work))))
    }

    /// A note somebody waits for.
    pub fn note(&self, note: Note, answer: OnCommit) -> Result<()> {
        self.queue.push(LaneJob::Note(note, answer))
    }

    /// A note nobody waits for: it may linger until there is something to commit with, but not for long.
    pub fn note_later(&self, note: Note) -> Result<()> {
        self.queue.push_later(note)
    }

    /// Writes and notes that wait.
    pub fn waiting(&self) -> (usize, usize) {
        self.queue.waiting()
    }

    /// So many commits from now, every note that came until now is on disk.
    pub fn commits_until_drained(&self) -> usize {
        self.queue.commits_until_drained()
    }

    /// So many notes are waiting that a caller who adds one has to wait until it is written.
    pub fn is_behind(&self) -> bool {
        self.queue.is_behind()
    }

    /// Commits what is queued, copies the write-ahead log into the database and ends. For a log that nobody will find.
    pub fn stop_and_fold(&self) {
        self.folds.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// Commits what is queued and ends.
    pub fn stop(&self) {
        self.queue.close();
        if let Ok(mut thread) = self.thread.lock()
            && let Some(thread) = thread.take()
            // The last owner of the server may be a write of the lane itself: it cannot wait for its own end.
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(
    conn: &Conn,
    queue: &Queue,
    pending: &dyn PendingNotes,
    readers: &Readers,
    (stats, mut guard): (&LaneStats, Guard),
    (mut checkpoints, following): (Checkpoints, Option<Arc<Following>>),
) {
    let writer = WriterConn::new(conn);
    while let Some(()) = queue.wait() {
        group::commit(&writer, queue, pending, readers, stats, &mut guard);
        if let Some(following) = &following {
            following.follower.committed(conn.wal_pages());
        }
        checkpoints.look(conn);
    }
}
