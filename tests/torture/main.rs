//! The torture: the real program under concurrent calls of every kind, and meanwhile everything that can happen to a
//! server: README.md beside this file. `make torture ROUNDS=500 SEED=1`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod book;
mod check;
mod faults;
mod http;
mod journal;
mod load;
mod plan;
mod rng;
mod round;
mod server;
mod settle;
mod shim;
mod snapshot;
mod subscribers;
mod tally;
mod wal;

use book::{Fault, Wrong};
use round::Round;
use server::Place;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tally::Tally;

const ROUNDS: u64 = 60;
/// Rounds that once failed: a seed and a fault in each line.
const SEEDS: &str = include_str!("../seeds/torture");

/// A database with accounts, made once.
fn furnished() -> &'static PathBuf {
    static MADE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, root) = MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(dir.path().to_owned(), 0, "full");
        place.furnish();
        let root = place.root();
        (dir, root)
    });
    root
}

/// One server at a time: the machine is small.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seen also while tests are quiet.
fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn play(rounds: impl Iterator<Item = Round>) -> (Tally, Vec<String>) {
    let (mut tally, mut failed) = (Tally::default(), Vec::new());
    for round in rounds {
        let dir = tempfile::tempdir().unwrap();
        let book = round::play(&round, furnished(), dir.path(), &mut tally);
        if book.faults.is_empty() {
            continue;
        }
        tally.took(&book);
        let kept = dir.keep();
        failed.push(format!("SEED={} FAULT={:?}", round.seed, round.first));
        say(format_args!("failed: make torture ROUNDS=1 SEED={} FAULT={:?}", round.seed, round.first));
        say(format_args!("        files, journal and log: {}", kept.display()));
        for Fault(wrong, text) in book.faults.iter().take(10) {
            say(format_args!("        {wrong:?}: {text}"));
        }
    }
    (tally, failed)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().expect(name))
}

/// Round n of a seed begins with the n-th kind of fault.
#[test]
fn nothing_is_lost_whatever_happens() {
    let _alone = alone();
    let (from, rounds) = (number("SEED").unwrap_or(1), number("ROUNDS").unwrap_or(ROUNDS));
    let only = std::env::var("FAULT").ok().filter(|name| !name.is_empty());
    let only = only.map(|name| faults::Fault::named(&name).expect("FAULT"));
    let (tally, failed) = play((0..rounds).map(|n| Round {
        seed: from + n,
        first: only.unwrap_or(faults::ALL[((from + n - 1) % faults::ALL.len() as u64) as usize]),
        sync: "full",
    }));
    say(&tally);
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn seeds_that_once_failed_hold() {
    let _alone = alone();
    let lines = SEEDS.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let (_, failed) = play(lines.map(|line| {
        let mut words = line.split_whitespace();
        let seed = words.next().and_then(|word| word.parse().ok()).expect("a seed");
        let first = words.next().and_then(faults::Fault::named).expect("a fault");
        Round { seed, first, sync: "full" }
    }));
    assert!(failed.is_empty(), "{failed:?}");
}

/// A rig that finds nothing where something is lost would prove nothing.
#[test]
fn the_rig_sees_what_a_weaker_durability_loses() {
    let _alone = alone();
    let (mut tally, mut lost) = (Tally::default(), 0);
    for seed in 1..=6 {
        let dir = tempfile::tempdir().unwrap();
        let round = Round { seed, first: faults::Fault::PowerCut, sync: "normal" };
        let book = round::play(&round, furnished(), dir.path(), &mut tally);
        lost += book.faults.iter().filter(|Fault(wrong, _)| *wrong == Wrong::Lost).count();
    }
    say(format_args!("with P_SYNC=normal, as it must be: lost {lost}"));
    assert!(lost > 0, "P_SYNC=normal lost nothing in six power cuts");
}
