//! Rows of declared tables, for rules and actions of plugins: found by equality, values checked and bound like any other. It
//! checks no rights and writes no ObjLog; `Tx::call` does both.

use crate::call::cond::Compare;
use crate::db::Tx;
use crate::design::{Column, Table};
use crate::error::{Error, Result};
use crate::plan::write::{self, Delete, Filter, Rows, Update};
use crate::plan::{Expr, Select};
use crate::value::Val;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Equalities that a row must satisfy; a null value asks for null.
pub type By<'a> = &'a [(&'a str, Value)];

impl<'a> Tx<'a> {
    /// The first row, by id; `cols` = `"id, name"`.
    pub fn first(&mut self, table: &str, by: By<'_>, cols: &str) -> Result<Option<Map<String, Value>>> {
        Ok(self.list(table, by, cols, 1)?.into_iter().next())
    }

    /// Rows in the order of their ids.
    pub fn list(
        &mut self,
        table: &str,
        by: By<'_>,
        cols: &str,
        limit: u64,
    ) -> Result<Vec<Map<String, Value>>> {
        let table = self.table(table)?;
        let columns = columns(&table, cols)?;
        let mut select = Select::from(table.name.clone());
        select.columns = columns.iter().map(|c| Expr::main(&c.name)).collect();
        select.filter = self.filter(&table, by)?;
        select.order = vec![(Expr::main(table.id()), false)];
        select.limit = Some(limit);
        let rows = self.select(&select)?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let cells = row.into_iter().zip(&columns);
                cells
                    .map(|(val, c)| {
                        (c.name.to_string(), crate::read::cells::cell(self.env(), Some(c.kind), false, val))
                    })
                    .collect()
            })
            .collect())
    }

    /// How many rows there are.
    pub fn number_of(&mut self, table: &str, by: By<'_>) -> Result<i64> {
        let table = self.table(table)?;
        let mut select = Select::from(table.name.clone());
        select.filter = self.filter(&table, by)?;
        self.count(&select)
    }

    /// Adds a row; gives its id.
    pub fn insert<K: AsRef<str>>(
        &mut self,
        table: &str,
        fields: impl IntoIterator<Item = (K, Value)>,
    ) -> Result<i64> {
        let table = self.table(table)?;
        let env = self.env();
        let fields = fields
            .into_iter()
            .filter(|(_, value)| !(value.is_null() || value.as_str() == Some("")))
            .map(|(name, value)| {
                let name = name.as_ref();
                table.column(name).map(|column| (column, value)).ok_or_else(|| table.unknown(name, |_| true))
            });
        let insert = write::insert(&table, fields, &|text: &str| env.parse_date(text))?;
        self.run_insert(insert)
    }

    /// Changes the rows; null empties a field. Gives their number.
    pub fn update<K: AsRef<str>>(
        &mut self,
        table: &str,
        by: By<'_>,
        fields: impl IntoIterator<Item = (K, Value)>,
    ) -> Result<usize> {
        let table = self.table(table)?;
        let env = self.env();
        let dates = |text: &str| env.parse_date(text);
        let columns: Result<Vec<_>> = fields
            .into_iter()
            .map(|(name, value)| {
                let column = column(&table, name.as_ref())?;
                Ok((column.name.clone(), column.check(&value, &dates)?))
            })
            .collect();
        let filter = self.rows_filter(&table, by)?;
        self.run_update(&Update {
            table: table.name.clone(),
            id: table.id().clone(),
            columns: columns?,
            filter,
        })
    }

    /// Deletes the rows; gives their number.
    pub fn delete(&mut self, table: &str, by: By<'_>) -> Result<usize> {
        let table = self.table(table)?;
        let filter = self.rows_filter(&table, by)?;
        self.run_delete(&Delete { table: table.name.clone(), id: table.id().clone(), filter })
    }

    /// Empties a table, for tests that begin anew.
    pub fn clear(&mut self, table: &str) -> Result<usize> {
        let table = self.table(table)?;
        self.run_delete(&Delete { table: table.name.clone(), id: table.id().clone(), filter: None })
    }

    /// Goes over the rows whose `column` lies between two values (either end may be open), as they come, without
    /// holding them.
    pub fn each_between(
        &mut self,
        table: &str,
        column_name: &str,
        (from, to): (Option<Value>, Option<Value>),
        cols: &str,
        mut each: impl FnMut(Vec<Value>) -> Result<()>,
    ) -> Result<()> {
        let table = self.table(table)?;
        let columns = columns(&table, cols)?;
        let of = column(&table, column_name)?;
        let env = self.env();
        let mut select = Select::from(table.name.clone());
        select.columns = columns.iter().map(|c| Expr::main(&c.name)).collect();
        for (bound, compare) in [(from, Compare::Ge), (to, Compare::Le)] {
            if let Some(bound) = bound {
                let bound = of.check(&bound, &|text: &str| env.parse_date(text))?;
                select.filter =
                    Expr::and(select.filter.take(), Some(Expr::main(&of.name).compare(compare, bound)));
            }
        }
        self.select_each(&select, |_, row| {
            each(
                row.into_iter()
                    .zip(&columns)
                    .map(|(val, c)| crate::read::cells::cell(env, Some(c.kind), false, val))
                    .collect(),
            )
        })
    }

    pub(super) fn table(&self, name: &str) -> Result<Arc<Table>> {
        let found = self.env().registry.catalogue.table(name);
        found.cloned().ok_or_else(|| Error::server(format!("no table `{name}` in any DESIGN.md")))
    }

    fn filter(&self, table: &Table, by: By<'_>) -> Result<Option<Expr>> {
        let env = self.env();
        let mut filter = None;
        for (name, value) in by {
            let column = column(table, name)?;
            let of = Expr::main(&column.name);
            let test = match value {
                Value::Null => Expr::Null { not: false, of: Box::new(of) },
                value => match column.check(value, &|text: &str| env.parse_date(text)) {
                    Ok(val) => of.equals(val),
                    // What cannot be in the column equals no row.
                    Err(_) => Expr::Any(Vec::new()),
                },
            };
            filter = Expr::and(filter, Some(test));
        }
        Ok(filter)
    }

    fn rows_filter(&self, table: &Table, by: By<'_>) -> Result<Option<Filter>> {
        if let [("id", value)] = by
            && let Some(id) = value.as_i64()
        {
            return Ok(Some(Filter::Id(id)));
        }
        match self.filter(table, by)? {
            // All rows would be a mistake.
            None => Err(Error::server(format!("a change of `{}` needs a condition", table.name))),
            filter => Ok(Some(Filter::Where(Box::new(Rows { joins: Vec::new(), filter })))),
        }
    }

    /// Values below or above a bound, for jobs that tidy up: deletes rows whose `column` is less than `limit`.
    pub fn delete_older(&mut self, table: &str, column_name: &str, limit: impl Into<Val>) -> Result<usize> {
        let table = self.table(table)?;
        let column = column(&table, column_name)?;
        let test = Expr::main(&column.name).compare(Compare::Lt, limit.into());
        let filter = Some(Filter::Where(Box::new(Rows { joins: Vec::new(), filter: Some(test) })));
        self.run_delete(&Delete { table: table.name.clone(), id: table.id().clone(), filter })
    }
}

fn columns<'t>(table: &'t Table, list: &str) -> Result<Vec<&'t Column>> {
    list.split(',').map(str::trim).filter(|c| !c.is_empty()).map(|c| column(table, c)).collect()
}

fn column<'t>(table: &'t Table, name: &str) -> Result<&'t Column> {
    table.column(name).ok_or_else(|| Error::server(format!("no column `{}.{name}`", table.name)))
}
