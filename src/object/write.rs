//! What a write hook sees and may change: the fields on their way to the row, the row as it was, and what
//! shall follow once the row has its id.

use super::WriteFields;
use crate::db::Tx;
use crate::error::Result;
use serde_json::{Map, Value};

pub type WriteHook = fn(&mut Tx<'_>, &mut Write) -> Result<()>;

/// Runs in the same transaction, after the row is written, with its id.
pub type After = Box<dyn FnOnce(&mut Tx<'_>, i64) -> Result<()>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    Add,
    Set,
    Del,
}

pub struct Write {
    pub kind: WriteKind,
    /// None while adding.
    pub id: Option<i64>,
    /// The fields to be written under their canonical names, as sent and as amended by the rules before.
    pub fields: WriteFields,
    /// The row before the change; empty while adding.
    pub old: Map<String, Value>,
    /// The row was removed before and comes back as it was, with what went with it: it is judged like a new one, but
    /// begins nothing anew.
    pub restored: bool,
    pub(crate) after: Vec<After>,
}

impl Write {
    pub fn new(kind: WriteKind, id: Option<i64>, fields: WriteFields, old: Map<String, Value>) -> Write {
        Write { kind, id, fields, old, restored: false, after: Vec::new() }
    }

    pub fn adding(&self) -> bool {
        self.kind == WriteKind::Add
    }

    pub fn deleting(&self) -> bool {
        self.kind == WriteKind::Del
    }

    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        self.get(field).and_then(Value::as_str)
    }

    pub fn old_text(&self, field: &str) -> &str {
        self.old.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.fields.set(field, value);
    }

    /// Sets what the caller left out.
    pub fn stamp(&mut self, field: &str, value: impl Into<Value>) {
        if self.get(field).is_none_or(|v| v.is_null() || v.as_str() == Some("")) {
            self.set(field, value);
        }
    }

    /// The new value of a field, if the write changes it.
    pub fn changed(&self, field: &str) -> Option<&Value> {
        let new = self.get(field)?;
        match self.old.get(field) {
            Some(old) if old == new => None,
            _ => Some(new),
        }
    }

    /// Something to do in the same transaction once the row is written.
    pub fn after(&mut self, work: impl FnOnce(&mut Tx<'_>, i64) -> Result<()> + 'static) {
        self.after.push(Box::new(work));
    }
}
