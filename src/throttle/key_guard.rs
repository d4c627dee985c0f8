//! Guesses at the keys of programs, which belong to no account: counted by the network they come from. Others behind
//! the same address are let alone:
//!
//! - a key that was right from this network before goes on working when guesses of others have blocked the network, up
//!   to a count of its own, in which a program that sends the same wrong key again and again has guessed once;
//! - a key that nobody guesses is never refused (`Sent::Strong`).

use super::count_key::Key;
use super::limiter::{Limiter, MemLimiter};
use super::login_throttle::{Failures, MemFailures, Rule};
use crate::auth::Caller;
use crate::error::Result;
use crate::redact::hash_token;
use crate::time::Clock;
use std::sync::Arc;

/// Guesses of a network, in times of what blocks it, that close the keys it is known for as well.
const KNOWN: u32 = 20;
/// How long a network is remembered for a key that was right.
const KNOWN_SEC: u32 = 86_400;

/// What a caller sent as a key, and what it is.
pub enum Sent<'a> {
    Wrong(&'a str),
    Right(&'a str),
    /// Right, and out of a space so large that no number of guesses comes near it.
    Strong,
}

pub struct KeyGuard {
    network: MemFailures,
    /// Different guesses of networks, counted on when they are blocked.
    known: MemFailures,
    /// Wrong keys that were counted there; keys that were right from a network.
    wrong: MemLimiter,
    right: MemLimiter,
    seconds: u32,
}

impl KeyGuard {
    /// So many guesses of a network in so many seconds. Each of its counters remembers at most so many keys.
    pub fn new(guesses: u32, seconds: u32, clock: &Arc<dyn Clock>, keys: usize) -> KeyGuard {
        let counter = |failures| {
            let rule = Rule { failures, seconds, forget_seconds: seconds.saturating_mul(6) };
            MemFailures::new(rule, clock.clone(), keys)
        };
        KeyGuard {
            network: counter(guesses),
            known: counter(guesses.saturating_mul(KNOWN)),
            wrong: MemLimiter::new(clock.clone(), keys),
            right: MemLimiter::new(clock.clone(), keys),
            seconds,
        }
    }

    /// Refuses whoever guesses too much, right or wrong.
    pub fn judge(&self, caller: &Caller, sent: &Sent<'_>) -> Result<()> {
        let network = Key::network("key", caller);
        match sent {
            Sent::Strong => Ok(()),
            Sent::Right(key) => {
                let mark = mark("right", key, caller);
                if self.network.check(&network).is_ok() {
                    self.right.forget(&mark);
                    // Refused only when another call with this key has just left the mark.
                    let _ = self.right.limit(&mark, 1, KNOWN_SEC);
                    return Ok(());
                }
                match self.right.limit(&mark, 1, KNOWN_SEC) {
                    // It was not right from here before: who guesses learns nothing of it.
                    Ok(()) => {
                        self.right.forget(&mark);
                        self.guessed(&network, key, caller)
                    }
                    Err(_) => Ok(self.known.check(&network)?),
                }
            }
            Sent::Wrong(key) => self.guessed(&network, key, caller),
        }
    }

    fn guessed(&self, network: &Key, key: &str, caller: &Caller) -> Result<()> {
        self.known.check(network)?;
        if self.wrong.limit(&mark("wrong", key, caller), 1, self.seconds).is_ok() {
            self.known.failed(network)?;
        }
        Ok(self.network.failed(network)?)
    }

    /// Forgets every count.
    pub fn clear(&self) {
        [&self.network, &self.known].into_iter().for_each(MemFailures::clear);
        [&self.wrong, &self.right].into_iter().for_each(MemLimiter::clear);
    }

    /// Removes what is over; for a periodic job.
    pub fn sweep(&self) {
        [&self.network, &self.known].into_iter().for_each(MemFailures::sweep);
        [&self.wrong, &self.right].into_iter().for_each(MemLimiter::sweep);
    }
}

/// Stands for a key, which is kept nowhere.
fn mark(what: &str, key: &str, caller: &Caller) -> Key {
    Key::of(what, hash_token(key)).from_network_of(caller)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ThrottleKey;
    use crate::time::LogicalClock;

    const GUESSES: u32 = 5;

    fn guard() -> (KeyGuard, Arc<LogicalClock>) {
        let clock = Arc::new(LogicalClock::standing(7_000_000));
        let shared: Arc<dyn Clock> = clock.clone();
        (KeyGuard::new(GUESSES, 600, &shared, 10_000), clock)
    }

    fn from(n: u8) -> Caller {
        Caller { throttle_key: ThrottleKey::V4([192, 0, 2, n]), ..Caller::default() }
    }

    /// Wrong keys, each another, until the network is blocked and beyond.
    fn guess(guard: &KeyGuard, n: u8, times: u32) -> usize {
        let tried = (0..times).map(|n_th| guard.judge(&from(n), &Sent::Wrong(&format!("wrong {n_th}"))));
        tried.filter(Result::is_ok).count()
    }

    #[test]
    fn a_network_that_guesses_is_refused_right_or_wrong() {
        let (guard, clock) = guard();
        assert_eq!(guess(&guard, 1, 30), GUESSES as usize);
        assert!(guard.judge(&from(1), &Sent::Right("short-key")).is_err(), "it was not right here before");
        assert!(
            guard.judge(&from(1), &Sent::Right("short-key")).is_err(),
            "and a refusal makes it not known"
        );
        guard.judge(&from(2), &Sent::Right("short-key")).unwrap();
        clock.advance_ms(600_000);
        guard.judge(&from(1), &Sent::Right("short-key")).unwrap();
    }

    #[test]
    fn a_program_with_a_wrong_key_closes_no_other() {
        let (guard, _) = guard();
        guard.judge(&from(1), &Sent::Right("short-key")).unwrap();
        let told = (0..1000).map(|_| guard.judge(&from(1), &Sent::Wrong("of last year")));
        assert_eq!(told.filter(Result::is_ok).count(), GUESSES as usize);
        guard.judge(&from(1), &Sent::Right("short-key")).unwrap();
    }

    #[test]
    fn a_key_that_worked_before_goes_on_working_up_to_a_count_of_its_own() {
        let (guard, clock) = guard();
        let right = Sent::Right("short-key");
        guard.judge(&from(1), &right).unwrap();
        guess(&guard, 1, 30);
        assert!(guard.judge(&from(1), &Sent::Wrong("x")).is_err());
        guard.judge(&from(1), &right).unwrap();
        assert!(guard.judge(&from(1), &Sent::Right("another key")).is_err());
        guess(&guard, 1, 30 + GUESSES * KNOWN);
        assert!(guard.judge(&from(1), &right).is_err(), "nobody guesses at it without end");
        guard.judge(&from(1), &Sent::Strong).unwrap();
        clock.advance_ms(600_000);
        guard.judge(&from(1), &right).unwrap();
    }
}
