//! How many pages a connection keeps: few as a rule, more while it changes a great many in one go.

use super::conn::Conn;
use crate::error::Result;

/// Mebibytes, unless `P_CACHE_MB` says otherwise. More is not faster: with 8 a `get` among ten million rows took 5 per
/// cent more processor time, since what SQLite lets go of the system still has.
pub(super) const USUAL: u32 = 2;
const LARGE: u32 = 16;

impl Conn {
    /// Keeps so many mebibytes of pages from now on.
    pub(super) fn keep_pages(&self, mebibytes: u32) -> Result<()> {
        self.cache_mb.set(mebibytes);
        self.usual_cache()
    }

    pub(super) fn usual_cache(&self) -> Result<()> {
        self.batch(&format!("PRAGMA cache_size=-{}", 1024 * self.cache_mb.get()))
    }

    /// Runs work that changes many pages with a cache for them: pages that find no place are written out and read
    /// again, time after time.
    pub(crate) fn with_large_cache<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.batch(&format!("PRAGMA cache_size=-{}", 1024 * LARGE.max(self.cache_mb.get())))?;
        let done = work();
        self.usual_cache()?;
        done
    }
}

#[cfg(test)]
mod tests {
    use crate::db::tests::scratch;
    use crate::sql::Sql;
    use crate::value::Val;

    #[test]
    fn a_large_cache_is_for_a_while() {
        let (_dir, conn) = scratch();
        let cache_mb =
            || conn.rows(&Sql::fixed("PRAGMA cache_size", Vec::new())).map(|rows| rows[0][0].clone());
        assert_eq!(cache_mb().unwrap(), Val::Int(-2048));
        for (usual, much) in [(4, 16_384), (32, 32_768)] {
            conn.keep_pages(usual).unwrap();
            assert_eq!(conn.with_large_cache(cache_mb).unwrap(), Val::Int(-much));
            assert_eq!(cache_mb().unwrap(), Val::Int(-1024 * i64::from(usual)));
        }
    }
}
