//! One transaction of the lane: the writes that are waiting, one after the other, and what is noted of them.
//!
//! A write that fails undoes its own changes and nobody else's. A savepoint for each would see to that, but a
//! savepoint copies every page that is touched after it: a third of what a small write costs, for a fault that
//! hardly ever happens (what is refused is mostly refused before it has written anything). So writes run bare
//! as long as all of them can be run again. When one has written and then fails, all is undone, and the writes
//! of the group run once more, each inside a savepoint; so do those of the groups that follow for a while.

use super::insert_batching::Before;
use super::lane::{LaneStats, Note, OnCommit, Outcome, PendingNotes, What, Work};
use super::queue::{Held, LaneJob, Queue};
use super::readers::Readers;
use super::writer_conn::{Statements, WriterConn};
use crate::error::{Code, Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A single write that holds the lane longer is worth a warning.
const SLOW: Duration = Duration::from_millis(50);
/// Groups that are run inside savepoints after one that had to be run again: faults come in crowds.
const WARY: u32 = 64;

/// How carefully writes are run.
#[derive(Default)]
pub struct Guard {
    /// For how many groups more every write gets a savepoint.
    wary: u32,
    /// Each write that may be run again is run, undone and run again: what differs then, or happens twice, is a fault.
    twice: bool,
}

impl Guard {
    pub fn new(twice: bool) -> Guard {
        Guard { wary: 0, twice }
    }
}

/// Runs what is waiting, commits it, and lets it answer.
pub fn commit(
    writer: &WriterConn<'_>,
    queue: &Queue,
    pending: &dyn PendingNotes,
    readers: &Readers,
    stats: &LaneStats,
    guard: &mut Guard,
) {
    let guarded = guard.wary > 0 || guard.twice;
    let mut group = Group { guarded, twice: guard.twice, ..Group::new(writer, stats) };
    let mut held = Held::default();
    let mut fate = writer.begin();
    if fate.is_ok() {
        fate = group.take(queue, pending, &mut held);
    }
    let fate = match fate {
        Ok(()) => writer.batch_cached("COMMIT").map_err(|error| uncommitted(writer, error)),
        Err(error) => {
            let _ = writer.undo("ROLLBACK");
            Err(not_done(error))
        }
    };
    if let Err(error) = &fate {
        tracing::error!(%error, "a group of writes was lost");
        pending.forget();
        // What could not even begin is not tried for ever: their callers are told that nothing was done.
        drop(queue.jobs(&mut held));
    }
    stats.commits.fetch_add(1, Ordering::Relaxed);
    // Before the answers go out, so that callers read their own writes.
    if group.wrote {
        readers.changed();
    }
    guard.wary = if group.failed { WARY } else { guard.wary.saturating_sub(1) };
    for answer in group.answers.into_iter().chain(group.noted) {
        answer(fate.clone());
    }
    // After the answers: their effects make changes of rights known, and rights are asked before a row is told.
    if fate.is_ok() {
        writer.tell_recorded();
    }
}

/// What a commit that failed has come to. Its frames may be in the write-ahead log without having been synced, and a
/// start after a crash would find them. A commit that follows is written over them; once that is on disk they are gone.
fn uncommitted(writer: &WriterConn<'_>, error: Error) -> Error {
    let _ = writer.undo("ROLLBACK");
    match overwrite(writer) {
        Ok(()) => not_done(error),
        Err(_) => Error::new(Code::UNKNOWN, "the commit failed; it may be found done after a restart")
            .because(error.to_string()),
    }
}

/// Commits a page that says what it said before.
fn overwrite(writer: &WriterConn<'_>) -> Result<()> {
    let version = writer.number("PRAGMA user_version", Vec::new())?.unwrap_or_default();
    writer.batch_cached("BEGIN IMMEDIATE")?;
    let written = writer.batch(&format!("PRAGMA user_version={version}"));
    let done = written.and_then(|()| writer.batch_cached("COMMIT"));
    if done.is_err() && !writer.is_at_rest() {
        let _ = writer.undo("ROLLBACK");
    }
    done
}

fn not_done(error: Error) -> Error {
    if super::disk_failed(&error) {
        return error;
    }
    let source = error.to_string();
    Error::db(error.detail.as_deref().unwrap_or("the transaction failed").to_owned())
        .say("数据库错误，未做任何修改，请稍后再试", "database error: nothing was changed, please try again")
        .because(source)
}

struct Group<'a, 'c> {
    writer: &'a WriterConn<'c>,
    stats: &'a LaneStats,
    /// Each write gets a savepoint from here on.
    guarded: bool,
    /// For tests: see `Guard`.
    twice: bool,
    /// The writes that ran without one, to be run again if need be.
    bare: Vec<(What, Again)>,
    /// A write failed after it had written.
    failed: bool,
    /// There was more than rows of the log about calls that change nothing.
    wrote: bool,
    notes: Vec<Note>,
    answers: Vec<OnCommit>,
    /// Of notes that somebody waits for.
    noted: Vec<OnCommit>,
}

type Again = Box<dyn FnMut(&WriterConn<'_>) -> Outcome + Send>;

impl<'a, 'c> Group<'a, 'c> {
    fn new(writer: &'a WriterConn<'c>, stats: &'a LaneStats) -> Group<'a, 'c> {
        Group {
            writer,
            stats,
            guarded: false,
            twice: false,
            bare: Vec::new(),
            failed: false,
            wrote: false,
            notes: Vec::new(),
            answers: Vec::new(),
            noted: Vec::new(),
        }
    }

    /// Everything that the commit holds: the writes first, then what is noted of them, then notes that nobody
    /// waits for, as long as no more writes come.
    fn take(&mut self, queue: &Queue, pending: &dyn PendingNotes, held: &mut Held) -> Result<()> {
        let mut later = Vec::new();
        while let Some(jobs) = queue.jobs(held) {
            self.stats.writes.fetch_add(jobs.len() as u64, Ordering::Relaxed);
            for job in jobs {
                match job {
                    LaneJob::Write(what, work) => self.write(what, work)?,
                    LaneJob::Note(note, answer) => {
                        later.push(note);
                        self.noted.push(answer);
                    }
                }
            }
        }
        self.write_waiting()?;
        for note in std::mem::take(&mut self.notes) {
            note(self.writer)?;
        }
        loop {
            for note in later {
                // It tells of no change: the others need not suffer with it.
                if let Err(error) = note(self.writer) {
                    tracing::error!(%error, "a row of the log was not written");
                }
            }
            pending.write(self.writer)?;
            later = queue.notes(held);
            if later.is_empty() {
                return Ok(());
            }
        }
    }

    fn write(&mut self, what: What, work: Work) -> Result<()> {
        self.wrote = true;
        let started = Instant::now();
        self.writer.begins_write(started);
        let done = match work {
            Work::Again(work) if !self.guarded => self.run_bare(what.clone(), work),
            Work::Again(mut work) => {
                if self.twice {
                    self.rehearse(&mut work)?;
                }
                self.run_guarded(&what, move |conn| work(conn))
            }
            Work::Once(work) => {
                // What could not be run again must not be undone with others.
                self.write_waiting()?;
                self.guarded = true;
                self.run_guarded(&what, work)
            }
        };
        let took = started.elapsed();
        if took > SLOW {
            self.stats.slow.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%what, ms = took.as_millis() as u64, "a write held the lane for long");
        }
        done
    }

    fn run_bare(&mut self, what: What, mut work: Again) -> Result<()> {
        let before = self.writer.changes();
        self.writer.let_wait(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self.writer)));
        let kept = matches!(outcome, Ok(Outcome::Keep { .. })) && !self.writer.is_broken();
        self.bare.push((what, work));
        if self.writer.is_at_rest() || !(kept || self.writer.changes() == before) {
            return self.run_all_again();
        }
        self.settle(outcome.ok());
        Ok(())
    }

    /// Those of bare writes. If one of them cannot be written, whose it is shows when each is written at once.
    fn write_waiting(&mut self) -> Result<()> {
        match self.writer.write_waiting(Before::All) {
            Err(_) if !self.guarded => self.run_all_again(),
            done => done,
        }
    }

    fn run_all_again(&mut self) -> Result<()> {
        if !self.writer.is_at_rest() {
            self.writer.undo("ROLLBACK")?;
        }
        self.writer.undo("BEGIN IMMEDIATE")?;
        self.writer.forget_recorded(0);
        self.notes.clear();
        self.answers.clear();
        (self.guarded, self.failed) = (true, true);
        std::mem::take(&mut self.bare)
            .into_iter()
            .try_for_each(|(what, work)| self.write(what, Work::Again(work)))
    }

    /// Runs a write inside a savepoint. One that fails by itself: nothing of this group can be trusted.
    fn run_guarded(&mut self, what: &What, work: impl FnOnce(&WriterConn<'_>) -> Outcome) -> Result<()> {
        self.writer.batch_cached("SAVEPOINT call")?;
        let (before, mark) = (self.writer.changes(), self.writer.recorded());
        self.writer.let_wait(false);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self.writer)));
        if self.writer.is_at_rest() {
            tracing::warn!(%what, "a write that was cut off took its group with it");
            self.begin_anew()?;
        } else {
            if !matches!(outcome, Ok(Outcome::Keep { .. })) {
                self.failed |= self.writer.changes() != before;
                self.writer.undo("ROLLBACK TO call")?;
                self.writer.forget_recorded(mark);
                self.writer.pass_told_ids()?;
            }
            self.writer.batch_cached("RELEASE call")?;
        }
        self.settle(outcome.ok());
        Ok(())
    }

    /// Runs a write and undoes it.
    fn rehearse(&mut self, work: &mut Again) -> Result<()> {
        self.writer.batch_cached("SAVEPOINT call")?;
        let mark = self.writer.recorded();
        self.writer.let_wait(false);
        let _ = catch_unwind(AssertUnwindSafe(|| work(self.writer)));
        if self.writer.is_at_rest() {
            return self.begin_anew();
        }
        self.writer.undo("ROLLBACK TO call")?;
        self.writer.forget_recorded(mark);
        self.writer.batch_cached("RELEASE call")
    }

    /// Without an outcome (it panicked) its answer is lost with it: whoever waits sees the channel close and
    /// answers 500.
    fn settle(&mut self, outcome: Option<Outcome>) {
        if let Some(Outcome::Keep { note, answer } | Outcome::Undo { note, answer }) = outcome {
            self.notes.push(note);
            self.answers.push(answer);
        }
    }

    /// SQLite ends the whole transaction when it cuts off a statement that writes. Those before it in the group
    /// are told to try again; the one that was cut off keeps its note.
    fn begin_anew(&mut self) -> Result<()> {
        self.writer.forget_recorded(0);
        self.notes.clear();
        for answer in self.answers.drain(..) {
            answer(Err(Error::busy_write("the transaction was cut off by another write")));
        }
        self.writer.undo("BEGIN IMMEDIATE")
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
