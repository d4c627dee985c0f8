//! The order of the chain, from rows whose ids are in another.

use super::*;
use crate::db::Sync;
use proptest::prelude::*;

struct Log {
    conn: Conn,
    _dir: tempfile::TempDir,
}

impl Log {
    fn new() -> Log {
        let dir = tempfile::tempdir().unwrap();
        let conn = Conn::open_writer(&dir.path().join("t.db"), Sync::Normal).unwrap();
        for part in Part::ALL {
            conn.batch(&format!(
                "CREATE TABLE {} (id INTEGER PRIMARY KEY, seq INTEGER, apiLogId INTEGER)",
                part.name()
            ))
            .unwrap();
        }
        Log { conn, _dir: dir }
    }

    fn put(&self, part: Part, id: i64, seq: Option<i64>) {
        let seq = seq.map_or("NULL".to_owned(), |seq| seq.to_string());
        self.conn.batch(&format!("INSERT INTO {} VALUES ({id}, {seq}, 7)", part.name())).unwrap();
    }

    /// The numbers as they come when each is asked for after the one before it.
    fn read(&self) -> Vec<i64> {
        let mut order = InOrder::of(&self.conn).unwrap();
        let mut read = Vec::new();
        while let Some(place) = order.next(read.last().map_or(1, |last| last + 1)).unwrap() {
            read.push(place.seq);
        }
        read
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_come_by_their_numbers_whatever_their_ids(
        rows in prop::collection::vec((0usize..3, any::<u16>()), 1..1500),
    ) {
        let log = Log::new();
        log.conn.batch("BEGIN").unwrap();
        // Ids grow as the rows come; numbers are dealt out by the second of the pair.
        let mut seqs: Vec<usize> = (0..rows.len()).collect();
        seqs.sort_by_key(|at| rows[*at].1);
        for (seq, at) in seqs.iter().enumerate() {
            log.put(Part::ALL[rows[*at].0], *at as i64 + 1, Some(seq as i64 + 1));
        }
        log.conn.batch("COMMIT").unwrap();
        prop_assert_eq!(log.read(), (1..=rows.len() as i64).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_missing_is_passed_over_and_what_has_no_place_comes_at_once() {
    let log = Log::new();
    for n in 1..=2000 {
        if n != 900 {
            log.put(Part::Calls, n, Some(n));
        }
    }
    let read = log.read();
    assert_eq!((read.len(), read[898], read[899]), (1999, 899, 901));
    log.put(Part::Objects, 1, None);
    assert_eq!(log.read()[0], 0);
}

#[test]
fn a_row_that_nobody_has_is_not_waited_for_until_all_is_read() {
    let log = Log::new();
    for n in 2..=3000 {
        log.put(Part::Calls, n, Some(n));
    }
    let mut order = InOrder::of(&log.conn).unwrap();
    order.many = 100;
    assert_eq!(order.next(1).unwrap().unwrap().seq, 2);
    assert!(!order.rest.is_empty(), "the rest was not read");
    assert_eq!(order.left().unwrap().len(), 2998);
}

#[test]
fn rows_that_are_written_later_are_not_looked_at() {
    let log = Log::new();
    log.put(Part::Items, 1, Some(1));
    let mut order = InOrder::of(&log.conn).unwrap();
    log.put(Part::Items, 2, Some(2));
    assert_eq!(order.next(1).unwrap().unwrap().call, 7);
    assert_eq!(order.next(2).unwrap(), None);
}
