//! Fields that name rows of other tables: what is written must be there, or the declaration's code says so.

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Object, WriteFields};
use serde_json::{Map, Value};

/// Only what changes is looked up: a row that has outlived what it named can still be edited.
pub fn check(tx: &mut Tx<'_>, object: &Object, fields: &WriteFields, old: &Map<String, Value>) -> Result<()> {
    for (field, table, fault) in object.points_to {
        let Some(value) = fields.get(field) else { continue };
        let empty = value.is_null() || value.as_str() == Some("");
        if !empty
            && old.get(*field) != Some(value)
            && tx.first(table, &[("id", value.clone())], "id")?.is_none()
        {
            return Err(Error::known(*fault));
        }
    }
    Ok(())
}
