//! How fast a client takes what waits for it.

use std::time::Duration;
use tokio::time::Instant;

/// The least that a client must take while something waits for it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Bytes a second; 0 = any.
    pub rate: u64,
    /// The time it is judged over: only that counts in which bytes waited.
    pub window: Duration,
}

/// How a client took what waited for it.
#[derive(Debug, Default)]
pub struct Taking {
    /// Since when bytes wait; None when none do.
    since: Option<Instant>,
    waited: Duration,
    taken: u64,
}

impl Taking {
    /// Bytes wait from now on, if none did before.
    pub fn waits(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    pub fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// The client took so many, and nothing waits any more.
    pub fn took(&mut self, bytes: u64, now: Instant) {
        self.taken = self.taken.saturating_add(bytes);
        if let Some(since) = self.since.take() {
            self.waited += now - since;
        }
    }

    /// When to judge again if nothing is taken until then; None when the client is too slow. One that shares its
    /// connection with others need only take its `share` of the pace: it is one of so many.
    pub fn judge(&mut self, pace: Pace, share: usize, now: Instant) -> Option<Instant> {
        let waited = self.waited + self.since.map_or(Duration::ZERO, |since| now - since);
        if waited < pace.window {
            return Some(now + (pace.window - waited));
        }
        let expected = pace.rate as f64 * waited.as_secs_f64() / share.max(1) as f64;
        if (self.taken as f64) < expected {
            return None;
        }
        (self.since, self.waited, self.taken) = (self.since.map(|_| now), Duration::ZERO, 0);
        Some(now + pace.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { rate: 1000, window: Duration::from_secs(10) };

    #[test]
    fn only_time_in_which_bytes_wait_counts() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut taking = Taking::default();
        assert!(taking.judge(PACE, 1, at(100)).is_some(), "nothing waited");
        taking.waits(at(100));
        assert_eq!(taking.judge(PACE, 1, at(104)), Some(at(110)));
        taking.took(5000, at(105));
        assert!(taking.judge(PACE, 1, at(1000)).is_some());
        taking.waits(at(1000));
        assert_eq!(taking.judge(PACE, 1, at(1005)), None, "5000 bytes in 10 seconds of waiting");
        assert_eq!(taking.judge(PACE, 2, at(1005)), Some(at(1015)), "one of two has half the pace");
    }
}
