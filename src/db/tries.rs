//! Reads that may be given up for others, and what the planner of the database goes by.

use super::insert_batching::Before;
use super::tx::Tx;
use crate::error::Result;

impl<'a> Tx<'a> {
    /// Whether a read can be given up and another one tried. On the lane none can.
    pub(crate) fn can_give_up(&self) -> bool {
        self.conn().is_metered()
    }

    /// A read that is given up after so many thousand machine steps: None.
    pub(crate) fn within<T>(
        &mut self,
        thousands: u64,
        read: impl FnOnce(&mut Tx<'a>) -> Result<T>,
    ) -> Result<Option<T>> {
        let conn = self.conn();
        conn.within(thousands, || read(self))
    }

    /// What the planner knows of tables and indexes is brought up to date, from samples.
    pub(crate) fn refresh_statistics(&mut self) -> Result<()> {
        self.write_waiting(Before::All)?;
        self.conn().batch("PRAGMA analysis_limit=400; PRAGMA optimize=0x10002;")
    }
}
