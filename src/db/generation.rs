//! Whether a file is a database of ours that this version understands: found out before anything of it is changed.
//!
//! A database carries our number as its `application_id` and its generation as its `user_version`. The generation is
//! raised by whoever changes the schema in a way that an older server must not meet, and for every change of the tables
//! of the audit log: a server of the same generation takes a lack there for damage. Databases from before there were
//! generations carry neither.

use super::conn::{Conn, failed};
use crate::design::{Catalogue, Table};
use crate::error::Result;
use rusqlite::Connection;
use std::path::Path;

/// What this version makes and understands.
pub const GENERATION: i64 = 1;
/// "Jind" in ASCII.
const APPLICATION: i64 = 0x4A69_6E64;

/// Tables of the audit log, and what their rows had from the first version on.
const AUDIT: &[&str] = &["ApiLog", "ApiLog1", "ObjLog", "AuditMark"];
const SEALS: &[&str] = &["seq", "hash"];

/// Why the database must be left alone, in one sentence; None = it is ours, or there is none yet.
pub fn refusal(path: &Path, catalogue: &Catalogue) -> Result<Option<String>> {
    // What is no file is refused when it is opened.
    if !std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() > 0) {
        return Ok(None);
    }
    let conn = super::standby::open(path)?;
    conn.busy_timeout(super::conn::BUSY_WAIT).map_err(|e| failed(e, "open"))?;
    look(&conn, catalogue).map_err(|e| failed(e, "the look before it is opened"))
}

/// Marks a database as ours and of this generation. Part of the transaction that is open, if one is.
pub fn stamp(conn: &Conn) -> Result<()> {
    let read = |name: &str| -> Result<i64> {
        let text = format!("PRAGMA {name}");
        conn.raw().query_row(&text, [], |row| row.get(0)).map_err(|e| failed(e, &text))
    };
    match (read("application_id")?, read("user_version")?) {
        (APPLICATION, GENERATION) => Ok(()),
        _ => conn.batch(&format!("PRAGMA application_id={APPLICATION}; PRAGMA user_version={GENERATION}")),
    }
}

fn look(conn: &Connection, catalogue: &Catalogue) -> rusqlite::Result<Option<String>> {
    let number = |text: &str| conn.query_row(text, [], |row| row.get::<_, i64>(0));
    let (application, generation) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    match (application, generation) {
        (0, 0) => {}
        (APPLICATION, 0..=GENERATION) => {}
        (APPLICATION, _) => {
            return Ok(Some(format!(
                "a newer jindou has written it (generation {generation}, this one knows {GENERATION}): use that version"
            )));
        }
        _ => {
            return Ok(Some(format!(
                "it is another program's (application_id {application}, user_version {generation})"
            )));
        }
    }
    let tables =
        number("SELECT count(*) FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")?;
    if tables == 0 {
        return Ok(None);
    }
    let ours = application == APPLICATION;
    if !ours && columns(conn, "ApiLog")?.is_empty() {
        return Ok(Some("it is another program's: it has tables, but no ApiLog".into()));
    }
    for table in catalogue.tables() {
        let found = columns(conn, table.name.as_str())?;
        let fault = match AUDIT.contains(&table.name.as_str()) {
            true => audit_fault(conn, table, &found, generation == GENERATION)?,
            false => None,
        };
        if let Some(fault) = fault.or_else(|| foreign_column(table, &found)) {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

struct Column {
    name: String,
    /// A row that does not name it cannot be added.
    needed: bool,
}

fn columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut list =
        conn.prepare("SELECT name, \"notnull\" AND dflt_value IS NULL AND pk = 0 FROM pragma_table_info(?)")?;
    let rows = list.query_map([table], |row| Ok(Column { name: row.get(0)?, needed: row.get(1)? }))?;
    rows.collect()
}

/// What lacks of the audit log although there are rows that had it. To add it anew, empty, would break the chain and
/// hide that something was lost.
fn audit_fault(
    conn: &Connection,
    table: &Table,
    found: &[Column],
    same_generation: bool,
) -> rusqlite::Result<Option<String>> {
    let name = table.name.as_str();
    if found.is_empty() {
        return Ok(same_generation.then(|| format!("the table {name} of its audit log is missing")));
    }
    let lacks = |column: &str| !found.iter().any(|other| other.name.eq_ignore_ascii_case(column));
    let mut wanted = table.columns.iter().map(|column| column.name.as_str());
    let Some(lacking) = wanted.find(|name| (same_generation || SEALS.contains(name)) && lacks(name)) else {
        return Ok(None);
    };
    let rows = conn
        .query_row(&format!("SELECT EXISTS (SELECT 1 FROM \"{name}\")"), [], |row| row.get::<_, bool>(0))?;
    Ok(rows.then(|| {
        format!("its audit log is damaged: the column {name}.{lacking} is missing and there are rows")
    }))
}

/// A column that no plugin fills and every row must have.
fn foreign_column(table: &Table, found: &[Column]) -> Option<String> {
    let strange = |column: &&Column| {
        column.needed
            && !table.columns.iter().any(|known| known.name.as_str().eq_ignore_ascii_case(&column.name))
    };
    let Column { name, .. } = found.iter().find(strange)?;
    Some(format!(
        "no row could be added to {}: its column {name} is needed and unknown to this version",
        table.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;

    /// An older server of the same generation refuses a database that lacks what it knows, and adds what it does not
    /// know to no row.
    #[test]
    fn the_tables_of_the_audit_log_are_those_of_the_generation() {
        let lines = audit::DESIGN
            .lines()
            .filter(|line| AUDIT.iter().any(|name| line.starts_with(&format!("@{name}:"))));
        let told = lines.collect::<Vec<_>>().join("\n");
        expect_test::expect![[r#"
            @ApiLog: id, tm, addr(128), ua(l), app(32), ses(32), userId, ac(64), t&, retval&, req(t), res(t), reqsz&, ressz&, ver(32), serverRev(10), seq&, hash(64)
            @ApiLog1: id, apiLogId, ac(64), t&, retval&, req(t), res(t), seq&, hash(64)
            @ObjLog: id, obj(64), objId, dscr, apiLogId, apiLog1Id, changes(t), seq&, hash(64)
            @AuditMark: id, tm, seq&, hash(64), note(l), keyName(16), mac(64)"#]]
        .assert_eq(&told);
        assert_eq!(GENERATION, 1, "raise it together with the lines above");
    }
}
