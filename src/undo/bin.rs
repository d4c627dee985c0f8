//! Shows rows that were deleted lately, and a row as it was at a moment. Nothing is changed.

use super::entry::{self, Read, UndoEntry, Was, def_of, stored};
use super::restore::{moment, named, object};
use super::{log, past};
use crate::api::{Answer, Args};
use crate::call::params::Params;
use crate::call::query::QueryReq;
use crate::call::res::ResItem;
use crate::db::Tx;
use crate::error::{Code, Error, Result};
use crate::object::{GET, ObjectDef, QUERY};
use crate::read::{get, target_row};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// Deleted rows of one page at most.
const PAGE_MAX: i64 = 100;
/// Entries of the log that are read at a time, and in all for one page.
const PIECE: i64 = 200;
const PIECES: usize = 25;
/// Changes of a row that are gone back over.
const NEWER_MAX: i64 = 2000;

/// `bin(obj, pagesz?, pagekey?)`: rows of an object that were deleted within `P_BIN_DAYS` days and are not back, the
/// newest first.
pub fn bin(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let def = object(tx, args)?;
    let env = tx.env();
    let size = args.int("pagesz")?.filter(|size| *size > 0).unwrap_or(20).min(PAGE_MAX) as usize;
    let mut before = args.int("pagekey")?;
    let days = env.config.int("P_BIN_DAYS");
    let since = crate::time::format(env.now() - chrono::Duration::days(days));
    let (mut rows, mut seen, mut more) = (Vec::new(), HashSet::new(), None);
    'pieces: for piece in 0..PIECES {
        let mut cond = format!("obj='{}' AND dscr='删除' AND tm>='{since}'", def.decl.table);
        if let Some(before) = before {
            cond += &format!(" AND id<{before}");
        }
        let found = log::visible(
            tx,
            &cond,
            "id, objId, dscr, tm, userId, empName, ac, apiLogId, changes, obj",
            PIECE,
        )?;
        let last_piece = (found.len() as i64) < PIECE;
        for row in found {
            let id = row["id"].as_i64().unwrap_or_default();
            before = Some(id);
            let Some(of) = row["objId"].as_i64() else { continue };
            if seen.insert(of) && is_gone(tx, def, of)? {
                rows.push(listed(tx, def, row));
            }
            if rows.len() == size {
                more = Some(id);
                break 'pieces;
            }
        }
        if last_piece {
            break;
        }
        if piece + 1 == PIECES {
            more = before;
        }
    }
    let mut told = json!({"list": rows, "days": days});
    if let Some(more) = more {
        told["nextkey"] = more.into();
    }
    Ok(told.into())
}

fn is_gone(tx: &mut Tx<'_>, def: &ObjectDef, id: i64) -> Result<bool> {
    let columns = def.decl.soft_delete.unwrap_or("id");
    let found = tx.first(def.decl.table, &[("id", id.into())], columns)?;
    Ok(match (found, def.decl.soft_delete) {
        (None, _) => true,
        (Some(row), Some(flag)) => row[flag] == 1,
        (Some(_), None) => false,
    })
}

/// One row of the bin: who, when, and what the row was as far as the caller may see it.
fn listed(tx: &Tx<'_>, def: &ObjectDef, mut log: Map<String, Value>) -> Value {
    let text = log.remove("changes").unwrap_or_default();
    let changes: Map<String, Value> =
        text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let row: Map<String, Value> =
        changes.into_iter().filter_map(|(name, pair)| Some((name, pair.get(0)?.clone()))).collect();
    let version = log.remove("id").unwrap_or_default();
    let id = log.get("objId").and_then(Value::as_i64).unwrap_or_default();
    json!({
        "id": tx.env().show_id(id, def.decl.secret_ids), "version": version, "tm": log.get("tm"), "userId": log.get("userId"),
        "empName": log.get("empName"), "ac": log.get("ac"), "apiLogId": log.get("apiLogId"), "row": row,
    })
}

/// `asOf(obj, id, at)`: the fields of a row as they were at a moment; `row` is null when it was not there.
pub fn as_of(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let (def, id) = named(tx, args)?;
    let at = moment(args)?.ok_or_else(|| Error::missing("at"))?;
    let table = def.table.clone().ok_or_else(|| Error::param("this object has no rows"))?;
    let of_row = format!("obj='{}' AND objId={id}", def.decl.table);
    let columns = format!("{}, tm", entry::COLUMNS);
    let newer = log::visible(tx, &format!("{of_row} AND tm>'{at}'"), &columns, NEWER_MAX)?;
    if newer.len() as i64 == NEWER_MAX {
        return Err(Error::forbidden(format!("there are {NEWER_MAX} changes or more since then"))
            .say("之后的修改过多，无法查看", "there are too many changes since then to go back over"));
    }
    let older = log::visible(tx, &format!("{of_row} AND tm<='{at}'"), &columns, 1)?;
    let now = as_seen(tx, def, id)?;
    if now.is_none() && newer.is_empty() && older.is_empty() {
        return Err(Error::param(format!("not found `{}.id`=`{id}`", def.decl.table)));
    }
    let newer: Vec<UndoEntry> = newer.iter().flat_map(|row| log::entries(tx, row)).collect();
    let past = past::before(tx, &table, def.decl.secret_ids, now, &newer);
    // An import tells of its rows in one entry.
    let imported = older.is_empty() && past.row.is_some() && was_imported_after(tx, def, id, &at)?;
    let row = past.row.filter(|_| !imported);
    let row = row.map(|row| shown(tx, def, id, row));
    let unknown = row.as_ref().map(|(_, unknown)| json!(unknown));
    let told = json!({
        "at": at, "row": row.map(|(row, _)| row), "unknown": unknown.unwrap_or(json!([])),
        "doubts": past.doubts, "version": older.first().and_then(|row| row.get("id")),
    });
    Ok(told.into())
}

/// The columns that the caller sees of a row, with the ids as the table holds them.
fn as_seen(tx: &mut Tx<'_>, def: &ObjectDef, id: i64) -> Result<Option<Map<String, Value>>> {
    let caller = tx.caller();
    let right = crate::authorize::of_role(def, &caller, GET)
        .or_else(|_| crate::authorize::of_role(def, &caller, QUERY))?;
    let right = target_row::over(right, id)?;
    if right.owner().is_some() {
        return Err(Error::forbidden("private data is looked at where its object is read")
            .say("私人数据不能按时间点查看", "private data cannot be looked at as of a date"));
    }
    let req = QueryReq { res: Some(vec![ResItem::MainStar]), ..QueryReq::default() };
    let none = Args::new(tx.env(), Params::default(), Params::default());
    match get::row(tx, &right, id, req, &none) {
        Ok(Value::Object(row)) => Ok(Some(row)),
        Ok(_) => Ok(None),
        Err(error) if error.code == Code::PARAM => Ok(None),
        Err(error) => Err(error),
    }
}

/// The fields that the log has, and the names of those it has not.
fn shown(tx: &Tx<'_>, def: &ObjectDef, id: i64, row: past::PastFields) -> (Map<String, Value>, Vec<String>) {
    let (mut out, mut unknown) = (Map::new(), Vec::new());
    out.insert("id".to_owned(), tx.env().show_id(id, def.decl.secret_ids));
    for (name, was) in
        row.into_iter().filter(|(name, _)| name != "id" && !def.guarded.contains(name.as_str()))
    {
        let column = def.table.as_ref().and_then(|table| table.column(&name));
        match column.and_then(|column| stored(tx, false, column, &was)) {
            Some(value) => {
                // Emptied fields stand in the log as they were sent.
                let value = if matches!(was, Was::Value(ref v) if v.as_str() == Some("")) {
                    Value::Null
                } else {
                    value
                };
                out.insert(name, value);
            }
            None => unknown.push(name),
        }
    }
    (out, unknown)
}

fn was_imported_after(tx: &mut Tx<'_>, def: &ObjectDef, id: i64, at: &str) -> Result<bool> {
    let cond = format!("obj='{}' AND objId IS NULL AND dscr='批量添加' AND tm>'{at}'", def.decl.table);
    let found = log::visible(tx, &cond, &format!("{}, tm", entry::COLUMNS), 1000)?;
    let registry = &tx.env().registry;
    Ok(found.iter().any(|row| match UndoEntry::read(registry, row) {
        Read::Entries(made) => {
            def_of(registry, def.decl.table).is_some() && made.iter().any(|entry| entry.row == id)
        }
        Read::Nothing | Read::Unrecorded => false,
    }))
}
