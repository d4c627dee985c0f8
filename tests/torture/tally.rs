//! What many rounds came to.

use crate::book::{Book, Fault as Fault_, Outcome, Wrong};
use crate::faults::Fault;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

#[derive(Default)]
pub struct Tally {
    pub rounds: usize,
    faults: BTreeMap<Fault, usize>,
    calls: usize,
    acknowledged: usize,
    refused: usize,
    wrong: BTreeMap<Wrong, usize>,
    pub orphans: usize,
    slowest: Duration,
}

impl Tally {
    pub fn struck(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub fn started(&mut self, took: Duration) {
        self.slowest = self.slowest.max(took);
    }

    pub fn took(&mut self, book: &Book) {
        self.rounds += 1;
        self.calls += book.sent.len();
        for sent in &book.sent {
            match sent.outcome {
                Outcome::Done { .. } => self.acknowledged += 1,
                Outcome::Refused => self.refused += 1,
                Outcome::Unknown => {}
            }
        }
        for Fault_(wrong, _) in &book.faults {
            *self.wrong.entry(*wrong).or_default() += 1;
        }
    }

    pub fn count(&self, wrong: Wrong) -> usize {
        self.wrong.get(&wrong).copied().unwrap_or_default()
    }

    fn others(&self) -> usize {
        let named = [Wrong::Lost, Wrong::Duplicated, Wrong::Ghost, Wrong::Reused, Wrong::WithoutAuthor];
        self.wrong.iter().filter(|(wrong, _)| !named.contains(wrong)).map(|(_, n)| n).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(|(fault, n)| format!("{fault:?} {n}")).collect();
        writeln!(out, "{} rounds; faults: {}", self.rounds, faults.join(", "))?;
        writeln!(
            out,
            "{} calls, {} acknowledged, {} refused or never sent; slowest start {:.2} s; files without a row {}",
            self.calls,
            self.acknowledged,
            self.refused,
            self.slowest.as_secs_f64(),
            self.orphans
        )?;
        write!(
            out,
            "lost {}, duplicated {}, ghosts {}, reused {}, without author {}, anything else {}",
            self.count(Wrong::Lost),
            self.count(Wrong::Duplicated),
            self.count(Wrong::Ghost),
            self.count(Wrong::Reused),
            self.count(Wrong::WithoutAuthor),
            self.others()
        )
    }
}
