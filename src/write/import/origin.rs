//! Where a row of an import stood, and its cells: as they came, for the list of faulty rows, and without secrets, for
//! messages.

use super::report::is_reason;
use super::rows::{Rows, reader};
use super::seen;
use super::source::SourceTable;
use crate::object::ObjectDef;
use crate::services::Services;
use csv::StringRecord;
use serde_json::{Map, Value};

/// What stood there, to be shown with what is wrong about it.
pub enum ImportOrigin<'a> {
    Line { table: &'a SourceTable, from: usize, to: usize },
    Object(&'a Map<String, Value>),
}

impl ImportOrigin<'_> {
    /// For messages, without secrets.
    pub fn shown(&self, env: &Services, def: &ObjectDef, rows: &Rows) -> String {
        self.masked(env, def, rows).join(",")
    }

    /// Its cells, those of its first line, without secrets.
    pub fn masked(&self, env: &Services, def: &ObjectDef, rows: &Rows) -> Vec<String> {
        match self {
            ImportOrigin::Line { table, from, to } => {
                let mut cells = StringRecord::new();
                let _ = reader(table, *from, *to).read_record(&mut cells);
                cells.iter().enumerate().map(|(at, cell)| rows.shown(at, cell.trim()).to_owned()).collect()
            }
            ImportOrigin::Object(object) => seen::masked(env, def, object).values().map(plain).collect(),
        }
    }

    /// The cells of all its lines as they came, but for those of an earlier reason.
    pub fn cells(&self, rows: &Rows) -> Vec<Vec<String>> {
        match self {
            ImportOrigin::Line { table, from, to } => {
                let kept = |at: usize| rows.header.get(at).is_some_and(|heading| !is_reason(heading));
                let cells = |record: &StringRecord| {
                    let kept = record.iter().enumerate().filter(|(at, _)| kept(*at));
                    kept.map(|(_, cell)| clean(cell).to_owned()).collect::<Vec<_>>()
                };
                let lines = reader(table, *from, *to).into_records().map_while(Result::ok);
                let lines = lines.filter(|record| record.iter().any(|cell| !cell.trim().is_empty()));
                lines.map(|record| cells(&record)).collect()
            }
            ImportOrigin::Object(object) => {
                vec![rows.header.iter().map(|name| object.get(name).map(plain).unwrap_or_default()).collect()]
            }
        }
    }

    /// Goes on to the end of another.
    pub fn reach(&mut self, other: &ImportOrigin<'_>) {
        if let (ImportOrigin::Line { to, .. }, ImportOrigin::Line { to: end, .. }) = (self, other) {
            *to = (*to).max(*end);
        }
    }
}

/// What spreadsheets and our own exports put around a value: `="0123"`, `'=1+1`.
pub fn clean(cell: &str) -> &str {
    let cell = cell.trim();
    if let Some(inner) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return inner;
    }
    match cell.strip_prefix('\'') {
        Some(guarded) if guarded.starts_with(['=', '+', '-', '@']) => guarded,
        _ => cell,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
