//! The rows themselves.

use super::row_text::Words;
use crate::auth::Caller;
use crate::db::{Conn, ObjEntry};
use crate::error::Result;
use crate::redact;
use crate::value::ValRef;
use std::sync::{Arc, OnceLock};

/// One call, for ApiLog.
#[derive(Debug, Clone, Default)]
pub struct CallRecord {
    pub id: i64,
    pub tm: Arc<str>,
    pub caller: Arc<Caller>,
    /// The caller, or the account that the call logged in.
    pub user_id: i64,
    /// The session the call began, if it began one.
    pub session: Option<Arc<str>>,
    pub millis: i64,
    pub code: i32,
    pub words: Words,
    pub request_size: i64,
    pub response_size: i64,
    pub server_rev: String,
}

/// One call of a batch, for ApiLog1.
#[derive(Debug, Clone, Default)]
pub struct ItemRecord {
    pub id: i64,
    pub log_id: i64,
    pub millis: i64,
    pub code: i32,
    pub words: Words,
}

/// One change of one object, for ObjLog.
#[derive(Debug, Clone)]
pub struct ObjectRecord {
    obj: &'static str,
    obj_id: Option<i64>,
    what: &'static str,
    log_id: i64,
    item: Option<i64>,
    changes: String,
}

/// A row of one of the tables.
pub enum Record {
    Call(CallRecord),
    Item(ItemRecord),
    Object(ObjectRecord),
}

impl From<CallRecord> for Record {
    fn from(record: CallRecord) -> Record {
        Record::Call(record)
    }
}

impl From<ItemRecord> for Record {
    fn from(record: ItemRecord) -> Record {
        Record::Item(record)
    }
}

impl Record {
    pub(super) fn table(&self) -> &'static RecordTable {
        match self {
            Record::Call(_) => &CALLS,
            Record::Item(_) => &ITEMS,
            Record::Object(_) => &OBJECTS,
        }
    }

    /// The id it was given before it is written.
    pub(super) fn id(&self) -> Option<i64> {
        match self {
            Record::Call(record) => Some(record.id),
            Record::Item(record) => Some(record.id),
            Record::Object(_) => None,
        }
    }

    /// Its fields in the order of the table's columns, without its place in the chain; `new_id` is for a row that has no
    /// id yet.
    pub(super) fn fields(&self, new_id: i64) -> RecordFields<'_> {
        let mut fields = RecordFields::with_capacity(16);
        match self {
            Record::Call(record) => call(&mut fields, record),
            Record::Item(record) => item(&mut fields, record),
            Record::Object(record) => object(&mut fields, record, new_id),
        }
        fields
    }
}

pub(super) type RecordFields<'a> = Vec<ValRef<'a>>;

fn call<'a>(fields: &mut RecordFields<'a>, record: &'a CallRecord) {
    let caller = &record.caller;
    fields.extend([
        ValRef::Int(record.id),
        text(&record.tm),
        cut(&caller.addr, 128),
        cut(&caller.agent, 255),
        cut(&caller.app, 32),
        cut(record.session.as_ref().unwrap_or(&caller.session), 32),
        if record.user_id == 0 { ValRef::Null } else { ValRef::Int(record.user_id) },
        cut(record.words.action(), 64),
        ValRef::Int(record.millis),
        ValRef::Int(record.code.into()),
        text(record.words.request()),
        text(record.words.response()),
        ValRef::Int(record.request_size),
        ValRef::Int(record.response_size),
        cut(&caller.version, 32),
        cut(&record.server_rev, 10),
    ]);
}

fn item<'a>(fields: &mut RecordFields<'a>, record: &'a ItemRecord) {
    fields.extend([
        ValRef::Int(record.id),
        ValRef::Int(record.log_id),
        cut(record.words.action(), 64),
        ValRef::Int(record.millis),
        ValRef::Int(record.code.into()),
        text(record.words.request()),
        text(record.words.response()),
    ]);
}

fn object<'a>(fields: &mut RecordFields<'a>, record: &'a ObjectRecord, id: i64) {
    fields.extend([
        ValRef::Int(id),
        cut(record.obj, 64),
        record.obj_id.map_or(ValRef::Null, ValRef::Int),
        ValRef::Text(record.what),
        ValRef::Int(record.log_id),
        record.item.map_or(ValRef::Null, ValRef::Int),
        text(&record.changes),
    ]);
}

/// The object changes of one call.
pub fn objects(entries: Vec<ObjEntry>, log_id: i64, item: Option<i64>) -> impl Iterator<Item = Record> {
    entries.into_iter().map(move |entry| {
        let ObjEntry { obj, obj_id, what, changes } = entry;
        Record::Object(ObjectRecord { obj, obj_id, what, log_id, item, changes })
    })
}

/// The tables of rows, in the order in which rows that come together are written: those of a call before its own.
pub(super) static OBJECTS: RecordTable =
    RecordTable::new("ObjLog", "id, obj, objId, dscr, apiLogId, apiLog1Id, changes, seq, hash", 9);
pub(super) static ITEMS: RecordTable =
    RecordTable::new("ApiLog1", "id, apiLogId, ac, t, retval, req, res, seq, hash", 9);
pub(super) static CALLS: RecordTable = RecordTable::new(
    "ApiLog",
    "id, tm, addr, ua, app, ses, userId, ac, t, retval, req, res, reqsz, ressz, ver, serverRev, seq, hash",
    18,
);

/// A table of the log, and the statements that add rows to it.
pub(super) struct RecordTable {
    pub name: &'static str,
    columns: &'static str,
    width: usize,
    inserts: [OnceLock<String>; SIZES.len()],
}

/// So many rows go into one statement: several are much cheaper together than alone.
pub(super) const SIZES: [usize; 3] = [16, 4, 1];

impl RecordTable {
    const fn new(name: &'static str, columns: &'static str, width: usize) -> RecordTable {
        RecordTable { name, columns, width, inserts: [const { OnceLock::new() }; SIZES.len()] }
    }

    /// The statement for the most rows that are not more than `rows`, and their number.
    pub(super) fn insert(&self, rows: usize) -> (usize, &str) {
        let which = SIZES.iter().position(|size| *size <= rows).unwrap_or(SIZES.len() - 1);
        let text = self.inserts[which].get_or_init(|| {
            let row = format!("({})", vec!["?"; self.width].join(","));
            let rows = vec![row.as_str(); SIZES[which]].join(",");
            // Without FAIL the statement would keep a journal, to take back the rows before one that fails.
            format!("INSERT OR FAIL INTO {} ({}) VALUES {rows}", self.name, self.columns)
        });
        (SIZES[which], text)
    }
}

fn text(text: &str) -> ValRef<'_> {
    if text.is_empty() { ValRef::Null } else { ValRef::Text(text) }
}

fn cut(value: &str, max: usize) -> ValRef<'_> {
    match redact::place_of(value, max) {
        None => text(value),
        Some(at) => text(&value[..at]),
    }
}

/// The greatest ids of ApiLog and ApiLog1, so that new ones come after them.
pub fn last_ids(conn: &Conn) -> Result<(i64, i64)> {
    let last = |sql: &'static str| conn.number(sql, Vec::new()).map(Option::unwrap_or_default);
    // An item may have survived a call that did not live to write its own row.
    let calls = last("SELECT MAX(id) FROM ApiLog")?.max(last("SELECT MAX(apiLogId) FROM ApiLog1")?);
    let calls = calls.max(last("SELECT seq FROM sqlite_sequence WHERE name = 'ApiLog'")?);
    let items = last("SELECT MAX(id) FROM ApiLog1")?
        .max(last("SELECT seq FROM sqlite_sequence WHERE name = 'ApiLog1'")?);
    Ok((calls, items))
}
