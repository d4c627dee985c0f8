//! How often callers that nobody knows may call: a bucket of tokens for each address, filled at `P_GUEST_RATE` a second
//! up to `P_GUEST_BURST`. A call takes one; a batch one for each of its calls, which may leave a debt, so that no batch
//! is cut in two.
//!
//! Memory is bounded. A full bucket says nothing and is forgotten; beyond the bound those go that are full soonest.

use crate::auth::{Caller, ThrottleKey};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::log::Seldom;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub struct GuestRate {
    /// Tokens a second; 0 = guests call as often as they like.
    rate: f64,
    burst: f64,
    /// Buckets at most.
    most: usize,
    buckets: Mutex<HashMap<ThrottleKey, Bucket>>,
    /// Lines of all addresses together.
    lines: Seldom,
}

struct Bucket {
    tokens: f64,
    at: Instant,
    /// Since the last line of the log about it.
    refused: u64,
    said: Option<Instant>,
}

/// Between two lines of the program's log about one address, and about any.
const LINE: Duration = Duration::from_secs(60);
const ANY_LINE: Duration = Duration::from_secs(1);

impl GuestRate {
    /// Remembers at most so many addresses.
    pub fn new(config: &Config, most: usize) -> GuestRate {
        GuestRate::of(config.int("P_GUEST_RATE") as f64, config.int("P_GUEST_BURST") as f64, most)
    }

    fn of(rate: f64, burst: f64, most: usize) -> GuestRate {
        let lines = Seldom::new(ANY_LINE);
        GuestRate { rate, burst: burst.max(1.0), most: most.max(2), buckets: Mutex::default(), lines }
    }

    /// Counts a call, unless somebody is known to make it.
    pub fn check(&self, caller: &Caller) -> Result<()> {
        match self.is_counted(caller) {
            true => self.take(caller.throttle_key, 1, Instant::now()),
            false => Ok(()),
        }
    }

    /// Counts so many more calls of one that was let in.
    pub fn charge(&self, caller: &Caller, calls: usize) {
        if self.is_counted(caller) {
            let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(bucket) = buckets.get_mut(&caller.throttle_key) {
                bucket.tokens -= calls as f64;
            }
        }
    }

    /// Everybody may call again.
    pub fn clear(&self) {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn is_counted(&self, caller: &Caller) -> bool {
        self.rate > 0.0 && caller.is_unknown() && caller.throttle_key != ThrottleKey::Local
    }

    fn take(&self, key: ThrottleKey, calls: usize, now: Instant) -> Result<()> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= self.most && !buckets.contains_key(&key) {
            self.make_room(&mut buckets, now);
        }
        let full = Bucket { tokens: self.burst, at: now, refused: 0, said: None };
        let bucket = buckets.entry(key).or_insert(full);
        bucket.tokens = self.tokens(bucket, now);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= calls as f64;
            return Ok(());
        }
        bucket.refused += 1;
        let due = bucket.said.is_none_or(|said| now.saturating_duration_since(said) >= LINE);
        if due && self.lines.due().is_some() {
            let times = std::mem::take(&mut bucket.refused);
            bucket.said = Some(now);
            tracing::warn!(address = %key, times, "calls of guests were refused: more than P_GUEST_RATE allows");
        }
        let seconds = ((1.0 - bucket.tokens) / self.rate).ceil().max(1.0);
        Err(Error::busy("more calls without a login than P_GUEST_RATE allows").retry_after(seconds as u32))
    }

    /// What a bucket holds by now.
    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let filled = now.saturating_duration_since(bucket.at).as_secs_f64() * self.rate;
        (bucket.tokens + filled).min(self.burst)
    }

    /// Goes over all buckets and frees a quarter, so that it is rare.
    fn make_room(&self, buckets: &mut HashMap<ThrottleKey, Bucket>, now: Instant) {
        buckets.retain(|_, bucket| self.tokens(bucket, now) < self.burst);
        let goal = self.most - (self.most / 4).max(1);
        let Some(surplus) = buckets.len().checked_sub(goal).filter(|surplus| *surplus > 0) else { return };
        let mut held: Vec<f64> = buckets.values().map(|bucket| self.tokens(bucket, now)).collect();
        let (_, bound, _) = held.select_nth_unstable_by(surplus - 1, |a, b| b.total_cmp(a));
        let (bound, mut left) = (*bound, surplus);
        buckets.retain(|_, bucket| {
            let goes = left > 0 && self.tokens(bucket, now) >= bound;
            left -= usize::from(goes);
            !goes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> ThrottleKey {
        ThrottleKey::V4(n.to_be_bytes())
    }

    #[test]
    fn a_burst_is_let_in_and_then_so_many_a_second() {
        let (rate, begun) = (GuestRate::of(10.0, 30.0, 100), Instant::now());
        let passed = |calls: usize, ms: u64| {
            let now = begun + Duration::from_millis(ms);
            (0..calls).filter(|_| rate.take(key(1), 1, now).is_ok()).count()
        };
        assert_eq!([passed(50, 0), passed(50, 1050), passed(50, 1100), passed(50, 100_000)], [30, 10, 1, 30]);
        assert!(rate.take(key(2), 1, begun).is_ok(), "addresses are apart");
    }

    #[test]
    fn a_batch_is_not_cut_in_two_and_its_debt_is_waited_for() {
        let (rate, now) = (GuestRate::of(10.0, 30.0, 100), Instant::now());
        rate.take(key(1), 1000, now).unwrap();
        let refused = rate.take(key(1), 1, now).unwrap_err();
        assert_eq!((refused.code.0, refused.retry_after), (3, 98));
        assert!(rate.take(key(1), 1, now + Duration::from_secs(97)).is_err());
        assert!(rate.take(key(1), 1, now + Duration::from_secs(98)).is_ok());
    }

    #[test]
    fn memory_is_bounded_and_those_who_call_most_stay() {
        let (rate, now) = (GuestRate::of(10.0, 30.0, 1000), Instant::now());
        rate.take(key(0), 500, now).unwrap();
        for n in 1..5000 {
            rate.take(key(n), 1, now).unwrap();
            assert!(rate.buckets.lock().unwrap().len() <= 1000);
        }
        assert!(rate.take(key(0), 1, now).is_err());
    }

    #[test]
    fn who_is_known_is_not_counted() {
        let rate = GuestRate::of(1.0, 1.0, 10);
        let guest = Caller { throttle_key: key(1), ..Caller::default() };
        assert!(rate.check(&guest).is_ok() && rate.check(&guest).is_err());
        let customer = Caller { bits: crate::auth::Role::User.bits(), id: 1, ..guest.clone() };
        let program = Caller { bits: crate::auth::mask::KEY, ..guest.clone() };
        assert!(rate.check(&customer).is_ok() && rate.check(&program).is_ok());
        assert!(GuestRate::of(0.0, 1.0, 10).check(&guest).is_ok());
    }
}
