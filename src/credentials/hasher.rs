//! Password hashing, so much at once: for logins. It blocks, so it belongs on a blocking thread, never on
//! an I/O thread and never on the writer lane.

use super::password::{Cost, Passwords, Verdict};
use crate::error::Result;
use crate::throttle::concurrency_limit::{ConcurrencyBounds, ConcurrencyLimit};

/// ```
/// use jindou::{credentials::hasher::Hasher, credentials::password::Cost, throttle::concurrency_limit::ConcurrencyBounds};
/// let hasher = Hasher::new(Cost::TEST, ConcurrencyBounds::default())?;
/// let stored = hasher.hash("correct horse")?;
/// assert!(hasher.verify(&stored, "correct horse")?.is_right());
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub struct Hasher {
    passwords: Passwords,
    limit: ConcurrencyLimit,
}

impl Hasher {
    pub fn new(cost: Cost, bounds: ConcurrencyBounds) -> Result<Hasher> {
        Ok(Hasher { passwords: Passwords::new(cost)?, limit: ConcurrencyLimit::new(bounds) })
    }

    /// See [`Passwords::hash`].
    pub fn hash(&self, given: &str) -> Result<String> {
        self.limit.run(|| self.passwords.hash(given))?
    }

    /// See [`Passwords::verify`]. The error is the full queue's, never the password's.
    pub fn verify(&self, stored: &str, given: &str) -> Result<Verdict> {
        self.limit.run(|| self.passwords.verify(stored, given))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use std::time::Duration;

    #[test]
    fn a_flood_of_logins_is_answered_or_refused_but_never_piles_up() {
        let cost = Cost { memory_kib: 2048, passes: 3, lanes: 1 };
        let bounds = ConcurrencyBounds { working: 1, waiting: 2, wait_max: Duration::from_secs(60) };
        let hasher = Hasher::new(cost, bounds).unwrap();
        let stored = hasher.hash("pw").unwrap();
        let answers: Vec<_> = std::thread::scope(|scope| {
            let one = || hasher.verify(&stored, "pw").map_err(|error| error.code);
            let all: Vec<_> = (0..24).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let right = answers.iter().filter(|a| **a == Ok(Verdict::Right { upgrade: false })).count();
        let busy = answers.iter().filter(|a| **a == Err(Code::FORBIDDEN)).count();
        assert!(right >= 3 && right + busy == 24, "{right} right, {busy} busy");
    }
}
