//! Groups of writes: what fails, what is run again, and rows that wait to be written together.

use super::*;
use crate::db::conn::Conn;
use crate::db::no_note;
use crate::db::tests::scratch;
use crate::design::Catalogue;
use crate::plan::write;
use crate::sql::Sql;
use crate::value::Val;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

struct Nothing;
impl PendingNotes for Nothing {
    fn write(&self, _: &WriterConn<'_>) -> Result<()> {
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
        let (dir, conn) = scratch();
        conn.batch("CREATE TABLE T (n INTEGER)").unwrap();
        let (queue, stats, guard) = (Queue::default(), LaneStats::default(), Guard::default());
        Rig { conn, queue, stats, guard, answered: Arc::default(), _dir: dir }
    }

    fn outcome(&self, n: i64, then: Then) -> impl Fn() -> Outcome + Send + 'static {
        let answered = self.answered.clone();
        move || {
            let answered = answered.clone();
            let answer: OnCommit = Box::new(move |fate| answered.lock().unwrap().push((n, fate.is_ok())));
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
        let work = move |conn: &WriterConn<'_>| {
            count.fetch_add(1, Ordering::Relaxed);
            if writes {
                put(conn, n);
            }
            outcome()
        };
        self.queue.push(LaneJob::Write(Arc::new("a write"), Work::Again(Box::new(work)))).unwrap();
        ran
    }

    fn once(&self, n: i64, then: Then) {
        let outcome = self.outcome(n, then);
        let work = move |conn: &WriterConn<'_>| {
            put(conn, n);
            outcome()
        };
        self.queue.push(LaneJob::Write(Arc::new("a write"), Work::Once(Box::new(work)))).unwrap();
    }

    /// Commits; gives what is in the table, and who was answered.
    fn commit(&mut self) -> (Vec<i64>, Vec<(i64, bool)>) {
        let writer = WriterConn::new(&self.conn);
        commit(&writer, &self.queue, &Nothing, &Readers::new(1), &self.stats, &mut self.guard);
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
        // A write that panicked has lost its answer; the closed channel tells.
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
    assert_eq!(rig.guard.wary, 0);
}

/// One thing a write does.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// A row of a table that nobody told is to have each number once.
    Add(i64),
    /// A row of a table that takes any.
    Note(i64),
    Look(&'static str),
    Refuse,
}

const NUMBERED: &str = "CREATE TABLE A (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);
    CREATE UNIQUE INDEX a_n ON A (n);
    CREATE TABLE B (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER, tag INTEGER);";

/// What is known of them, and that one is choosy is not.
fn tables() -> Catalogue {
    crate::design::parse(&[("test", "@A: id, n(i)\n@B: id, n(i), tag(i)")]).unwrap()
}

/// Rows of great numbers have one more column, if their table has it: they wait by themselves.
fn add(writer: &WriterConn<'_>, table: &str, n: i64) -> Result<i64> {
    let fields = [("n", Value::from(n)), ("tag", Value::from(7))];
    let fields = &fields[..if table == "B" && n > 30 { 2 } else { 1 }];
    let tables = tables();
    let table = tables.table(table).unwrap();
    let fields = fields.iter().map(|(name, value)| Ok((table.column(name).unwrap(), value)));
    let plan = write::insert(table, fields, &|_| None)?;
    writer.insert(plan)
}

/// Ids and numbers.
type Rows = Vec<(i64, i64)>;

fn table(conn: &Conn, name: &'static str) -> Rows {
    let sql = if name == "A" { "SELECT id, n FROM A ORDER BY id" } else { "SELECT id, n FROM B ORDER BY id" };
    let rows = conn.rows(&Sql::fixed(sql, Vec::new())).unwrap();
    rows.iter().map(|row| (row[0].as_i64().unwrap(), row[1].as_i64().unwrap())).collect()
}

/// Does the deeds; the ids that it was told are those it finds when it looks.
fn act(writer: &WriterConn<'_>, deeds: &[Deed]) -> Result<()> {
    let mut told = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Add(n) => told.push(("A", add(writer, "A", *n)?, *n)),
            Deed::Note(n) => told.push(("B", add(writer, "B", *n)?, *n)),
            Deed::Look(name) => {
                writer.write_waiting(Before::Statement(name))?;
                let mine = told.iter().filter(|(of, ..)| of == name).map(|(_, id, n)| (*id, *n));
                let rows = table(writer, name);
                let missing: Rows = mine.filter(|row| !rows.contains(row)).collect();
                assert_eq!(missing, []);
            }
            Deed::Refuse => return Err(Error::forbidden("no")),
        }
    }
    Ok(())
}

/// Commits the writes as one group; gives the tables and who was kept.
fn group_of(writes: &[Vec<Deed>], once: bool) -> ([Rows; 2], Vec<bool>) {
    let mut rig = Rig::new();
    rig.conn.batch(NUMBERED).unwrap();
    let kept = Arc::new(Mutex::new(vec![false; writes.len()]));
    for (at, deeds) in writes.iter().cloned().enumerate() {
        let kept = kept.clone();
        let work = move |writer: &WriterConn<'_>| {
            let done = act(writer, &deeds);
            let (kept, ok) = (kept.clone(), done.is_ok());
            let answer: OnCommit = Box::new(move |fate| kept.lock().unwrap()[at] = ok && fate.is_ok());
            match ok {
                true => Outcome::Keep { note: no_note(), answer },
                false => Outcome::Undo { note: no_note(), answer },
            }
        };
        let work = match once {
            true => Work::Once(Box::new(move |writer| work(writer))),
            false => Work::Again(Box::new(work)),
        };
        rig.queue.push(LaneJob::Write(Arc::new("a write"), work)).unwrap();
    }
    rig.commit();
    let kept = kept.lock().unwrap().clone();
    (["A", "B"].map(|name| table(&rig.conn, name)), kept)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// Whatever writes do, rows that wait to be written together come to the same as rows that are written at once
    /// (which is how those that are run only once are written).
    #[test]
    fn rows_that_wait_are_as_good_as_written(
        writes in proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![
                    4 => (0..40i64).prop_map(Deed::Add),
                    8 => (0..40i64).prop_map(Deed::Note),
                    1 => Just(Deed::Look("A")),
                    1 => Just(Deed::Look("B")),
                    1 => Just(Deed::Refuse),
                ],
                0..12,
            ),
            1..10,
        ),
    ) {
        prop_assert_eq!(group_of(&writes, false), group_of(&writes, true));
    }
}

#[test]
fn many_rows_are_written_by_few_statements() {
    let mut rig = Rig::new();
    rig.conn.batch(NUMBERED).unwrap();
    let held = Arc::new(Mutex::new(Vec::new()));
    for n in -100..0 {
        let (held, outcome) = (held.clone(), rig.outcome(n, Then::Keep));
        let work = move |writer: &WriterConn<'_>| {
            held.lock().unwrap().push((add(writer, "B", n).unwrap(), writer.written()));
            outcome()
        };
        rig.queue.push(LaneJob::Write(Arc::new("a write"), Work::Again(Box::new(work)))).unwrap();
    }
    let before = rig.conn.written();
    rig.commit();
    assert_eq!(table(&rig.conn, "B"), (-100..0).map(|n| (n + 101, n)).collect::<Vec<_>>());
    let held = held.lock().unwrap();
    let written = |at: usize| held[at].1 - before;
    assert_eq!((held[99].0, written(0), written(15), written(16), written(99)), (100, 1, 1, 17, 97));
}

#[test]
fn an_id_that_somebody_took_is_not_given_away() {
    let mut rig = Rig::new();
    rig.conn.batch(NUMBERED).unwrap();
    let outcome = rig.outcome(0, Then::Keep);
    let work = move |writer: &WriterConn<'_>| {
        assert_eq!([add(writer, "B", 1).unwrap(), add(writer, "B", 2).unwrap()], [1, 2]);
        writer.write_waiting(Before::All).unwrap();
        writer.raw().execute("INSERT INTO B (id, n) VALUES (9, 3)", []).unwrap();
        assert_eq!([add(writer, "B", 4).unwrap(), add(writer, "B", 5).unwrap()], [10, 11]);
        outcome()
    };
    rig.queue.push(LaneJob::Write(Arc::new("a write"), Work::Again(Box::new(work)))).unwrap();
    rig.commit();
    assert_eq!(table(&rig.conn, "B"), [(1, 1), (2, 2), (9, 3), (10, 4), (11, 5)]);
}

/// What a write is told when its commit fails so many times in a row: once, and the commit that follows proves that nothing
/// is left of it; always, and nobody can know.
#[test]
fn a_failed_commit_is_told_as_what_it_is() {
    for (failures, code) in [(1, Code::DB), (2, Code::UNKNOWN)] {
        let mut rig = Rig::new();
        let pending = AtomicU64::new(failures);
        rig.conn
            .raw()
            .commit_hook(Some(move || {
                pending.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
            }))
            .unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let work = move |conn: &WriterConn<'_>| {
            put(conn, 1);
            let heard = heard.clone();
            let answer: OnCommit = Box::new(move |fate| heard.lock().unwrap().push(fate.unwrap_err().code));
            Outcome::Keep { note: no_note(), answer }
        };
        rig.queue.push(LaneJob::Write(Arc::new("a write"), Work::Again(Box::new(work)))).unwrap();
        assert_eq!(rig.commit().0, [0_i64; 0]);
        assert_eq!(*told.lock().unwrap(), [code]);
        // The next one is not hindered.
        rig.again(2, true, Then::Keep);
        assert_eq!(rig.commit(), (vec![2], vec![(2, true)]));
    }
}

#[path = "group_feed_tests.rs"]
mod feed;
