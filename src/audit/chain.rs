//! The chain of hashes over all audit rows, in the order they were written. Only the writer lane moves it.

use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::{Val, ValRef};
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::sync::Mutex;

/// The end of the chain: number and hash of the last row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub seq: i64,
    pub hash: String,
}

impl Link {
    /// What the very first row follows.
    pub fn origin() -> Link {
        Link { seq: 0, hash: String::new() }
    }

    /// The link of a row: over its predecessor, its table and all its fields but the link itself.
    pub fn next<'v>(&self, table: &str, fields: impl Iterator<Item = ValRef<'v>>) -> Link {
        // Gathered first: one long update of the digest is several times cheaper than forty short ones.
        let mut bytes = Vec::with_capacity(1024);
        part(&mut bytes, |out| out.extend_from_slice(self.hash.as_bytes()));
        part(&mut bytes, |out| out.extend_from_slice(table.as_bytes()));
        for field in fields {
            part(&mut bytes, |out| match field {
                ValRef::Null => out.push(b'n'),
                ValRef::Int(n) => {
                    out.push(b'i');
                    number(out, n);
                }
                ValRef::Real(x) => {
                    out.push(b'r');
                    out.extend_from_slice(&x.to_bits().to_le_bytes());
                }
                ValRef::Text(text) => {
                    out.push(b't');
                    out.extend_from_slice(text.as_bytes());
                }
            });
        }
        part(&mut bytes, |out| number(out, self.seq + 1));
        Link { seq: self.seq + 1, hash: crate::id::hex(&Sha256::digest(&bytes)) }
    }
}

/// Each part is preceded by its length, so that no two rows have the same text.
fn part(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 8]);
    write(out);
    let length = (out.len() - at - 8) as u64;
    out[at..at + 8].copy_from_slice(&length.to_le_bytes());
}

fn number(out: &mut Vec<u8>, n: i64) {
    // Writing into memory does not fail.
    let _ = write!(out, "{n}");
}

/// The end of the chain as the writer knows it.
#[derive(Default)]
pub struct Chain {
    /// The last link, and how much had been undone when it was written.
    end: Mutex<Option<(Link, u64)>>,
}

impl Chain {
    /// Appends a row: `insert` takes its fields, its number and its hash. If it fails, or anything was undone
    /// since, the end is read from the tables again.
    pub fn append(
        &self,
        conn: &Conn,
        table: &str,
        insert: &'static str,
        fields: &[ValRef<'_>],
    ) -> Result<()> {
        let mut end = self.end.lock().map_err(|_| crate::error::Error::server("audit chain poisoned"))?;
        let before = match end.take() {
            Some((link, undone)) if undone == conn.undone() => link,
            _ => stored_end(conn)?,
        };
        let link = before.next(table, fields.iter().copied());
        let linked = [ValRef::Int(link.seq), ValRef::Text(&link.hash)];
        conn.run_fixed(insert, fields.iter().copied().chain(linked))?;
        *end = Some((link, conn.undone()));
        Ok(())
    }
}

pub const TABLES: &[(&str, &str)] = &[
    ("ApiLog", "SELECT seq, hash FROM ApiLog ORDER BY seq DESC LIMIT 1"),
    ("ApiLog1", "SELECT seq, hash FROM ApiLog1 ORDER BY seq DESC LIMIT 1"),
    ("ObjLog", "SELECT seq, hash FROM ObjLog ORDER BY seq DESC LIMIT 1"),
    ("AuditMark", "SELECT seq, hash FROM AuditMark ORDER BY seq DESC LIMIT 1"),
];

/// The last link in any of the tables.
pub fn stored_end(conn: &Conn) -> Result<Link> {
    let mut end = Link::origin();
    for (_, sql) in TABLES {
        for row in conn.rows(&Sql::fixed(sql, Vec::new()))? {
            if let [Val::Int(seq), Val::Text(hash)] = row.as_slice()
                && *seq > end.seq
            {
                end = Link { seq: *seq, hash: hash.to_string() };
            }
        }
    }
    Ok(end)
}
