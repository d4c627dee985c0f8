//! Idle readers. A thread gets back the reader it used last, as long as nobody needed it meanwhile: what the
//! driver and the database remember of it is then still in the caches of the thread's processor.

use super::conn::Conn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub struct Readers {
    shelves: [Shelf; SHELVES],
    /// On each shelf at most.
    most: usize,
}

/// Threads share shelves when there are more of them than this.
const SHELVES: usize = 8;

/// Alone on its line of the cache: threads must not wait for each other because of neighbours.
#[derive(Default)]
#[repr(align(128))]
struct Shelf(Mutex<Vec<Conn>>);

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Vec<Conn>> {
        // Nothing panics while it holds the lock; if it ever did, the list would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static THREADS: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static SHELF: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHELVES;
}

impl Readers {
    /// So many are kept, and a few more where they would not spread evenly.
    pub fn new(most: usize) -> Readers {
        Readers { shelves: Default::default(), most: most.div_ceil(SHELVES) }
    }

    pub fn take(&self) -> Option<Conn> {
        self.take_from(SHELF.with(|shelf| *shelf))
    }

    /// One too many is closed.
    pub fn give(&self, conn: Conn) {
        self.give_to(SHELF.with(|shelf| *shelf), conn);
    }

    /// Others are taken before a new one has to be opened.
    fn take_from(&self, own: usize) -> Option<Conn> {
        (0..SHELVES).find_map(|step| self.shelves[(own + step) % SHELVES].lock().pop())
    }

    fn give_to(&self, own: usize, conn: Conn) {
        let mut shelf = self.shelves[own].lock();
        if shelf.len() < self.most {
            shelf.push(conn);
        }
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
        conn.batch(&format!("CREATE TABLE N AS SELECT {n} AS n")).unwrap();
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
            readers.give_to(shelf, numbered(&dir, n));
        }
        assert_eq!(number(readers.take_from(3)), Some(30));
        assert_eq!(number(readers.take_from(3)), Some(11));
        assert_eq!(number(readers.take_from(1)), Some(10));
        assert_eq!(number(readers.take_from(1)), None);
    }

    #[test]
    fn no_more_are_kept_than_shall_be() {
        let dir = tempfile::tempdir().unwrap();
        let readers = Readers::new(1);
        for n in 1..=3 {
            readers.give_to(0, numbered(&dir, n));
        }
        assert_eq!(number(readers.take_from(5)), Some(1));
        assert_eq!(number(readers.take_from(0)), None);
    }
}
