//! The rows themselves.

use super::chain::Chain;
use crate::db::{Conn, ObjEntry};
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Val;
use serde_json::Value;

/// One call, for ApiLog.
#[derive(Debug, Clone, Default)]
pub struct CallRecord {
    pub id: i64,
    pub tm: String,
    pub addr: String,
    pub agent: String,
    pub app: String,
    pub session: String,
    pub user_id: i64,
    pub action: String,
    pub millis: i64,
    pub code: i32,
    pub request: String,
    pub response: String,
    pub request_size: i64,
    pub response_size: i64,
    pub version: String,
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
    let user = if record.user_id == 0 { Val::Null } else { Val::Int(record.user_id) };
    let fields = vec![
        record.id.into(),
        text(&record.tm),
        cut(&record.addr, 128),
        cut(&record.agent, 255),
        cut(&record.app, 32),
        cut(&record.session, 32),
        user,
        cut(&record.action, 64),
        record.millis.into(),
        i64::from(record.code).into(),
        text(&record.request),
        text(&record.response),
        record.request_size.into(),
        record.response_size.into(),
        cut(&record.version, 32),
        cut(&record.server_rev, 10),
    ];
    append(conn, chain, "ApiLog", INSERT_CALL, fields)
}

pub fn write_item(conn: &Conn, chain: &Chain, record: &ItemRecord) -> Result<()> {
    let fields = vec![
        record.id.into(),
        record.log_id.into(),
        cut(&record.action, 64),
        record.millis.into(),
        i64::from(record.code).into(),
        text(&record.request),
        text(&record.response),
    ];
    append(conn, chain, "ApiLog1", INSERT_ITEM, fields)
}

/// The object changes of one call.
pub fn write_objects(
    conn: &Conn,
    chain: &Chain,
    entries: &[ObjEntry],
    log: i64,
    item: Option<i64>,
) -> Result<()> {
    for entry in entries {
        let changes = match entry.changes.is_empty() {
            true => Val::Null,
            false => {
                text(&crate::facility::secret::cut(&Value::Object(entry.changes.clone()).to_string(), 20_000))
            }
        };
        let fields = vec![
            cut(&entry.obj, 64),
            entry.obj_id.map_or(Val::Null, Val::Int),
            entry.what.into(),
            log.into(),
            item.map_or(Val::Null, Val::Int),
            changes,
        ];
        append(conn, chain, "ObjLog", INSERT_OBJECT, fields)?;
    }
    Ok(())
}

fn append(conn: &Conn, chain: &Chain, table: &str, sql: &'static str, mut fields: Vec<Val>) -> Result<()> {
    let hashed = fields.clone();
    chain.append(conn, table, &hashed, move |link| {
        fields.push(link.seq.into());
        fields.push(link.hash.as_str().into());
        conn.run(&Sql::fixed(sql, fields)).map(|_| ())
    })
}

fn text(text: &str) -> Val {
    if text.is_empty() { Val::Null } else { text.into() }
}

fn cut(value: &str, max: usize) -> Val {
    match value.char_indices().nth(max) {
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
