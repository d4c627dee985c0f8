//! The chain of sealed hashes over all audit rows, in the order they were written. Only the writer lane moves it.

use super::marks::{self, MarkKind};
use super::record::{CALLS, ITEMS, OBJECTS, Record, RecordFields};
use super::seal::{Keys, Seal};
use crate::db::{Conn, PendingNotes, Statements, WriterConn};
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::value::{Val, ValRef};
use sha2::{Digest, Sha256};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The end of the chain: number and hash of the last row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    pub seq: i64,
    pub hash: String,
}

impl ChainLink {
    /// What the very first row follows.
    pub fn origin() -> ChainLink {
        ChainLink { seq: 0, hash: String::new() }
    }

    /// The link of a row: over its predecessor, its table and all its fields but the link itself. Rows of before there
    /// was a key have a hash that anybody can make.
    pub fn next<'v>(
        &self,
        seal: Option<&Seal>,
        table: &str,
        fields: impl Iterator<Item = ValRef<'v>>,
    ) -> ChainLink {
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
        let hash = match seal {
            Some(seal) => seal.code(&bytes),
            None => crate::id::hex(&Sha256::digest(&bytes)),
        };
        ChainLink { seq: self.seq + 1, hash }
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
pub struct Chain {
    keys: Keys,
    end: Mutex<Option<End>>,
    waiting: Mutex<Vec<(Record, Need)>>,
}

/// Where the chain ends, and what finds that row again.
struct End {
    link: ChainLink,
    tops: Tops,
    /// The row of the link is not among the last ones of its table by id.
    deep: bool,
    /// How much had been undone, and how often the driver's connection been lent, when this was true.
    as_of: (u64, u64),
}

impl End {
    fn stored(writer: &WriterConn<'_>) -> Result<End> {
        let Stored { link, tops } = stored(writer)?;
        Ok(End { link, tops, deep: false, as_of: as_of(writer) })
    }

    fn moves_to(&mut self, link: ChainLink, record: &Record) {
        self.link = link;
        self.deep = self.tops.pass(record);
    }
}

/// What happens if a row cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It tells of a change: that cannot be kept either.
    Change,
    /// It tells of a read: others need not suffer with it.
    Read,
}

fn as_of(writer: &WriterConn<'_>) -> (u64, u64) {
    (writer.undone(), writer.borrowed())
}

impl Chain {
    pub fn new(keys: Keys) -> Chain {
        Chain { keys, end: Mutex::default(), waiting: Mutex::default() }
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Goes on where the last server stopped: under its key, or from here on under another one. Gives the name of the
    /// key before, if that is so; it is empty for a chain that had none.
    pub fn take_up(&self, conn: &Conn, now: &str) -> Result<Option<String>> {
        let seal = self.keys.current();
        let marks = marks::all(conn)?;
        let last = marks.iter().rev().find(|mark| mark.is(MarkKind::Key));
        if last.is_some_and(|mark| mark.key == seal.name()) {
            return Ok(None);
        }
        let end = stored(conn)?.link;
        marks::renew(conn, &self.keys, last.is_none())?;
        marks::put(conn, seal, MarkKind::Key, now, &end)?;
        let before = last.map(|mark| mark.key.clone()).unwrap_or_default();
        Ok((end.seq > 0).then_some(before))
    }

    /// Writes a row at once.
    pub fn append(&self, writer: &WriterConn<'_>, record: &Record) -> Result<()> {
        self.add(writer, &[record])
    }

    /// Leaves a row to be written with others, before the transaction of the lane ends.
    pub fn leave(&self, record: Record, need: Need) {
        self.waiting().push((record, need));
    }

    fn alone(&self, writer: &WriterConn<'_>, (record, need): &(Record, Need)) -> Result<()> {
        match (self.add(writer, &[record]), need) {
            (Err(error), Need::Read) => {
                tracing::error!(%error, "a row of the log was not written");
                Ok(())
            }
            (result, _) => result,
        }
    }

    /// Adds rows of one table by one statement, which takes exactly so many: each with its fields, its number
    /// and its hash. If it fails, those before the fault are written. When anything was undone since the last time, the
    /// end is read from the tables again.
    fn add(&self, writer: &WriterConn<'_>, records: &[&Record]) -> Result<()> {
        let Some(table) = records.first().map(|record| record.table()) else { return Ok(()) };
        let mut known = self.known()?;
        let mut end = match known.take() {
            Some(end) if end.as_of == as_of(writer) => end,
            _ => End::stored(writer)?,
        };
        let rows: Vec<RecordFields<'_>> =
            records.iter().zip(end.tops.objects + 1..).map(|(record, id)| record.fields(id)).collect();
        let mut links: Vec<ChainLink> = Vec::with_capacity(rows.len());
        let seal = Some(self.keys.current());
        for row in &rows {
            links.push(links.last().unwrap_or(&end.link).next(seal, table.name, row.iter().copied()));
        }
        let values = rows.iter().zip(&links).flat_map(|(row, link)| {
            row.iter().copied().chain([ValRef::Int(link.seq), ValRef::Text(&link.hash)])
        });
        let before = writer.written();
        let result = writer.run(table.insert(records.len()).1, &mut { values });
        if result.is_err() && writer.is_at_rest() {
            return result.map(|_| ());
        }
        let written = (writer.written() - before) as usize;
        records.iter().zip(links).take(written).for_each(|(record, link)| end.moves_to(link, record));
        *known = Some(end);
        result.map(|_| ())
    }

    /// Makes sure that the end is found again.
    fn mark(&self, writer: &WriterConn<'_>) -> Result<()> {
        let mut known = self.known()?;
        if let Some(end) = known.as_mut().filter(|end| end.deep && end.as_of == as_of(writer)) {
            marks::put(writer, self.keys.current(), MarkKind::End, "", &end.link)?;
            end.deep = false;
        }
        Ok(())
    }

    fn known(&self) -> Result<MutexGuard<'_, Option<End>>> {
        self.end.lock().map_err(|_| Error::server("audit chain poisoned"))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Record, Need)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for so many waiting rows is kept from one transaction to the next.
const ROOM: usize = 1024;

impl PendingNotes for Chain {
    /// A row of a change that cannot be written is an error.
    fn write(&self, writer: &WriterConn<'_>) -> Result<()> {
        let mut left = std::mem::take(&mut *self.waiting());
        for table in [&OBJECTS, &ITEMS, &CALLS] {
            let mut rows: Vec<&(Record, Need)> =
                left.iter().filter(|(record, _)| std::ptr::eq(record.table(), table)).collect();
            // The end is looked for among the greatest ids.
            rows.sort_by_key(|(record, _)| record.id());
            let mut rest = rows.as_slice();
            while !rest.is_empty() {
                let (some, others) = rest.split_at(table.insert(rest.len()).0);
                rest = others;
                let together: Vec<&Record> = some.iter().map(|(record, _)| record).collect();
                let before = writer.written();
                if let Err(error) = self.add(writer, &together) {
                    if writer.is_at_rest() {
                        return Err(error);
                    }
                    let done = (writer.written() - before) as usize;
                    some[done..].iter().try_for_each(|row| self.alone(writer, row))?;
                }
            }
        }
        self.mark(writer)?;
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

/// What the tables say of the end.
pub(super) struct Stored {
    pub link: ChainLink,
    tops: Tops,
}

/// The greatest ids. Those of calls and items are given away before their rows are written, so that rows need not come
/// in their order. Those of ObjLog are given where the rows are written.
#[derive(Default)]
struct Tops {
    calls: i64,
    items: i64,
    objects: i64,
}

impl Tops {
    /// Takes note of a row that was written; says whether it lies deep.
    fn pass(&mut self, record: &Record) -> bool {
        let (top, id) = match record {
            Record::Call(record) => (&mut self.calls, record.id),
            Record::Item(record) => (&mut self.items, record.id),
            Record::Object(_) => {
                self.objects += 1;
                return false;
            }
        };
        *top = id.max(*top);
        id + SURE <= *top
    }
}

/// The end is looked for among the rows with the greatest ids of each table: no index of the numbers is needed for
/// it. A row that lies deeper, or nearly so, has a mark while it is the last.
const LAST: [&str; 3] = [
    "SELECT seq, hash, id FROM ApiLog ORDER BY id DESC LIMIT 16",
    "SELECT seq, hash, id FROM ApiLog1 ORDER BY id DESC LIMIT 16",
    "SELECT seq, hash, id FROM ObjLog ORDER BY id DESC LIMIT 16",
];
const SURE: i64 = 8;
const MARKS: &str =
    "SELECT seq, hash FROM AuditMark WHERE note IN ('cut', 'end', 'key') ORDER BY seq DESC LIMIT 1";
const OBJECTS_GIVEN: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'ObjLog'";

/// Reads them.
pub(super) fn stored(conn: &Conn) -> Result<Stored> {
    let mut link = ChainLink::origin();
    let mut look = |sql: &'static str| -> Result<i64> {
        let rows = conn.rows(&Sql::fixed(sql, Vec::new()))?;
        for row in &rows {
            if let [Val::Int(seq), Val::Text(hash), ..] = row.as_slice()
                && *seq > link.seq
            {
                link = ChainLink { seq: *seq, hash: hash.to_string() };
            }
        }
        Ok(rows.first().and_then(|row| row.get(2)).and_then(Val::as_i64).unwrap_or_default())
    };
    let [calls, items] = [look(LAST[0])?, look(LAST[1])?];
    let objects = look(LAST[2])?;
    look(MARKS)?;
    let objects = objects.max(conn.number(OBJECTS_GIVEN, Vec::new())?.unwrap_or_default());
    Ok(Stored { link, tops: Tops { calls, items, objects } })
}
