//! Idle readers. A thread gets back the reader it used last, as long as nobody needed it meanwhile: what the
//! driver and the database remember of it is then still in the caches of the thread's processor.

use super::conn::Conn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub struct Readers(Vec<Shelf>);

/// Threads share shelves when there are more of them than this.
const SHELVES: usize = 8;

/// Alone on its line of the cache: threads must not wait for each other because of neighbours.
#[repr(align(128))]
struct Shelf {
    idle: Mutex<Vec<Conn>>,
    most: usize,
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Vec<Conn>> {
        // Nothing panics while it holds the lock; if it ever did, the list would still be whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static THREADS: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

impl Readers {
    /// So many are kept at most.
    pub fn new(most: usize) -> Readers {
        let shelves = SHELVES.min(most);
        let shelf =
            |at| Shelf { idle: Mutex::default(), most: most / shelves + usize::from(at < most % shelves) };
        Readers((0..shelves).map(shelf).collect())
    }

    pub fn take(&self) -> Option<Conn> {
        self.take_for(NUMBER.with(|number| *number))
    }

    pub fn give(&self, conn: Conn) {
        self.give_for(NUMBER.with(|number| *number), conn);
    }

    /// Those of others are taken before a new one has to be opened.
    fn take_for(&self, thread: usize) -> Option<Conn> {
        self.own_first(thread).find_map(|shelf| shelf.lock().pop())
    }

    /// One too many is closed.
    fn give_for(&self, thread: usize, conn: Conn) {
        for shelf in self.own_first(thread) {
            let mut idle = shelf.lock();
            if idle.len() < shelf.most {
                return idle.push(conn);
            }
        }
    }

    /// All shelves, the thread's own first.
    fn own_first(&self, thread: usize) -> impl Iterator<Item = &Shelf> {
        let shelves = &self.0;
        (0..shelves.len()).map(move |step| &shelves[(thread + step) % shelves.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::conn::Sync;
    use crate::sql::Sql;
    use crate::value::Val;

    /// A connection that is known by its number.
    fn numbered(dir: &tempfile::TempDir, n: i64) -> Conn {
        let conn = Conn::open_writer(&dir.path().join(format!("{n}.db")), Sync::Normal).unwrap();
        conn.batch(&format!("CREATE TABLE IF NOT EXISTS N AS SELECT {n} AS n")).unwrap();
        conn
    }

    fn number(conn: Option<Conn>) -> Option<i64> {
        let rows = conn?.rows(&Sql::fixed("SELECT n FROM N", Vec::new())).unwrap();
        rows.first().and_then(|row| row.first()).and_then(Val::as_i64)
    }

    #[test]
    fn each_thread_has_its_own_before_those_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let readers = Readers::new(16);
        for (shelf, n) in [(1, 10), (1, 11), (3, 30)] {
            readers.give_for(shelf, numbered(&dir, n));
        }
        assert_eq!(number(readers.take_for(3)), Some(30));
        assert_eq!(number(readers.take_for(3)), Some(11));
        assert_eq!(number(readers.take_for(1)), Some(10));
        assert_eq!(number(readers.take_for(1)), None);
    }

    #[test]
    fn no_more_are_kept_than_shall_be() {
        let dir = tempfile::tempdir().unwrap();
        let readers = Readers::new(1);
        for n in 1..=3 {
            readers.give_for(0, numbered(&dir, n));
        }
        assert_eq!(number(readers.take_for(5)), Some(1));
        assert_eq!(number(readers.take_for(0)), None);
        for most in [1, 3, 8, 10] {
            let readers = Readers::new(most);
            // All from one thread: the shelves of others are used before one is closed.
            (0..12).for_each(|_| readers.give_for(5, numbered(&dir, 1)));
            assert_eq!(std::iter::from_fn(|| readers.take_for(2)).count(), most);
        }
    }
}
