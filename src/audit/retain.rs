//! Retention: the oldest rows go, and a mark says where the chain begins now. A call goes with all its rows or
//! not at all, and the newest call always stays.

use super::chain::TABLES;
use super::verify::beginning;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;

/// Removes rows of calls before `limit` (a time of the server's zone), at most so many in one go. True = there
/// are more.
pub fn cut_oldest(tx: &mut Tx<'_>, limit: &str, most: i64) -> Result<bool> {
    let now = tx.now();
    let conn = tx.conn();
    let begin = beginning(conn)?.seq;
    let newest = number(conn, "SELECT MAX(seq) FROM ApiLog", Vec::new())?.unwrap_or_default();
    let reach = (begin + most).min(newest - 1);
    let cut = cut_before(conn, begin, reach, limit)?;
    if cut <= begin {
        return Ok(false);
    }
    let Some(hash) = hash_at(conn, cut)? else { return Ok(false) };
    for sql in DELETES {
        conn.run(&Sql::fixed(sql, vec![cut.into()]))?;
    }
    let mark = "INSERT INTO AuditMark (tm, seq, hash, note) VALUES (?, ?, ?, 'cut')";
    conn.run(&Sql::fixed(mark, vec![now.as_str().into(), cut.into(), hash]))?;
    Ok(cut == begin + most)
}

const DELETES: &[&str] = &[
    "DELETE FROM ObjLog WHERE seq <= ?",
    "DELETE FROM ApiLog1 WHERE seq <= ?",
    "DELETE FROM ApiLog WHERE seq <= ?",
    "DELETE FROM AuditMark WHERE note = 'cut' AND seq < ?",
];

/// The rows of a call that stays: they were written before its own.
const HELD: &[&str] = &[
    "SELECT MIN(r.seq) FROM ApiLog1 r JOIN ApiLog c ON c.id = r.apiLogId WHERE r.seq > ? AND r.seq <= ? AND c.seq > ?",
    "SELECT MIN(r.seq) FROM ObjLog r JOIN ApiLog c ON c.id = r.apiLogId WHERE r.seq > ? AND r.seq <= ? AND c.seq > ?",
];

/// The last row that may go, not past `cut`.
fn cut_before(conn: &Conn, begin: i64, mut cut: i64, limit: &str) -> Result<i64> {
    let young = "SELECT MIN(seq) FROM ApiLog WHERE seq > ? AND seq <= ? AND tm >= ?";
    if let Some(seq) = number(conn, young, vec![begin.into(), cut.into(), limit.into()])? {
        cut = seq - 1;
    }
    loop {
        let before = cut;
        for sql in HELD {
            if let Some(seq) = number(conn, sql, vec![begin.into(), cut.into(), cut.into()])? {
                cut = seq - 1;
            }
        }
        if cut == before {
            return Ok(cut);
        }
    }
}

fn hash_at(conn: &Conn, seq: i64) -> Result<Option<Val>> {
    let select = [
        "SELECT hash FROM ApiLog WHERE seq = ?",
        "SELECT hash FROM ApiLog1 WHERE seq = ?",
        "SELECT hash FROM ObjLog WHERE seq = ?",
    ];
    debug_assert_eq!(select.len() + 1, TABLES.len(), "the tables of the chain and the marks");
    for sql in select {
        if let Some(hash) = conn.rows(&Sql::fixed(sql, vec![seq.into()]))?.into_iter().flatten().next() {
            return Ok(Some(hash));
        }
    }
    Ok(None)
}

fn number(conn: &Conn, sql: &'static str, binds: Vec<Val>) -> Result<Option<i64>> {
    let rows = conn.rows(&Sql::fixed(sql, binds))?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Val::as_i64))
}
