//! The snapshot of a reader: one state of the database from its first look to its end, or on into the next read.

use super::conn::Conn;
use super::pool::Budget;
use crate::error::Result;
use std::time::Instant;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Snapshot {
    /// Each statement is a transaction of its own, or the transaction is somebody else's business.
    None,
    /// From the next statement on: of a state at least as new as this.
    Wanted(SnapshotState),
    Held(SnapshotState),
}

/// What there was to be seen when a snapshot was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SnapshotState {
    /// How many changes were committed.
    pub changes: u64,
    pub at: Instant,
}

impl Conn {
    /// What follows, until `end_read`, is one read, unless it goes on in the snapshot that is held already.
    pub(super) fn begin_read(&self, budget: Budget, state: SnapshotState) {
        if let Some(meter) = &self.meter {
            meter.set(budget);
        }
        if self.held().is_none() {
            self.snapshot.set(Snapshot::Wanted(state));
        }
    }

    /// Which state is seen without beginning anew.
    pub(super) fn held(&self) -> Option<SnapshotState> {
        match self.snapshot.get() {
            // A statement that failed badly may have ended the transaction by itself.
            Snapshot::Held(state) => (!self.is_at_rest()).then_some(state),
            Snapshot::None | Snapshot::Wanted(_) => None,
        }
    }

    /// Lets go of what was seen: the next read begins anew.
    pub(super) fn end_read(&self) -> Result<()> {
        if let Snapshot::Held(_) = self.snapshot.replace(Snapshot::None) {
            let ended = self.batch_cached("COMMIT");
            // A statement that was cut off may have ended the transaction by itself.
            if ended.is_err() && !self.is_at_rest() {
                self.batch("ROLLBACK")?;
            }
        }
        Ok(())
    }

    /// Before the first of several reads, so that all of them see the same state.
    pub(super) fn hold_snapshot(&self) -> Result<()> {
        if let Snapshot::Wanted(state) = self.snapshot.get() {
            self.batch_cached("BEGIN")?;
            self.snapshot.set(Snapshot::Held(state));
        }
        Ok(())
    }
}
