//! A limit in time for a while, on a connection without a meter: for what a person typed on the writer.

use super::conn::{Conn, failed};
use crate::error::Result;
use std::time::{Duration, Instant};

/// Machine steps between two looks at the clock.
const STEPS: i32 = 10_000;

/// In force as long as it lives.
pub struct Limited<'a>(&'a Conn);

impl Conn {
    /// Cuts off whatever runs longer.
    pub(super) fn limited(&self, limit: Duration) -> Result<Limited<'_>> {
        let until = Instant::now() + limit;
        let over = move || Instant::now() > until;
        self.raw().progress_handler(STEPS, Some(over)).map_err(|e| failed(e, "limit"))?;
        Ok(Limited(self))
    }
}

impl Drop for Limited<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.raw().progress_handler(0, None::<fn() -> bool>) {
            tracing::error!(%error, "a connection kept a limit in time");
        }
    }
}
