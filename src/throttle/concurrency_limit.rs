//! A limit on work that eats a whole core or much memory (hashing, pictures): so much at once, so many waiting, the rest
//! is refused at once. It starts no threads: callers run their work on the blocking thread they are on.

use crate::error::{Code, Error, Result};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many may work, how many may wait, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct ConcurrencyBounds {
    pub working: usize,
    pub waiting: usize,
    pub wait_max: Duration,
}

impl Default for ConcurrencyBounds {
    /// One worker a core, 64 waiting, ten seconds.
    fn default() -> ConcurrencyBounds {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        ConcurrencyBounds { working: cores, waiting: 64, wait_max: Duration::from_secs(10) }
    }
}

#[derive(Default)]
struct Count {
    working: usize,
    waiting: usize,
}

/// ```
/// use jindou::throttle::concurrency_limit::ConcurrencyLimit;
/// let limit = ConcurrencyLimit::default();
/// assert_eq!(limit.run(|| 6 * 7)?, 42);
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Default)]
pub struct ConcurrencyLimit {
    bounds: ConcurrencyBounds,
    count: Mutex<Count>,
    left: Condvar,
}

impl ConcurrencyLimit {
    pub fn new(bounds: ConcurrencyBounds) -> ConcurrencyLimit {
        let bounds = ConcurrencyBounds { working: bounds.working.max(1), ..bounds };
        ConcurrencyLimit { bounds, count: Mutex::default(), left: Condvar::new() }
    }

    /// Runs the work as soon as there is room; refuses with code 5 when too many wait already.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> Result<T> {
        let _place = self.enter(1)?;
        Ok(work())
    }

    /// Room for work that takes as much as so many others; work that is larger than the whole limit runs alone.
    pub fn enter(&self, weight: usize) -> Result<LimitPermit<'_>> {
        let weight = weight.clamp(1, self.bounds.working);
        let most = self.bounds.working - weight;
        let until = Instant::now() + self.bounds.wait_max;
        let mut count = self.count();
        if count.working > most {
            if count.waiting >= self.bounds.waiting {
                return Err(busy(&count));
            }
            count.waiting += 1;
            while count.working > most {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    count.waiting -= 1;
                    return Err(busy(&count));
                }
                count = self.left.wait_timeout(count, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            count.waiting -= 1;
        }
        count.working += weight;
        Ok(LimitPermit { limit: self, weight })
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        // Nothing panics while it is held; work runs outside.
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of the limit, given back when dropped, also when the work panics.
pub struct LimitPermit<'a> {
    limit: &'a ConcurrencyLimit,
    weight: usize,
}

impl Drop for LimitPermit<'_> {
    fn drop(&mut self) {
        self.limit.count().working -= self.weight;
        // The next in line may need more than this.
        self.limit.left.notify_all();
    }
}

/// The queue is cleared at some 20 a second and core; three seconds are long enough for any default width.
fn busy(count: &Count) -> Error {
    let seconds = 3;
    Error::new(Code::FORBIDDEN, format!("{} working, {} waiting", count.working, count.waiting))
        .say(
            format!("系统忙，请{seconds}秒后再试"),
            format!("the system is busy, try again in {seconds} seconds"),
        )
        .retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::mpsc::channel;

    fn limit(working: usize, waiting: usize, ms: u64) -> ConcurrencyLimit {
        ConcurrencyLimit::new(ConcurrencyBounds { working, waiting, wait_max: Duration::from_millis(ms) })
    }

    #[test]
    fn never_more_work_than_the_limit() {
        let (limit, now, most) = (limit(3, 100, 10_000), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    limit
                        .run(|| {
                            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                            std::thread::sleep(Duration::from_millis(2));
                            now.fetch_sub(1, SeqCst);
                        })
                        .unwrap();
                });
            }
        });
        assert_eq!(most.load(SeqCst), 3);
        let count = limit.count();
        assert_eq!((count.working, count.waiting), (0, 0));
    }

    #[test]
    fn a_full_queue_refuses_at_once_and_opens_again() {
        let limit = limit(1, 1, 10_000);
        let (entered, wait_entered) = channel();
        let (release, wait_release) = channel::<()>();
        std::thread::scope(|scope| {
            let limit = &limit;
            scope.spawn(move || {
                limit.run(|| (entered.send(()).unwrap(), wait_release.recv().unwrap())).unwrap()
            });
            wait_entered.recv().unwrap();
            let second = scope.spawn(|| limit.run(|| 2).unwrap());
            while limit.count().waiting == 0 {
                std::thread::yield_now();
            }
            let refused = limit.run(|| 3).unwrap_err();
            assert_eq!(refused.code, Code::FORBIDDEN);
            assert_eq!(refused.text.zh, "系统忙，请3秒后再试");
            release.send(()).unwrap();
            assert_eq!(second.join().unwrap(), 2);
        });
        assert_eq!(limit.run(|| 4).unwrap(), 4);
    }

    #[test]
    fn heavy_work_takes_the_room_of_several() {
        let limit = limit(4, 5, 20);
        let heavy = limit.enter(3).unwrap();
        let light = limit.enter(1).unwrap();
        assert!(limit.enter(1).is_err());
        drop(heavy);
        assert!(limit.enter(4).is_err());
        assert!(limit.enter(3).is_ok());
        drop(light);
        assert!(limit.enter(100).is_ok());
        assert_eq!(limit.count().working, 0);
    }

    #[test]
    fn nobody_waits_for_ever() {
        let limit = limit(1, 5, 20);
        limit.run(|| assert_eq!(limit.run(|| ()).unwrap_err().code, Code::FORBIDDEN)).unwrap();
        assert_eq!(limit.count().waiting, 0);
    }

    #[test]
    fn a_panic_gives_its_place_back() {
        let limit = limit(1, 0, 10);
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| limit.run(|| panic!("inside"))));
        assert!(caught.is_err());
        assert_eq!(limit.run(|| 1).unwrap(), 1);
    }
}
