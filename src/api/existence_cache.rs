//! Whether a row is there, remembered for the rest of the call: the rows of an import refer to the same few
//! others a thousand times. Only what was found is remembered, and only until something is taken away.

use crate::db::Tx;
use crate::error::Result;
use serde_json::Value;
use std::collections::HashSet;

/// Rows of a table remembered at most.
const MOST: usize = 100_000;

/// Rows that are known to exist.
#[derive(Default)]
pub struct ExistenceCache {
    /// A call asks for rows of two or three tables at most.
    tables: Vec<(String, HashSet<i64>)>,
}

impl ExistenceCache {
    /// A row was deleted, or what was written before was undone.
    pub fn forget(&mut self) {
        self.tables.clear();
    }

    fn has(&self, table: &str, id: i64) -> bool {
        self.tables.iter().any(|(name, ids)| name == table && ids.contains(&id))
    }

    fn add(&mut self, table: &str, id: i64) {
        match self.tables.iter_mut().find(|(name, _)| name == table) {
            Some((_, ids)) if ids.len() < MOST => {
                ids.insert(id);
            }
            Some(_) => {}
            None => self.tables.push((table.to_owned(), HashSet::from([id]))),
        }
    }
}

impl Tx<'_> {
    /// Whether a table has a row of this id; what is no id is no row's.
    pub fn has(&mut self, table: &str, id: &Value) -> Result<bool> {
        let number = id.as_i64().or_else(|| id.as_str().and_then(|text| text.parse().ok()));
        let Some(number) = number else { return Ok(false) };
        if self.state.known.has(table, number) {
            return Ok(true);
        }
        let found = self.first(table, &[("id", number.into())], "id")?.is_some();
        if found {
            self.state.known.add(table, number);
        }
        Ok(found)
    }
}
