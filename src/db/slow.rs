//! Statements that took long, with how the database went about them. Only reads on threads of their own are timed:
//! others are cut off long before.

use super::conn::Conn;
use super::row::More;
use crate::error::Result;
use crate::value::Val;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Microseconds from which on something is slow; the same for the whole process.
static SLOW: AtomicU64 = AtomicU64::new(u64::MAX);
/// How long the plan of a statement may take.
const EXPLAINING: Duration = Duration::from_millis(200);
/// Of one read; more tell nothing new.
const MOST: usize = 4;

thread_local! {
    static FOUND: RefCell<Vec<SlowStatement>> = const { RefCell::new(Vec::new()) };
}

pub struct SlowStatement {
    pub ms: u64,
    /// The steps, as SQLite names them: names of tables and indexes, no values.
    pub plan: String,
}

/// `P_SLOW_MS`; 0 = nothing is slow.
pub fn set_slow(ms: i64) {
    let micros = u64::try_from(ms).unwrap_or_default().saturating_mul(1000);
    SLOW.store(if micros == 0 { u64::MAX } else { micros }, Relaxed);
}

pub fn is_slow(time: Duration) -> bool {
    time.as_micros() > u128::from(SLOW.load(Relaxed))
}

/// Those of this thread since it was asked last.
pub fn slow_statements() -> Vec<SlowStatement> {
    FOUND.with(|found| found.take())
}

impl Conn {
    /// Remembers a statement that took so long, if it is slow.
    pub(super) fn note_slow(&self, time: Duration, text: &str, binds: &[Val]) {
        if !is_slow(time) || FOUND.with_borrow(|found| found.len() >= MOST) {
            return;
        }
        // The read may have run out of its time.
        let plan = match &self.meter {
            Some(meter) => meter.aside(EXPLAINING, || self.plan(text, binds)),
            None => self.plan(text, binds),
        };
        let plan = plan.unwrap_or_default();
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        FOUND.with_borrow_mut(|found| found.push(SlowStatement { ms, plan }));
    }

    fn plan(&self, text: &str, binds: &[Val]) -> Result<String> {
        let mut steps = Vec::new();
        self.untimed_rows(&format!("EXPLAIN QUERY PLAN {text}"), binds, |step| {
            if let Some(Val::Text(step)) = step.cells()?.last() {
                steps.push(step.to_string());
            }
            Ok(More::Wanted)
        })?;
        Ok(steps.join("; "))
    }
}
