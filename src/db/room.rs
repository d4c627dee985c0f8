//! How many pages a connection keeps: few as a rule, more while it changes a great many in one go.

use super::conn::Conn;
use crate::error::Result;

impl Conn {
    pub(super) fn usual_room(&self) -> Result<()> {
        self.batch("PRAGMA cache_size=-2048")
    }

    /// Does a work that changes many pages with room for them: pages that find none are written out and read
    /// again, time after time.
    pub(crate) fn with_room<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.batch("PRAGMA cache_size=-16384")?;
        let done = work();
        self.usual_room()?;
        done
    }
}
