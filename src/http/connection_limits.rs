//! How many connections there are: of one address no more than `P_CONN_PER_ADDR`, and altogether no more than leave the
//! process some descriptors for its files. Requests that share a connection (HTTP/2) count for their address as if each
//! had come over one of its own.

use super::address::{self, Nets};
use crate::auth::ThrottleKey;
use crate::config::Config;
use crate::log::Seldom;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub struct ConnectionLimits {
    /// Connections of one address.
    most_of_one: usize,
    /// Proxies, which bring the connections of many.
    trusted: Nets,
    most: usize,
    here: Mutex<Here>,
    /// Nearly as many as there can be.
    dense: AtomicBool,
    refused: Seldom,
}

#[derive(Default)]
struct Here {
    all: usize,
    by_address: HashMap<ThrottleKey, usize>,
}

/// One connection, or one request that shares a connection, counted as long as this lives.
pub struct ConnectionPermit {
    limits: Arc<ConnectionLimits>,
    /// None for a proxy's.
    key: Option<ThrottleKey>,
    /// It has a descriptor of its own.
    connection: bool,
}

/// Descriptors that are left to files at least, and one part of so many of all.
const FILES_MIN: usize = 128;
const FILES_PART: usize = 8;
/// From so many eighths on it is dense.
const DENSE: usize = 7;

impl Default for ConnectionLimits {
    /// Without bounds.
    fn default() -> ConnectionLimits {
        ConnectionLimits {
            most_of_one: usize::MAX,
            trusted: Nets::default(),
            most: usize::MAX,
            here: Mutex::default(),
            dense: AtomicBool::new(false),
            refused: Seldom::new(Duration::from_secs(60)),
        }
    }
}

impl ConnectionLimits {
    pub fn new(config: &Config) -> ConnectionLimits {
        let most_of_one = usize::try_from(config.int("P_CONN_PER_ADDR")).unwrap_or_default();
        ConnectionLimits {
            most_of_one: if most_of_one == 0 { usize::MAX } else { most_of_one },
            trusted: Nets::from(config.trust_proxy.clone()),
            most: most(descriptors()),
            ..ConnectionLimits::default()
        }
    }

    /// Counts a connection; None when there are too many.
    pub fn enter(self: &Arc<ConnectionLimits>, ip: IpAddr) -> Option<ConnectionPermit> {
        self.place(ip, true)
    }

    /// Counts a request beside others on its connection.
    pub fn share(self: &Arc<ConnectionLimits>, ip: IpAddr) -> Option<ConnectionPermit> {
        self.place(ip, false)
    }

    fn place(self: &Arc<ConnectionLimits>, ip: IpAddr, connection: bool) -> Option<ConnectionPermit> {
        let key = (!self.trusted.contains(ip)).then(|| address::throttle_key(ip));
        let mut here = self.lock();
        let of_one = key.map_or(0, |key| here.by_address.get(&key).copied().unwrap_or_default());
        if (connection && here.all >= self.most) || of_one >= self.most_of_one {
            drop(here);
            if let Some(times) = self.refused.due() {
                tracing::warn!(%ip, times, "connections were refused: too many of one address, or altogether");
            }
            return None;
        }
        here.all += usize::from(connection);
        if let Some(key) = key {
            here.by_address.insert(key, of_one + 1);
        }
        self.note(here.all);
        Some(ConnectionPermit { limits: self.clone(), key, connection })
    }

    /// Connections that are open.
    pub fn len(&self) -> usize {
        self.lock().all
    }

    /// Whether connections should be given up soon.
    pub fn is_dense(&self) -> bool {
        self.dense.load(Relaxed)
    }

    fn note(&self, all: usize) {
        let dense = all > self.most / 8 * DENSE;
        if dense != self.is_dense() {
            self.dense.store(dense, Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut here = self.limits.lock();
        here.all -= usize::from(self.connection);
        self.limits.note(here.all);
        if let Some(key) = self.key {
            match here.by_address.get_mut(&key) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(here.by_address.remove(&key)),
            }
        }
    }
}

/// Connections that so many descriptors allow.
fn most(descriptors: usize) -> usize {
    descriptors.saturating_sub(FILES_MIN.max(descriptors / FILES_PART)).max(1)
}

#[cfg(unix)]
fn descriptors() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn descriptors() -> usize {
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(most: usize, most_of_one: usize) -> Arc<ConnectionLimits> {
        let trusted = Nets::parse("10.0.0.0/8").unwrap();
        Arc::new(ConnectionLimits { most, most_of_one, trusted, ..ConnectionLimits::default() })
    }

    fn enter(limits: &Arc<ConnectionLimits>, ip: &str) -> Option<ConnectionPermit> {
        limits.enter(ip.parse().unwrap())
    }

    #[test]
    fn an_address_has_so_many_and_gets_them_back() {
        let limits = limits(100, 2);
        let first = enter(&limits, "192.0.2.1");
        let second = enter(&limits, "::ffff:192.0.2.1");
        assert!(first.is_some() && second.is_some() && enter(&limits, "192.0.2.1").is_none());
        assert!(enter(&limits, "192.0.2.2").is_some(), "another one");
        drop(first);
        assert!(enter(&limits, "192.0.2.1").is_some());
        drop(second);
        assert!(limits.lock().by_address.is_empty() && limits.lock().all == 0);
        let subscriber = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(|ip| enter(&limits, ip));
        assert_eq!(subscriber.iter().flatten().count(), 2, "the /64 of a subscriber is one address");
    }

    #[test]
    fn requests_that_share_a_connection_count_for_their_address_alone() {
        let limits = limits(1, 3);
        let connection = enter(&limits, "192.0.2.1");
        let requests: Vec<_> = (0..5).filter_map(|_| limits.share("192.0.2.1".parse().unwrap())).collect();
        assert_eq!((requests.len(), limits.len()), (2, 1));
        drop((connection, requests));
        assert!(limits.lock().by_address.is_empty() && limits.len() == 0);
    }

    #[test]
    fn a_proxy_brings_as_many_as_there_may_be() {
        let limits = limits(16, 2);
        let places: Vec<_> = (0..20).filter_map(|_| enter(&limits, "10.1.2.3")).collect();
        assert_eq!(places.len(), 16);
        assert!(enter(&limits, "192.0.2.1").is_none() && limits.is_dense());
        drop(places);
        assert!(!limits.is_dense());
    }

    #[test]
    fn files_keep_their_descriptors() {
        assert_eq!([1024, 1 << 20, 100].map(most), [896, (1 << 20) / 8 * 7, 1]);
    }
}
