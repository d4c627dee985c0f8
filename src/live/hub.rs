//! All live connections of this process: their number per account and address, the sources of what they follow, and how
//! they are told that the server ends.

use super::close::Close;
use super::connection::Connection;
use super::limits::Limits;
use super::member::Member;
use super::source::Source;
use super::speaker::Speaker;
use super::stats::Stats;
use crate::auth::{Caller, ThrottleKey};
use crate::server::Server;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};
use std::time::Duration;

pub struct Live {
    pub server: Arc<Server>,
    pub limits: Limits,
    pub stats: Stats,
    /// The name of the database, once somebody has asked for it.
    pub epoch: OnceLock<String>,
    sources: RwLock<Vec<Arc<dyn Source>>>,
    members: Mutex<HashMap<u64, Weak<Member>>>,
    next: AtomicU64,
    ending: AtomicBool,
    accounts: Arc<Counts<(Arc<str>, i64)>>,
    addresses: Arc<Counts<ThrottleKey>>,
}

/// How many connections each account, or each address, has.
pub struct Counts<K>(Mutex<HashMap<K, usize>>);

/// One counted connection, as long as this lives.
pub struct Permit<K: Eq + Hash> {
    counts: Arc<Counts<K>>,
    key: K,
}

pub type AccountPermit = Permit<(Arc<str>, i64)>;
pub type AddressPermit = Permit<ThrottleKey>;

impl<K: Eq + Hash + Clone> Counts<K> {
    fn new() -> Arc<Counts<K>> {
        Arc::new(Counts(Mutex::default()))
    }

    fn enter(self: &Arc<Counts<K>>, key: K, most: usize) -> Option<Permit<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&key).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        counts.insert(key.clone(), count + 1);
        Some(Permit { counts: self.clone(), key })
    }
}

impl<K: Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.key)),
        }
    }
}

impl Live {
    pub fn new(server: Arc<Server>) -> Arc<Live> {
        Arc::new(Live {
            limits: Limits::of(&server.env.config),
            server,
            stats: Stats::default(),
            epoch: OnceLock::new(),
            sources: RwLock::default(),
            members: Mutex::default(),
            next: AtomicU64::new(1),
            ending: AtomicBool::new(false),
            accounts: Counts::new(),
            addresses: Counts::new(),
        })
    }

    /// One more kind of subscriptions.
    pub fn add_source(&self, source: Arc<dyn Source>) {
        self.sources.write().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    pub(super) fn source_of(&self, what: &serde_json::Value) -> Option<Arc<dyn Source>> {
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        sources.iter().find(|source| source.takes(what)).cloned()
    }

    /// A connection of this sender. One that cannot be is closed at once.
    pub fn open(self: &Arc<Live>, speaker: Speaker) -> Box<Connection> {
        let address = self.addresses.enter(speaker.throttle_key(), self.limits.of_address);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let member = Arc::new(Member::new(self.clone(), number, speaker.clone()));
        self.members().insert(number, Arc::downgrade(&member));
        self.stats.opened();
        let begun = match &address {
            None => Err(Close::TOO_MANY),
            // After it was put on the list: who tells all members finds it there, or it is seen here.
            Some(_) if self.ending.load(Ordering::Acquire) => Err(self.shutdown()),
            Some(_) => member.become_speaker(speaker),
        };
        if let Err(close) = begun {
            member.outbox.cut(close);
        }
        Box::new(Connection::new(member, address))
    }

    fn members(&self) -> MutexGuard<'_, HashMap<u64, Weak<Member>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn left(&self, number: u64) {
        self.members().remove(&number);
    }

    pub(super) fn enter_account(&self, caller: &Caller) -> Option<AccountPermit> {
        self.accounts.enter((caller.app_type.clone(), caller.id), self.limits.of_account)
    }

    /// Tells every connection that the server ends, and when to come again: not all in one second.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Release);
        let members: Vec<_> = self.members().values().filter_map(Weak::upgrade).collect();
        for member in members {
            member.outbox.close(self.shutdown());
        }
    }

    /// As many as there are, so much the longer they are spread.
    fn shutdown(&self) -> Close {
        let spread = SPREAD.max(PER_CONNECTION * u32::try_from(self.stats.connections()).unwrap_or(u32::MAX));
        let most = u32::try_from(spread.min(SPREAD_MAX).as_millis()).unwrap_or(u32::MAX);
        Close::SHUTDOWN.after(rand::random_range(0..=most))
    }
}

/// Over what time clients come again after the end of the server: at least, for each of them, at most.
const SPREAD: Duration = Duration::from_secs(2);
const PER_CONNECTION: Duration = Duration::from_millis(2);
const SPREAD_MAX: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_so_many_and_gets_them_back() {
        let counts = Counts::new();
        let first = counts.enter(1, 2);
        let second = counts.enter(1, 2);
        assert!(first.is_some() && second.is_some() && counts.enter(1, 2).is_none());
        assert!(counts.enter(2, 2).is_some());
        drop(first);
        assert!(counts.enter(1, 2).is_some());
        drop(second);
        assert!(counts.0.lock().unwrap().is_empty());
    }
}
