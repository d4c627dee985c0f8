//! Trouble with the database that an operator must know of: damage, a full disk, a failing one. A line of the
//! log tells it, and the server no longer calls itself ready.

use rusqlite::ErrorCode;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// Seconds for which a disk that failed counts as failing, and seconds between two lines of the log.
const LASTS: u64 = 60;

static TROUBLE: Trouble = Trouble::new();
static BORN: LazyLock<Instant> = LazyLock::new(Instant::now);

struct Trouble {
    /// A file of the database was removed or replaced.
    gone: AtomicBool,
    /// Damage stays until somebody mends it.
    damaged: AtomicBool,
    /// The second at which the disk failed last; 0 = never.
    failed: AtomicU64,
    /// The second of the last line; 0 = none.
    said: AtomicU64,
}

impl Trouble {
    const fn new() -> Trouble {
        Trouble {
            gone: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            failed: AtomicU64::new(0),
            said: AtomicU64::new(0),
        }
    }

    /// Takes notice of an error, and says whether it is time for a line about it.
    fn note(&self, code: ErrorCode, now: u64) -> bool {
        match code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => self.damaged.store(true, Relaxed),
            ErrorCode::SystemIoFailure | ErrorCode::DiskFull | ErrorCode::CannotOpen => {
                self.failed.store(now, Relaxed);
            }
            _ => return false,
        }
        let said = self.said.load(Relaxed);
        (said == 0 || now >= said + LASTS) && self.said.compare_exchange(said, now, Relaxed, Relaxed).is_ok()
    }

    fn now(&self, now: u64) -> Option<&'static str> {
        if self.gone.load(Relaxed) {
            return Some("files of the database were removed or replaced under the server");
        }
        let failed = self.failed.load(Relaxed);
        match self.damaged.load(Relaxed) {
            true => Some("the database is damaged"),
            false if failed > 0 && now < failed + LASTS => {
                Some("the database could not read or write its disk")
            }
            false => None,
        }
    }
}

/// Seconds that this process has lived, from 1.
fn second() -> u64 {
    BORN.elapsed().as_secs() + 1
}

/// Called with every error of the driver. The statement is not logged: it may hold data.
pub(super) fn note(code: ErrorCode, error: &rusqlite::Error) {
    if TROUBLE.note(code, second()) {
        tracing::error!(%error, "the database or its disk is in trouble; see /readyz");
    }
}

/// The disk was written again.
pub fn disk_is_back() {
    TROUBLE.failed.store(0, Relaxed);
}

/// A file of the database was removed or replaced under the server.
pub fn files_are_gone() {
    TROUBLE.gone.store(true, Relaxed);
}

/// Why this process should get no calls, if it should not.
pub fn trouble() -> Option<&'static str> {
    TROUBLE.now(second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_disk_is_forgotten_and_damage_is_not() {
        let trouble = Trouble::new();
        trouble.note(ErrorCode::DiskFull, 5);
        assert!(trouble.now(6).is_some() && trouble.now(5 + LASTS).is_none());
        trouble.note(ErrorCode::DatabaseCorrupt, 100);
        assert_eq!(trouble.now(1_000_000), Some("the database is damaged"));
    }

    #[test]
    fn one_line_a_minute() {
        let trouble = Trouble::new();
        let lines = (1..=180).filter(|second| trouble.note(ErrorCode::SystemIoFailure, *second));
        assert_eq!(lines.collect::<Vec<_>>(), [1, 61, 121]);
    }

    #[test]
    fn what_a_caller_can_cause_is_no_trouble() {
        use ErrorCode::{ConstraintViolation, DatabaseBusy, OperationInterrupted, ReadOnly, Unknown};
        let trouble = Trouble::new();
        for code in [ConstraintViolation, DatabaseBusy, OperationInterrupted, ReadOnly, Unknown] {
            assert!(!trouble.note(code, 1) && trouble.now(1).is_none(), "{code:?}");
        }
    }
}
