//! The socket of a connection. It tells the connection's timer when something arrives, and gives up a client that takes
//! what waits for it too slowly: whatever is read or held for such a client is then free again.

use super::head_timeout::Shared;
use super::taking::{Pace, Taking};
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

pub struct Socket<S> {
    stream: S,
    shared: Arc<Shared>,
    pace: Pace,
    /// Since a client was waited for the first time.
    slow: Option<Box<Slow>>,
}

/// A client that was waited for, with what wakes the connection to judge it again.
struct Slow {
    taking: Taking,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Socket<S> {
    pub fn new(stream: S, shared: Arc<Shared>, pace: Pace) -> Socket<S> {
        Socket { stream, shared, pace, slow: None }
    }

    /// What became of a write.
    fn wrote(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match (&done, &mut self.slow) {
            (Poll::Ready(Ok(n)), Some(slow)) => slow.taking.took(*n as u64, Instant::now()),
            (Poll::Pending, slow) if self.pace.rate > 0 => {
                let slow = slow.get_or_insert_with(|| Box::new(Slow::begin(Instant::now())));
                if slow.is_too_slow(self.pace, cx) {
                    let error =
                        io::Error::new(io::ErrorKind::TimedOut, "the client takes its answer too slowly");
                    return Poll::Ready(Err(error));
                }
            }
            _ => {}
        }
        done
    }
}

impl Slow {
    fn begin(now: Instant) -> Slow {
        Slow { taking: Taking::default(), alarm: Box::pin(sleep_until(now)) }
    }

    /// Called while bytes wait; called again when that is to be judged.
    fn is_too_slow(&mut self, pace: Pace, cx: &mut Context<'_>) -> bool {
        loop {
            let now = Instant::now();
            self.taking.waits(now);
            let Some(next) = self.taking.judge(pace, 1, now) else { return true };
            self.alarm.as_mut().reset(next);
            if self.alarm.as_mut().poll(cx).is_pending() {
                return false;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.shared.arrived.fetch_add(1, Relaxed);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(cx, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.wrote(cx, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    const PACE: Pace = Pace { rate: 10_000, window: Duration::from_millis(200) };

    /// Whether `bytes` reach a client that takes so many at a time with pauses between.
    async fn sent(bytes: usize, at_a_time: usize, pause: Duration, pace: Pace) -> bool {
        let (near, mut far): (DuplexStream, DuplexStream) = duplex(1000);
        let client = tokio::spawn(async move {
            let mut buffer = vec![0; at_a_time];
            while far.read(&mut buffer).await.is_ok_and(|n| n > 0) {
                tokio::time::sleep(pause).await;
            }
        });
        let mut socket = Socket::new(near, Arc::default(), pace);
        let sent = socket.write_all(&vec![1; bytes]).await.is_ok();
        client.abort();
        sent
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_or_little_is_given_up() {
        let begun = Instant::now();
        assert!(!sent(100_000, 1, Duration::from_secs(100), PACE).await);
        assert!(!sent(100_000, 10, Duration::from_millis(20), PACE).await);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn one_that_keeps_the_pace_gets_all_of_it_however_long_it_takes() {
        assert!(sent(60_000, 1000, Duration::from_millis(10), Pace { rate: 5_000, ..PACE }).await);
        assert!(sent(3_000, 100, Duration::from_millis(20), Pace { rate: 0, ..PACE }).await);
    }

    #[tokio::test]
    async fn time_in_which_nothing_waits_does_not_count() {
        let (near, mut far) = duplex(1000);
        let mut socket = Socket::new(near, Arc::default(), PACE);
        let client = tokio::spawn(async move {
            let mut taken = vec![0; 8000];
            far.read_exact(&mut taken).await.is_ok()
        });
        for _ in 0..4 {
            socket.write_all(&[1; 2000]).await.unwrap();
            tokio::time::sleep(2 * PACE.window).await;
        }
        assert!(client.await.unwrap());
    }
}
