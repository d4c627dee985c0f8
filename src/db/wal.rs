//! The write-ahead log: how long it is, copying it into the database, beginning it anew.

use super::conn::{BUSY_WAIT, Conn};
use std::cell::Cell;
use std::time::Duration;

thread_local! {
    // The hook that tells it has no room for anything of its own.
    static WAL_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Reads that are served beside others take about two milliseconds at most.
const SHORT_READ: Duration = Duration::from_millis(5);

impl Conn {
    /// Takes the place of SQLite's own checkpoints, which would hold up the commit they follow.
    pub(super) fn watch_wal(&self) {
        self.raw().wal_hook(Some(|_, pages| {
            WAL_PAGES.set(u32::try_from(pages).unwrap_or_default());
            Ok(())
        }));
    }

    /// How long the write-ahead log was after the last commit of this thread.
    pub fn wal_pages(&self) -> u32 {
        WAL_PAGES.get()
    }

    /// Copies of the write-ahead log what can be copied now. It waits for nobody.
    pub fn checkpoint(&self) {
        let done = self.raw().query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = done {
            tracing::warn!(%error, "the write-ahead log could not be copied");
        }
    }

    /// Starts the write-ahead log anew when it has grown past a size; whether it is short now. Short reads are
    /// waited for. A report is not: all writes would wait with it.
    pub fn bound_wal(&self, max: u64) -> bool {
        let Some(path) = self.raw().path() else { return true };
        let size = std::fs::metadata(format!("{path}-wal")).map_or(0, |meta| meta.len());
        if size < max {
            return true;
        }
        let restart = || -> rusqlite::Result<i64> {
            self.raw().busy_timeout(SHORT_READ)?;
            let busy = self.raw().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            self.raw().busy_timeout(BUSY_WAIT)?;
            busy
        };
        match restart() {
            Ok(0) => return true,
            Ok(_) => tracing::debug!(size, "a reader keeps the write-ahead log from starting anew"),
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be started anew"),
        }
        false
    }
}
