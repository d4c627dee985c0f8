//! Counts and times of the jobs of each queue since the start.

use crate::metrics::Histogram;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub struct JobMeter {
    queues: Mutex<BTreeMap<&'static str, Arc<QueueMeter>>>,
}

#[derive(Default)]
pub struct QueueMeter {
    /// From the moment a job was due to the moment it was taken.
    pub waits: Histogram,
    pub runs: Histogram,
    pub done: AtomicU64,
    /// Attempts that failed and are followed by another.
    pub retries: AtomicU64,
    pub dead: AtomicU64,
}

impl JobMeter {
    pub fn of(&self, queue: &'static str) -> Arc<QueueMeter> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.entry(queue).or_default().clone()
    }

    pub fn all(&self) -> Vec<(&'static str, Arc<QueueMeter>)> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.iter().map(|(name, meter)| (*name, meter.clone())).collect()
    }
}

impl QueueMeter {
    pub fn took_up(&self, waited_ms: i64) {
        self.waits.took(Duration::from_millis(waited_ms.max(0).unsigned_abs()));
    }

    pub fn ended(&self, how: RunEnd, took: Duration) {
        self.runs.took(took);
        let counter = match how {
            RunEnd::Done => &self.done,
            RunEnd::Retry => &self.retries,
            RunEnd::Dead => &self.dead,
        };
        counter.fetch_add(1, Relaxed);
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    Done,
    Retry,
    Dead,
}
