//! How long a connection waits for the head of a request. Hyper takes a new timer for each head and drops it when
//! the head has come, nearly always at once; a place in the runtime's wheel for each would be taken and given back
//! with every request. So a connection keeps one place, and lets it run out: only when it does is it looked
//! whether the head of that moment is late, and if not, the place is taken again for when it will be.

use hyper::rt::{Sleep, Timer};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time;

/// The timer of one connection. Only one of its sleeps is waited for at a time.
#[derive(Default)]
pub struct Patience(Arc<Mutex<Option<Pin<Box<time::Sleep>>>>>);

struct Wait {
    deadline: time::Instant,
    place: Arc<Mutex<Option<Pin<Box<time::Sleep>>>>>,
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait { deadline: deadline.into(), place: self.0.clone() })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into()
    }
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let place = place.get_or_insert_with(|| Box::pin(time::sleep_until(self.deadline)));
        if place.deadline() > self.deadline {
            place.as_mut().reset(self.deadline);
        }
        // The place may have been taken by a wait before this one.
        while place.as_mut().poll(cx).is_ready() {
            if self.deadline <= time::Instant::now() {
                return Poll::Ready(());
            }
            place.as_mut().reset(self.deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(60);
    const ENOUGH: Duration = Duration::from_secs(20);

    /// How long it took, if it ended in time.
    async fn waited(wait: impl Future<Output = ()>, most: Duration) -> Option<Duration> {
        let started = time::Instant::now();
        time::timeout(most, wait).await.ok().map(|()| started.elapsed())
    }

    #[tokio::test]
    async fn no_wait_ends_early_because_of_one_before_it() {
        let patience = Patience::default();
        for _ in 0..5 {
            // A head that came in time.
            let _ = waited(patience.sleep(WAIT), WAIT / 3).await;
        }
        let last = waited(patience.sleep(WAIT), ENOUGH).await;
        assert!(last.is_some_and(|time| time >= WAIT), "{last:?}");
        let next = waited(patience.sleep(WAIT), ENOUGH).await;
        assert!(next.is_some_and(|time| time >= WAIT), "{next:?}");
    }

    #[tokio::test]
    async fn no_wait_is_longer_because_of_one_before_it() {
        let patience = Patience::default();
        assert_eq!(waited(patience.sleep(100 * ENOUGH), WAIT / 3).await, None);
        assert!(waited(patience.sleep(WAIT), ENOUGH).await.is_some());
    }
}
