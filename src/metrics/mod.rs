//! Counters of the server itself, for `/metrics`. Counting is a few relaxed atomics; names and sums are made when
//! somebody asks.

mod calls;
mod histogram;
pub mod system;
mod text;

pub use calls::{Calls, Totals};
pub use histogram::{BOUNDS, Histogram};
pub use text::Text;

use std::sync::atomic::AtomicU64;

pub struct Metrics {
    pub calls: Calls,
    /// Requests whose head or body was refused before they became a call.
    pub refused: AtomicU64,
}

impl Metrics {
    /// Counts calls of these actions: object (empty for functions) and name.
    pub fn new<'n>(actions: impl Iterator<Item = (&'n str, &'n str)>) -> Metrics {
        Metrics { calls: Calls::new(actions), refused: AtomicU64::new(0) }
    }
}
