//! Facts that must be known again after a crash and stand in no row: which ids were told, and how late it was.
//!
//! Ids of calls are told to clients before their rows are written, and some of those rows a crash takes with it. So ids
//! are spoken for in blocks: after a crash there is a gap, and no id is told twice.

use super::marks::{self, MarkKind};
use super::record::last_ids;
use super::seal::{Keys, Seal};
use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::time::{Zone, parse_local};
use crate::value::Val;

/// The greatest ids of ApiLog and ApiLog1 that may have been told to anybody.
pub fn known_ids(conn: &Conn) -> Result<(i64, i64)> {
    let (calls, items) = last_ids(conn)?;
    Ok((calls.max(marks::number(conn, MarkKind::Calls)?), items.max(marks::number(conn, MarkKind::Items)?)))
}

/// Speaks for all ids up to these.
pub fn reserve(conn: &Conn, seal: &Seal, calls: i64, items: i64) -> Result<()> {
    marks::put_number(conn, seal, MarkKind::Calls, calls)?;
    marks::put_number(conn, seal, MarkKind::Items, items)
}

/// The newest time that is known to have come; of a database of before, the time of its newest call. None = of an
/// empty one.
pub fn known_time(conn: &Conn, keys: &Keys, zone: &Zone) -> Result<Option<i64>> {
    let marked = marks::all(conn)?.into_iter().find(|mark| mark.is(MarkKind::Time) && mark.proven(keys));
    if let Some(mark) = marked {
        return Ok(Some(mark.link.seq));
    }
    let newest = conn.rows(&Sql::fixed("SELECT tm FROM ApiLog ORDER BY id DESC LIMIT 1", Vec::new()))?;
    Ok(match newest.first().and_then(|row| row.first()) {
        Some(Val::Text(text)) => parse_local(text, zone).map(|tm| zone.to_unix(tm) * 1000),
        _ => None,
    })
}

pub fn put_time(conn: &Conn, seal: &Seal, ms: i64) -> Result<()> {
    marks::put_number(conn, seal, MarkKind::Time, ms)
}
