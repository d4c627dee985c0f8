//! One transaction of the lane: the writes that are waiting, one after the other, and what is noted of them.
//!
//! A write that fails undoes its own changes and nobody else's. A savepoint for each would see to that, but a
//! savepoint copies every page that is touched after it: a third of what a small write costs, for a fault that
//! hardly ever happens (what is refused is mostly refused before it has written anything). So writes run bare
//! as long as all of them can be run again. When one has written and then fails, all is undone, and the writes
//! of the group run once more, each inside a savepoint; so do those of the groups that follow for a while.

use super::desk::{Desk, Statements};
use super::lane::{Answer, LaneStats, Left, Note, Outcome, What, Work};
use super::queue::{Held, Job, Queue};
use crate::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A single write that holds the lane longer is worth a warning.
const SLOW: Duration = Duration::from_millis(50);
/// Groups that are run inside savepoints after one that had to be run again: faults come in crowds.
const WARY: u32 = 64;

/// For how many groups more every write gets a savepoint.
#[derive(Default)]
pub struct Guard(u32);

/// Runs what is waiting, commits it, and lets it answer.
pub fn commit(desk: &Desk<'_>, queue: &Queue, left: &dyn Left, stats: &LaneStats, guard: &mut Guard) {
    let guarded = guard.0 > 0;
    let mut group = Group { guarded, ..Group::new(desk, stats) };
    let mut held = Held::default();
    let mut fate = desk.begin();
    if fate.is_ok() {
        fate = group.take(queue, left, &mut held);
    }
    if fate.is_ok() {
        fate = desk.batch_cached("COMMIT");
    }
    if let Err(error) = &fate {
        tracing::error!(%error, "a group of writes was lost");
        let _ = desk.undo("ROLLBACK");
        left.forget();
        // What could not even begin is not tried for ever: whoever waits for it is told.
        drop(queue.jobs(&mut held));
    }
    stats.commits.fetch_add(1, Ordering::Relaxed);
    guard.0 = if group.failed { WARY } else { guard.0.saturating_sub(1) };
    for answer in group.answers.into_iter().chain(group.noted) {
        answer(fate.clone());
    }
}

struct Group<'a, 'c> {
    desk: &'a Desk<'c>,
    stats: &'a LaneStats,
    /// Each write gets a savepoint from here on.
    guarded: bool,
    /// The writes that ran without one, to be run again if need be.
    bare: Vec<(What, Again)>,
    /// A write failed after it had written.
    failed: bool,
    notes: Vec<Note>,
    answers: Vec<Answer>,
    /// Of notes that somebody waits for.
    noted: Vec<Answer>,
}

type Again = Box<dyn FnMut(&Desk<'_>) -> Outcome + Send>;

impl<'a, 'c> Group<'a, 'c> {
    fn new(desk: &'a Desk<'c>, stats: &'a LaneStats) -> Group<'a, 'c> {
        Group {
            desk,
            stats,
            guarded: false,
            bare: Vec::new(),
            failed: false,
            notes: Vec::new(),
            answers: Vec::new(),
            noted: Vec::new(),
        }
    }

    /// Everything that the commit holds: the writes first, then what is noted of them, then notes that nobody
    /// waits for, as long as no more writes come.
    fn take(&mut self, queue: &Queue, left: &dyn Left, held: &mut Held) -> Result<()> {
        let mut later = Vec::new();
        while let Some(jobs) = queue.jobs(held) {
            self.stats.writes.fetch_add(jobs.len() as u64, Ordering::Relaxed);
            for job in jobs {
                match job {
                    Job::Write(what, work) => self.write(what, work)?,
                    Job::Note(note, answer) => {
                        later.push(note);
                        self.noted.push(answer);
                    }
                }
            }
        }
        self.write_waiting()?;
        for note in std::mem::take(&mut self.notes) {
            note(self.desk)?;
        }
        loop {
            for note in later {
                // It tells of no change: the others need not suffer with it.
                if let Err(error) = note(self.desk) {
                    tracing::error!(%error, "a row of the log was not written");
                }
            }
            left.write(self.desk)?;
            later = queue.notes(held);
            if later.is_empty() {
                return Ok(());
            }
        }
    }

    fn write(&mut self, what: What, work: Work) -> Result<()> {
        let started = Instant::now();
        let done = match work {
            Work::Again(work) if !self.guarded => self.run_bare(what.clone(), work),
            Work::Again(mut work) => self.run_guarded(&what, move |conn| work(conn)),
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
        let before = self.desk.changes();
        self.desk.let_wait(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self.desk)));
        let kept = matches!(outcome, Ok(Outcome::Keep { .. })) && !self.desk.is_broken();
        self.bare.push((what, work));
        if self.desk.transaction_is_lost() || !(kept || self.desk.changes() == before) {
            return self.run_all_again();
        }
        self.settle(outcome.ok());
        Ok(())
    }

    /// Those of bare writes. If one of them cannot be written, whose it is shows when each is written at once.
    fn write_waiting(&mut self) -> Result<()> {
        match self.desk.write_waiting() {
            Err(_) if !self.guarded => self.run_all_again(),
            done => done,
        }
    }

    fn run_all_again(&mut self) -> Result<()> {
        if !self.desk.transaction_is_lost() {
            self.desk.undo("ROLLBACK")?;
        }
        self.desk.undo("BEGIN IMMEDIATE")?;
        self.notes.clear();
        self.answers.clear();
        (self.guarded, self.failed) = (true, true);
        std::mem::take(&mut self.bare)
            .into_iter()
            .try_for_each(|(what, work)| self.write(what, Work::Again(work)))
    }

    /// Runs a write inside a savepoint. One that fails by itself: nothing of this group can be trusted.
    fn run_guarded(&mut self, what: &What, work: impl FnOnce(&Desk<'_>) -> Outcome) -> Result<()> {
        self.desk.batch_cached("SAVEPOINT call")?;
        let before = self.desk.changes();
        self.desk.let_wait(false);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self.desk)));
        if self.desk.transaction_is_lost() {
            tracing::warn!(%what, "a write that was cut off took its group with it");
            self.begin_anew()?;
        } else {
            if !matches!(outcome, Ok(Outcome::Keep { .. })) {
                self.failed |= self.desk.changes() != before;
                self.desk.undo("ROLLBACK TO call")?;
            }
            self.desk.batch_cached("RELEASE call")?;
        }
        self.settle(outcome.ok());
        Ok(())
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
        self.notes.clear();
        for answer in self.answers.drain(..) {
            answer(Err(Error::db("the transaction was cut off by another write")
                .say("系统忙，请稍后再试", "the server is busy, please try again")));
        }
        self.desk.undo("BEGIN IMMEDIATE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::conn::{Conn, Sync};
    use crate::db::no_note;
    use crate::sql::Sql;
    use crate::value::Val;
    use std::sync::atomic::AtomicU64;
    use std::sync::{Arc, Mutex};

    struct Nothing;
    impl Left for Nothing {
        fn write(&self, _: &Desk<'_>) -> Result<()> {
            Ok(())
        }
        fn forget(&self) {}
    }

    /// A lane without a thread, over a table `T (n)`.
    struct Rig {
        conn: Conn,
        queue: Queue,
        stats: LaneStats,
        guard: Guard,
        answered: Arc<Mutex<Vec<(i64, bool)>>>,
        _dir: tempfile::TempDir,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Then {
        Keep,
        Undo,
        Panic,
    }

    fn put(conn: &Conn, n: i64) {
        conn.run(&Sql::fixed("INSERT INTO T (n) VALUES (?)", vec![Val::Int(n)])).unwrap();
    }

    impl Rig {
        fn new() -> Rig {
            let dir = tempfile::tempdir().unwrap();
            let conn = Conn::open_writer(&dir.path().join("t.db"), Sync::Normal).unwrap();
            conn.batch("CREATE TABLE T (n INTEGER)").unwrap();
            let (queue, stats, guard) = (Queue::default(), LaneStats::default(), Guard::default());
            Rig { conn, queue, stats, guard, answered: Arc::default(), _dir: dir }
        }

        fn outcome(&self, n: i64, then: Then) -> impl Fn() -> Outcome + Send + 'static {
            let answered = self.answered.clone();
            move || {
                let answered = answered.clone();
                let answer: Answer = Box::new(move |fate| answered.lock().unwrap().push((n, fate.is_ok())));
                match then {
                    Then::Keep => Outcome::Keep { note: no_note(), answer },
                    Then::Undo => Outcome::Undo { note: no_note(), answer },
                    Then::Panic => panic!("as it should"),
                }
            }
        }

        /// Queues a write of `n`; gives how often it ran.
        fn again(&self, n: i64, writes: bool, then: Then) -> Arc<AtomicU64> {
            let ran = Arc::new(AtomicU64::new(0));
            let (count, outcome) = (ran.clone(), self.outcome(n, then));
            let work = move |conn: &Desk<'_>| {
                count.fetch_add(1, Ordering::Relaxed);
                if writes {
                    put(conn, n);
                }
                outcome()
            };
            self.queue.push(Job::Write(Arc::new("a write"), Work::Again(Box::new(work)))).unwrap();
            ran
        }

        fn once(&self, n: i64, then: Then) {
            let outcome = self.outcome(n, then);
            let work = move |conn: &Desk<'_>| {
                put(conn, n);
                outcome()
            };
            self.queue.push(Job::Write(Arc::new("a write"), Work::Once(Box::new(work)))).unwrap();
        }

        /// Commits; gives what is in the table, and who was answered.
        fn commit(&mut self) -> (Vec<i64>, Vec<(i64, bool)>) {
            let desk = Desk::new(&self.conn);
            commit(&desk, &self.queue, &Nothing, &self.stats, &mut self.guard);
            let rows = self.conn.rows(&Sql::fixed("SELECT n FROM T ORDER BY rowid", Vec::new())).unwrap();
            let rows = rows.iter().filter_map(|row| row[0].as_i64()).collect();
            (rows, std::mem::take(&mut *self.answered.lock().unwrap()))
        }
    }

    fn times(ran: &AtomicU64) -> u64 {
        ran.load(Ordering::Relaxed)
    }

    #[test]
    fn what_fails_after_writing_undoes_itself_alone() {
        for then in [Then::Undo, Then::Panic] {
            let mut rig = Rig::new();
            let first = rig.again(1, true, Then::Keep);
            rig.again(2, true, then);
            let last = rig.again(3, true, Then::Keep);
            let (rows, mut answered) = rig.commit();
            assert_eq!(rows, [1, 3]);
            // Whoever panicked has lost his answer; the channel behind it tells.
            answered.retain(|(n, _)| *n != 2 || then == Then::Undo);
            let expected: &[_] =
                if then == Then::Undo { &[(1, true), (2, true), (3, true)] } else { &[(1, true), (3, true)] };
            assert_eq!(answered, expected);
            assert_eq!((times(&first), times(&last)), (2, 1));
        }
    }

    #[test]
    fn what_is_refused_before_it_wrote_disturbs_nobody() {
        let mut rig = Rig::new();
        let first = rig.again(1, true, Then::Keep);
        rig.again(2, false, Then::Undo);
        rig.again(3, false, Then::Panic);
        let (rows, answered) = rig.commit();
        assert_eq!((rows, answered, times(&first)), (vec![1], vec![(1, true), (2, true)], 1));
    }

    #[test]
    fn what_cannot_be_run_again_is_never_undone_with_others() {
        let mut rig = Rig::new();
        let first = rig.again(1, true, Then::Keep);
        rig.once(2, Then::Keep);
        rig.again(3, true, Then::Undo);
        rig.once(4, Then::Undo);
        let (rows, answered) = rig.commit();
        assert_eq!(rows, [1, 2]);
        assert_eq!(answered, [(1, true), (2, true), (3, true), (4, true)]);
        assert_eq!(times(&first), 1);
    }

    #[test]
    fn after_a_fault_writes_are_guarded_for_a_while() {
        let mut rig = Rig::new();
        rig.again(1, true, Then::Undo);
        rig.commit();
        let kept = rig.again(2, true, Then::Keep);
        let failing = rig.again(3, true, Then::Undo);
        assert_eq!(rig.commit().0, [2]);
        assert_eq!((times(&kept), times(&failing)), (1, 1));
        for _ in 0..WARY {
            rig.again(4, false, Then::Keep);
            rig.commit();
        }
        assert_eq!(rig.guard.0, 0);
    }
}
