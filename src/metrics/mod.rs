//! What the server counts about itself, for `/metrics`. Counting is a few relaxed atomics; names and sums are made when
//! somebody asks.

mod calls;
mod histogram;
mod text;

pub use calls::Calls;
pub use histogram::Histogram;
pub use text::Text;

use crate::registry::Registry;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

pub struct Metrics {
    pub calls: Calls,
    /// Requests whose head or body was refused before they became a call.
    pub refused: AtomicU64,
    /// When the last backup was found whole, in seconds since 1970; 0 = never.
    backup: AtomicI64,
}

impl Metrics {
    pub fn new(registry: &Registry) -> Metrics {
        Metrics { calls: Calls::new(registry), refused: AtomicU64::new(0), backup: AtomicI64::new(0) }
    }

    /// A backup of this moment was made and found whole.
    pub fn backed_up(&self, unix_seconds: i64) {
        self.backup.store(unix_seconds, Relaxed);
    }

    /// None = there was no backup that this server knows of.
    pub fn backup(&self) -> Option<i64> {
        Some(self.backup.load(Relaxed)).filter(|at| *at > 0)
    }
}
