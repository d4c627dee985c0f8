//! Signed places in the chain: where it begins since rows were cut off, where it ends, which key holds from where, and
//! which ids are spoken for. Whoever writes the database without the key cannot make one.

use super::chain::ChainLink;
use super::seal::{Keys, Seal};
use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkKind {
    /// The last row that was removed from the beginning.
    Cut,
    /// The last row, when it is not found by its id.
    End,
    /// Rows after this one are sealed by the named key.
    Key,
    /// Ids of calls up to this number may have been given to somebody.
    Calls,
    /// The greatest id of the items of batches.
    Items,
    /// The newest time of which it is known that it came, in milliseconds.
    Time,
}

impl MarkKind {
    pub(super) fn note(self) -> &'static str {
        match self {
            MarkKind::Cut => "cut",
            MarkKind::End => "end",
            MarkKind::Key => "key",
            MarkKind::Calls => "calls",
            MarkKind::Items => "items",
            MarkKind::Time => "time",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Mark {
    id: i64,
    tm: String,
    pub(super) link: ChainLink,
    pub(super) note: String,
    /// The name of the key that signed it; of a database of before there is none.
    pub(super) key: String,
    mac: String,
}

impl Mark {
    pub(super) fn is(&self, kind: MarkKind) -> bool {
        self.note == kind.note()
    }

    pub(super) fn id(&self) -> i64 {
        self.id
    }

    /// Signed by this key.
    fn proven_by(&self, seal: &Seal) -> bool {
        code_parts(&self.note, &self.tm, &self.link, seal, |parts| seal.proves("mark", parts, &self.mac))
    }

    pub(super) fn proven(&self, keys: &Keys) -> bool {
        keys.named(&self.key).is_some_and(|seal| self.proven_by(seal))
    }
}

fn code_parts<T>(note: &str, tm: &str, link: &ChainLink, seal: &Seal, work: impl FnOnce(&[&str]) -> T) -> T {
    work(&[note, tm, &link.seq.to_string(), &link.hash, seal.name()])
}

/// All marks, in the order of their numbers.
pub(super) fn all(conn: &Conn) -> Result<Vec<Mark>> {
    let signed = "SELECT 1 FROM pragma_table_info('AuditMark') WHERE name = 'mac'";
    let select = match conn.number(signed, Vec::new())? {
        Some(_) => "SELECT id, tm, seq, hash, note, keyName, mac FROM AuditMark ORDER BY seq, id",
        // A database of before, which no server of today has opened yet.
        None => "SELECT id, tm, seq, hash, note, NULL, NULL FROM AuditMark ORDER BY seq, id",
    };
    let text = |val: &Val| if let Val::Text(text) = val { text.to_string() } else { String::new() };
    let rows = conn.rows(&Sql::fixed(select, Vec::new()))?;
    let marks = rows.iter().filter_map(|row| match row.as_slice() {
        [Val::Int(id), tm, Val::Int(seq), hash, note, key, mac] => Some(Mark {
            id: *id,
            tm: text(tm),
            link: ChainLink { seq: *seq, hash: text(hash) },
            note: text(note),
            key: text(key),
            mac: text(mac),
        }),
        _ => None,
    });
    Ok(marks.collect())
}

/// The only one of its kind from now on; of keys there are several.
pub(super) fn put(conn: &Conn, seal: &Seal, kind: MarkKind, tm: &str, link: &ChainLink) -> Result<()> {
    let note = kind.note();
    if kind != MarkKind::Key {
        conn.run(&Sql::fixed("DELETE FROM AuditMark WHERE note = ?", vec![note.into()]))?;
    }
    let mac = code_parts(note, tm, link, seal, |parts| seal.code_of("mark", parts));
    let time = if tm.is_empty() { Val::Null } else { tm.into() };
    let cells = vec![time, link.seq.into(), link.hash.as_str().into(), note.into()];
    let cells = cells.into_iter().chain([seal.name().into(), mac.as_str().into()]).collect();
    let insert = "INSERT INTO AuditMark (tm, seq, hash, note, keyName, mac) VALUES (?, ?, ?, ?, ?, ?)";
    conn.run(&Sql::fixed(insert, cells)).map(|_| ())
}

/// A number that is kept as a mark; 0 = there is none.
pub(super) fn number(conn: &Conn, kind: MarkKind) -> Result<i64> {
    let select = "SELECT MAX(seq) FROM AuditMark WHERE note = ?";
    Ok(conn.number(select, vec![kind.note().into()])?.unwrap_or_default())
}

pub(super) fn put_number(conn: &Conn, seal: &Seal, kind: MarkKind, n: i64) -> Result<()> {
    put(conn, seal, kind, "", &ChainLink { seq: n, hash: String::new() })
}

/// Signs again what an older key signed, and what a database of before holds. What nobody's key made stays as it is,
/// for `verify` to name.
pub(super) fn renew(conn: &Conn, keys: &Keys, unsigned: bool) -> Result<()> {
    for mark in all(conn)?.into_iter().filter(|mark| !mark.is(MarkKind::Key)) {
        let known = if mark.key.is_empty() { unsigned } else { mark.proven(keys) };
        if known && mark.key != keys.current().name() {
            let seal = keys.current();
            let mac = code_parts(&mark.note, &mark.tm, &mark.link, seal, |parts| seal.code_of("mark", parts));
            let update = "UPDATE AuditMark SET keyName = ?, mac = ? WHERE id = ?";
            conn.run(&Sql::fixed(update, vec![seal.name().into(), mac.as_str().into(), mark.id.into()]))?;
        }
    }
    Ok(())
}

/// Keys whose last row was cut off are no longer needed.
pub(super) fn drop_old_keys(conn: &Conn, cut: i64) -> Result<()> {
    let old = "DELETE FROM AuditMark WHERE note = 'key' AND seq < \
         (SELECT MAX(seq) FROM AuditMark WHERE note = 'key' AND seq <= ?)";
    conn.run(&Sql::fixed(old, vec![cut.into()])).map(|_| ())
}
