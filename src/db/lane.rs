//! The writer lane: one thread, one connection, group commit. It takes every write that is waiting, runs
//! each inside its own savepoint of one transaction, adds the notes (rows of the log) of all of them, commits
//! once, and only then lets them answer.

use super::checkpoint::Checkpoints;
use super::conn::Conn;
use super::queue::{Held, Job, Queue};
use crate::error::{Error, Result};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a piece of writing says about itself. Its note is written outside its savepoint, at the end of the
/// transaction: a note that fails is the end of the whole group, so that no change is ever kept without it.
pub enum Outcome {
    /// Keep what it wrote.
    Keep { note: Note, answer: Answer },
    /// Undo what it wrote (its own savepoint only), but keep the note, which tells of the failure.
    Undo { note: Note, answer: Answer },
}

/// Called with the fate of the commit.
pub type Answer = Box<dyn FnOnce(Result<()>) + Send>;
pub type Note = Box<dyn FnOnce(&Conn) -> Result<()> + Send>;
/// What notes leave behind to be written together.
pub trait Left: Send + Sync {
    /// Called when a few notes were taken.
    fn write(&self, conn: &Conn) -> Result<()>;
    /// Called when their transaction failed.
    fn forget(&self);
}
pub type Work = Box<dyn FnOnce(&Conn) -> Outcome + Send>;
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
}

#[derive(Default)]
pub struct LaneStats {
    pub commits: AtomicU64,
    pub writes: AtomicU64,
    pub slow: AtomicU64,
}

/// The size of the write-ahead log is looked at so often, in commits.
const CHECK_WAL_EVERY: u32 = 256;
/// Past this the lane waits for readers to let the log start anew; SQLite alone never does under steady load.
const WAL_MAX: u64 = 40 << 20;
/// A report that kept the log from starting anew goes on for about so long: asking again meanwhile holds up writes.
const REPORT: Duration = Duration::from_millis(250);
/// A single write that holds the lane longer is worth a warning.
const SLOW: Duration = Duration::from_millis(50);

impl Lane {
    /// `beside`: another connection to the same database, for checkpoints.
    pub fn start(conn: Conn, beside: Conn, left: Arc<dyn Left>) -> Result<Lane> {
        let checkpoints = Checkpoints::start(beside)?;
        let queue = Arc::new(Queue::default());
        let stats = Arc::new(LaneStats::default());
        let (jobs, counted) = (queue.clone(), stats.clone());
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || serve(&conn, &jobs, &*left, &counted, checkpoints))
            .map_err(|e| Error::server(e.to_string()))?;
        Ok(Lane { queue, thread: Mutex::new(Some(thread)), stats })
    }

    pub fn stats(&self) -> &LaneStats {
        &self.stats
    }

    /// Puts a write in the queue. It runs on the lane and answers through its `Outcome`.
    pub fn write(&self, what: What, work: impl FnOnce(&Conn) -> Outcome + Send + 'static) -> Result<()> {
        self.queue.push(Job::Write(what, Box::new(work)))
    }

    /// A note somebody waits for.
    pub fn note(&self, note: Note, answer: Answer) -> Result<()> {
        self.queue.push(Job::Note(note, answer))
    }

    /// A note nobody waits for: it may linger until there is something to commit with, but not for long.
    pub fn note_later(&self, note: Note) -> Result<()> {
        self.queue.push_later(note)
    }

    /// So many commits from now, every note that came until now is on disk.
    pub fn rounds_of_notes(&self) -> usize {
        self.queue.rounds_of_notes()
    }

    /// More notes are waiting than the lane should be left alone with: whoever brings more must wait for them.
    pub fn is_behind(&self) -> bool {
        self.queue.is_behind()
    }

    /// Commits what is queued and ends.
    pub fn stop(&self) {
        self.queue.close();
        if let Ok(mut thread) = self.thread.lock()
            && let Some(thread) = thread.take()
            // The last owner of the house may be a write of the lane itself: it cannot wait for its own end.
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

fn serve(conn: &Conn, queue: &Queue, left: &dyn Left, stats: &LaneStats, mut checkpoints: Checkpoints) {
    let mut commits: u32 = 0;
    let mut report_runs_until: Option<Instant> = None;
    while let Some(()) = queue.wait() {
        commit(conn, queue, left, stats);
        checkpoints.look(conn);
        commits = commits.wrapping_add(1);
        let hopeless = report_runs_until.is_some_and(|until| Instant::now() < until);
        if commits.is_multiple_of(CHECK_WAL_EVERY) && !hopeless {
            report_runs_until = (!conn.bound_wal(WAL_MAX)).then(|| Instant::now() + REPORT);
        }
    }
}

fn commit(conn: &Conn, queue: &Queue, left: &dyn Left, stats: &LaneStats) {
    let mut answers: Vec<Answer> = Vec::new();
    let mut held = Held::default();
    let mut fate = conn.batch_cached("BEGIN IMMEDIATE");
    if fate.is_ok() {
        fate = all(conn, queue, left, &mut held, &mut answers, stats);
    }
    if fate.is_ok() {
        fate = conn.batch_cached("COMMIT");
    }
    if let Err(error) = &fate {
        tracing::error!(%error, "a group of writes was lost");
        let _ = conn.undo("ROLLBACK");
        left.forget();
        // What could not even begin is not tried for ever: whoever waits for it is told.
        drop(queue.jobs(&mut held));
    }
    stats.commits.fetch_add(1, Ordering::Relaxed);
    for answer in answers {
        answer(fate.clone());
    }
}

/// Everything that a commit holds: the writes first, then what is noted of them, then notes that nobody
/// waits for, as long as no more writes come.
fn all(
    conn: &Conn,
    queue: &Queue,
    left: &dyn Left,
    held: &mut Held,
    answers: &mut Vec<Answer>,
    stats: &LaneStats,
) -> Result<()> {
    let (mut notes, mut later) = (Vec::new(), Vec::new());
    while let Some(jobs) = queue.jobs(held) {
        stats.writes.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        for job in jobs {
            match job {
                Job::Write(what, work) => {
                    let started = Instant::now();
                    // A savepoint that fails by itself: nothing of this group can be trusted.
                    let note = one(conn, work, answers)?;
                    if conn.transaction_is_lost() {
                        tracing::warn!(%what, "a write that was cut off took its group with it");
                        begin_anew(conn, &mut notes, answers)?;
                    }
                    notes.extend(note);
                    let took = started.elapsed();
                    if took > SLOW {
                        stats.slow.fetch_add(1, Ordering::Relaxed);
                        tracing::warn!(%what, ms = took.as_millis() as u64, "a write held the lane for long");
                    }
                }
                Job::Note(note, answer) => {
                    later.push(note);
                    answers.push(answer);
                }
            }
        }
    }
    for note in notes {
        note(conn)?;
    }
    loop {
        for note in later {
            // It tells of no change: the others need not suffer with it.
            if let Err(error) = note(conn) {
                tracing::error!(%error, "a row of the log was not written");
            }
        }
        left.write(conn)?;
        later = queue.notes(held);
        if later.is_empty() {
            return Ok(());
        }
    }
}

/// Runs a write; gives what is to be noted of it.
fn one(conn: &Conn, work: Work, answers: &mut Vec<Answer>) -> Result<Option<Note>> {
    conn.batch_cached("SAVEPOINT call")?;
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(conn)));
    let (note, undo) = match outcome {
        Ok(Outcome::Keep { note, answer }) => {
            answers.push(answer);
            (Some(note), false)
        }
        Ok(Outcome::Undo { note, answer }) => {
            answers.push(answer);
            (Some(note), true)
        }
        // Its answer was lost with it: whoever waits sees the channel close and answers 500.
        Err(_) => (None, true),
    };
    if conn.transaction_is_lost() {
        return Ok(note);
    }
    if undo {
        conn.undo("ROLLBACK TO call")?;
    }
    conn.batch_cached("RELEASE call")?;
    Ok(note)
}

/// SQLite ends the whole transaction when it cuts off a statement that writes. Those before it in the group
/// are told to try again; the one that was cut off keeps its note.
fn begin_anew(conn: &Conn, notes: &mut Vec<Note>, answers: &mut Vec<Answer>) -> Result<()> {
    let mine = answers.pop();
    notes.clear();
    for answer in answers.drain(..) {
        answer(Err(Error::db("the transaction was cut off by another write")
            .say("系统忙，请稍后再试", "the server is busy, please try again")));
    }
    answers.extend(mine);
    conn.undo("BEGIN IMMEDIATE")
}
