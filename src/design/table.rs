//! A table and its columns, as the rest of the server sees them.

use foldhash::HashMap;

use super::class::Class;
use super::ident::{Ident, is_word};
use super::key::TableKey;
use super::kind::Kind;
use super::range::Range;
use super::sentence::label_in;
use crate::error::{Error, nearest};

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: Ident,
    pub kind: Kind,
    /// As written, perhaps in two languages (`状态|Status`): see `label_in`.
    pub label: Option<String>,
    pub note: Option<String>,
    /// Values of an enumeration with their labels, in the order written; empty for anything else.
    pub options: Vec<(String, String)>,
    /// Of a number: what may be written.
    pub range: Option<Range>,
    pub class: Option<Class>,
}

impl Table {
    /// Whether a column is of class secret; SQL and headers may spell it in any case.
    pub fn is_secret(&self, column: &str) -> bool {
        let named = |one: &&Column| one.name.as_str().eq_ignore_ascii_case(column);
        self.columns.iter().find(named).is_some_and(|column| column.class == Some(Class::Secret))
    }
}

impl Column {
    /// The label in a language, or the column's name.
    pub fn label_in(&self, lang: &str) -> &str {
        self.label.as_deref().map_or(self.name.as_str(), |label| label_in(label, lang))
    }
}

/// What the prose says of a name that is no column of the table: a virtual column, a sub-object, or another
/// object over the same table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Words {
    pub label: Option<String>,
    pub note: Option<String>,
    pub options: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: Ident,
    pub label: Option<String>,
    pub note: Option<String>,
    pub columns: Vec<Column>,
    pub keys: Vec<TableKey>,
    /// By name.
    pub others: HashMap<String, Words>,
    /// Which DESIGN.md.
    pub source: String,
    id: Ident,
    positions: HashMap<Ident, usize>,
}

impl Table {
    pub(in crate::design) fn new(name: Ident, source: String, id: Ident, columns: Vec<Column>) -> Table {
        let positions = columns.iter().enumerate().map(|(at, column)| (column.name.clone(), at)).collect();
        Table {
            name,
            label: None,
            note: None,
            columns,
            keys: Vec::new(),
            others: HashMap::default(),
            source,
            id,
            positions,
        }
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.position(name).and_then(|at| self.columns.get(at))
    }

    /// The refusal of a name that is no column of this table. A hint at another column is given where `shown`
    /// allows it.
    pub fn unknown(&self, name: &str, shown: impl Fn(&str) -> bool) -> Error {
        if name.is_empty() || !name.chars().all(is_word) {
            return Error::param(format!("bad key {name}"))
                .say(format!("未知字段`{name}`"), format!("unknown field `{name}`"));
        }
        let columns = self.columns.iter().map(|column| column.name.as_str()).filter(|name| shown(name));
        let hint = nearest(name, columns).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        Error::param(format!("unknown field `{name}` of `{}`{hint}", self.name))
            .say(format!("未知字段`{name}`"), format!("unknown field `{name}`"))
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    pub(in crate::design) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.position(name).and_then(|at| self.columns.get_mut(at))
    }

    pub fn id(&self) -> &Ident {
        &self.id
    }

    /// The columns of each index that has all rows of the table.
    pub fn whole_indexes(&self) -> impl Iterator<Item = Vec<&Ident>> {
        self.keys.iter().filter_map(TableKey::whole_index)
    }

    /// Whether two rows can be too much alike for it.
    pub fn is_choosy(&self) -> bool {
        self.keys.iter().any(|key| matches!(key, TableKey::Unique(_) | TableKey::UniqueWhere { .. }))
    }

    /// The label in a language, or the table's name.
    pub fn label_in(&self, lang: &str) -> &str {
        self.label.as_deref().map_or(self.name.as_str(), |label| label_in(label, lang))
    }
}
