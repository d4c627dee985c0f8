//! How long a connection waits for the head of a request: as long as `P_KEEPALIVE` says for its beginning, which is the
//! first request's beginning excepted, and from there on as long as a client needs to send a head.
//!
//! Hyper takes a new timer for each head and drops it when the head has come, nearly always at once; a place in the
//! runtime's wheel for each would be taken and given back with every request. So a connection keeps one place, and lets
//! it run out: only when it does is it looked whether the head of that moment is late, and if not, the place is taken
//! again for when it will be.

use super::connection_limits::ConnectionLimits;
use hyper::rt::{Sleep, Timer};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time;

/// How long a client may take to send the head of a request, and to begin its first one.
pub const HEAD_TIME: Duration = Duration::from_secs(15);
/// How long a connection may be idle while there are nearly as many as there can be.
pub const DENSE_TIME: Duration = Duration::from_secs(2);

/// How long a connection that was served may wait for its next request.
pub fn idle_time(limits: &ConnectionLimits, keepalive: Duration) -> Duration {
    if limits.is_dense() { DENSE_TIME.min(keepalive) } else { keepalive }
}

/// The timer of one connection. Only one of its sleeps is waited for at a time.
pub struct HeadTimeout {
    limits: Arc<ConnectionLimits>,
    keepalive: Duration,
    head: Duration,
    begun: AtomicBool,
    shared: Arc<Shared>,
}

/// What the timer and the socket of a connection tell each other.
#[derive(Default)]
pub struct Shared {
    place: Mutex<Option<Pin<Box<time::Sleep>>>>,
    /// Grows whenever the client has sent something.
    pub arrived: AtomicU32,
}

struct Wait {
    deadline: time::Instant,
    /// For the rest of a head once it has begun; None when it has.
    head: Option<Duration>,
    arrived: u32,
    shared: Arc<Shared>,
}

impl HeadTimeout {
    pub fn new(limits: Arc<ConnectionLimits>, keepalive: Duration) -> HeadTimeout {
        HeadTimeout {
            limits,
            keepalive,
            head: HEAD_TIME,
            begun: AtomicBool::new(false),
            shared: Arc::default(),
        }
    }

    /// For the socket of the connection.
    pub fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// For the beginning of the next head.
    fn idle(&self) -> Duration {
        match self.begun.swap(true, Relaxed) {
            false => self.head,
            true => idle_time(&self.limits, self.keepalive),
        }
    }
}

impl Timer for HeadTimeout {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    /// Hyper knows one time for both, which is `keepalive` after now.
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait {
            deadline: (deadline + self.idle() - self.keepalive).into(),
            head: Some(self.head),
            arrived: self.shared.arrived.load(Relaxed),
            shared: self.shared.clone(),
        })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into()
    }
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let wait = &mut *self;
        // It is polled after each piece of a head that is not the last one.
        if wait.shared.arrived.load(Relaxed) != wait.arrived
            && let Some(rest) = wait.head.take()
        {
            wait.deadline = time::Instant::now() + rest;
        }
        let mut place = wait.shared.place.lock().unwrap_or_else(PoisonError::into_inner);
        let place = place.get_or_insert_with(|| Box::pin(time::sleep_until(wait.deadline)));
        if place.deadline() > wait.deadline {
            place.as_mut().reset(wait.deadline);
        }
        // The place may have been taken by a wait before this one.
        while place.as_mut().poll(cx).is_ready() {
            if wait.deadline <= time::Instant::now() {
                return Poll::Ready(());
            }
            place.as_mut().reset(wait.deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(60);
    const ENOUGH: Duration = Duration::from_secs(20);

    fn head_timeout(keepalive: Duration, head: Duration) -> HeadTimeout {
        HeadTimeout { head, ..HeadTimeout::new(Arc::default(), keepalive) }
    }

    /// How long the next wait takes, if it ends in time.
    async fn waited(head_timeout: &HeadTimeout, most: Duration) -> Option<Duration> {
        let started = time::Instant::now();
        let wait = head_timeout.sleep(head_timeout.keepalive);
        time::timeout(most, wait).await.ok().map(|()| started.elapsed())
    }

    #[tokio::test]
    async fn no_wait_ends_early_because_of_one_before_it() {
        let head_timeout = head_timeout(WAIT, WAIT);
        for _ in 0..5 {
            // A head that came in time.
            let _ = waited(&head_timeout, WAIT / 3).await;
        }
        for _ in 0..2 {
            let wait = waited(&head_timeout, ENOUGH).await;
            assert!(wait.is_some_and(|time| time >= WAIT), "{wait:?}");
        }
    }

    #[tokio::test]
    async fn the_first_head_is_waited_for_as_long_as_a_head_and_later_ones_longer() {
        let head_timeout = head_timeout(100 * ENOUGH, WAIT);
        assert!(waited(&head_timeout, ENOUGH).await.is_some());
        assert_eq!(waited(&head_timeout, 2 * WAIT).await, None);
    }

    #[tokio::test]
    async fn a_head_that_has_begun_has_its_own_time() {
        let head_timeout = head_timeout(100 * ENOUGH, WAIT);
        let _ = waited(&head_timeout, WAIT / 3).await;
        let mut wait = head_timeout.sleep(head_timeout.keepalive);
        assert!(time::timeout(2 * WAIT, &mut wait).await.is_err());
        head_timeout.shared.arrived.fetch_add(1, Relaxed);
        assert!(time::timeout(ENOUGH, &mut wait).await.is_ok());
        // What arrived for the one before does not begin the next one.
        assert_eq!(waited(&head_timeout, 2 * WAIT).await, None);
    }

    #[tokio::test]
    async fn a_short_time_between_requests_does_not_shorten_that_of_a_head() {
        let head_timeout = head_timeout(WAIT, 100 * ENOUGH);
        let _ = waited(&head_timeout, WAIT / 3).await;
        let mut wait = head_timeout.sleep(head_timeout.keepalive);
        head_timeout.shared.arrived.fetch_add(1, Relaxed);
        assert!(time::timeout(3 * WAIT, &mut wait).await.is_err());
    }
}
