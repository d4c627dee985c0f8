//! Ids that are not a table's row numbers: ascending from a start in blocks, or random in a range. Unique and
//! never reused; gaps are normal (a block is lost when the process ends).

use crate::error::{Error, Result};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The counter that survives restarts, shared by all processes.
pub trait Blocks: Send + Sync {
    /// Moves the named counter on by `n` and returns where it was; a new counter is at 0. It commits on its
    /// own: taken inside a transaction that rolls back, the same ids would be given again.
    fn take(&self, name: &str, n: i64) -> Result<i64>;
}

/// What one allocator gives.
#[derive(Debug, Clone, Copy)]
pub struct Sequence {
    pub name: &'static str,
    /// The first id ever. Fixed for good once ids are out.
    pub start: i64,
    pub block: i64,
}

impl Sequence {
    pub const fn new(name: &'static str, start: i64) -> Sequence {
        Sequence { name, start, block: 20 }
    }
}

/// Gives ids of any number of sequences. Ask before the transaction that uses the id is open: filling a block
/// writes.
pub struct Ids {
    blocks: Arc<dyn Blocks>,
    patience: Duration,
    state: Mutex<HashMap<&'static str, Block>>,
    filled: Condvar,
}

#[derive(Default)]
struct Block {
    next: i64,
    end: i64,
    filling: bool,
}

impl Ids {
    pub fn new(blocks: Arc<dyn Blocks>) -> Ids {
        Ids { blocks, patience: Duration::from_secs(10), state: Mutex::default(), filled: Condvar::new() }
    }

    pub fn patience(mut self, patience: Duration) -> Ids {
        self.patience = patience;
        self
    }

    /// The next id of the sequence. One caller fills a used-up block, the others wait for it, at most ten
    /// seconds; other sequences go on.
    pub fn next(&self, sequence: &Sequence) -> Result<i64> {
        let until = Instant::now() + self.patience;
        let mut state = self.lock();
        loop {
            let block = state.entry(sequence.name).or_default();
            if block.next < block.end {
                block.next += 1;
                return Ok(block.next - 1);
            }
            if !block.filling {
                block.filling = true;
                drop(state);
                return self.fill(sequence);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::server(format!(
                    "no id of `{}` within {:?}",
                    sequence.name, self.patience
                )));
            }
            state = self.filled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes a block and its first id.
    fn fill(&self, sequence: &Sequence) -> Result<i64> {
        // Whatever happens in there, the others must not wait for ever.
        let _done = Filling { ids: self, name: sequence.name };
        let size = sequence.block.max(1);
        let taken = self.blocks.take(sequence.name, size)?;
        let first = taken.checked_add(sequence.start);
        let range = first.and_then(|first| Some((first, first.checked_add(size)?)));
        let (first, end) =
            range.ok_or_else(|| Error::server(format!("the ids of `{}` are used up", sequence.name)))?;
        let mut state = self.lock();
        let block = state.entry(sequence.name).or_default();
        (block.next, block.end) = (first + 1, end);
        Ok(first)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Block>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Filling<'a> {
    ids: &'a Ids,
    name: &'static str,
}

impl Drop for Filling<'_> {
    fn drop(&mut self) {
        self.ids.lock().entry(self.name).or_default().filling = false;
        self.ids.filled.notify_all();
    }
}

/// A random id of the range that `try_use` could make its own (its unique key decides); `None` when so many
/// tries all met taken ones, for the caller's own error.
///
/// ```
/// use jindou::facility::ids::random_in;
/// let mut taken = std::collections::HashSet::new();
/// let id = random_in(1_000_000_000..=9_999_999_999, 10, |id| Ok(taken.insert(id)))?;
/// assert!(id.is_some_and(|id| id >= 1_000_000_000));
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn random_in(
    range: RangeInclusive<i64>,
    tries: u32,
    mut try_use: impl FnMut(i64) -> Result<bool>,
) -> Result<Option<i64>> {
    if range.is_empty() {
        return Err(Error::server(format!("no ids in {range:?}")));
    }
    for _ in 0..tries {
        let id = rand::random_range(range.clone());
        if try_use(id)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    const CHAT: Sequence = Sequence::new("chatUser", 1_000_000_000);

    #[derive(Default)]
    struct Table {
        counters: Mutex<HashMap<String, i64>>,
        takes: AtomicU32,
        pause: Duration,
        broken: bool,
    }

    impl Blocks for Table {
        fn take(&self, name: &str, n: i64) -> Result<i64> {
            self.takes.fetch_add(1, SeqCst);
            std::thread::sleep(self.pause);
            if self.broken {
                return Err(Error::db("disk full"));
            }
            let mut counters = self.counters.lock().unwrap();
            let counter = counters.entry(name.to_owned()).or_default();
            *counter += n;
            Ok(*counter - n)
        }
    }

    #[test]
    fn ids_ascend_from_the_start_in_blocks_and_survive_restarts() {
        let table = Arc::new(Table::default());
        let ids = Ids::new(table.clone());
        let first: Vec<_> = (0..25).map(|_| ids.next(&CHAT).unwrap()).collect();
        assert_eq!(first, (1_000_000_000..1_000_000_025).collect::<Vec<_>>());
        assert_eq!(table.takes.load(SeqCst), 2);
        assert_eq!(ids.next(&Sequence::new("other", 1)).unwrap(), 1);
        let restarted = Ids::new(table);
        assert_eq!(restarted.next(&CHAT).unwrap(), 1_000_000_040, "the rest of the block is a gap");
    }

    #[test]
    fn threads_and_processes_never_share_an_id() {
        let table = Arc::new(Table { pause: Duration::from_millis(1), ..Table::default() });
        let processes = [Ids::new(table.clone()), Ids::new(table.clone())];
        let all: Vec<i64> = std::thread::scope(|scope| {
            let one = |ids| (0..200).map(|_| Ids::next(ids, &CHAT).unwrap()).collect::<Vec<_>>();
            let threads: Vec<_> = processes
                .iter()
                .flat_map(|ids| (0..4).map(move |_| ids))
                .map(|ids| scope.spawn(move || one(ids)))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 1600);
        assert_eq!(table.takes.load(SeqCst), 80, "one fills, the others wait");
    }

    #[test]
    fn a_failure_is_told_and_the_next_one_tries_again() {
        let table = Arc::new(Table { broken: true, ..Table::default() });
        let ids = Ids::new(table.clone());
        assert!(ids.next(&CHAT).is_err() && ids.next(&CHAT).is_err());
        assert_eq!(table.takes.load(SeqCst), 2);
        let last = Sequence::new("last", i64::MAX - 5);
        assert!(Ids::new(Arc::new(Table::default())).next(&last).is_err());
    }

    #[test]
    fn nobody_waits_for_ever() {
        let table = Arc::new(Table { pause: Duration::from_millis(300), ..Table::default() });
        let ids = Ids::new(table).patience(Duration::from_millis(20));
        std::thread::scope(|scope| {
            let filler = scope.spawn(|| ids.next(&CHAT));
            while !ids.lock().get("chatUser").is_some_and(|block| block.filling) {
                std::thread::yield_now();
            }
            assert!(ids.next(&CHAT).is_err());
            assert_eq!(filler.join().unwrap().unwrap(), 1_000_000_000);
        });
        assert_eq!(ids.next(&CHAT).unwrap(), 1_000_000_001);
    }

    #[test]
    fn random_ids_are_tried_so_often_and_no_more() {
        let mut taken: HashSet<i64> = (1..=3).collect();
        let mut tries = 0;
        let free = |id: i64, taken: &mut HashSet<i64>| Ok(taken.insert(id));
        assert_eq!(random_in(4..=4, 10, |id| free(id, &mut taken)).unwrap(), Some(4));
        let counted = |_| {
            tries += 1;
            Ok(false)
        };
        assert_eq!(random_in(1..=4, 10, counted).unwrap(), None);
        assert_eq!(tries, 10);
        assert!(random_in(1..=9, 10, |_| Err(Error::db("x"))).is_err());
        #[expect(clippy::reversed_empty_ranges, reason = "what the test is about")]
        let nothing = random_in(5..=4, 10, |_| Ok(true));
        assert!(nothing.is_err());
    }
}
