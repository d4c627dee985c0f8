//! When each job ran and how it went, for whoever asks.

use std::collections::HashMap;
use std::sync::Mutex;

#[derive(Default)]
pub struct JobHistory {
    runs: Mutex<HashMap<&'static str, LastRun>>,
}

/// Times are of the server's logical clock, in milliseconds.
#[derive(Debug, Clone, Default)]
pub struct LastRun {
    pub last: Option<i64>,
    pub took_ms: u64,
    /// Why the last run failed; none = it went well.
    pub error: Option<String>,
    /// None while nobody runs jobs.
    pub next: Option<i64>,
    /// Runs since the start, and how many of them failed.
    pub runs: u64,
    pub failures: u64,
}

impl JobHistory {
    /// The last run of the job of this name.
    pub fn of(&self, job: &str) -> LastRun {
        self.runs.lock().ok().and_then(|runs| runs.get(job).cloned()).unwrap_or_default()
    }

    pub fn write(&self, job: &'static str, change: impl FnOnce(&mut LastRun)) {
        if let Ok(mut runs) = self.runs.lock() {
            change(runs.entry(job).or_default());
        }
    }
}
