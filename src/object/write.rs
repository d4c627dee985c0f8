//! The write that a rule (`on_write`) sees and may change: the fields on their way to the row, the row before, and the work
//! that follows once the row has its id.

use super::WriteFields;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::time::{Zone, parse_local};
use serde_json::{Map, Value};

/// A rule of writes: it may refuse, set fields, write other rows, and leave work for after the row.
pub type WriteHook = fn(&mut Tx<'_>, &mut Write) -> Result<()>;

/// Runs in the same transaction, after the row is written, with its id.
pub type After = Box<dyn FnOnce(&mut Tx<'_>, i64) -> Result<()>>;

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// A new row.
    Add,
    /// A change.
    Set,
    /// A deletion.
    Del,
}

/// One write on its way to the row.
pub struct Write {
    /// What it does.
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
    pub(crate) zone: Zone,
}

impl Write {
    /// A write that no rule has seen yet.
    pub(crate) fn new(
        kind: WriteKind,
        id: Option<i64>,
        fields: WriteFields,
        old: Map<String, Value>,
        zone: Zone,
    ) -> Write {
        Write { kind, id, fields, old, restored: false, after: Vec::new(), zone }
    }

    /// Whether the row is new.
    pub fn adding(&self) -> bool {
        self.kind == WriteKind::Add
    }

    /// Whether the row goes.
    pub fn deleting(&self) -> bool {
        self.kind == WriteKind::Del
    }

    /// The new value of a field, if the write has one.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// The new value of a field as a text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.get(field).and_then(Value::as_str)
    }

    /// The value of a field before the change, as a text.
    pub fn old_text(&self, field: &str) -> &str {
        self.old.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Sets a field, whatever the caller sent.
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

    /// Whether the write changes one of these fields.
    pub fn changes(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| self.changed(field).is_some())
    }

    /// The value of a field after the write: the new one where there is one, else the old one.
    pub fn final_value(&self, field: &str) -> &Value {
        self.get(field).or_else(|| self.old.get(field)).unwrap_or(&Value::Null)
    }

    /// A whole number after the write, such as an id; 0 where there is none. Forms send numbers as text.
    pub fn final_int(&self, field: &str) -> i64 {
        let value = self.final_value(field);
        value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).unwrap_or_default()
    }

    /// A time after the write, as the database holds it, so that times can be compared as texts.
    pub fn final_time(&self, field: &str) -> Result<String> {
        let text = self.final_value(field).as_str().unwrap_or_default();
        let time = parse_local(text, &self.zone).ok_or_else(|| {
            Error::param(format!("bad param `{field}`: `{text}` is no time"))
                .say(format!("字段`{field}`不是时间"), format!("field `{field}` is no time"))
        })?;
        Ok(crate::time::format(time))
    }

    /// Something to do in the same transaction once the row is written.
    pub fn after(&mut self, work: impl FnOnce(&mut Tx<'_>, i64) -> Result<()> + 'static) {
        self.after.push(Box::new(work));
    }
}
