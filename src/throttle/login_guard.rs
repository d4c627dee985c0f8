//! Guesses at logins. Strangers are counted for an account from one network, and for a network over all
//! accounts; past these counts they are refused. An account that is guessed at from everywhere answers
//! strangers slowly, and is never closed: nobody locks somebody else out. A device that the account logged in
//! from before is no stranger; it has a count of its own.
//!
//! A guess is judged before the slow hashing and again with its outcome, as `failures` explains.

use super::count_key::Key;
use super::login_throttle::{Failures, MemFailures, Rule};
use super::waiting_line::WaitingLine;
use crate::auth::Caller;
use crate::error::Result;
use crate::time::Clock;
use std::sync::Arc;
use std::time::Duration;

/// How many guesses are looked at in which time.
#[derive(Debug, Clone, Copy)]
pub struct LoginBounds {
    /// At one account: from one network, and from a device it knows.
    pub per_account: u32,
    /// From one network, at whatever account.
    pub per_network: u32,
    pub seconds: u32,
    /// What strangers wait while an account is guessed at from everywhere.
    pub slow: Duration,
}

/// An account is guessed at from everywhere after so many times the guesses of one network.
const EVERYWHERE: u32 = 20;

/// A guess at an account: by all names that it was called by or is known by.
pub struct LoginAttempt {
    /// For each name.
    here: Vec<Key>,
    everywhere: Vec<Key>,
    /// None for a known device.
    network: Option<Key>,
}

impl LoginAttempt {
    /// `names` are the name as it was sent, folded, and the account's number if there is one: what is counted
    /// must not tell which accounts exist.
    pub fn of(caller: &Caller, names: &[String]) -> LoginAttempt {
        let of = |name: &String| Key::of("login", name);
        LoginAttempt {
            here: names.iter().map(|name| of(name).from_network_of(caller)).collect(),
            everywhere: names.iter().map(of).collect(),
            network: Some(Key::network("login", caller)),
        }
    }

    /// From a device that the account logged in from before.
    pub fn from_device(device: &str) -> LoginAttempt {
        LoginAttempt { here: vec![Key::of("login on device", device)], everywhere: Vec::new(), network: None }
    }
}

pub struct LoginGuard {
    here: MemFailures,
    everywhere: MemFailures,
    network: MemFailures,
    slow: Duration,
    /// Where strangers wait, for each account by itself.
    line: WaitingLine,
}

impl LoginGuard {
    /// Each of its counters remembers at most so many keys.
    pub fn new(bounds: LoginBounds, clock: &Arc<dyn Clock>, keys: usize) -> LoginGuard {
        let counter = |failures| {
            let LoginBounds { seconds, .. } = bounds;
            let rule = Rule { failures, seconds, forget_seconds: seconds.saturating_mul(6) };
            MemFailures::new(rule, clock.clone(), keys)
        };
        LoginGuard {
            here: counter(bounds.per_account),
            everywhere: counter(bounds.per_account.saturating_mul(EVERYWHERE)),
            network: counter(bounds.per_network),
            slow: bounds.slow,
            line: WaitingLine::default(),
        }
    }

    /// Before the password is looked at. It may take its time, so it belongs on a blocking thread.
    pub fn check(&self, guess: &LoginAttempt) -> Result<()> {
        for key in &guess.here {
            self.here.check(key)?;
        }
        if let Some(network) = &guess.network {
            self.network.check(network)?;
        }
        let besieged = guess.everywhere.iter().rfind(|key| self.everywhere.check(key).is_err());
        if let (Some(account), Some(network)) = (besieged, &guess.network) {
            let _place = self.line.enter(account, network)?;
            std::thread::sleep(self.slow);
        }
        Ok(())
    }

    /// After the password was looked at. On an error answer with it, *also when the password was right*.
    pub fn settle(&self, guess: &LoginAttempt, right: bool) -> Result<()> {
        if right {
            // A network is not forgiven: an attacker has an account, too.
            if let Some(network) = &guess.network {
                self.network.check(network)?;
            }
            for key in &guess.here {
                self.here.check(key)?;
            }
            return guess.here.iter().try_for_each(|key| Ok(self.here.succeeded(key)?));
        }
        for key in &guess.everywhere {
            // Slow already: that is all this count can do.
            let _ = self.everywhere.failed(key);
        }
        let mut outcome = Ok(());
        for key in &guess.here {
            outcome = outcome.and(self.here.failed(key));
        }
        if let Some(network) = &guess.network {
            outcome = outcome.and(self.network.failed(network));
        }
        Ok(outcome?)
    }

    /// Forgets every count.
    pub fn clear(&self) {
        [&self.here, &self.everywhere, &self.network].into_iter().for_each(MemFailures::clear);
    }

    /// Removes what is over; for a periodic job.
    pub fn sweep(&self) {
        [&self.here, &self.everywhere, &self.network].into_iter().for_each(MemFailures::sweep);
    }
}

#[cfg(test)]
#[path = "login_guard_tests.rs"]
mod tests;
