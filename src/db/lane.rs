//! The writer lane: one thread, one connection, group commit. It takes every write that is waiting, runs
//! each inside its own savepoint of one transaction, commits once, and only then lets them answer.

use super::conn::Conn;
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a piece of writing says about itself.
pub enum Outcome {
    /// Keep what it wrote, then call this with the fate of the commit.
    Keep(Answer),
    /// Undo what it wrote (its own savepoint only); the answer waits for the commit all the same, because
    /// the record of the failure is written by `then`.
    Undo { then: Note, answer: Answer },
}

/// Writes the record of a failure where the failed work was undone.
pub type Note = Box<dyn FnOnce(&Conn) -> Result<()> + Send>;
pub type Answer = Box<dyn FnOnce(Result<()>) + Send>;
type Work = Box<dyn FnOnce(&Conn) -> Outcome + Send>;

enum Job {
    /// Somebody waits for it.
    Write(Work),
    /// Nobody waits: it may linger until there is something to commit with, but not for long.
    Later(Work),
    Stop,
}

pub struct Lane {
    queue: SyncSender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stats: Arc<LaneStats>,
}

#[derive(Default)]
pub struct LaneStats {
    pub commits: AtomicU64,
    pub writes: AtomicU64,
    pub slow: AtomicU64,
}

/// Writes waiting at most; beyond it callers are told that the server is busy.
const QUEUE_MAX: usize = 16_384;
/// Writes in one commit at most.
const GROUP_MAX: usize = 1024;
/// How long a record that nobody waits for may wait for company.
const LINGER: Duration = Duration::from_millis(30);
/// The size of the write-ahead log is looked at so often, in commits.
const CHECK_WAL_EVERY: u32 = 256;
/// Past this the lane waits for readers to let the log start anew; SQLite alone never does under steady load.
const WAL_MAX: u64 = 40 << 20;
/// A single write that holds the lane longer is worth a warning.
const SLOW: Duration = Duration::from_millis(50);

impl Lane {
    pub fn start(conn: Conn) -> Result<Lane> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let stats = Arc::new(LaneStats::default());
        let counted = stats.clone();
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || serve(&conn, &jobs, &counted))
            .map_err(|e| Error::server(e.to_string()))?;
        Ok(Lane { queue, thread: Mutex::new(Some(thread)), stats })
    }

    pub fn stats(&self) -> &LaneStats {
        &self.stats
    }

    /// Puts a write in the queue. It runs on the lane and answers through its `Outcome`.
    pub fn write(&self, work: impl FnOnce(&Conn) -> Outcome + Send + 'static) -> Result<()> {
        self.send(Job::Write(Box::new(work)))
    }

    /// A record nobody waits for.
    pub fn later(&self, work: impl FnOnce(&Conn) -> Outcome + Send + 'static) -> Result<()> {
        self.send(Job::Later(Box::new(work)))
    }

    fn send(&self, job: Job) -> Result<()> {
        self.queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::db("too many writes are waiting")
                .say("系统忙，请稍后再试", "the server is busy, please try again"),
            TrySendError::Disconnected(_) => Error::server("the writer lane has ended"),
        })
    }

    /// Commits what is queued and ends.
    pub fn stop(&self) {
        let _ = self.queue.send(Job::Stop);
        if let Ok(mut thread) = self.thread.lock()
            && let Some(thread) = thread.take()
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

fn serve(conn: &Conn, jobs: &Receiver<Job>, stats: &LaneStats) {
    let mut waiting: Vec<Work> = Vec::new();
    let mut commits: u32 = 0;
    loop {
        let Some(stop) = gather(jobs, &mut waiting) else { return };
        if !waiting.is_empty() {
            commit(conn, std::mem::take(&mut waiting), stats);
            commits = commits.wrapping_add(1);
            if commits.is_multiple_of(CHECK_WAL_EVERY) {
                conn.bound_wal(WAL_MAX);
            }
        }
        if stop {
            return;
        }
    }
}

/// Collects what one commit shall hold: at once when somebody waits, after a short while otherwise.
fn gather(jobs: &Receiver<Job>, waiting: &mut Vec<Work>) -> Option<bool> {
    let mut until: Option<Instant> = None;
    loop {
        let job = match until {
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(until) => jobs.recv_timeout(until.saturating_duration_since(Instant::now())),
        };
        match job {
            Ok(Job::Write(work)) => {
                waiting.push(work);
                break;
            }
            Ok(Job::Later(work)) => {
                waiting.push(work);
                until.get_or_insert_with(|| Instant::now() + LINGER);
                if waiting.len() >= GROUP_MAX {
                    break;
                }
            }
            Ok(Job::Stop) => return Some(true),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    while waiting.len() < GROUP_MAX {
        match jobs.try_recv() {
            Ok(Job::Write(work) | Job::Later(work)) => waiting.push(work),
            Ok(Job::Stop) => return Some(true),
            Err(_) => break,
        }
    }
    Some(false)
}

fn commit(conn: &Conn, group: Vec<Work>, stats: &LaneStats) {
    let mut answers: Vec<Answer> = Vec::with_capacity(group.len());
    let begun = conn.batch_cached("BEGIN IMMEDIATE");
    stats.writes.fetch_add(group.len() as u64, Ordering::Relaxed);
    let mut fate = begun;
    if fate.is_ok() {
        for work in group {
            let started = Instant::now();
            if let Err(error) = one(conn, work, &mut answers) {
                // The savepoint itself failed: nothing of this group can be trusted.
                fate = Err(error);
                break;
            }
            let took = started.elapsed();
            if took > SLOW {
                stats.slow.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(ms = took.as_millis() as u64, "a write held the lane for long");
            }
        }
    }
    if fate.is_ok() {
        fate = conn.batch_cached("COMMIT");
    }
    if let Err(error) = &fate {
        tracing::error!(%error, "a group of writes was lost");
        let _ = conn.batch("ROLLBACK");
    }
    stats.commits.fetch_add(1, Ordering::Relaxed);
    for answer in answers {
        answer(fate.clone());
    }
}

fn one(conn: &Conn, work: Work, answers: &mut Vec<Answer>) -> Result<()> {
    conn.batch_cached("SAVEPOINT call")?;
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(conn)));
    match outcome {
        Ok(Outcome::Keep(answer)) => {
            answers.push(answer);
            conn.batch_cached("RELEASE call")
        }
        Ok(Outcome::Undo { then, answer }) => {
            answers.push(answer);
            conn.batch_cached("ROLLBACK TO call")?;
            let noted = then(conn);
            conn.batch_cached("RELEASE call")?;
            noted
        }
        Err(_) => {
            // Its answer was lost with it: whoever waits sees the channel close and answers 500.
            conn.batch_cached("ROLLBACK TO call")?;
            conn.batch_cached("RELEASE call")
        }
    }
}
