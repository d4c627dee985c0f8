//! How many pages a connection keeps: few as a rule, more while it changes a great many in one go.

use super::conn::Conn;
use crate::error::Result;

/// Mebibytes, unless `P_CACHE_MB` says otherwise. More is not faster: with 8 a `get` among ten million rows took 5 per
/// cent more processor time, since what SQLite lets go of the system still has.
pub(super) const USUAL: u32 = 2;
const MUCH: u32 = 16;

impl Conn {
    /// Keeps so many mebibytes of pages from now on.
    pub(super) fn keep_pages(&self, mebibytes: u32) -> Result<()> {
        self.room.set(mebibytes);
        self.usual_room()
    }

    pub(super) fn usual_room(&self) -> Result<()> {
        self.batch(&format!("PRAGMA cache_size=-{}", 1024 * self.room.get()))
    }

    /// Does a work that changes many pages with room for them: pages that find none are written out and read
    /// again, time after time.
    pub(crate) fn with_room<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.batch(&format!("PRAGMA cache_size=-{}", 1024 * MUCH.max(self.room.get())))?;
        let done = work();
        self.usual_room()?;
        done
    }
}

#[cfg(test)]
mod tests {
    use crate::db::tests::scratch;
    use crate::sql::Sql;
    use crate::value::Val;

    #[test]
    fn much_room_is_for_a_while() {
        let (_dir, conn) = scratch();
        let room = || conn.rows(&Sql::fixed("PRAGMA cache_size", Vec::new())).map(|rows| rows[0][0].clone());
        assert_eq!(room().unwrap(), Val::Int(-2048));
        for (usual, much) in [(4, 16_384), (32, 32_768)] {
            conn.keep_pages(usual).unwrap();
            assert_eq!(conn.with_room(room).unwrap(), Val::Int(-much));
            assert_eq!(room().unwrap(), Val::Int(-1024 * i64::from(usual)));
        }
    }
}
