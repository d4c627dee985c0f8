//! Connections for long reads (reports, exports, the console, jobs): an r2d2 pool, bounded, with a wait time. Short
//! reads never come here: each thread has a reader of its own (`readers`), and a thread that serves others must not wait.

use super::conn::Conn;
use super::pool::DbLocation;
use crate::error::{Error, Result};
use r2d2::{HandleError, ManageConnection, Pool, PooledConnection};
use std::time::Duration;

/// Connections that nobody needed for this long are closed.
const IDLE: Duration = Duration::from_secs(60);

/// The connections of one database that long reads share.
pub struct LongReaders {
    pool: Pool<Manager>,
}

/// How many connections there are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongReadStats {
    pub open: u32,
    pub idle: u32,
    pub most: u32,
}

impl LongReaders {
    /// No connection is opened before one is needed.
    pub fn new(place: &DbLocation, most: u32) -> LongReaders {
        let pool = Pool::builder()
            .max_size(most.max(1))
            .min_idle(Some(0))
            .idle_timeout(Some(IDLE))
            .max_lifetime(None)
            .test_on_check_out(false)
            .error_handler(Box::new(Log))
            .build_unchecked(Manager { place: place.clone() });
        LongReaders { pool }
    }

    /// A connection that is at rest; when all are in use, waits for one.
    pub fn take(&self, wait: Duration) -> Result<PooledConnection<Manager>> {
        self.pool
            .get_timeout(wait)
            .map_err(|error| Error::busy("too many long reads are running").because(error.to_string()))
    }

    pub fn stats(&self) -> LongReadStats {
        let state = self.pool.state();
        LongReadStats { open: state.connections, idle: state.idle_connections, most: self.pool.max_size() }
    }
}

/// Opens connections of one database, and tells which may serve again.
pub struct Manager {
    place: DbLocation,
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn> {
        let conn = Conn::open_reader(&self.place.path)?;
        conn.keep_pages(self.place.cache)?;
        Ok(conn)
    }

    /// A file that is open needs no question whether it is there.
    fn is_valid(&self, _conn: &mut Conn) -> Result<()> {
        Ok(())
    }

    /// A read that panicked leaves its transaction open; such a connection is closed.
    fn has_broken(&self, conn: &mut Conn) -> bool {
        !conn.is_at_rest()
    }
}

/// Connections that cannot be opened are told to the server's log; the read that waits is refused in the end.
#[derive(Debug)]
struct Log;

impl HandleError<Error> for Log {
    fn handle_error(&self, error: Error) {
        tracing::error!(%error, "a connection for long reads could not be opened");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::tests::scratch;
    use crate::sql::Sql;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(30);

    /// A database and its pool. The folder is removed with the first.
    fn pool(most: u32) -> (tempfile::TempDir, LongReaders) {
        let (dir, _writer) = scratch();
        let pool = LongReaders::new(&DbLocation::new(dir.path().join("t.db"), false), most);
        (dir, pool)
    }

    fn one(conn: &Conn) -> i64 {
        conn.rows(&Sql::fixed("SELECT 1", Vec::new())).unwrap()[0][0].as_i64().unwrap()
    }

    #[test]
    fn nothing_is_open_before_it_is_needed_and_connections_serve_again() {
        let (_dir, pool) = pool(2);
        assert_eq!(pool.stats(), LongReadStats { open: 0, idle: 0, most: 2 });
        for _ in 0..5 {
            assert_eq!(one(&pool.take(LONG).unwrap()), 1);
        }
        assert_eq!(pool.stats().open, 1);
    }

    #[test]
    fn who_finds_all_in_use_is_refused_after_the_wait_and_served_once_one_is_free() {
        let (_dir, pool) = pool(2);
        let held = [pool.take(LONG).unwrap(), pool.take(LONG).unwrap()];
        let refused = pool.take(SOON).map(|_| ()).unwrap_err();
        assert_eq!(refused.code, crate::error::Code::DB);
        assert!(refused.text.en.contains("busy"), "{refused}");
        assert_eq!(pool.stats(), LongReadStats { open: 2, idle: 0, most: 2 });
        let served = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| one(&pool.take(LONG).unwrap()));
            drop(held);
            waiting.join().unwrap()
        });
        assert_eq!(served, 1);
    }

    #[test]
    fn a_connection_with_an_open_transaction_is_closed() {
        let (_dir, pool) = pool(1);
        let conn = pool.take(LONG).unwrap();
        conn.batch("BEGIN; SELECT * FROM sqlite_schema").unwrap();
        drop(conn);
        assert_eq!(pool.stats().idle, 0);
        assert!(pool.take(LONG).unwrap().is_at_rest());
    }

    #[test]
    fn a_database_that_cannot_be_opened_is_an_error_and_not_a_hang() {
        let place = DbLocation::new("/nowhere/at/all.db", false);
        assert!(LongReaders::new(&place, 1).take(SOON).is_err());
    }
}
