//! What is known of work that no call waits for: when the jobs of plugins ran, and the progress of long work that its
//! caller follows. `crate::scheduler` runs the jobs.

mod history;
pub mod progress;

pub use history::{JobHistory, LastRun};
