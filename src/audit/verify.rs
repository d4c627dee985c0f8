//! Walks the chain from its beginning (or from where retention cut it) and says where it breaks.

use super::chain::{Link, stored};
use super::order::{InOrder, Part, Place};
use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::{Val, ValRef};

/// What the walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub rows: u64,
    /// The first row that does not fit; None = the chain is whole.
    pub broken: Option<Break>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    pub seq: i64,
    pub table: &'static str,
    pub id: i64,
    pub what: &'static str,
}

/// Hash and hashed fields of a row, in the order they were hashed.
pub(super) fn hashed(part: Part) -> &'static str {
    match part {
        Part::Calls => {
            "SELECT hash, id, tm, addr, ua, app, ses, userId, ac, t, retval, req, res, reqsz, ressz, ver, serverRev \
             FROM ApiLog WHERE id = ?"
        }
        Part::Items => "SELECT hash, id, apiLogId, ac, t, retval, req, res FROM ApiLog1 WHERE id = ?",
        Part::Objects => {
            "SELECT hash, obj, objId, dscr, apiLogId, apiLog1Id, changes FROM ObjLog WHERE id = ?"
        }
    }
}

pub fn verify(conn: &Conn) -> Result<Report> {
    loop {
        let begin = beginning(conn)?;
        let report = walk(conn, begin.clone())?;
        // Rows that retention cut off meanwhile are not missed.
        if report.broken.is_none() || beginning(conn)? == begin {
            return Ok(report);
        }
    }
}

fn walk(conn: &Conn, mut link: Link) -> Result<Report> {
    // First the end, then what is there: all up to it.
    let end = stored(conn)?.link.seq;
    let mut order = InOrder::of(conn)?;
    let mut rows = 0;
    while link.seq < end {
        let Some(Place { seq, table, id, .. }) = order.next(link.seq + 1)? else {
            let broken = Break { seq: link.seq + 1, table: "", id: 0, what: "rows were removed" };
            return Ok(Report { rows, broken: Some(broken) });
        };
        let broken = |what| Ok(Report { rows, broken: Some(Break { seq, table: table.name(), id, what }) });
        if seq != link.seq + 1 {
            return broken(if seq <= link.seq {
                "a row was inserted"
            } else {
                "rows before it were removed"
            });
        }
        let found = conn.rows(&Sql::fixed(hashed(table), vec![id.into()]))?;
        let Some([hash, fields @ ..]) = found.first().map(Vec::as_slice) else {
            return broken("the row was removed");
        };
        let next = link.next(table.name(), fields.iter().map(ValRef::from));
        if *hash != Val::from(next.hash.as_str()) {
            return broken("the row was altered");
        }
        link = next;
        rows += 1;
    }
    let left = order.left()?;
    // What was written meanwhile came to the end of the chain.
    let end = stored(conn)?.link.seq;
    let broken = match left.into_iter().find(|place| place.seq <= link.seq || place.seq > end) {
        Some(Place { seq, table, id, .. }) => {
            Some(Break { seq, table: table.name(), id, what: "a row was inserted" })
        }
        None => head(conn, link.seq)?,
    };
    Ok(Report { rows, broken })
}

/// The row before the first one that is left.
pub(super) fn beginning(conn: &Conn) -> Result<Link> {
    let marks = conn.rows(&Sql::fixed(
        "SELECT seq, hash FROM AuditMark WHERE note = 'cut' ORDER BY seq DESC LIMIT 1",
        Vec::new(),
    ))?;
    Ok(match marks.first().map(Vec::as_slice) {
        Some([Val::Int(seq), Val::Text(hash)]) => Link { seq: *seq, hash: hash.to_string() },
        _ => Link::origin(),
    })
}

/// Rows cut off at the end leave no gap, but the highest id ever given out is known to the tables.
fn head(conn: &Conn, last: i64) -> Result<Option<Break>> {
    let counts = conn.rows(&Sql::fixed(
        "SELECT (SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'ApiLog'), (SELECT MAX(id) FROM ApiLog)",
        Vec::new(),
    ))?;
    Ok(match counts.first().map(Vec::as_slice) {
        Some([Val::Int(given), have]) if have.as_i64().unwrap_or_default() < *given => {
            Some(Break { seq: last + 1, table: "ApiLog", id: *given, what: "rows were removed from the end" })
        }
        _ => None,
    })
}
