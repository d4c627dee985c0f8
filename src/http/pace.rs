//! How fast a body arrives. It may be slow, but not while others wait for the memory that it holds.

use crate::error::{Error, Result};
use crate::throttle::memory_budget::Share;
use std::pin::pin;
use std::time::{Duration, Instant};

/// Over so long a body is looked at.
const SPAN: Duration = Duration::from_secs(1);
/// Bytes a second that it brings at least while others wait.
const RATE: u64 = 16 << 10;

#[derive(Default)]
pub struct Pace {
    /// When this span began, and what came since then.
    span: Option<Instant>,
    bytes: u64,
}

impl Pace {
    /// Waits for the next piece of a body; gives it up when others wait for its memory and nothing comes.
    pub async fn next<T>(&mut self, share: &Share, piece: impl Future<Output = T>) -> Result<T> {
        if !share.is_charged() {
            return Ok(piece.await);
        }
        let mut piece = pin!(piece);
        loop {
            self.judge(share)?;
            if let Ok(piece) = tokio::time::timeout(SPAN, &mut piece).await {
                return Ok(piece);
            }
        }
    }

    pub fn came(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    fn judge(&mut self, share: &Share) -> Result<()> {
        let passed = self.span.get_or_insert_with(Instant::now).elapsed();
        if passed < SPAN {
            return Ok(());
        }
        let expected = RATE.saturating_mul(passed.as_millis() as u64) / 1000;
        if self.bytes < expected && share.is_pressed() {
            return Err(Error::busy("the body arrives slowly while others wait for the memory it holds"));
        }
        (self.span, self.bytes) = (None, 0);
        Ok(())
    }
}
