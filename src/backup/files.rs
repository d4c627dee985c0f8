//! Which files of the store belong to a database.

use crate::db::Conn;
use crate::error::Result;
use crate::plugin::FileRows;
use crate::sql::Sql;
use crate::value::Val;
use std::collections::BTreeMap;

/// Where a witness of the audit log keeps what it saw.
pub const WITNESSED: &str = "audit/";
/// Where uploads are.
pub const UPLOADS: &str = "upload/";

/// The files that rows name, with their sizes as the rows have them.
pub fn named(conn: &Conn, rows: Option<FileRows>) -> Result<BTreeMap<String, Option<u64>>> {
    let mut found = BTreeMap::new();
    let Some(FileRows { table, key, size }) = rows else { return Ok(found) };
    let there = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?";
    if conn.number(there, vec![table.into()])?.unwrap_or_default() == 0 {
        return Ok(found);
    }
    // Names of the plugin's own declaration.
    let text = format!("SELECT \"{key}\", \"{size}\" FROM \"{table}\" WHERE \"{key}\" IS NOT NULL");
    conn.each(&Sql { text, binds: Vec::new(), placeholders: Vec::new() }, |row| {
        if let [Val::Text(path), size] = row.as_slice()
            && !path.is_empty()
            && !path.contains("://")
        {
            found.insert(path.to_string(), size.as_i64().and_then(|size| u64::try_from(size).ok()));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Rows of each table, in the order of their names.
pub fn rows(conn: &Conn) -> Result<BTreeMap<String, i64>> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut found = BTreeMap::new();
    for row in conn.rows(&Sql::fixed(tables, Vec::new()))? {
        if let [Val::Text(name)] = row.as_slice() {
            let text = format!("SELECT COUNT(*) FROM \"{}\"", name.replace('"', "\"\""));
            let count = conn.rows(&Sql { text, binds: Vec::new(), placeholders: Vec::new() })?;
            let count = count.first().and_then(|row| row.first()).and_then(Val::as_i64);
            found.insert(name.to_string(), count.unwrap_or_default());
        }
    }
    Ok(found)
}
