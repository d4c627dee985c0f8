//! The write-ahead log: how long it is, copying it into the database, beginning it anew.

use super::conn::{BUSY_WAIT, Conn};
use rusqlite::Row;
use std::cell::Cell;
use std::time::Duration;

thread_local! {
    // The hook that tells it has no room for anything of its own.
    static WAL_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Reads that are served beside others take about two milliseconds at most.
const SHORT_READ: Duration = Duration::from_millis(5);

struct Copied {
    /// A reader or another checkpoint kept it from being done as asked.
    is_held: bool,
    left: u32,
}

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

    /// Copies of the write-ahead log what can be copied now, and waits for nobody. Gives how many pages it had to
    /// leave because a reader still looks at what they were before; None when it failed.
    pub fn checkpoint(&self) -> Option<u32> {
        self.copy_wal("PRAGMA wal_checkpoint(PASSIVE)").map(|copied| copied.left)
    }

    /// Copies the rest and starts the log anew. Short reads are waited for; a report is not. Gives whether nothing held
    /// it.
    pub fn restart_wal(&self) -> bool {
        let waited = self.raw().busy_timeout(SHORT_READ);
        let copied = self.copy_wal("PRAGMA wal_checkpoint(TRUNCATE)");
        if let Err(error) = waited.and_then(|()| self.raw().busy_timeout(BUSY_WAIT)) {
            tracing::warn!(%error, "the time to wait for others could not be set");
        }
        copied.is_none_or(|copied| !copied.is_held)
    }

    fn copy_wal(&self, statement: &str) -> Option<Copied> {
        let copied = |row: &Row<'_>| {
            let left = row.get::<_, i64>(1)? - row.get::<_, i64>(2)?;
            Ok(Copied { is_held: row.get(0)?, left: u32::try_from(left).unwrap_or_default() })
        };
        let copied = self.raw().query_row(statement, [], copied);
        copied.inspect_err(|error| tracing::warn!(%error, "the write-ahead log could not be copied")).ok()
    }
}
