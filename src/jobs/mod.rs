//! Work that no call waits for: the clock that runs the jobs of plugins, and the progress of long work that its caller
//! follows.

pub mod progress;
pub mod scheduler;
