//! Values with a time to live that survive a restart, written in the call's own transaction: what fails
//! leaves none behind. The same words as the store in memory, see `crate::kv`.

use crate::db::Tx;
use crate::error::Result;
use crate::kv::Ttl;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The table behind it.
const TABLE: &str = "Kv";

/// A view of the store inside one transaction.
pub struct StoredKv<'t, 'a>(&'t mut Tx<'a>);

impl<'a> Tx<'a> {
    /// Values that outlive the process.
    pub fn stored_kv(&mut self) -> StoredKv<'_, 'a> {
        StoredKv(self)
    }
}

impl StoredKv<'_, '_> {
    /// The value of a key, unless its time is over.
    pub fn get(&mut self, key: &str) -> Result<Option<String>> {
        Ok(self.living(key)?.map(|row| text(&row)))
    }

    /// Sets a value for a time.
    pub fn set(&mut self, key: &str, value: &str, ttl: Ttl) -> Result<()> {
        let end = ttl.map(|ttl| self.now() + millis(ttl));
        self.0.delete(TABLE, &[("k", json!(key))])?;
        let fields = Map::from_iter([
            ("k".to_owned(), json!(key)),
            ("v".to_owned(), json!(value)),
            ("expireMs".to_owned(), json!(end)),
        ]);
        self.0.insert(TABLE, fields).map(|_| ())
    }

    /// Sets it only if there is none. True if it was set.
    pub fn set_nx(&mut self, key: &str, value: &str, ttl: Ttl) -> Result<bool> {
        let free = self.living(key)?.is_none();
        if free {
            self.set(key, value, ttl)?;
        }
        Ok(free)
    }

    /// Reads and deletes: what may be used once.
    pub fn take(&mut self, key: &str) -> Result<Option<String>> {
        let found = self.get(key)?;
        self.del(key)?;
        Ok(found)
    }

    /// True if there was something to delete.
    pub fn del(&mut self, key: &str) -> Result<bool> {
        let living = self.living(key)?.is_some();
        self.0.delete(TABLE, &[("k", json!(key))])?;
        Ok(living)
    }

    /// What is left of its life: outer `None` without such a key, inner `None` without an end.
    pub fn ttl(&mut self, key: &str) -> Result<Option<Ttl>> {
        let now = self.now();
        let left = |end: i64| Duration::from_millis(u64::try_from(end - now).unwrap_or_default());
        Ok(self.living(key)?.map(|row| row["expireMs"].as_i64().map(left)))
    }

    /// Removes what is over; for a periodic job.
    pub fn sweep(&mut self, now: i64) -> Result<usize> {
        self.0.delete_older(TABLE, "expireMs", now)
    }

    fn living(&mut self, key: &str) -> Result<Option<Map<String, Value>>> {
        let now = self.now();
        let row = self.0.first(TABLE, &[("k", json!(key))], "v, expireMs")?;
        Ok(row.filter(|row| row["expireMs"].as_i64().is_none_or(|end| end > now)))
    }

    fn now(&self) -> i64 {
        self.0.env().unix_ms()
    }
}

fn text(row: &Map<String, Value>) -> String {
    row["v"].as_str().unwrap_or_default().to_owned()
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
