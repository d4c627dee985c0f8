//! A small memory of numbers that stand for something (its hash, say). What was put in lately is known; others take the
//! places of what is older, so it never grows. Two things of the same number are taken for one: it is for hints only.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// ```
/// use jindou::cache::recent_hashes::RecentHashes;
/// let marks = RecentHashes::new(64);
/// assert!(marks.is_empty());
/// marks.put(77);
/// assert!(marks.has(77) && !marks.has(78));
/// marks.remove(77);
/// assert!(!marks.has(77));
/// ```
pub struct RecentHashes {
    /// Nothing was ever put in.
    empty: AtomicBool,
    places: Box<[AtomicU64]>,
}

/// What stands in a free place.
const FREE: u64 = 0;

impl RecentHashes {
    pub fn new(places: usize) -> RecentHashes {
        RecentHashes {
            empty: AtomicBool::new(true),
            places: (0..places).map(|_| AtomicU64::new(FREE)).collect(),
        }
    }

    /// Whether it is worth while to work out a mark and ask for it.
    pub fn is_empty(&self) -> bool {
        self.empty.load(Ordering::Relaxed)
    }

    pub fn has(&self, mark: u64) -> bool {
        mark != FREE && self.place(mark).load(Ordering::Relaxed) == mark
    }

    pub fn put(&self, mark: u64) {
        self.place(mark).store(mark, Ordering::Relaxed);
        self.empty.store(false, Ordering::Relaxed);
    }

    pub fn remove(&self, mark: u64) {
        // Another may have taken its place.
        let _ = self.place(mark).compare_exchange(mark, FREE, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn place(&self, mark: u64) -> &AtomicU64 {
        &self.places[mark as usize % self.places.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_marks_take_the_places_of_older_ones() {
        let marks = RecentHashes::new(4);
        marks.put(5);
        marks.put(9);
        assert!(!marks.has(5) && marks.has(9));
        // What is gone already does not take others with it.
        marks.remove(5);
        assert!(marks.has(9));
        assert!(!marks.has(FREE));
    }
}
