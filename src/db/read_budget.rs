//! The time limit of a read: SQLite's progress handler, called every thousand steps of its machine. It is installed once per
//! connection and set anew for each read.

use super::pool::Budget;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub struct Meter {
    born: Instant,
    /// Thousands of steps that are left.
    steps: AtomicI64,
    /// Milliseconds after birth at which to stop.
    until: AtomicU64,
}

impl Meter {
    pub fn new() -> Meter {
        Meter { born: Instant::now(), steps: AtomicI64::new(i64::MAX), until: AtomicU64::new(u64::MAX) }
    }

    pub fn set(&self, budget: Budget) {
        let (steps, until) = match budget {
            Budget::Steps(thousands) => (i64::from(thousands), u64::MAX),
            Budget::Time(limit) => (i64::MAX, millis(self.born.elapsed() + limit)),
        };
        self.steps.store(steps, Ordering::Relaxed);
        self.until.store(until, Ordering::Relaxed);
    }

    /// Ends the read that runs: its statement stops at the next look. The next read sets the meter anew.
    pub fn cut(&self) {
        self.until.store(0, Ordering::Relaxed);
    }

    /// Gives other work so much time, and then what was left before.
    pub fn aside<T>(&self, limit: Duration, work: impl FnOnce() -> T) -> T {
        let (steps, until) = (self.steps.load(Ordering::Relaxed), self.until.load(Ordering::Relaxed));
        self.set(Budget::Time(limit));
        let own = self.until.load(Ordering::Relaxed);
        let done = work();
        self.steps.store(steps, Ordering::Relaxed);
        // Unless the read was cut off meanwhile.
        let _ = self.until.compare_exchange(own, until, Ordering::Relaxed, Ordering::Relaxed);
        done
    }

    /// Gives work so many thousand steps of those that are left; also tells whether these ran out and the others did not.
    pub fn within<T>(&self, thousands: u64, work: impl FnOnce() -> T) -> (T, bool) {
        let all = self.steps.load(Ordering::Relaxed);
        let own = all.min(i64::try_from(thousands).unwrap_or(i64::MAX));
        self.steps.store(own, Ordering::Relaxed);
        let done = work();
        let left = self.steps.load(Ordering::Relaxed);
        self.steps.store(all.saturating_sub(own.saturating_sub(left)), Ordering::Relaxed);
        (done, left < 0 && own < all)
    }

    /// Whether the read has a thread and time of its own.
    pub fn has_time(&self) -> bool {
        self.until.load(Ordering::Relaxed) != u64::MAX
    }

    /// A thousand more steps were made: whether it is enough.
    pub fn is_spent(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        self.steps.fetch_sub(1, Ordering::Relaxed) <= 0
            || (until != u64::MAX && millis(self.born.elapsed()) >= until)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_out_and_are_set_anew() {
        let meter = Meter::new();
        meter.set(Budget::Steps(2));
        assert_eq!([(); 4].map(|()| meter.is_spent()), [false, false, true, true]);
        meter.set(Budget::Steps(1));
        assert!(!meter.is_spent() && meter.is_spent());
    }

    #[test]
    fn work_within_a_read_may_run_out_of_its_own_steps_alone() {
        let meter = Meter::new();
        meter.set(Budget::Steps(5));
        let spend = |n: usize| (0..n).any(|_| meter.is_spent());
        assert_eq!(meter.within(2, || spend(2)), (false, false));
        assert_eq!(meter.within(1, || spend(2)), (true, true), "its own");
        assert_eq!(meter.within(9, || spend(9)), (true, false), "those of the whole read");
        assert!(meter.is_spent());
        meter.set(Budget::Time(Duration::from_secs(60)));
        assert_eq!(meter.within(1, || spend(2)), (true, true));
        assert!(!meter.is_spent());
    }

    #[test]
    fn a_read_that_is_cut_stops_and_the_next_one_does_not() {
        let meter = Meter::new();
        meter.set(Budget::Time(Duration::from_secs(60)));
        meter.cut();
        assert!(meter.is_spent());
        meter.set(Budget::Time(Duration::from_secs(60)));
        assert!(!meter.is_spent());
    }

    #[test]
    fn time_runs_out() {
        let meter = Meter::new();
        meter.set(Budget::Time(Duration::from_secs(60)));
        assert!(!meter.is_spent());
        meter.set(Budget::Time(Duration::ZERO));
        assert!(meter.is_spent());
        assert!(!meter.aside(Duration::from_secs(60), || meter.is_spent()), "time of its own");
        assert!(meter.is_spent(), "and no more for the read");
        meter.set(Budget::Time(Duration::from_secs(60)));
        meter.aside(Duration::ZERO, || std::thread::sleep(Duration::from_millis(3)));
        assert!(!meter.is_spent(), "and no less");
    }
}
