//! Plans of writes: which columns get which values, on which rows.

use super::expr::Expr;
use super::select::{Join, Select};
use crate::design::{Column, Ident, Table};
use crate::error::{Error, Result};
use crate::value::Val;
use chrono::NaiveDateTime;
use serde_json::Value;
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

/// The columns of a new row, each with its value.
pub fn insert<'t, V: Borrow<Value>>(
    table: &Table,
    fields: impl Iterator<Item = Result<(&'t Column, V)>>,
    dates: Dates<'_>,
) -> Result<Insert> {
    let most = fields.size_hint().1.unwrap_or_default();
    let (mut columns, mut values) = (Vec::with_capacity(most), Vec::with_capacity(most));
    for field in fields {
        let (column, value) = field?;
        values.push(column.check(value.borrow(), dates)?);
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
pub fn update_columns<'t>(
    fields: impl Iterator<Item = Result<(&'t Column, &'t Value)>>,
    dates: Dates<'_>,
) -> Result<Vec<(Ident, Val)>> {
    let mut columns = Vec::with_capacity(fields.size_hint().1.unwrap_or_default());
    for field in fields {
        let (column, value) = field?;
        let value = match value.as_str() {
            Some("" | "null") => column.check(&Value::Null, dates)?,
            Some("empty") => column.check(&Value::String(String::new()), dates)?,
            _ => column.check(value, dates)?,
        };
        columns.push((column.name.clone(), value));
    }
    Ok(columns)
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
