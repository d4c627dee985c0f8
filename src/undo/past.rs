//! A row as it was: from what it is now back over the entries of the log.

use super::entry::{EntryKind, UndoEntry, Was, same};
use crate::db::Tx;
use crate::design::Table;
use crate::error::Result;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The fields of a row that was there.
pub type PastFields = BTreeMap<String, Was>;

#[derive(Debug, Default)]
pub struct Past {
    /// None: it was not there.
    pub row: Option<PastFields>,
    /// Fields that were also changed without a record: what they were in between is not known.
    pub doubts: BTreeSet<String>,
}

/// Goes back from the row as it is over its entries, the newest first.
pub fn before(
    tx: &Tx<'_>,
    table: &Table,
    secret_ids: bool,
    now: Option<Map<String, Value>>,
    entries: &[UndoEntry],
) -> Past {
    let values = |row: Map<String, Value>| row.into_iter().map(|(name, value)| (name, Was::Value(value)));
    let mut past = Past { row: now.map(|row| values(row).collect()), doubts: BTreeSet::new() };
    for entry in entries {
        match entry.kind {
            EntryKind::Added | EntryKind::AddedAlong => past.row = None,
            EntryKind::Removed | EntryKind::RemovedAlong => {
                let fields = entry.pairs.iter().map(|pair| (pair.field.clone(), pair.old.clone()));
                past.row = Some(fields.collect());
            }
            EntryKind::Changed => {
                let Some(row) = &mut past.row else { continue };
                for pair in &entry.pairs {
                    let known = match (row.get(&pair.field), table.column(&pair.field)) {
                        (Some(Was::Value(value)), Some(column)) => {
                            same(tx, secret_ids, column, &pair.new, value)
                        }
                        (None, Some(column)) => same(tx, secret_ids, column, &pair.new, &Value::Null),
                        (Some(_), _) => true,
                        (None, None) => continue,
                    };
                    if !known {
                        past.doubts.insert(pair.field.clone());
                    }
                    row.insert(pair.field.clone(), pair.old.clone());
                }
            }
        }
    }
    past
}

/// Every column of a row, as the table holds it.
pub fn current(tx: &mut Tx<'_>, table: &Table, id: i64) -> Result<Option<Map<String, Value>>> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    tx.first(table.name.as_str(), &[("id", id.into())], &names.join(","))
}
