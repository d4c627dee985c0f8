//! Plans of writes: which columns get which values, on which rows.

use super::expr::Expr;
use super::select::{Join, Select};
use crate::call::lex::is_word;
use crate::design::{Ident, Table};
use crate::error::{Error, Result};
use crate::value::Val;
use chrono::NaiveDateTime;
use serde_json::{Map, Value};
use std::borrow::Borrow;

pub struct Insert {
    pub table: Ident,
    /// The column of the id, if the table chooses it and has no reason to refuse the row.
    pub numbered: Option<Ident>,
    pub columns: Vec<Ident>,
    /// Of one row or of several, one after the other.
    pub values: Vec<Val>,
}

impl Insert {
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.len().max(1)
    }

    /// Without any rows.
    pub fn clone_empty(&self) -> Insert {
        let Insert { table, numbered, columns, values: _ } = self;
        Insert {
            table: table.clone(),
            numbered: numbered.clone(),
            columns: columns.clone(),
            values: Vec::new(),
        }
    }
}

pub struct Update {
    pub table: Ident,
    pub id: Ident,
    pub columns: Vec<(Ident, Val)>,
    pub filter: Option<Filter>,
}

pub struct Delete {
    pub table: Ident,
    pub id: Ident,
    pub filter: Option<Filter>,
}

pub enum Filter {
    Id(i64),
    /// Rows that satisfy a condition; joins it needs come along.
    Where(Box<Rows>),
}

pub struct Rows {
    pub joins: Vec<Join>,
    pub filter: Option<Expr>,
}

type Dates<'a> = &'a dyn Fn(&str) -> Option<NaiveDateTime>;

/// The columns of a new row. Absent, null and empty fields are left to the table; so are keys that begin
/// with `p_`, which old clients send along.
pub fn insert<K: AsRef<str>, V: Borrow<Value>>(
    table: &Table,
    fields: impl IntoIterator<Item = (K, V)>,
    dates: Dates<'_>,
) -> Result<Insert> {
    let fields = fields.into_iter();
    let most = fields.size_hint().0;
    let (mut columns, mut values) = (Vec::with_capacity(most), Vec::with_capacity(most));
    for (key, value) in fields {
        let (key, value) = (key.as_ref(), value.borrow());
        if value.is_null() || value.as_str() == Some("") || key.starts_with("p_") {
            continue;
        }
        let column = known(table, key)?;
        values.push(column.check(value, dates)?);
        columns.push(column.name.clone());
    }
    if columns.is_empty() {
        return Err(Error::param(format!("no field found to be added: {}", table.name)));
    }
    let numbered = !columns.contains(table.id()) && !table.is_choosy();
    let numbered = numbered.then(|| table.id().clone());
    Ok(Insert { table: table.name.clone(), numbered, columns, values })
}

/// The columns a change touches: `""` and `"null"` empty a field, `"empty"` makes it an empty text.
pub fn update_columns(
    table: &Table,
    fields: &Map<String, Value>,
    dates: Dates<'_>,
) -> Result<Vec<(Ident, Val)>> {
    let mut columns = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        let key = key.strip_prefix("t0.").unwrap_or(key);
        if value.is_null() || key == "id" || key.starts_with("p_") {
            continue;
        }
        let column = known(table, key)?;
        let value = match value.as_str() {
            Some("" | "null") => column.check(&Value::Null, dates)?,
            Some("empty") => column.check(&Value::String(String::new()), dates)?,
            _ => column.check(value, dates)?,
        };
        columns.push((column.name.clone(), value));
    }
    Ok(columns)
}

fn known<'t>(table: &'t Table, key: &str) -> Result<&'t crate::design::Column> {
    match table.column(key) {
        Some(column) => Ok(column),
        None if key.is_empty() || !key.chars().all(is_word) => Err(Error::param(format!("bad key {key}"))),
        None => {
            let names = table.columns.iter().map(|c| c.name.as_str());
            let hint = crate::error::nearest(key, names)
                .map(|near| format!(", did you mean `{near}`?"))
                .unwrap_or_default();
            Err(Error::param(format!("unknown field `{key}` of `{}`{hint}", table.name))
                .say(format!("未知字段`{key}`"), format!("unknown field `{key}`")))
        }
    }
}

/// The ids of the rows a condition selects, as a statement of its own.
pub fn ids(table: &Table, joins: Vec<Join>, filter: Option<Expr>) -> Select {
    let mut select = Select::from(table.name.clone());
    select.columns = vec![Expr::main(table.id())];
    select.order = vec![(Expr::main(table.id()), false)];
    select.joins = joins;
    select.filter = filter;
    select
}
