//! Jobs: work outside the call that wants it. Here is what a job is, before and while it runs, and what is known of work that no
//! call waits for: when the clock's work ran, and the progress of long work that its caller follows. `crate::workers` runs
//! jobs; `Tx::enqueue` makes them.

pub mod backoff;
mod bell;
mod history;
mod hooks;
mod meter;
mod new_job;
pub mod progress;
mod run;
mod schedule;

pub use bell::{Bell, Heard, Rung, Shelf};
pub use history::{JobHistory, LastRun};
pub use hooks::{Hook, Hooks};
pub use meter::{JobMeter, QueueMeter, RunEnd};
pub(crate) use new_job::Due;
pub use new_job::{NewJob, PRIORITY, PRIORITY_MAX};
pub use run::JobRun;
pub use schedule::{CatchUp, Overlap, Schedule};

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The texts of the tables of this folder.
pub const DESIGN: &str = include_str!("DESIGN.md");

/// What calls and whoever runs jobs share.
#[derive(Default)]
pub struct Queues {
    pub bell: Bell,
    pub meter: JobMeter,
    /// Which changes somebody outside wants to hear of.
    pub hooks: Hooks,
    /// Of which no job is taken up. The table `JobQueue` says it too, across restarts.
    paused: Mutex<BTreeSet<&'static str>>,
}

impl Queues {
    pub fn is_paused(&self, queue: &str) -> bool {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).contains(queue)
    }

    pub fn pause(&self, queue: &'static str, pause: bool) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        match pause {
            true => paused.insert(queue),
            false => paused.remove(queue),
        };
        drop(paused);
        self.bell.stir();
    }
}
