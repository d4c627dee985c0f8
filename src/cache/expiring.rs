//! Answers of others that may serve again for a while: bounded, and what goes first is what ends first. Unlike
//! the key-value store it forgets rather than refuse, so nothing belongs here that cannot be asked for again.

use crate::throttle::limiter::{Bounded, Forgettable};
use crate::time::Clock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// ```
/// use jindou::cache::expiring::Cache;
/// use std::{sync::Arc, time::Duration};
/// let cache = Cache::new(Arc::new(jindou::time::SystemClock), 100);
/// cache.set("a", "1", Duration::from_secs(60));
/// assert_eq!(cache.get("a").as_deref(), Some("1"));
/// ```
pub struct Cache {
    clock: Arc<dyn Clock>,
    entries: Mutex<Bounded<Entry>>,
}

#[derive(Default)]
struct Entry {
    text: Arc<str>,
    until: i64,
}

impl Forgettable for Entry {
    fn until(&self) -> i64 {
        self.until
    }
}

impl Cache {
    /// At most so many texts.
    pub fn new(clock: Arc<dyn Clock>, most: usize) -> Cache {
        Cache { clock, entries: Mutex::new(Bounded::new(most)) }
    }

    pub fn get(&self, key: &str) -> Option<Arc<str>> {
        let now = self.clock.unix_ms();
        self.lock().get(key).filter(|entry| entry.until > now).map(|entry| entry.text.clone())
    }

    pub fn set(&self, key: &str, text: &str, life: Duration) {
        let now = self.clock.unix_ms();
        let until = now.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
        *self.lock().entry(key, now) = Entry { text: text.into(), until };
    }

    pub fn remove(&self, key: &str) {
        self.lock().remove(key);
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::LogicalClock;

    #[test]
    fn it_forgets_in_time_and_when_it_is_full() {
        let clock = Arc::new(LogicalClock::standing(1_000));
        let cache = Cache::new(clock.clone(), 100);
        for n in 0..1000_u64 {
            cache.set(&format!("k{n}"), &n.to_string(), Duration::from_secs(60 + n));
        }
        assert_eq!(cache.get("k999").as_deref(), Some("999"));
        assert_eq!(cache.get("k0"), None, "what ended first went first");
        assert!(cache.lock().len() <= 100);
        cache.set("k999", "new", Duration::from_secs(5));
        assert_eq!(cache.get("k999").as_deref(), Some("new"));
        clock.advance_ms(5_000);
        assert_eq!(cache.get("k999"), None);
        cache.remove("k998");
        cache.clear();
        assert!((0..1000).all(|n| cache.get(&format!("k{n}")).is_none()));
    }
}
