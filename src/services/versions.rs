//! States of all accounts: as long as one is the same, what it stands for has not changed.

use super::Services;
use std::sync::atomic::Ordering;

impl Services {
    pub fn accounts_version(&self) -> i64 {
        self.accounts.load(Ordering::Acquire)
    }

    pub fn accounts_changed(&self) {
        self.accounts.fetch_add(1, Ordering::AcqRel);
    }

    /// As long as it is the same, rights of accounts have changed by changes of their own rows alone.
    pub fn grants_version(&self) -> i64 {
        self.grants.load(Ordering::Acquire)
    }

    pub fn grants_changed(&self) {
        self.grants.fetch_add(1, Ordering::AcqRel);
    }
}
