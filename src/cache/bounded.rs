//! Things that were made before and may serve again, by a text that says all they depend on. Bounded: a full
//! shelf begins anew, which costs no more than making its things once again.

use foldhash::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

pub struct Shelf<T> {
    max: usize,
    kept: RwLock<HashMap<Box<str>, Arc<T>>>,
}

/// A longer text is hardly sent twice.
const TEXT_MAX: usize = 1024;

impl<T> Shelf<T> {
    pub fn new(max: usize) -> Shelf<T> {
        Shelf { max, kept: RwLock::default() }
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
        let shelf = Shelf::new(2);
        for (text, thing) in [("a", 1), ("b", 2)] {
            shelf.keep(text.to_owned(), Arc::new(thing));
        }
        assert_eq!((shelf.find("a").as_deref(), shelf.find("c")), (Some(&1), None));
        shelf.keep("c".to_owned(), Arc::new(3));
        assert_eq!((shelf.find("a"), shelf.find("c").as_deref()), (None, Some(&3)));
        shelf.keep("x".repeat(TEXT_MAX + 1), Arc::new(4));
        assert_eq!(shelf.find(&"x".repeat(TEXT_MAX + 1)), None);
    }
}
