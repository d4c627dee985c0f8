//! The fields of a write under their canonical names. A caller may spell a column `x` or `t0.x`; the name is
//! resolved here, once, and every rule, record and statement behind it sees the name of the catalogue alone. It
//! knows neither rights nor rules.

use super::{Field, ObjectDef, WriteKind, names};
use crate::design::{Column, Table};
use crate::error::{Error, Result};
use crate::plan::fields::word_column;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What callers may write before the name of a column, on reads and on writes.
const MAIN: &str = "t0.";
/// Parameters of old clients that a body may hold beside the fields.
const IGNORED: &str = "p_";
/// Room for the fields that rules add.
const STAMPS: usize = 4;

/// Fields on their way to a row, in the order they were sent.
#[derive(Debug, Clone, Default)]
pub struct WriteFields {
    /// None where nothing is written, as in a deletion.
    table: Option<Arc<Table>>,
    list: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: Arc<str>,
    /// The position of the column in its table; None for a sub-object, a word flag or a virtual column.
    column: Option<usize>,
    value: Value,
}

impl WriteFields {
    /// Resolves what a caller sent. A name that the object does not have is refused, unless it comes without a
    /// value; so is a field that is given twice, as `x` and as `t0.x`.
    pub fn resolve(def: &ObjectDef, kind: WriteKind, sent: Map<String, Value>) -> Result<WriteFields> {
        given_once(&sent)?;
        WriteFields::of(def, kind, sent.len(), sent.into_iter())
    }

    /// Resolves a body that also holds parameters: only keys that `is_field` accepts are fields.
    pub fn resolve_body(
        def: &ObjectDef,
        kind: WriteKind,
        body: &Map<String, Value>,
        is_field: impl Fn(&str) -> bool,
    ) -> Result<WriteFields> {
        given_once(body)?;
        let fields = body.iter().filter(|(key, _)| is_field(key)).map(|(key, value)| (key, value.clone()));
        WriteFields::of(def, kind, body.len(), fields)
    }

    fn of(
        def: &ObjectDef,
        kind: WriteKind,
        most: usize,
        fields: impl Iterator<Item = (impl AsRef<str>, Value)>,
    ) -> Result<WriteFields> {
        let Some(table) = &def.table else {
            return Err(Error::param(format!("object `{}` has no table", def.name())));
        };
        let mut list = Vec::with_capacity(most + STAMPS);
        for (key, value) in fields {
            let key = key.as_ref();
            if key.strip_prefix(MAIN).unwrap_or(key).starts_with(IGNORED) {
                continue;
            }
            match entry(def, table, key) {
                Some((name, Some(at))) => {
                    let value = table.columns[at].canonical(value);
                    list.push(Entry { name, column: Some(at), value });
                }
                Some((name, None)) => list.push(Entry { name, column: None, value }),
                None if value.is_null() => {}
                None if kind == WriteKind::Add && value.as_str() == Some("") => {}
                None => return Err(table.unknown(key, |name| !def.guarded.contains(name))),
            }
        }
        Ok(WriteFields { table: Some(table.clone()), list })
    }

    /// What a caller sent to an action of the author's own, which reads its parameters by their bare names; None
    /// where no name has to change.
    pub fn bare_names(def: &ObjectDef, sent: &Map<String, Value>) -> Result<Option<Map<String, Value>>> {
        if !sent.keys().any(|key| key.starts_with(MAIN)) {
            return Ok(None);
        }
        given_once(sent)?;
        let bare = sent.iter().map(|(key, value)| (Self::canonical(def, key).to_owned(), value.clone()));
        Ok(Some(bare.collect()))
    }

    /// The canonical name of a field that a caller names in a list, as in `uniKey`.
    pub fn canonical<'n>(def: &ObjectDef, name: &'n str) -> &'n str {
        match name.strip_prefix(MAIN) {
            Some(bare) if matches!(def.fields.get(bare), Some(Field::Column(_))) => bare,
            _ => name,
        }
    }

    /// The value of a field in what a caller sent, however it is spelled; for what has to be known before the
    /// write begins.
    pub fn peek<'m>(sent: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
        sent.get(name).or_else(|| sent.get(&format!("{MAIN}{name}")))
    }

    /// The value of a field, by its canonical name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.list.iter().find(|entry| *entry.name == *name).map(|entry| &entry.value)
    }

    /// Whether a field is written.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a field by its canonical name. What is no column of the table is refused when the row is written.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.list.iter_mut().find(|entry| *entry.name == *name) {
            Some(entry) => entry.value = value,
            None => {
                let column = self.table.as_ref().and_then(|table| table.position(name));
                let name = match (&self.table, column) {
                    (Some(table), Some(at)) => table.columns[at].name.shared(),
                    _ => name.into(),
                };
                self.list.push(Entry { name, column, value });
            }
        }
    }

    /// Takes a field out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.list.iter().position(|entry| *entry.name == *name)?;
        Some(self.list.remove(at).value)
    }

    /// Takes out every field that the test does not keep.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Value) -> bool) {
        self.list.retain(|entry| keep(&entry.name, &entry.value));
    }

    /// Takes out the changes of single words, `flag_x` and `prop_x`.
    pub fn take_words(&mut self, def: &ObjectDef) -> Vec<(Arc<str>, Value)> {
        if self.list.iter().all(|entry| entry.column.is_some()) {
            return Vec::new();
        }
        let (words, rest) = std::mem::take(&mut self.list)
            .into_iter()
            .partition(|entry| entry.column.is_none() && is_word_flag(def, &entry.name));
        self.list = rest;
        words.into_iter().map(|entry: Entry| (entry.name, entry.value)).collect()
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.list.iter().map(|entry| (&*entry.name, &entry.value))
    }

    /// Names and values, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.list.iter_mut().map(|entry| (&*entry.name, &mut entry.value))
    }

    /// The columns a new row is given; absent, null and empty ones are left to the table.
    pub fn given(&self) -> impl Iterator<Item = Result<(&Column, &Value)>> {
        self.columns(|entry| !(entry.value.is_null() || entry.value.as_str() == Some("")))
    }

    /// The columns a change touches, `id` never being one of them.
    pub fn touched(&self) -> impl Iterator<Item = Result<(&Column, &Value)>> {
        self.columns(|entry| !entry.value.is_null() && &*entry.name != "id")
    }

    fn columns<'a>(
        &'a self,
        counts: impl Fn(&Entry) -> bool + 'a,
    ) -> impl Iterator<Item = Result<(&'a Column, &'a Value)>> {
        self.list.iter().filter(move |entry| counts(entry)).map(|entry| match (&self.table, entry.column) {
            (Some(table), Some(at)) => Ok((&table.columns[at], &entry.value)),
            (Some(table), None) => Err(table.unknown(&entry.name, |_| false)),
            (None, _) => Err(Error::server("fields without a table cannot be written")),
        })
    }
}

fn given_once(sent: &Map<String, Value>) -> Result<()> {
    let twice = |key: &&String| key.strip_prefix(MAIN).is_some_and(|bare| sent.contains_key(bare));
    let Some(key) = sent.keys().find(twice) else { return Ok(()) };
    let name = key.strip_prefix(MAIN).unwrap_or(key);
    Err(Error::param(format!("field `{name}` is given twice, also as `{key}`"))
        .say(format!("字段`{name}`重复"), format!("field `{name}` is given twice")))
}

/// The canonical name of a key, and the position of its column; None when the object has no such field.
fn entry(def: &ObjectDef, table: &Table, key: &str) -> Option<(Arc<str>, Option<usize>)> {
    let (bare, of_main) = key.strip_prefix(MAIN).map_or((key, false), |bare| (bare, true));
    match def.fields.get(bare) {
        Some(Field::Column(at)) => Some((table.columns[*at].name.shared(), Some(*at))),
        // `t0.` stands before columns only.
        _ if of_main => None,
        Some(_) => Some((bare.into(), None)),
        None => is_word_flag(def, bare).then(|| (bare.into(), None)),
    }
}

/// The column whose rules hold for a field: a word flag changes `flags` or `props`, any other field is its own.
pub fn ruling_column<'n>(def: &ObjectDef, name: &'n str) -> &'n str {
    match word_column(name) {
        Some((column, _)) if is_word_flag(def, name) => column,
        _ => name,
    }
}

fn is_word_flag(def: &ObjectDef, name: &str) -> bool {
    word_column(name)
        .is_some_and(|(column, _)| !def.fields.contains_key(name) && def.fields.contains_key(column))
}

/// Whether a column of an object holds passwords.
pub fn is_password(def: &ObjectDef, name: &str) -> bool {
    names(def.decl.passwords).any(|password| password == name)
}
