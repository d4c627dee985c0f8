//! `del`: removes a row, or sets the flag of an object with soft deletion.

use super::add::{hooks, log, table};
use super::change_log::Changes;
use super::{WriteWords, set};
use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::{Write, WriteFields, WriteKind};
use crate::plan::write::{Delete, Filter, Update};
use crate::read::{row_version, target_row};
use crate::value::Val;
use serde_json::Value;

pub fn action(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    words: &WriteWords,
) -> Result<Answer> {
    let id = target_row::id(authorized, args)?;
    let cond = words.cond.clone();
    authorized.with_cond(&cond)?;
    let force = args.flag("force")?;
    row_version::check(tx, authorized, id, args)?;
    match row(tx, authorized, id, cond) {
        Err(error) if force && is_absent(&error) => Ok(Answer::ok()),
        Err(error) => Err(error),
        Ok(()) => Ok(Answer::ok()),
    }
}

pub fn row(tx: &mut Tx<'_>, authorized: &Authorized<'_>, id: i64, cond: Cond) -> Result<()> {
    let table = table(authorized)?;
    let missing = || Error::param(format!("{ABSENT} {}.id={id}", table.name));
    let ruled = authorized.rights().access.own != crate::object::Own::All
        || authorized.rights().access.narrow.is_some()
        || !cond.is_none();
    let old = match set::existing(tx, authorized, id, cond) {
        Ok(old) => old,
        Err(error) if ruled => return Err(error),
        Err(_) => return Err(missing()),
    };
    let flag = authorized.def().decl.soft_delete;
    if flag.is_some_and(|flag| old.get(flag).and_then(Value::as_i64) == Some(1)) {
        return Err(missing());
    }
    if flag.is_none() {
        unnamed(tx, table.name.as_str(), id)?;
    }
    let mut write = Write::new(WriteKind::Del, Some(id), WriteFields::default(), old, tx.env().zone);
    hooks(tx, authorized, &mut write)?;
    let filter = Some(Filter::Id(id));
    match flag.and_then(|flag| table.column(flag)) {
        Some(column) => {
            let columns = vec![(column.name.clone(), Val::Int(1))];
            tx.run_update(&Update { table: table.name.clone(), id: table.id().clone(), columns, filter })?;
        }
        None => {
            tx.run_delete(&Delete { table: table.name.clone(), id: table.id().clone(), filter })?;
        }
    }
    log(tx, authorized, "删除", Some(id), Changes::gone(authorized, &write.old));
    for after in std::mem::take(&mut write.after) {
        after(tx, id)?;
    }
    Ok(())
}

/// Refused while rows of other objects name this one.
fn unnamed(tx: &mut Tx<'_>, table: &str, id: i64) -> Result<()> {
    for (def, column) in tx.env().registry.references_to(table) {
        let by = def.decl.table;
        if tx.first(by, &[(column, Value::from(id))], "id")?.is_some() {
            return Err(Error::forbidden(format!("{by}.{column} refers to {table}.id={id}")).say(
                format!("`{by}`表中有数据引用了本记录，不能删除；可改为停用"),
                format!("rows of `{by}` refer to this record: it cannot be deleted, but it can be disabled"),
            ));
        }
    }
    Ok(())
}

const ABSENT: &str = "del: not found";

fn is_absent(error: &Error) -> bool {
    let detail = error.detail.as_deref().unwrap_or_default();
    detail.starts_with(ABSENT) || detail.starts_with("bad ")
}
