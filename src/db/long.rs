//! The reads that may take long: queries on threads of their own, exports, our own looks at whole tables. Each holds its
//! snapshot, and while it does the write-ahead log cannot begin anew; so the oldest one is cut off when that log has
//! grown beyond `P_WAL_MAX`.

use super::conn::Conn;
use super::read_budget::Meter;
use crate::cut::Cut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct LongReads {
    /// Oldest first.
    running: Mutex<Vec<Arc<Long>>>,
}

struct Long {
    begun: Instant,
    /// Stops the statement that runs; only the connection of a test has none.
    meter: Option<Arc<Meter>>,
    cut: Arc<Cut>,
}

/// A read in the list, as long as it runs.
pub struct Running<'r> {
    reads: &'r LongReads,
    long: Arc<Long>,
}

impl LongReads {
    /// To be called when the meter of the connection is set for this read.
    pub fn begin(&self, conn: &Conn) -> Running<'_> {
        let long = Arc::new(Long { begun: Instant::now(), meter: conn.meter.clone(), cut: Arc::default() });
        self.lock().push(long.clone());
        Running { reads: self, long }
    }

    /// Cuts off the oldest that is not cut off already; gives how long it ran.
    pub fn cut_oldest(&self) -> Option<Duration> {
        // Under the lock the read is still in the list, so the meter is not set for another one yet.
        let running = self.lock();
        let long = running.iter().find(|long| !long.cut.is_done())?;
        if let Some(meter) = &long.meter {
            meter.cut();
        }
        long.cut.cut();
        Some(long.begun.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Long>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running<'_> {
    pub fn cut(&self) -> &Arc<Cut> {
        &self.long.cut
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.reads.lock().retain(|long| !Arc::ptr_eq(long, &self.long));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::snapshot::SnapshotState;
    use crate::db::tests::scratch;
    use crate::db::{Budget, interrupted};
    use crate::sql::Sql;

    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT SUM(i) FROM n WHERE i < 0";

    fn begun<'r>(reads: &'r LongReads, conn: &Conn) -> Running<'r> {
        let state = SnapshotState { changes: 0, at: Instant::now() };
        conn.begin_read(Budget::Time(Duration::from_secs(600)), state);
        reads.begin(conn)
    }

    #[test]
    fn the_oldest_is_cut_off_first_and_nothing_that_comes_after_it() {
        let (dir, _writer) = scratch();
        let reads = LongReads::default();
        assert!(reads.cut_oldest().is_none());
        let conns = [(); 2].map(|()| Conn::open_reader(&dir.path().join("t.db")).unwrap());
        let (first, second) = (begun(&reads, &conns[0]), begun(&reads, &conns[1]));
        assert!(reads.cut_oldest().is_some());
        assert!(first.cut().check().is_err() && second.cut().check().is_ok());
        let error = conns[0].rows(&Sql::fixed(ENDLESS, Vec::new())).unwrap_err();
        assert!(interrupted(&error), "{error}");
        drop(first);
        let third = begun(&reads, &conns[0]);
        assert!(reads.cut_oldest().is_some());
        assert!(
            second.cut().is_done() && !third.cut().is_done(),
            "the next read of a connection is another one"
        );
        assert!(reads.cut_oldest().is_some() && reads.cut_oldest().is_none());
        drop((second, third));
        assert!(reads.lock().is_empty());
    }

    #[tokio::test]
    async fn a_wait_ends_with_the_read_before_or_after_it_began() {
        let (dir, _writer) = scratch();
        let reads = Arc::new(LongReads::default());
        let conn = Conn::open_reader(&dir.path().join("t.db")).unwrap();
        let read = begun(&reads, &conn);
        let cut = read.cut().clone();
        let waiting = tokio::spawn(async move { cut.wait().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        reads.cut_oldest();
        waiting.await.unwrap();
        read.cut().wait().await;
    }
}
