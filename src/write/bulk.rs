//! `setIf`, `delIf`, `batchSet`, `batchDel`: many rows by condition. `setIf` is one statement and so is limited
//! to fields no hook watches; `delIf` is one where no rule watches; the others take every row through `set` or
//! `del`.

use super::add::{How, log, table};
use super::change_log::{self, Changes, UNRECORDED};
use super::{WriteWords, del, passwords, set, validate};
use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::call::query::QueryReq;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{DEL, QUERY, Rights, SET, WriteFields, WriteKind};
use crate::plan::Expr;
use crate::plan::query::Extra;
use crate::plan::write::{self as plan, Delete, Filter, Rows, Update};
use crate::read::{cells, query, row_version};
use crate::value::Val;
use serde_json::{Map, Value};

pub fn set_if(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<Answer> {
    let (rows, mut fields) = target(tx, authorized, args, words)?;
    let rights = authorized.rights();
    let table = table(authorized)?;
    for (name, value) in fields.iter() {
        let readonly = rights.readonly.contains(name)
            || rights.readonly2.contains(name)
            || validate::gives_away(authorized, name, value);
        // A field that does not exist is called so below.
        if readonly || (table.column(name).is_some() && watched(rights, name)) {
            return Err(Error::forbidden(format!("forbidden to set field `{name}`")).say(
                format!("字段`{name}`不允许批量修改"),
                format!("field `{name}` cannot be changed in bulk"),
            ));
        }
    }
    validate::not_emptied(authorized, &fields)?;
    validate::escape(tx, authorized, &mut fields);
    passwords::store(tx, authorized.def(), &mut fields)?;
    crate::write::references::check(tx, authorized.def().decl, &fields, &Map::new())?;
    crate::write::file_columns::check_fields(tx, table.name.as_str(), &fields, &Map::new())?;
    let env = tx.env();
    let dates = |text: &str| env.parse_date(text);
    let columns = plan::update_columns(fields.touched(), &dates)?;
    if columns.is_empty() {
        return Ok(Answer::Json(Value::from(0)));
    }
    let rows = changed_only(rows, &columns);
    let unrecorded = record_each(tx, authorized, &rows, Some(&fields))?;
    let update = Update {
        table: table.name.clone(),
        id: table.id().clone(),
        columns,
        filter: Some(Filter::Where(Box::new(rows))),
    };
    let count = tx.run_update(&update)?;
    let mut made = Changes::made(authorized, &fields);
    if unrecorded {
        made.pair(UNRECORDED, &Value::Null, &count.into());
    }
    log(tx, authorized, "条件更新", None, made);
    Ok(Answer::Json(Value::from(count)))
}

/// Writes down each row that a statement is about to change to these fields, or to delete, as it is: what was can then
/// be told, and put back. True where there are too many of them.
fn record_each(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    rows: &Rows,
    fields: Option<&WriteFields>,
) -> Result<bool> {
    let most = change_log::rows_max(tx.env());
    if !authorized.def().decl.logged || !tx.env().audit().on() {
        return Ok(false);
    }
    let table = table(authorized)?;
    let touched =
        |name: &str| fields.is_none_or(|fields| fields.contains(name) || name == table.id().as_str());
    let columns: Vec<_> = table.columns.iter().filter(|column| touched(column.name.as_str())).collect();
    let mut select = plan::ids(table, rows.joins.clone(), rows.filter.clone());
    select.columns = columns.iter().map(|column| Expr::main(&column.name)).collect();
    select.limit = Some(most as u64 + 1);
    let found = tx.select(&select)?;
    if found.len() > most {
        return Ok(true);
    }
    for cells in found {
        let cells = cells.into_iter().zip(&columns);
        let row: Map<String, Value> = cells
            .map(|(val, column)| {
                (column.name.to_string(), cells::cell(tx.env(), Some(column.kind), false, val))
            })
            .collect();
        let id = row.get(table.id().as_str()).and_then(Value::as_i64);
        match fields {
            Some(fields) => log(tx, authorized, "更新", id, Changes::between(authorized, &row, fields)),
            None => log(tx, authorized, "删除", id, Changes::gone(authorized, &row)),
        }
    }
    Ok(false)
}

/// The count is of rows that really change.
fn changed_only(mut rows: Rows, columns: &[(crate::design::Ident, Val)]) -> Rows {
    use crate::call::cond::Compare;
    use crate::plan::Expr;
    let differs = columns
        .iter()
        .map(|(col, val)| match val {
            Val::Null => Expr::Null { not: true, of: Box::new(Expr::main(col)) },
            val => Expr::Any(vec![
                Expr::Null { not: false, of: Box::new(Expr::main(col)) },
                Expr::main(col).compare(Compare::Ne, val.clone()),
            ]),
        })
        .collect();
    rows.filter = Expr::and(rows.filter, Some(Expr::Any(differs)));
    rows
}

pub fn del_if(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<Answer> {
    let def = authorized.def();
    let referred = !tx.env().registry.references_to(def.decl.table).is_empty();
    if referred || !def.decl.hooks.is_none() || !authorized.rights().access.hooks.is_none() {
        // One statement would pass by the rules: the rows go one by one, each through its own.
        target(tx, authorized, args, words)?;
        let ids = selected(tx, &authorized.over_same_rows(QUERY), words.cond.clone())?;
        let right = authorized.over_same_rows(DEL);
        return all(tx, authorized, &ids, "条件删除", |tx, id| del::row(tx, &right, id, Cond::none()));
    }
    let (rows, _) = target(tx, authorized, args, words)?;
    let table = table(authorized)?;
    let unrecorded = record_each(tx, authorized, &rows, None)?;
    let filter = Some(Filter::Where(Box::new(rows)));
    let flag = authorized.def().decl.soft_delete.and_then(|flag| table.column(flag));
    let count = match flag {
        Some(column) => {
            let columns = vec![(column.name.clone(), Val::Int(1))];
            tx.run_update(&Update { table: table.name.clone(), id: table.id().clone(), columns, filter })?
        }
        None => tx.run_delete(&Delete { table: table.name.clone(), id: table.id().clone(), filter })?,
    };
    let mut gone = Changes::none();
    if unrecorded {
        gone.pair(UNRECORDED, &count.into(), &Value::Null);
    }
    log(tx, authorized, "条件删除", None, gone);
    Ok(Answer::Json(Value::from(count)))
}

pub fn batch_set(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<Answer> {
    let right = authorized.also(SET)?;
    let how = How::of(args)?;
    let mut fields = args.post.0.clone();
    fields.remove("cond");
    let fields = validate::sent(&right, WriteKind::Set, &fields)?;
    each(tx, authorized, (args, words), "批量更新", |tx, id| {
        set::row(tx, &right, id, Cond::none(), fields.clone(), &how)
    })
}

pub fn batch_del(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<Answer> {
    let right = authorized.also(DEL)?;
    each(tx, authorized, (args, words), "批量删除", |tx, id| del::row(tx, &right, id, Cond::none()))
}

/// Every row of the condition, one after the other; the first failure undoes all.
fn each(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    (args, words): (&Args, &WriteWords),
    what: &'static str,
    one: impl FnMut(&mut Tx<'_>, i64) -> Result<()>,
) -> Result<Answer> {
    row_version::unused(args)?;
    if args.get.get("cond").is_none_or(|c| c.is_null() || c.as_str() == Some("")) {
        return Err(Error::missing("cond"));
    }
    let cond = words.cond.clone();
    authorized.with_cond(&cond)?;
    let ids = selected(tx, &authorized.over_same_rows(QUERY), cond)?;
    all(tx, authorized, &ids, what, one)
}

fn all(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    ids: &[i64],
    what: &'static str,
    mut one: impl FnMut(&mut Tx<'_>, i64) -> Result<()>,
) -> Result<Answer> {
    for id in ids {
        if let Err(error) = one(tx, *id) {
            let detail = error.detail.as_deref().unwrap_or_default().to_owned();
            let (zh, en) = (error.text.zh.clone(), error.text.en.clone());
            return Err(Error::new(error.code, detail)
                .say(format!("批量处理失败, id={id}: {zh}"), format!("failed at id={id}: {en}")));
        }
    }
    log(tx, authorized, what, None, Changes::none());
    Ok(Answer::Json(Value::from(ids.len())))
}

/// The ids a caller's condition selects among the caller's rows.
fn selected(tx: &mut Tx<'_>, authorized: &Authorized<'_>, cond: Cond) -> Result<Vec<i64>> {
    let req = QueryReq { cond, ..QueryReq::default() };
    let extra = Extra { unpaged: true, ids_only: true, ..Extra::default() };
    let plan = query::plan(tx, authorized, &req, &Default::default(), &extra)?;
    let rows = tx.select(&plan.select)?;
    Ok(rows.iter().filter_map(|row| row.first().and_then(Val::as_i64)).collect())
}

/// The rows and the fields of a bulk call. A call without a condition would mean the whole table, and that
/// must be said (`t0.id>0`), not implied.
fn target(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<(Rows, WriteFields)> {
    row_version::unused(args)?;
    let cond = words.cond.clone();
    let own = authorized.rights().access.own != crate::object::Own::All;
    if cond.is_none() && !own && authorized.rights().access.narrow.is_none() {
        return Err(Error::param("requires condition").say("未指定操作条件", "a condition is required"));
    }
    authorized.with_cond(&cond)?;
    let req = QueryReq { cond, ..QueryReq::default() };
    let extra = Extra { unpaged: true, ids_only: true, ..Extra::default() };
    let plan = query::plan(tx, authorized, &req, &query::merged(args), &extra)?;
    let mut fields =
        WriteFields::resolve_body(authorized.def(), WriteKind::Set, &args.post.0, |key| key != "cond")?;
    fields.remove("id");
    Ok((Rows { joins: plan.select.joins, filter: plan.select.filter }, fields))
}

/// A field that a write hook or a state machine may have something to say about.
fn watched(rights: &Rights, name: &str) -> bool {
    rights.hooked && !rights.bulk.contains(name)
}
