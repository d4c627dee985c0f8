//! A few threads of their own for work that takes much memory (pictures). Allocators keep freed memory with the
//! thread that used it: spread over hundreds of threads, that would be hundreds of pictures.

use super::concurrency_limit::{ConcurrencyBounds, ConcurrencyLimit};
use crate::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

type Work = Box<dyn FnOnce() + Send>;

/// ```
/// use jindou::throttle::{concurrency_limit::ConcurrencyBounds, memory_bound_pool::Workers};
/// let workers = Workers::new("sums", ConcurrencyBounds::default());
/// assert_eq!(workers.run(|| 6 * 7)?, 42);
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub struct Workers {
    limit: ConcurrencyLimit,
    queue: Mutex<Sender<Work>>,
}

impl Workers {
    /// As many threads as may work at once.
    pub fn new(name: &str, bounds: ConcurrencyBounds) -> Workers {
        let (queue, works) = channel();
        let works = Arc::new(Mutex::new(works));
        for at in 0..bounds.working.max(1) {
            let works = works.clone();
            let started =
                std::thread::Builder::new().name(format!("{name}-{at}")).spawn(move || serve(&works));
            if let Err(error) = started {
                tracing::error!(%error, "a worker thread could not be started");
            }
        }
        Workers { limit: ConcurrencyLimit::new(bounds), queue: Mutex::new(queue) }
    }

    /// Runs the work when its turn comes and waits for it; refuses with code 5 when too many wait already.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.limit.run(|| {
            let (done, result) = channel();
            let work: Work = Box::new(move || {
                let _ = done.send(work());
            });
            let lost = || Error::server("a worker was lost");
            self.queue.lock().unwrap_or_else(PoisonError::into_inner).send(work).map_err(|_| lost())?;
            result.recv().map_err(|_| lost())
        })?
    }
}

fn serve(works: &Mutex<Receiver<Work>>) {
    loop {
        let next = works.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // A panic is the failure of one piece of work; the one who waits for it notices.
        let _ = catch_unwind(AssertUnwindSafe(work));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_on_few_threads_and_survives_panics() {
        let workers = Workers::new("test", ConcurrencyBounds { working: 2, ..ConcurrencyBounds::default() });
        let threads: std::collections::HashSet<_> =
            (0..50).map(|_| workers.run(|| std::thread::current().id()).unwrap()).collect();
        assert!(threads.len() <= 2);
        for _ in 0..4 {
            assert!(workers.run(|| panic!("inside")).is_err());
        }
        assert_eq!(workers.run(|| 1).unwrap(), 1);
    }
}
