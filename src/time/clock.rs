//! Where "now" comes from, so that tests and test mode can move it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub trait Clock: Send + Sync {
    /// Milliseconds since 1970 in UTC.
    fn unix_ms(&self) -> i64;

    /// Whole seconds since 1970 in UTC.
    fn unix(&self) -> i64 {
        self.unix_ms().div_euclid(1000)
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_ms(&self) -> i64 {
        let ms = |span: std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => ms(after),
            Err(before) => -ms(before.duration()),
        }
    }
}

/// A clock that can be moved while others read it: the machine's clock plus a shift, or, standing, nothing
/// but what it was set to.
#[derive(Debug)]
pub struct LogicalClock {
    ms: AtomicI64,
    base: Option<SystemClock>,
    /// The part of it that was skipped, by which logins do not grow old.
    skipped: AtomicI64,
}

impl LogicalClock {
    /// Runs with the machine's clock until it is moved.
    pub fn running() -> LogicalClock {
        LogicalClock { ms: AtomicI64::new(0), base: Some(SystemClock), skipped: AtomicI64::new(0) }
    }

    /// Stands at a moment and moves only when told.
    pub fn standing(unix_ms: i64) -> LogicalClock {
        LogicalClock { ms: AtomicI64::new(unix_ms), base: None, skipped: AtomicI64::new(0) }
    }

    pub fn advance_ms(&self, by: i64) {
        self.ms.fetch_add(by, Ordering::SeqCst);
    }

    /// Moves on without anybody having waited: values and codes grow old, logins do not.
    pub fn skip_ms(&self, by: i64) {
        self.skipped.fetch_add(by, Ordering::SeqCst);
        self.advance_ms(by);
    }

    /// The time by which logins grow old.
    pub fn waited_ms(&self) -> i64 {
        self.unix_ms().saturating_sub(self.skipped.load(Ordering::SeqCst))
    }

    /// Runs with the machine's clock again.
    pub fn set_running(&self) {
        if self.base.is_some() {
            self.ms.store(0, Ordering::SeqCst);
            self.skipped.store(0, Ordering::SeqCst);
        }
    }

    /// Makes this very moment read as the given one.
    pub fn set_ms(&self, unix_ms: i64) {
        let base = self.base.map_or(0, |clock| clock.unix_ms());
        self.ms.store(unix_ms.saturating_sub(base), Ordering::SeqCst);
    }
}

impl Clock for LogicalClock {
    fn unix_ms(&self) -> i64 {
        let base = self.base.map_or(0, |clock| clock.unix_ms());
        base.saturating_add(self.ms.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_moves_only_when_told() {
        let clock = LogicalClock::standing(1_500);
        assert_eq!((clock.unix_ms(), clock.unix()), (1_500, 1));
        clock.advance_ms(-2_000);
        assert_eq!((clock.unix_ms(), clock.unix()), (-500, -1));
        clock.set_ms(7);
        assert_eq!(clock.unix_ms(), 7);
    }

    #[test]
    fn a_running_clock_keeps_its_shift() {
        let clock = LogicalClock::running();
        clock.advance_ms(3_600_000);
        let shift = clock.unix_ms() - SystemClock.unix_ms();
        assert!((3_599_000..=3_600_000).contains(&shift), "{shift}");
        clock.set_ms(0);
        assert!((0..60_000).contains(&clock.unix_ms()));
    }
}
