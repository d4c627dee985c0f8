//! The rows themselves.

use super::chain::Chain;
use crate::auth::Caller;
use crate::db::{Conn, ObjEntry};
use crate::error::Result;
use crate::sql::Sql;
use crate::value::{Val, ValRef};
use serde_json::Value;
use std::sync::Arc;

/// One call, for ApiLog.
#[derive(Debug, Clone, Default)]
pub struct CallRecord {
    pub id: i64,
    pub tm: Arc<str>,
    pub caller: Arc<Caller>,
    /// The caller, or whom the call made of him.
    pub user_id: i64,
    /// The session the call began, if it began one.
    pub session: Option<Box<str>>,
    pub action: String,
    pub millis: i64,
    pub code: i32,
    pub request: String,
    pub response: String,
    pub request_size: i64,
    pub response_size: i64,
    pub server_rev: String,
}

/// One call of a batch, for ApiLog1.
#[derive(Debug, Clone, Default)]
pub struct ItemRecord {
    pub id: i64,
    pub log_id: i64,
    pub action: String,
    pub millis: i64,
    pub code: i32,
    pub request: String,
    pub response: String,
}

const INSERT_CALL: &str = "INSERT INTO ApiLog (id, tm, addr, ua, app, ses, userId, ac, t, retval, req, res, reqsz, \
     ressz, ver, serverRev, seq, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
const INSERT_ITEM: &str =
    "INSERT INTO ApiLog1 (id, apiLogId, ac, t, retval, req, res, seq, hash) VALUES (?,?,?,?,?,?,?,?,?)";
const INSERT_OBJECT: &str =
    "INSERT INTO ObjLog (obj, objId, dscr, apiLogId, apiLog1Id, changes, seq, hash) VALUES (?,?,?,?,?,?,?,?)";

pub fn write_call(conn: &Conn, chain: &Chain, record: &CallRecord) -> Result<()> {
    let caller = &record.caller;
    let fields = [
        ValRef::Int(record.id),
        text(&record.tm),
        cut(&caller.addr, 128),
        cut(&caller.agent, 255),
        cut(&caller.app, 32),
        cut(record.session.as_ref().unwrap_or(&caller.session), 32),
        if record.user_id == 0 { ValRef::Null } else { ValRef::Int(record.user_id) },
        cut(&record.action, 64),
        ValRef::Int(record.millis),
        ValRef::Int(record.code.into()),
        text(&record.request),
        text(&record.response),
        ValRef::Int(record.request_size),
        ValRef::Int(record.response_size),
        cut(&caller.version, 32),
        cut(&record.server_rev, 10),
    ];
    chain.append(conn, "ApiLog", INSERT_CALL, &fields)
}

pub fn write_item(conn: &Conn, chain: &Chain, record: &ItemRecord) -> Result<()> {
    let fields = [
        ValRef::Int(record.id),
        ValRef::Int(record.log_id),
        cut(&record.action, 64),
        ValRef::Int(record.millis),
        ValRef::Int(record.code.into()),
        text(&record.request),
        text(&record.response),
    ];
    chain.append(conn, "ApiLog1", INSERT_ITEM, &fields)
}

/// The object changes of one call.
pub fn write_objects(
    conn: &Conn,
    chain: &Chain,
    entries: Vec<ObjEntry>,
    log: i64,
    item: Option<i64>,
) -> Result<()> {
    for entry in entries {
        let changes = match entry.changes.is_empty() {
            true => String::new(),
            false => crate::facility::secret::cut(&Value::Object(entry.changes).to_string(), 20_000),
        };
        let fields = [
            cut(&entry.obj, 64),
            entry.obj_id.map_or(ValRef::Null, ValRef::Int),
            ValRef::Text(entry.what),
            ValRef::Int(log),
            item.map_or(ValRef::Null, ValRef::Int),
            text(&changes),
        ];
        chain.append(conn, "ObjLog", INSERT_OBJECT, &fields)?;
    }
    Ok(())
}

fn text(text: &str) -> ValRef<'_> {
    if text.is_empty() { ValRef::Null } else { ValRef::Text(text) }
}

fn cut(value: &str, max: usize) -> ValRef<'_> {
    // Mostly there are fewer bytes than characters allowed.
    match (value.len() > max).then(|| value.char_indices().nth(max)).flatten() {
        None => text(value),
        Some((at, _)) => text(&value[..at]),
    }
}

/// The greatest ids of ApiLog and ApiLog1, so that new ones come after them.
pub fn last_ids(conn: &Conn) -> Result<(i64, i64)> {
    let last = |sql: &'static str| -> Result<i64> {
        let rows = conn.rows(&Sql::fixed(sql, Vec::new()))?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Val::as_i64).unwrap_or_default())
    };
    // An item may have survived a call that did not live to write its own row.
    let calls = last("SELECT MAX(id) FROM ApiLog")?.max(last("SELECT MAX(apiLogId) FROM ApiLog1")?);
    let calls = calls.max(last("SELECT seq FROM sqlite_sequence WHERE name = 'ApiLog'")?);
    let items = last("SELECT MAX(id) FROM ApiLog1")?
        .max(last("SELECT seq FROM sqlite_sequence WHERE name = 'ApiLog1'")?);
    Ok((calls, items))
}
