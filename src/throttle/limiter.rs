//! Limits by exact sliding windows. Wrong guesses, which block, are in `failures`.
//!
//! Kept in this process. Memory is bounded; past the bound the keys that are due to be forgotten soonest go
//! first, so an attacker must spend as many calls as there are keys to get free of one.

pub use super::count_key::Key;
use crate::error::{Code, Error};
use crate::redact::hash_token;
use crate::time::Clock;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

const LONGEST_KEY: usize = 100;

/// Come back in so many seconds, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    pub seconds: u32,
}

impl Wait {
    /// The whole seconds until that moment, rounded up: who waits so long is let in.
    pub(super) fn until(moment: i64, now: i64) -> Wait {
        let seconds = (moment.saturating_sub(now).max(1) as u64).div_ceil(1000);
        Wait { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
    }
}

impl From<Wait> for Error {
    fn from(Wait { seconds }: Wait) -> Error {
        Error::new(Code::FORBIDDEN, format!("too often, {seconds} seconds left"))
            .say(
                format!("操作太快，请稍候操作（还需{seconds}秒）"),
                format!("too fast, try again in {seconds} seconds"),
            )
            .retry_after(seconds)
    }
}

/// At most `n` times in any `seconds` seconds. A key belongs to one limit: name what is limited in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit<'a> {
    pub key: &'a Key,
    pub n: u32,
    pub seconds: u32,
}

pub trait Limiter: Send + Sync {
    /// Counts one time for each limit, or for none of them if one is used up.
    fn limit_all(&self, limits: &[Limit<'_>]) -> Result<(), Wait>;

    fn limit(&self, key: &Key, n: u32, seconds: u32) -> Result<(), Wait> {
        self.limit_all(&[Limit { key, n, seconds }])
    }

    /// Forgets the times of a key, when what was limited did not happen after all.
    fn forget(&self, key: &Key);
}

/// ```
/// use jindou::throttle::limiter::{Key, Limiter, MemLimiter};
/// use jindou::time::SystemClock;
/// let limiter = MemLimiter::new(std::sync::Arc::new(SystemClock), 1000);
/// let phone = Key::of("genCode", "13800000001");
/// assert!(limiter.limit(&phone, 1, 60).is_ok());
/// assert_eq!(limiter.limit(&phone, 1, 60).unwrap_err().seconds, 60);
/// ```
pub struct MemLimiter {
    clock: Arc<dyn Clock>,
    windows: Mutex<Bounded<Window>>,
}

impl MemLimiter {
    /// Remembers at most so many keys.
    pub fn new(clock: Arc<dyn Clock>, keys: usize) -> MemLimiter {
        MemLimiter { clock, windows: Mutex::new(Bounded::new(keys)) }
    }

    /// Forgets every key.
    pub fn clear(&self) {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Removes what is over; for a periodic job.
    pub fn sweep(&self) {
        let now = self.clock.unix_ms();
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).sweep(now);
    }
}

/// When it was done, oldest first; the longest span anybody asked about.
#[derive(Default)]
struct Window {
    times: VecDeque<i64>,
    span: i64,
}

impl Forgettable for Window {
    fn until(&self) -> i64 {
        self.times.back().map_or(i64::MIN, |last| last + self.span)
    }
}

impl Limiter for MemLimiter {
    fn limit_all(&self, limits: &[Limit<'_>]) -> Result<(), Wait> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that times ascend.
        let now = self.clock.unix_ms();
        let waits = limits.iter().filter_map(|limit| {
            let span = i64::from(limit.seconds) * 1000;
            let Some(n) = (limit.n as usize).checked_sub(1) else {
                return Some(Wait::until(now + span, now));
            };
            // The n-th last time must be out of the window.
            let times = &windows.get(limit.key.as_str())?.times;
            let back = times.len().checked_sub(n + 1)?;
            (times[back] + span > now).then(|| Wait::until(times[back] + span, now))
        });
        if let Some(longest) = waits.max() {
            return Err(longest);
        }
        for limit in limits {
            let window = windows.entry(limit.key.as_str(), now);
            window.span = window.span.max(i64::from(limit.seconds) * 1000);
            let over = now - window.span;
            while window.times.front().is_some_and(|time| *time <= over) {
                window.times.pop_front();
            }
            window.times.push_back(now);
        }
        Ok(())
    }

    fn forget(&self, key: &Key) {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).remove(key.as_str());
    }
}

/// Something that is worth nothing after a moment.
pub(crate) trait Forgettable: Default {
    fn until(&self) -> i64;
}

/// A map of at most so many of them.
pub(crate) struct Bounded<T> {
    entries: HashMap<String, T>,
    most: usize,
}

impl<T: Forgettable> Bounded<T> {
    pub fn new(most: usize) -> Bounded<T> {
        Bounded { entries: HashMap::new(), most: most.max(2) }
    }

    pub fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(short(key).as_ref())
    }

    pub fn entry(&mut self, key: &str, now: i64) -> &mut T {
        let key = short(key);
        if self.entries.len() >= self.most && !self.entries.contains_key(key.as_ref()) {
            self.make_room(now);
        }
        self.entries.entry(key.into_owned()).or_default()
    }

    pub fn remove(&mut self, key: &str) {
        self.entries.remove(short(key).as_ref());
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    pub fn sweep(&mut self, now: i64) {
        self.entries.retain(|_, entry| entry.until() > now);
    }

    /// Goes over all keys, and frees a quarter, so that it is rare.
    fn make_room(&mut self, now: i64) {
        self.sweep(now);
        let goal = self.most - (self.most / 4).max(1);
        if self.entries.len() <= goal {
            return;
        }
        let mut ends: Vec<i64> = self.entries.values().map(T::until).collect();
        let surplus = ends.len() - goal;
        let (_, last, _) = ends.select_nth_unstable(surplus - 1);
        let last = *last;
        let mut left = surplus;
        self.entries.retain(|_, entry| {
            let goes = left > 0 && entry.until() <= last;
            left -= usize::from(goes);
            !goes
        });
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Keys hold what callers typed; a long one is kept as its hash.
fn short(key: &str) -> Cow<'_, str> {
    if key.len() <= LONGEST_KEY { Cow::Borrowed(key) } else { Cow::Owned(hash_token(key)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::LogicalClock;
    use proptest::prelude::*;

    fn key(thing: &str) -> Key {
        Key::of("test", thing)
    }

    fn limiter(keys: usize) -> (MemLimiter, Arc<LogicalClock>) {
        let clock = Arc::new(LogicalClock::standing(5_000_000));
        (MemLimiter::new(clock.clone(), keys), clock)
    }

    #[test]
    fn who_waits_as_told_is_let_in_and_not_before() {
        let (limiter, clock) = limiter(100);
        assert!(limiter.limit(&key("a"), 2, 60).is_ok());
        clock.advance_ms(20_500);
        assert!(limiter.limit(&key("a"), 2, 60).is_ok());
        let wait = limiter.limit(&key("a"), 2, 60).unwrap_err();
        assert_eq!(wait, Wait { seconds: 40 });
        clock.advance_ms(39_499);
        assert_eq!(limiter.limit(&key("a"), 2, 60), Err(Wait { seconds: 1 }));
        clock.advance_ms(1);
        assert!(limiter.limit(&key("a"), 2, 60).is_ok());
        assert!(limiter.limit(&key("a"), 2, 60).is_err(), "the second of the first pair still counts");
        assert!(limiter.limit(&key("b"), 2, 60).is_ok(), "keys are apart");
    }

    #[test]
    fn several_limits_count_all_or_none() {
        let (limiter, clock) = limiter(100);
        let genned = || {
            limiter.limit_all(&[
                Limit { key: &key("phone"), n: 1, seconds: 60 },
                Limit { key: &key("phone day"), n: 3, seconds: 86_400 },
            ])
        };
        for _ in 0..2 {
            assert!(genned().is_ok());
            assert_eq!(genned(), Err(Wait { seconds: 60 }));
            clock.advance_ms(60_000);
        }
        assert!(genned().is_ok());
        assert_eq!(genned(), Err(Wait { seconds: 86_400 - 120 }), "the longest wait is told");
        clock.advance_ms(60_000);
        assert!(limiter.limit(&key("phone"), 1, 60).is_ok(), "refused calls did not count for the phone");
        clock.advance_ms(60_000);
        limiter.forget(&key("phone day"));
        assert!(genned().is_ok());
    }

    #[test]
    fn none_allowed_is_none() {
        assert_eq!(limiter(9).0.limit(&key("a"), 0, 5), Err(Wait { seconds: 5 }));
    }

    #[test]
    fn the_message_tells_the_seconds_in_both_languages() {
        let error = Error::from(Wait { seconds: 17 });
        assert_eq!(error.code, Code::FORBIDDEN);
        assert_eq!(error.text.zh, "操作太快，请稍候操作（还需17秒）");
        assert_eq!(error.text.en, "too fast, try again in 17 seconds");
    }

    #[test]
    fn memory_is_bounded_and_the_longest_stay() {
        let (limiter, clock) = limiter(1000);
        limiter.limit(&key("day"), 1, 86_400).unwrap();
        for n in 0..5000 {
            limiter.limit(&key(&format!("flood{n}")), 1, 60).unwrap();
            assert!(limiter.windows.lock().unwrap().len() <= 1000);
        }
        assert!(limiter.limit(&key("day"), 1, 86_400).is_err());
        assert!(limiter.limit(&key("flood4999"), 1, 60).is_err());
        clock.advance_ms(60_000);
        limiter.sweep();
        assert_eq!(limiter.windows.lock().unwrap().len(), 1);
    }

    #[test]
    fn long_keys_are_kept_short_and_apart() {
        let (limiter, _) = limiter(10);
        let long = |end: &str| "x".repeat(1_000_000) + end;
        assert!(
            limiter.limit(&key(&long("a")), 1, 60).is_ok() && limiter.limit(&key(&long("b")), 1, 60).is_ok()
        );
        assert!(limiter.limit(&key(&long("a")), 1, 60).is_err());
        assert!(limiter.windows.lock().unwrap().entries.keys().all(|key| key.len() <= LONGEST_KEY));
        limiter.forget(&key(&long("a")));
        assert!(limiter.limit(&key(&long("a")), 1, 60).is_ok());
    }

    #[test]
    fn threads_get_exactly_what_is_allowed() {
        let (limiter, _) = limiter(10);
        let passed: usize = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| (0..100).filter(|_| limiter.limit(&key("a"), 37, 60).is_ok()).count())
                })
                .collect();
            all.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 37);
    }

    proptest! {
        /// No window of the span holds more than n, whatever the calls; and a refusal says the truth.
        #[test]
        fn no_window_holds_more(n in 1u32..5, seconds in 1u32..8, gaps in prop::collection::vec(0i64..4000, 1..60)) {
            let (limiter, clock) = limiter(10);
            let mut passed: Vec<i64> = Vec::new();
            for gap in gaps {
                clock.advance_ms(gap);
                let now = clock.unix_ms();
                let span = i64::from(seconds) * 1000;
                let inside = passed.iter().filter(|time| **time + span > now).count();
                match limiter.limit(&key("k"), n, seconds) {
                    Ok(()) => {
                        prop_assert!(inside < n as usize);
                        passed.push(now);
                    }
                    Err(wait) => {
                        prop_assert_eq!(inside, n as usize);
                        let later = now + i64::from(wait.seconds) * 1000;
                        let left = |at: i64| passed.iter().filter(|time| **time + span > at).count();
                        prop_assert!(left(later) < n as usize && left(later - 1001) >= n as usize);
                    }
                }
            }
        }
    }
}
