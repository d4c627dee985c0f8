//! Strangers who wait because the account they call for is guessed at from everywhere. Each account has a line of its
//! own, and each network a small part of it, so that an attack on one account is no wait for the callers of another.

use super::count_key::Key;
use crate::error::{Code, Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Places in the line of one account, and of these for callers from one network.
const PER_ACCOUNT: usize = 8;
const PER_NETWORK: usize = 2;
/// Places of all lines: each holds a thread.
const ALL: usize = 64;
/// Beyond so many taken places a line that has one already gets no other.
const PLENTY: usize = 32;

#[derive(Default)]
pub struct WaitingLine {
    taken: Mutex<Vec<(Key, Key)>>,
}

impl WaitingLine {
    /// A place in the line of an account for a caller from a network, or a refusal at once.
    pub fn enter(&self, account: &Key, network: &Key) -> Result<LinePermit<'_>> {
        let mut taken = self.taken();
        let here = taken.iter().filter(|(other, _)| other == account);
        let (in_line, of_network) =
            here.fold((0, 0), |(all, near), (_, other)| (all + 1, near + usize::from(other == network)));
        let most = if taken.len() < PLENTY { PER_ACCOUNT } else { 1 };
        if in_line >= most || of_network >= PER_NETWORK || taken.len() >= ALL {
            return Err(Error::new(Code::FORBIDDEN, "too many strangers wait for this account")
                .say("系统忙，请稍后再试", "the system is busy, please try again"));
        }
        taken.push((account.clone(), network.clone()));
        Ok(LinePermit { line: self, key: (account.clone(), network.clone()) })
    }

    fn taken(&self) -> MutexGuard<'_, Vec<(Key, Key)>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Given back when dropped.
pub struct LinePermit<'a> {
    line: &'a WaitingLine,
    key: (Key, Key),
}

impl Drop for LinePermit<'_> {
    fn drop(&mut self) {
        let mut taken = self.line.taken();
        if let Some(at) = taken.iter().position(|key| *key == self.key) {
            taken.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: usize) -> Key {
        Key::of("login", n)
    }

    fn network(n: usize) -> Key {
        Key::of("network", n)
    }

    /// Fills the line of an account from many networks.
    fn fill(line: &WaitingLine, of: usize) -> Vec<LinePermit<'_>> {
        (0..).map_while(|n| line.enter(&account(of), &network(n)).ok()).collect()
    }

    #[test]
    fn an_attack_on_one_account_fills_the_line_of_no_other() {
        let line = WaitingLine::default();
        let attack = fill(&line, 0);
        assert_eq!(attack.len(), PER_ACCOUNT);
        assert!(line.enter(&account(1), &network(0)).is_ok());
        drop(attack);
        assert!(line.enter(&account(0), &network(0)).is_ok());
        assert!(line.taken().is_empty());
    }

    #[test]
    fn a_network_takes_a_part_of_a_line() {
        let line = WaitingLine::default();
        let _places = [0, 0].map(|n| line.enter(&account(0), &network(n)).unwrap());
        assert!(line.enter(&account(0), &network(0)).is_err());
        assert!(line.enter(&account(0), &network(1)).is_ok());
    }

    #[test]
    fn attacks_on_many_accounts_leave_a_place_for_the_next() {
        let line = WaitingLine::default();
        let attacks: Vec<LinePermit<'_>> = (0..30).flat_map(|of| fill(&line, of)).collect();
        assert!(line.enter(&account(100), &network(0)).is_ok());
        let more: Vec<LinePermit<'_>> = (30..200).flat_map(|of| fill(&line, of)).collect();
        assert_eq!(attacks.len() + more.len(), ALL);
        assert!(line.enter(&account(200), &network(0)).is_err(), "all lines together are bounded");
    }
}
