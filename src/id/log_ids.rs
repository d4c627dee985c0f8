//! Ids of the log's rows, handed out at the start of a call without asking the database. They come out of blocks that
//! were spoken for on disk before, so that no id is told twice, whatever ends the process.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Ids spoken for at once. A call takes one; a crash leaves a gap of so many at most.
pub const BLOCK: i64 = 1 << 16;
/// A call that finds no id spoken for waits for as long as this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which table an id is for.
#[derive(Debug, Clone, Copy)]
pub enum LogTable {
    Call = 0,
    Item = 1,
}

pub struct LogIds {
    next: [AtomicI64; 2],
    /// The first ids that are not spoken for.
    end: [AtomicI64; 2],
    /// Somebody has been asked for more.
    asked: AtomicBool,
    ask: OnceLock<Box<dyn Fn() + Send + Sync>>,
    waiting: Mutex<()>,
    moved: Condvar,
}

impl Default for LogIds {
    /// Without bounds, until somebody reserves.
    fn default() -> LogIds {
        LogIds {
            next: [const { AtomicI64::new(1) }; 2],
            end: [const { AtomicI64::new(i64::MAX) }; 2],
            asked: AtomicBool::new(false),
            ask: OnceLock::new(),
            waiting: Mutex::default(),
            moved: Condvar::new(),
        }
    }
}

impl LogIds {
    /// The first of so many in a row.
    pub fn take(&self, table: LogTable, count: usize) -> i64 {
        let first = self.next[table as usize].fetch_add(count as i64, Ordering::SeqCst);
        let next = first + count as i64;
        // Half a block before the end is time enough to get another one.
        if next > self.end[table as usize].load(Ordering::Acquire).saturating_sub(BLOCK / 2) {
            self.run_low(table, next);
        }
        first
    }

    pub fn peek(&self, table: LogTable) -> i64 {
        self.next[table as usize].load(Ordering::SeqCst)
    }

    /// Ids continue after this one.
    pub fn continue_after(&self, table: LogTable, last: i64) {
        self.next[table as usize].fetch_max(last + 1, Ordering::SeqCst);
    }

    /// What is called when ids run low: it must not wait, and end in `reserved` or `failed`.
    pub fn refill_by(&self, ask: impl Fn() + Send + Sync + 'static) {
        let _ = self.ask.set(Box::new(ask));
    }

    /// Up to where the next block of each table reaches.
    pub fn wanted(&self) -> [i64; 2] {
        [LogTable::Call, LogTable::Item].map(|table| self.peek(table).saturating_add(BLOCK) - 1)
    }

    /// All ids up to these are spoken for, on disk.
    pub fn reserved(&self, upto: [i64; 2]) {
        for (end, upto) in self.end.iter().zip(upto) {
            end.store(upto + 1, Ordering::Release);
        }
        self.answered();
    }

    pub fn failed(&self) {
        self.answered();
    }

    fn answered(&self) {
        self.asked.store(false, Ordering::Release);
        drop(self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.moved.notify_all();
    }

    #[cold]
    fn run_low(&self, table: LogTable, next: i64) {
        self.ask();
        let lacks = || next > self.end[table as usize].load(Ordering::Acquire);
        if lacks() {
            let guard = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let again = |(): &mut ()| {
                // Items of one batch may need more than a block brings.
                let lacks = lacks();
                if lacks {
                    self.ask();
                }
                lacks
            };
            let waited = self.moved.wait_timeout_while(guard, PATIENCE, again);
            if waited.is_ok_and(|(_, late)| late.timed_out()) {
                tracing::error!(
                    "ids of the log could not be reserved; after a crash they might be told again"
                );
            }
        }
    }

    fn ask(&self) {
        if let Some(ask) = self.ask.get()
            && !self.asked.swap(true, Ordering::AcqRel)
        {
            ask();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn no_id_leaves_before_its_block_is_reserved() {
        let ids = Arc::new(LogIds::default());
        assert_eq!((ids.take(LogTable::Call, 3), ids.take(LogTable::Call, 1)), (1, 4));
        let asked = Arc::new(AtomicI64::new(0));
        let (weak, count) = (Arc::downgrade(&ids), asked.clone());
        ids.refill_by(move || {
            count.fetch_add(1, Ordering::SeqCst);
            let ids = weak.upgrade().unwrap();
            std::thread::spawn(move || ids.reserved(ids.wanted()));
        });
        ids.reserved(ids.wanted());
        let taken: Vec<i64> = std::thread::scope(|scope| {
            let one = || {
                let take = |_| {
                    let id = ids.take(LogTable::Call, 1);
                    assert!(id < ids.end[0].load(Ordering::SeqCst), "{id} is not spoken for");
                    id
                };
                (0..BLOCK).map(take).collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let different: std::collections::HashSet<i64> = taken.iter().copied().collect();
        assert_eq!(different.len(), 4 * BLOCK as usize);
        assert!((4..=16).contains(&asked.load(Ordering::SeqCst)), "{asked:?} blocks");
        ids.take(LogTable::Item, 3 * BLOCK as usize);
        assert!(ids.peek(LogTable::Item) <= ids.end[1].load(Ordering::SeqCst));
    }
}
