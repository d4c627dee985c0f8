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
        let own = SHELF.with(|shelf| *shelf);
        (0..SHELVES).find_map(|step| self.shelves[(own + step) % SHELVES].lock().pop())
    }

    /// One too many is closed.
    pub fn give(&self, conn: Conn) {
        let mut shelf = self.shelves[SHELF.with(|shelf| *shelf)].lock();
        if shelf.len() < self.most {
            shelf.push(conn);
        }
    }
}
