//! `set`: changes of one row and its children.

use super::add::{How, hooks, log, table};
use super::change_log::Changes;
use super::{WriteWords, children, passwords, validate};
use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::db::Tx;
use crate::design::Ident;
use crate::error::{Error, Result};
use crate::object::{Write, WriteFields, WriteKind};
use crate::plan::write::{self as plan, Filter, Update};
use crate::read::prepared;
use crate::read::{row_version, target_row};
use crate::value::Val;
use chrono::NaiveDateTime;
use serde_json::{Map, Value};

pub fn action(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<Answer> {
    let id = target_row::id(authorized, args)?;
    let how = How::of(args)?;
    let cond = words.cond.clone();
    authorized.with_cond(&cond)?;
    let fields = validate::sent(authorized, WriteKind::Set, &args.post.0)?;
    row_version::check(tx, authorized, id, args)?;
    if how.validate_only {
        tx.dry(|tx| row(tx, authorized, id, cond, fields, &how))?;
        return Ok(Answer::Json(Value::Null));
    }
    row(tx, authorized, id, cond, fields, &how)?;
    Ok(Answer::ok())
}

/// Changes the row if it is there and the caller's.
pub fn row(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    cond: Cond,
    mut fields: WriteFields,
    how: &How,
) -> Result<()> {
    let old = existing(tx, authorized, id, cond)?;
    fields.remove("id");
    validate::readonly(authorized, &mut fields, how.lenient)?;
    validate::not_emptied(authorized, &fields)?;
    validate::escape(tx, authorized, &mut fields);
    let mut write = Write::new(WriteKind::Set, Some(id), fields, old, tx.env().zone);
    validate::word_flags(authorized, &mut write)?;
    validate::step(authorized, &mut write, how.lenient)?;
    hooks(tx, authorized, &mut write)?;
    passwords::store(tx, authorized.def(), &mut write.fields)?;
    let kids = children::take(authorized, &mut write.fields)?;
    let env = tx.env();
    let dates = |text: &str| env.parse_date(text);
    let table = table(authorized)?;
    let columns = match &how.exact {
        None => plan::update_columns(write.fields.touched(), &dates)?,
        Some(exact) => exactly(&write.fields, exact, &dates)?,
    };
    if how.validate_only {
        return Ok(());
    }
    let filter = Some(Filter::Id(id));
    tx.run_update(&Update { table: table.name.clone(), id: table.id().clone(), columns, filter })?;
    let mode = if how.put { children::ChildMode::Put } else { children::ChildMode::Patch };
    for (link, list) in kids {
        let parent = children::Parent { id, fields: &write.fields, old: &write.old };
        children::write(tx, authorized, link, list, parent, mode)?;
    }
    log(tx, authorized, "更新", Some(id), Changes::between(authorized, &write.old, &write.fields));
    for after in std::mem::take(&mut write.after) {
        after(tx, id)?;
    }
    Ok(())
}

/// A value in the words of a caller: `""` empties a field, `empty` makes it an empty text.
pub fn as_sent(stored: &Value) -> Value {
    match stored {
        Value::Null => "".into(),
        Value::String(text) if text.is_empty() => "empty".into(),
        value => value.clone(),
    }
}

/// The columns of a change whose values are given as they are stored, but for those that a rule has amended.
fn exactly(
    fields: &WriteFields,
    exact: &Map<String, Value>,
    dates: &dyn Fn(&str) -> Option<NaiveDateTime>,
) -> Result<Vec<(Ident, Val)>> {
    let mut columns = Vec::new();
    for field in fields.touched() {
        let (column, value) = field?;
        match exact.get(column.name.as_str()).filter(|stored| as_sent(stored) == *value) {
            Some(stored) => columns.push((column.name.clone(), column.check(stored, dates)?)),
            None => columns.extend(plan::update_columns(std::iter::once(Ok((column, value))), dates)?),
        }
    }
    Ok(columns)
}

/// The row as it is, under the row rules and the caller's own condition. Rows marked as deleted count:
/// that is how they are brought back.
pub fn existing(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    cond: Cond,
) -> Result<Map<String, Value>> {
    let made = prepared::whole_row(tx, authorized, id, &cond)?;
    let found = match &made.ready.row_map {
        Some(whole) => whole.run(tx, &made.ready.sql.text, &made.binds)?,
        None => {
            let grid = crate::read::query::grid_of(tx, authorized, &made)?;
            grid.rows.into_iter().next().map(|row| crate::read::cells::object(&grid.header, row))
        }
    };
    found.ok_or_else(|| {
        let table = authorized.def().decl.table;
        Error::param(format!("bad {table}.id={id}"))
            .say("操作对象不存在或无权限修改", "no such record, or it is not yours to change")
    })
}
