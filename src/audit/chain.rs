//! The chain of hashes over all audit rows, in the order they were written. Only the writer lane moves it.

use crate::db::Conn;
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;
use sha2::{Digest, Sha256};
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
    pub fn next(&self, table: &str, fields: &[Val]) -> Link {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            // Each part is preceded by its length, so that no two rows have the same text.
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(self.hash.as_bytes());
        part(table.as_bytes());
        for field in fields {
            match field {
                Val::Null => part(b"n"),
                Val::Int(n) => part(&[b"i".as_slice(), n.to_string().as_bytes()].concat()),
                Val::Real(x) => part(&[b"r".as_slice(), &x.to_bits().to_le_bytes()].concat()),
                Val::Text(text) => part(&[b"t".as_slice(), text.as_bytes()].concat()),
            }
        }
        part((self.seq + 1).to_string().as_bytes());
        Link { seq: self.seq + 1, hash: hex(&hasher.finalize()) }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// The end of the chain as the writer knows it.
#[derive(Default)]
pub struct Chain {
    end: Mutex<Option<Link>>,
}

impl Chain {
    /// Appends a row: `insert` gets its link. If it fails, or the transaction does not live, the end is read
    /// from the tables again.
    pub fn append(
        &self,
        conn: &Conn,
        table: &str,
        fields: &[Val],
        insert: impl FnOnce(&Link) -> Result<()>,
    ) -> Result<()> {
        let mut end = self.end.lock().map_err(|_| crate::error::Error::server("audit chain poisoned"))?;
        let before = match end.take() {
            Some(link) => link,
            None => stored_end(conn)?,
        };
        let link = before.next(table, fields);
        insert(&link)?;
        *end = Some(link);
        Ok(())
    }

    /// What was appended may be gone: look at the tables next time.
    pub fn doubt(&self) {
        if let Ok(mut end) = self.end.lock() {
            *end = None;
        }
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
