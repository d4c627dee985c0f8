//! The door to the database: readers, one writer lane, transactions. Only this folder knows the driver.

mod alone;
mod at_hand;
mod checkpoint;
mod conn;
mod console;
mod desk;
pub mod disk;
mod existing;
mod generation;
mod group;
mod lane;
mod limit;
mod long_readers;
mod meter;
mod pool;
mod queue;
mod readers;
mod room;
mod row;
mod snapshot;
mod standby;
mod tally;
#[cfg(test)]
mod tests;
mod trouble;
mod tx;
mod waiting;
mod wal;

pub use alone::{Alone, FileId};
pub use conn::{Conn, Sync};
pub use console::Console;
pub use desk::{Desk, Statements};
pub use existing::{apply, upgrade_plan};
pub use generation::{GENERATION, refusal, stamp};
pub use lane::{Answer as LaneAnswer, Lane, LaneStats, Left, Note, Outcome, no_note};
pub use long_readers::LongReadStats;
pub use pool::{Budget, Db, Place, interrupted};
pub use queue::Admits;
pub use row::{More, Row};
pub use standby::disk_failed;
pub use trouble::{disk_is_back, trouble};
pub use tx::{Aftermath, CallState, Effect, Headers, ObjEntry, Tx};
