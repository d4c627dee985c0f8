//! Wrong guesses of a password, code or key: counted by a key, which is then blocked for a while, with half the allowance after each block while it goes on. Not a limit on right ones.
//!
//! A guess is judged twice: [`Failures::check`] before the slow hashing, and when its outcome is reported.
//! A thousand guesses sent at once pass the first judgement together, but once the allowance is used up the
//! second one answers the rest with the same refusal, right or wrong, so nothing is learned from them.

use super::count_key::Key;
use super::limiter::{Bounded, Forgettable, Wait};
use crate::time::Clock;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many failures in so many seconds block for as many seconds; all is forgotten after a quiet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub failures: u32,
    pub seconds: u32,
    pub forget_seconds: u32,
}

impl Rule {
    /// 5 in 10 minutes.
    pub const ACCOUNT: Rule = Rule { failures: 5, seconds: 600, forget_seconds: 3600 };
    /// 50 in 10 minutes.
    pub const ADDRESS: Rule = Rule { failures: 50, seconds: 600, forget_seconds: 3600 };
}

pub trait Failures: Send + Sync {
    /// May this key guess at all?
    fn check(&self, key: &Key) -> Result<(), Wait>;

    /// The guess was wrong; refused if the key was blocked meanwhile.
    fn failed(&self, key: &Key) -> Result<(), Wait>;

    /// The guess was right: its failures are forgotten, unless the key was blocked meanwhile.
    fn succeeded(&self, key: &Key) -> Result<(), Wait>;
}

pub struct MemFailures {
    rule: Rule,
    clock: Arc<dyn Clock>,
    records: Mutex<Bounded<Record>>,
}

#[derive(Default)]
struct Record {
    times: VecDeque<i64>,
    blocked_until: i64,
    /// Blocks so far: each halves the allowance.
    blocks: u32,
    forgotten_at: i64,
}

impl Forgettable for Record {
    fn until(&self) -> i64 {
        self.forgotten_at
    }
}

impl MemFailures {
    /// Remembers at most so many keys.
    pub fn new(rule: Rule, clock: Arc<dyn Clock>, keys: usize) -> MemFailures {
        MemFailures { rule, clock, records: Mutex::new(Bounded::new(keys)) }
    }

    /// Forgets every key.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Removes what is forgotten; for a periodic job.
    pub fn sweep(&self) {
        let now = self.clock.unix_ms();
        self.lock().sweep(now);
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn allowance(&self, blocks: u32) -> usize {
        (self.rule.failures.checked_shr(blocks).unwrap_or(0)).max(1) as usize
    }
}

fn open(records: &Bounded<Record>, key: &str, now: i64) -> Result<(), Wait> {
    match records.get(key) {
        Some(record) if record.blocked_until > now => Err(Wait::until(record.blocked_until, now)),
        _ => Ok(()),
    }
}

impl Failures for MemFailures {
    fn check(&self, key: &Key) -> Result<(), Wait> {
        let records = self.lock();
        open(&records, key.as_str(), self.clock.unix_ms())
    }

    fn failed(&self, key: &Key) -> Result<(), Wait> {
        let mut records = self.lock();
        let now = self.clock.unix_ms();
        open(&records, key.as_str(), now)?;
        let span = i64::from(self.rule.seconds) * 1000;
        let record = records.entry(key.as_str(), now);
        if record.forgotten_at <= now {
            *record = Record::default();
        }
        while record.times.front().is_some_and(|time| time + span <= now) {
            record.times.pop_front();
        }
        record.times.push_back(now);
        record.forgotten_at = now + i64::from(self.rule.forget_seconds.max(self.rule.seconds)) * 1000;
        if record.times.len() >= self.allowance(record.blocks) {
            record.times.clear();
            record.blocks += 1;
            record.blocked_until = now + span;
        }
        Ok(())
    }

    fn succeeded(&self, key: &Key) -> Result<(), Wait> {
        let mut records = self.lock();
        open(&records, key.as_str(), self.clock.unix_ms())?;
        records.remove(key.as_str());
        Ok(())
    }
}

#[cfg(test)]
#[path = "login_throttle_tests.rs"]
mod tests;
