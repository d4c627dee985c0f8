//! A time that a clock set wrong cannot carry away, for work that deletes by age. A clock two years ahead (an empty
//! battery, a restored machine) would otherwise make everything old at once. It starts from the newest time known to
//! have come, which is kept on disk, and goes on with the processor's own count of seconds.

use crate::time::{Clock, LogicalClock, Zone, format};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A clock may be ahead of what is known by so much: a weekend without the server.
const SLACK_MS: i64 = 2 * 86_400_000;

#[derive(Default)]
pub struct TrustedTime {
    /// Known at an instant; nothing is known before the server has started.
    known: Mutex<Option<(i64, Instant)>>,
    told: AtomicBool,
}

/// What may be believed of the time now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Believed {
    pub ms: i64,
    /// How far the clock is ahead of it; 0 = the clock is believed.
    pub ahead_ms: i64,
    /// So late it is at least; later than `ms` when the clock was set back.
    pub least_ms: i64,
}

impl TrustedTime {
    /// So late it was at least, at the last sign of life. Confirms the clock too: whoever looked at it says so.
    pub fn known(&self, ms: i64) {
        *self.lock() = Some((ms, Instant::now()));
        self.told.store(false, Ordering::Relaxed);
    }

    /// The time without what a test skipped on purpose.
    pub fn believed(&self, clock: &LogicalClock) -> Believed {
        let now = clock.waited_ms();
        let Some((known, since)) = *self.lock() else {
            return Believed { ms: now, ahead_ms: 0, least_ms: now };
        };
        let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        let least = known.saturating_add(passed);
        match now > least.saturating_add(SLACK_MS) {
            true => Believed { ms: least, ahead_ms: now.saturating_sub(least), least_ms: least },
            false => Believed { ms: now, ahead_ms: 0, least_ms: least },
        }
    }

    /// By what age things are judged now. Says once when the clock is not believed.
    pub fn age(&self, clock: &LogicalClock, zone: Zone) -> Age {
        let believed = self.believed(clock);
        if believed.ahead_ms > 0 && !self.told.swap(true, Ordering::Relaxed) {
            let days = believed.ahead_ms / 86_400_000;
            let trusted = format(zone.from_unix(believed.ms.div_euclid(1000)));
            tracing::error!(
                "the clock is {days} days ahead of the newest time known to have come ({trusted}): nothing is deleted \
                 for being older than that time allows, until the clock is right or Server.confirmClock says that it is"
            );
        }
        let skipped = clock.unix_ms().saturating_sub(clock.waited_ms());
        let now_ms = believed.ms.saturating_add(skipped);
        let born_ms = now_ms.max(believed.least_ms.saturating_add(skipped));
        Age { waited_ms: believed.ms, now_ms, born_ms, zone }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(i64, Instant)>> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The time by which a job that deletes by age may judge. Jobs get it; they do not make it.
#[derive(Debug, Clone, Copy)]
pub struct Age {
    waited_ms: i64,
    now_ms: i64,
    born_ms: i64,
    zone: Zone,
}

impl Age {
    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// When something comes to be whose age is judged later. A clock that was set back does not make it old when it is right again.
    pub fn born_ms(&self) -> i64 {
        self.born_ms
    }

    /// The time by which sessions are judged: they grow old only by waiting.
    pub fn session_ms(&self) -> i64 {
        self.waited_ms
    }

    /// So many seconds ago, as the database stores it.
    pub fn ago(&self, seconds: i64) -> String {
        format(self.zone.from_unix(self.now_ms.div_euclid(1000).saturating_sub(seconds)))
    }

    pub fn days_ago(&self, days: i64) -> String {
        self.ago(days.saturating_mul(86_400))
    }

    /// The age of a file.
    pub fn of_file(&self, meta: &std::fs::Metadata) -> std::time::Duration {
        let now = std::time::UNIX_EPOCH + std::time::Duration::from_millis(self.waited_ms.unsigned_abs());
        meta.modified().ok().and_then(|at| now.duration_since(at).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_clock_that_jumps_is_not_believed_until_it_is_confirmed() {
        let (clock, trusted) = (LogicalClock::standing(100 * DAY), TrustedTime::default());
        trusted.known(100 * DAY);
        let believed = |clock: &LogicalClock| trusted.believed(clock).ms / DAY;
        clock.set_ms(101 * DAY);
        assert_eq!(believed(&clock), 101);
        clock.set_ms(800 * DAY);
        assert!(believed(&clock) == 100 && trusted.believed(&clock).ahead_ms > 699 * DAY);
        clock.set_ms(90 * DAY);
        assert_eq!(believed(&clock), 90, "a clock that is behind deletes less");
        clock.set_ms(800 * DAY);
        trusted.known(800 * DAY);
        assert_eq!(believed(&clock), 800);
    }

    #[test]
    fn small_jumps_do_not_add_up() {
        let (clock, trusted) = (LogicalClock::standing(100 * DAY), TrustedTime::default());
        trusted.known(100 * DAY);
        for day in 101..140 {
            clock.set_ms(day * DAY);
            assert!(trusted.believed(&clock).ms <= 102 * DAY);
        }
    }

    #[test]
    fn what_is_made_while_the_clock_is_wrong_is_not_old_when_it_is_right() {
        let (clock, trusted) = (LogicalClock::standing(100 * DAY), TrustedTime::default());
        trusted.known(100 * DAY);
        for day in [1, 100, 800] {
            clock.set_ms(day * DAY);
            assert_eq!(trusted.age(&clock, Zone::default()).born_ms() / DAY, 100, "{day}");
        }
    }

    #[test]
    fn what_a_test_skips_counts() {
        let (clock, trusted) = (LogicalClock::standing(100 * DAY), TrustedTime::default());
        trusted.known(100 * DAY);
        clock.skip_ms(50 * DAY);
        let age = trusted.age(&clock, Zone::default());
        assert_eq!((age.now_ms() / DAY, age.session_ms() / DAY), (150, 100));
    }
}
