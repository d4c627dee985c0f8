//! The chain of hashes over all audit rows, in the order they were written. Only the writer lane moves it.

use super::record::{CALLS, Fields, ITEMS, OBJECTS, Record};
use crate::db::{Conn, Desk, Left, Statements};
use crate::error::Result;
use crate::sql::Sql;
use crate::value::{Val, ValRef};
use sha2::{Digest, Sha256};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    let _ = serde_json::to_writer(out, &n);
}

/// The end of the chain as the writer knows it, and the rows that wait to be added to it.
#[derive(Default)]
pub struct Chain {
    /// The last link, and how much had been undone when it was written.
    end: Mutex<Option<(Link, u64)>>,
    waiting: Mutex<Vec<(Record, Need)>>,
}

/// What happens if a row cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It tells of a change: that cannot be kept either.
    Change,
    /// It tells of a read: others need not suffer with it.
    Read,
}

impl Chain {
    /// Writes a row at once.
    pub fn append(&self, desk: &Desk<'_>, record: &Record) -> Result<()> {
        self.add(desk, &[record])
    }

    /// Leaves a row to be written with others, before the transaction of the lane ends.
    pub fn leave(&self, record: Record, need: Need) {
        self.waiting().push((record, need));
    }

    fn alone(&self, desk: &Desk<'_>, (record, need): &(Record, Need)) -> Result<()> {
        match (self.add(desk, &[record]), need) {
            (Err(error), Need::Read) => {
                tracing::error!(%error, "a row of the log was not written");
                Ok(())
            }
            (result, _) => result,
        }
    }

    /// Adds rows of one table by one statement, which takes exactly so many: each with its fields, its number
    /// and its hash. If it fails, those before the fault are written. Then, or when anything was undone since, the
    /// end is read from the tables again.
    fn add(&self, desk: &Desk<'_>, records: &[&Record]) -> Result<()> {
        let Some(table) = records.first().map(|record| record.table()) else { return Ok(()) };
        let mut end = self.end.lock().map_err(|_| crate::error::Error::server("audit chain poisoned"))?;
        let before = match end.take() {
            Some((link, undone)) if undone == desk.undone() => link,
            _ => stored_end(desk)?,
        };
        let rows: Vec<Fields<'_>> = records.iter().map(|record| record.fields()).collect();
        let mut links: Vec<Link> = Vec::with_capacity(rows.len());
        for row in &rows {
            links.push(links.last().unwrap_or(&before).next(table.name, row.iter().copied()));
        }
        let values = rows.iter().zip(&links).flat_map(|(row, link)| {
            row.iter().copied().chain([ValRef::Int(link.seq), ValRef::Text(&link.hash)])
        });
        desk.run(table.insert(records.len()).1, &mut { values })?;
        *end = links.pop().map(|link| (link, desk.undone()));
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Record, Need)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for so many waiting rows is kept from one transaction to the next.
const ROOM: usize = 1024;

impl Left for Chain {
    /// A row of a change that cannot be written is an error.
    fn write(&self, desk: &Desk<'_>) -> Result<()> {
        let mut left = std::mem::take(&mut *self.waiting());
        for table in [&OBJECTS, &ITEMS, &CALLS] {
            let rows: Vec<&(Record, Need)> =
                left.iter().filter(|(record, _)| std::ptr::eq(record.table(), table)).collect();
            let mut rest = rows.as_slice();
            while !rest.is_empty() {
                let (some, others) = rest.split_at(table.insert(rest.len()).0);
                rest = others;
                let together: Vec<&Record> = some.iter().map(|(record, _)| record).collect();
                let before = desk.written();
                if let Err(error) = self.add(desk, &together) {
                    if desk.transaction_is_lost() {
                        return Err(error);
                    }
                    let done = (desk.written() - before) as usize;
                    some[done..].iter().try_for_each(|row| self.alone(desk, row))?;
                }
            }
        }
        left.clear();
        let mut waiting = self.waiting();
        if left.capacity() <= ROOM && waiting.is_empty() {
            *waiting = left;
        }
        Ok(())
    }

    fn forget(&self) {
        self.waiting().clear();
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
