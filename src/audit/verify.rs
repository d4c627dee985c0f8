//! Walks the chain from its beginning (or from where retention cut it) and says where it breaks.

use super::chain::Link;
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

/// The tables of the chain: `seq`, `hash` and `id`, then the hashed fields in the order they were hashed.
const TABLES: &[(&str, &str)] = &[
    (
        "ApiLog",
        "SELECT seq, hash, id, id, tm, addr, ua, app, ses, userId, ac, t, retval, req, res, reqsz, ressz, ver, serverRev \
         FROM ApiLog WHERE seq > ? AND seq <= ?",
    ),
    (
        "ApiLog1",
        "SELECT seq, hash, id, id, apiLogId, ac, t, retval, req, res FROM ApiLog1 WHERE seq > ? AND seq <= ?",
    ),
    (
        "ObjLog",
        "SELECT seq, hash, id, obj, objId, dscr, apiLogId, apiLog1Id, changes FROM ObjLog WHERE seq > ? AND seq <= ?",
    ),
];

/// Rows read at a time.
const STEP: i64 = 5000;

pub fn verify(conn: &Conn) -> Result<Report> {
    let mut link = beginning(conn)?;
    let end = super::chain::stored_end(conn)?.seq;
    let mut rows = 0;
    while link.seq < end {
        let upto = (link.seq + STEP).min(end);
        let mut batch = Vec::new();
        for (table, sql) in TABLES {
            let sql = Sql::fixed(sql, vec![link.seq.into(), upto.into()]);
            conn.each(&sql, |row| {
                batch.push((row.first().and_then(Val::as_i64).unwrap_or_default(), *table, row));
                Ok(())
            })?;
        }
        batch.sort_by_key(|(seq, ..)| *seq);
        for (seq, table, row) in batch {
            let id = row.get(2).and_then(Val::as_i64).unwrap_or_default();
            let broken = |what| Report { rows, broken: Some(Break { seq, table, id, what }) };
            if seq != link.seq + 1 {
                let what = if seq <= link.seq { "a row was inserted" } else { "rows before it were removed" };
                return Ok(broken(what));
            }
            let next = link.next(table, row[3..].iter().map(ValRef::from));
            if row[1] != Val::from(next.hash.as_str()) {
                return Ok(broken("the row was altered"));
            }
            link = next;
            rows += 1;
        }
        if link.seq < upto {
            let broken = Break { seq: link.seq + 1, table: "", id: 0, what: "rows were removed" };
            return Ok(Report { rows, broken: Some(broken) });
        }
    }
    Ok(Report { rows, broken: head(conn, link.seq)? })
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
