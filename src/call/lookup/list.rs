//! The typed lookups that give lists: `/i+`, `/tbl` and rows like `/i:n?:s:dt`.

use super::{Context, scalar, text};
use crate::call::params::text_of;
use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// `1,2,3`: unsigned digits, no blanks, no empty items. A JSON body may bring the list itself.
pub fn ints(raw: &Value, name: &str) -> Result<Value> {
    let items: Vec<Cow<'_, str>> = match raw {
        Value::Array(items) => items.iter().map(|item| text_of(item).unwrap_or_default()).collect(),
        Value::String(text) => text.split(',').map(Cow::Borrowed).collect(),
        other => vec![text_of(other).unwrap_or_default()],
    };
    let bad = |item: &str| Error::param(format!("Bad Request - int array param `{name}` contains `{item}`."));
    items.iter().map(|item| digits(item).map(Value::from).ok_or_else(|| bad(item))).collect()
}

/// `{h: [names], d: [[values]]}` as rows with names; `None` when it is no such table or a row does not fit
/// its header.
pub fn table(value: Value) -> Option<Value> {
    let Value::Object(mut table) = value else { return None };
    let (Some(Value::Array(head)), Some(Value::Array(rows))) = (table.remove("h"), table.remove("d")) else {
        return None;
    };
    let names: Vec<&str> = head.iter().map(Value::as_str).collect::<Option<_>>()?;
    let named = |row: Value| match row {
        Value::Array(cells) if cells.len() == names.len() => {
            Some(Value::Object(names.iter().map(|name| (*name).to_owned()).zip(cells).collect::<Map<_, _>>()))
        }
        _ => None,
    };
    rows.into_iter().map(named).collect()
}

/// The columns of a row type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns<'a> {
    spec: &'a str,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    kind: Cell,
    nullable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Int,
    Num,
    Bool,
    Text,
    Date,
    Time,
}

impl<'a> Columns<'a> {
    /// `i:n?:s:b:dt:tm`, or `i:` for a single column; `None` when it is no row type.
    pub fn parse(spec: &'a str) -> Option<Columns<'a>> {
        if !spec.contains(':') {
            return None;
        }
        let columns =
            spec.strip_suffix(':').unwrap_or(spec).split(':').map(Column::parse).collect::<Option<_>>()?;
        Some(Columns { spec, columns })
    }

    /// Rows by `,` and columns by `:`. The last column takes the rest of its row, so it may be a time or hold
    /// colons itself. A JSON body may bring a list of lists.
    pub fn rows(&self, raw: &Value, name: &str, env: &Context<'_>) -> Result<Value> {
        match raw {
            Value::Array(rows) => rows.iter().map(|row| self.native_row(row, name, env)).collect(),
            other => {
                let text = text_of(other).unwrap_or_default();
                text.split(',').map(|row| self.row(row, name, env)).collect()
            }
        }
    }

    fn row(&self, row: &str, name: &str, env: &Context<'_>) -> Result<Value> {
        let cells = row.splitn(self.columns.len(), ':').map(Cow::Borrowed).collect();
        self.cells(cells, row, name, env)
    }

    fn native_row(&self, row: &Value, name: &str, env: &Context<'_>) -> Result<Value> {
        match row {
            Value::Array(cells) if cells.len() <= self.columns.len() => {
                let texts = cells.iter().map(|cell| text_of(cell).unwrap_or_default()).collect();
                self.cells(texts, &row.to_string(), name, env)
            }
            _ => Err(self.bad(name, &format!("require row: `{row}`"))),
        }
    }

    fn cells(&self, cells: Vec<Cow<'_, str>>, row: &str, name: &str, env: &Context<'_>) -> Result<Value> {
        let mut cells = cells.into_iter();
        let convert = |(at, column): (usize, &Column)| match cells.next() {
            Some(cell) if !cell.is_empty() && cell != "null" => {
                column.kind.read(&cell, env).ok_or_else(|| {
                    let what = column.kind.what();
                    self.bad(name, &format!("require {what} col: `{row}`[{at}]=`{cell}`"))
                })
            }
            _ if column.nullable => Ok(Value::Null),
            _ => Err(self.bad(name, &format!("require col: `{row}`[{at}]"))),
        };
        self.columns.iter().enumerate().map(convert).collect()
    }

    fn bad(&self, name: &str, what: &str) -> Error {
        Error::param(format!("Bad Request - param `{name}`: list({}). {what}", self.spec))
    }
}

impl Column {
    fn parse(text: &str) -> Option<Column> {
        let (kind, nullable) = match text.strip_suffix('?') {
            Some(kind) => (kind, true),
            None => (text, false),
        };
        let kind = match kind {
            "i" => Cell::Int,
            "n" => Cell::Num,
            "b" => Cell::Bool,
            "s" => Cell::Text,
            "dt" => Cell::Date,
            "tm" => Cell::Time,
            _ => return None,
        };
        Some(Column { kind, nullable })
    }
}

impl Cell {
    fn read(self, cell: &str, env: &Context<'_>) -> Option<Value> {
        let raw = Value::String(cell.to_owned());
        match self {
            Cell::Int => digits(cell).map(Value::from),
            Cell::Num => scalar::num(&raw),
            Cell::Bool => scalar::flag(&raw).map(Value::from),
            Cell::Text => Some(text(raw, env)),
            Cell::Date => scalar::date(&raw, env).map(Value::from),
            Cell::Time => scalar::time(&raw, env).map(Value::from),
        }
    }

    fn what(self) -> &'static str {
        match self {
            Cell::Int => "integer",
            Cell::Num => "numeric",
            Cell::Bool => "bool",
            Cell::Text => "string",
            Cell::Date | Cell::Time => "datetime",
        }
    }
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}
