//! A cache of bounded size. The key is a text that holds everything an entry depends on, so entries never become stale. A full
//! cache is emptied, which costs no more than making its entries once again.

use foldhash::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

pub struct BoundedCache<T> {
    max: usize,
    kept: RwLock<HashMap<Box<str>, Arc<T>>>,
}

/// A longer text is hardly sent twice.
const TEXT_MAX: usize = 1024;

impl<T> BoundedCache<T> {
    pub fn new(max: usize) -> BoundedCache<T> {
        BoundedCache { max, kept: RwLock::default() }
    }

    pub fn find(&self, text: &str) -> Option<Arc<T>> {
        // Nothing panics while it holds the lock; if it ever did, the map would still be whole.
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned()
    }

    pub fn keep(&self, text: String, made: Arc<T>) {
        if text.len() > TEXT_MAX {
            return;
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.max {
            kept.clear();
        }
        kept.insert(text.into(), made);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_and_its_number_bounded() {
        let cache = BoundedCache::new(2);
        for (text, thing) in [("a", 1), ("b", 2)] {
            cache.keep(text.to_owned(), Arc::new(thing));
        }
        assert_eq!((cache.find("a").as_deref(), cache.find("c")), (Some(&1), None));
        cache.keep("c".to_owned(), Arc::new(3));
        assert_eq!((cache.find("a"), cache.find("c").as_deref()), (None, Some(&3)));
        cache.keep("x".repeat(TEXT_MAX + 1), Arc::new(4));
        assert_eq!(cache.find(&"x".repeat(TEXT_MAX + 1)), None);
    }
}
