//! A job while it runs, as its worker sees it.

use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One attempt at a job.
#[derive(Debug, Clone)]
pub struct JobRun {
    /// The row of the job. What acts outside sends it along as its key: it stays the same in every attempt.
    pub id: i64,
    /// The kind of the job.
    pub kind: &'static str,
    /// What its maker said.
    pub args: Value,
    /// 1 = the first.
    pub attempt: i64,
    /// The last attempt there will be.
    pub max_attempt: i64,
    pub(crate) queue: &'static str,
    pub(crate) fence: i64,
    pub(crate) order: Option<Box<str>>,
    /// How long it was due before it was taken, in milliseconds.
    pub(crate) waited_ms: i64,
    pub(crate) lost: Arc<AtomicBool>,
}

impl JobRun {
    /// Whether the run has lost its job: cancelled, or taken from it because it took too long. Whatever it does then is not
    /// kept; long work asks now and then, and stops.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    pub(crate) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }
}
