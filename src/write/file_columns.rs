//! Columns that hold ids of uploaded files: what goes in is the caller's to give, what comes out is told to
//! the plugin that keeps the files. Which columns these are, plugins declare; what a file is, is not known here.

use crate::db::Tx;
use crate::error::Result;
use crate::object::{Write, WriteFields};
use serde_json::{Map, Value};

/// Before a row is written with ids of files: may the caller use them?
pub fn check(tx: &mut Tx<'_>, table: &str, write: &Write) -> Result<()> {
    if write.deleting() {
        return Ok(());
    }
    check_fields(tx, table, &write.fields, &write.old)
}

pub fn check_fields(
    tx: &mut Tx<'_>,
    table: &str,
    fields: &WriteFields,
    old: &Map<String, Value>,
) -> Result<()> {
    let registry = &tx.env().registry;
    let Some(rules) = registry.file_rules() else { return Ok(()) };
    let mut ids: Vec<i64> = Vec::new();
    for owner in registry.file_owners().filter(|owner| owner.table == table) {
        let new = fields.get(owner.column).and_then(id);
        if new.is_some() && new != old.get(owner.column).and_then(id) {
            ids.extend(new);
        }
    }
    if ids.is_empty() { Ok(()) } else { (rules.used)(tx, &ids) }
}

/// At the end of a call: files that rows no longer hold.
pub fn settle(tx: &mut Tx<'_>) -> Result<()> {
    let mut ids = std::mem::take(&mut tx.state.released_files);
    if ids.is_empty() {
        return Ok(());
    }
    ids.sort_unstable();
    ids.dedup();
    match tx.env().registry.file_rules() {
        Some(rules) => (rules.released)(tx, &ids),
        None => Ok(()),
    }
}

fn id(value: &Value) -> Option<i64> {
    let id = value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    id.filter(|id| *id != 0)
}
