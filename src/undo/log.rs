//! Reads ObjLog for an undo, and finds out whether this caller may see all of it.

use super::entry::{COLUMNS, Read, UndoEntry};
use crate::api::By;
use crate::call::params::Params;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{ObjectDef, QUERY};
use serde_json::{Map, Value, json};

/// Looks are no changes.
const LOOKED: &str = "查看";
/// Entries of one row that are gone back over.
const OF_ROW_MAX: u64 = 5000;

/// The object by which the log of changes is read: who may not query it undoes nothing.
pub fn object<'a>(tx: &Tx<'a>) -> Result<&'a ObjectDef> {
    let found = tx.env().registry.objects().find(|def| def.decl.table == "ObjLog");
    let caller = tx.caller();
    let open = found.filter(|def| def.rights_for(&caller, QUERY).is_some());
    open.ok_or_else(|| Error::forbidden("the log of changes is not open to this caller"))
}

/// Rows of the log as this caller may see them.
pub fn visible(tx: &mut Tx<'_>, cond: &str, res: &str, limit: i64) -> Result<Vec<Map<String, Value>>> {
    let log = object(tx)?;
    let shown =
        res.split(',').map(str::trim).filter(|name| name.contains(' ') || log.fields.contains_key(*name));
    let mut get = Params::default();
    get.set("res", shown.collect::<Vec<_>>().join(","));
    get.set("fmt", "array");
    get.set("cond", cond);
    get.set("pagesz", limit);
    if !res.contains("count(") {
        get.set("orderby", "id desc");
    }
    let rows = tx.call(&format!("{}.query", log.name()), get, Params::default())?;
    match rows {
        Value::Array(rows) => Ok(rows.into_iter().filter_map(|row| row.as_object().cloned()).collect()),
        _ => Ok(Vec::new()),
    }
}

/// Refuses unless the caller may see each of these entries; a call that they may see nothing of is none.
fn all_visible(tx: &mut Tx<'_>, cond: &str, there: usize, missing: impl FnOnce() -> Error) -> Result<()> {
    let found = visible(tx, &format!("{cond} AND dscr<>'{LOOKED}'"), "count(*) cnt", 1)?;
    let seen = found.first().and_then(|row| row["cnt"].as_i64()).unwrap_or_default();
    match usize::try_from(seen).unwrap_or_default() {
        0 => Err(missing()),
        seen if seen < there => {
            Err(Error::forbidden("the log has changes of this that the caller may not see").say(
                "包含无权查看的修改，不能撤销",
                "it has changed more than you may see: it cannot be undone by you",
            ))
        }
        _ => Ok(()),
    }
}

/// The row of the log that a call's changes belong to: its own, or that of the work that went on after it (`async=1`).
pub fn row_of(tx: &mut Tx<'_>, call: i64) -> Result<i64> {
    if tx.first("ObjLog", &[("apiLogId", json!(call))], "id")?.is_some() {
        return Ok(call);
    }
    let work = tx.first("CallWork", &[("callId", json!(call))], "workId")?;
    Ok(work.and_then(|row| row.get("workId")?.as_i64()).unwrap_or(call))
}

/// All that a call has changed, the newest first.
pub fn of_call(tx: &mut Tx<'_>, call: i64, limit: usize) -> Result<Vec<UndoEntry>> {
    object(tx)?;
    // Each row has an entry of its own; a summary beside them says nothing more.
    let most = limit as u64 * 2 + 10;
    let rows = tx.list("ObjLog", &[("apiLogId", json!(call))], COLUMNS, most)?;
    if rows.len() as u64 == most {
        return Err(too_many(call, limit));
    }
    let rows: Vec<_> = rows.into_iter().filter(|row| row["dscr"] != LOOKED).collect();
    let none = || {
        Error::param(format!("call {call} has changed nothing"))
            .say("该调用没有可撤销的修改", "this call has changed nothing that could be undone")
    };
    if rows.is_empty() {
        return Err(none());
    }
    all_visible(tx, &format!("apiLogId={call}"), rows.len(), none)?;
    let mut out = Vec::new();
    for row in rows.iter().rev() {
        match UndoEntry::read(&tx.env().registry, row) {
            Read::Entries(entries) => out.extend(entries.into_iter().rev()),
            Read::Nothing => {}
            Read::Unrecorded => {
                return Err(Error::forbidden(format!(
                    "call {call} changed more rows than are recorded each (P_UNDO_ROWS)"
                ))
                .say(
                    "该调用修改的数据过多，没有逐条记录，不能撤销",
                    "this call changed too many rows to be recorded one by one: it cannot be undone",
                ));
            }
        }
        if out.len() > limit {
            return Err(too_many(call, limit));
        }
    }
    Ok(out)
}

fn too_many(call: i64, limit: usize) -> Error {
    Error::forbidden(format!("call {call} changed more than {limit} rows (P_UNDO_ROWS)")).say(
        format!("一次最多撤销{limit}条数据的修改"),
        format!("the changes of at most {limit} rows can be undone at once"),
    )
}

/// All that has happened to a row after an entry, the newest first.
pub fn of_row(tx: &mut Tx<'_>, table: &str, row: i64, after: i64) -> Result<Vec<UndoEntry>> {
    let by = [("obj", json!(table)), ("objId", json!(row))];
    let rows = listed(tx, &by)?;
    let none = || {
        Error::param(format!("not found `{table}.id`=`{row}` in the log"))
            .say("没有该数据的修改记录", "the log has no changes of this record")
    };
    if rows.is_empty() {
        return Err(none());
    }
    all_visible(tx, &format!("obj='{table}' AND objId={row}"), rows.len(), none)?;
    let newer = rows.iter().rev().take_while(|row| row["id"].as_i64().unwrap_or_default() > after);
    Ok(newer.flat_map(|row| entries(tx, row)).collect())
}

/// Later changes of the row of an entry, for comparison only: it does not ask what the caller may see.
pub fn later(tx: &mut Tx<'_>, entry: &UndoEntry) -> Result<Vec<UndoEntry>> {
    let by = [("obj", json!(entry.table)), ("objId", json!(entry.row))];
    let rows = listed(tx, &by)?;
    let later = rows.iter().filter(|row| {
        row["id"].as_i64().unwrap_or_default() > entry.id && row["apiLogId"].as_i64() != Some(entry.call)
    });
    Ok(later.flat_map(|row| entries(tx, row)).collect())
}

/// The entries of a row, as many as can be looked through.
fn listed(tx: &mut Tx<'_>, by: By<'_>) -> Result<Vec<Map<String, Value>>> {
    let mut rows = tx.list("ObjLog", by, COLUMNS, OF_ROW_MAX)?;
    if rows.len() as u64 == OF_ROW_MAX {
        return Err(Error::forbidden(format!("the log has more than {OF_ROW_MAX} changes of this record"))
            .say(
                "该数据的修改记录过多，无法处理",
                "the log has too many changes of this record to go back over",
            ));
    }
    rows.retain(|row| row["dscr"] != LOOKED);
    Ok(rows)
}

pub fn entries(tx: &Tx<'_>, row: &Map<String, Value>) -> Vec<UndoEntry> {
    match UndoEntry::read(&tx.env().registry, row) {
        Read::Entries(entries) => entries,
        Read::Nothing | Read::Unrecorded => Vec::new(),
    }
}
