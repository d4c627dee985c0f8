//! A future that runs to its end even if nobody waits for it any more: a client that hangs up must not cut a
//! call in two. Most calls end at their first poll or wait for the writer lane alone, so a task of its own for
//! each would cost more than the call; only what is left of an abandoned one gets a task.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

pub struct Unbroken<T: Send + 'static> {
    rest: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

/// The future panicked, and is gone.
#[derive(Debug)]
pub struct Panicked;

impl<T: Send + 'static> Unbroken<T> {
    pub fn new(future: impl Future<Output = T> + Send + 'static) -> Unbroken<T> {
        Unbroken { rest: Some(Box::pin(future)) }
    }
}

impl<T: Send + 'static> Future for Unbroken<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(Err(Panicked)) };
        // One call's panic must not take the connection's other calls with it.
        let polled = catch_unwind(AssertUnwindSafe(|| rest.as_mut().poll(context)));
        if !matches!(polled, Ok(Poll::Pending)) {
            self.rest = None;
        }
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}

impl<T: Send + 'static> Drop for Unbroken<T> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn what_is_abandoned_ends_all_the_same() {
        let (go, wait) = oneshot::channel::<()>();
        let (done, seen) = oneshot::channel::<u8>();
        let future = Unbroken::new(async move {
            wait.await.unwrap();
            done.send(7).unwrap();
        });
        let mut future = Box::pin(future);
        let waker = std::task::Waker::noop();
        assert!(future.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        drop(future);
        go.send(()).unwrap();
        assert_eq!(seen.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert_eq!(Unbroken::new(async { 5 }).await.unwrap(), 5);
        assert!(Unbroken::new(async { panic!("on purpose") }).await.is_err());
    }
}
