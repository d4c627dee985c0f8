//! A row of a result, lent while the statement stands on it.

use super::conn::failed;
use crate::error::Result;
use crate::value::{Val, ValRef};
use rusqlite::types::ValueRef;

/// Whether another row is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum More {
    Wanted,
    Enough,
}

/// A row as long as the statement stands on it.
pub struct Row<'a> {
    pub(super) row: &'a rusqlite::Row<'a>,
    pub(super) text: &'a str,
}

impl Row<'_> {
    pub fn cells(&self) -> Result<Vec<Val>> {
        let width = self.row.as_ref().column_count();
        (0..width).map(|at| self.cell(at)).collect()
    }

    /// One cell, to keep.
    pub fn cell(&self, at: usize) -> Result<Val> {
        Ok(cell(self.value(at)?))
    }

    /// One cell, lent.
    pub fn lend<T>(&self, at: usize, take: impl FnOnce(ValRef<'_>) -> T) -> Result<T> {
        Ok(match self.value(at)? {
            ValueRef::Null => take(ValRef::Null),
            ValueRef::Integer(n) => take(ValRef::Int(n)),
            ValueRef::Real(x) => take(ValRef::Real(x)),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => take(ValRef::Text(text)),
                Err(_) => take(ValRef::Text(&String::from_utf8_lossy(bytes))),
            },
        })
    }

    fn value(&self, at: usize) -> Result<ValueRef<'_>> {
        self.row.get_ref(at).map_err(|e| failed(e, self.text))
    }
}

pub(super) fn cell(value: ValueRef<'_>) -> Val {
    match value {
        ValueRef::Null => Val::Null,
        ValueRef::Integer(n) => Val::Int(n),
        ValueRef::Real(x) => Val::Real(x),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned().into(),
        },
        ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
    }
}
