//! What a heading means: a field by its name or by its label in either language, a row by one of its texts
//! (`userId.phone`, or the heading of a joined column such as the user's name), a field of a child (`@items.name`).

use super::columns::{Why, takes_children};
use super::references;
use crate::call::lex::is_word;
use crate::design::Kind;
use crate::error::{Error, Result};
use crate::object::{Field, Make, ObjectDef, Rights, Virtual, is_password, ruling_column};
use crate::services::Services;

pub enum Meaning {
    Field { name: String, by: Option<String>, beside: bool },
    Child { sub: String, field: String, by: Option<String> },
    Left(Why),
}

pub struct Naming<'a> {
    pub env: &'a Services,
    pub def: &'a ObjectDef,
    /// Of the caller; None where only the record of the call is made.
    pub rights: Option<&'a Rights>,
    /// Names that `name2id` takes away.
    pub names: Vec<&'a str>,
    /// A heading that means nothing is refused, not left to fail row by row.
    pub strict: bool,
    /// It is left out, and a further column for a field too: the caller looks first and chooses then.
    pub lenient: bool,
}

impl<'a> Naming<'a> {
    pub fn of_record(env: &'a Services, def: &'a ObjectDef, name2id: &'a str) -> Naming<'a> {
        let names = named_by(name2id);
        Naming { env, def, rights: None, names, strict: false, lenient: false }
    }

    pub fn meaning(&self, name: &str) -> Result<Meaning> {
        if let Some(rest) = name.strip_prefix('@') {
            return self.child(name, rest);
        }
        let plain = name.strip_prefix("t0.").unwrap_or(name);
        if self.names.contains(&plain) {
            return Ok(field(plain));
        }
        if let Some(meaning) = self.by_name(plain).or_else(|| self.by_label(plain)) {
            return Ok(meaning);
        }
        match plain.chars().all(is_word) && !self.strict {
            _ if self.lenient => Ok(Meaning::Left(Why::Unknown)),
            true => Ok(field(plain)),
            false => Err(bad(name)),
        }
    }

    fn by_name(&self, name: &str) -> Option<Meaning> {
        if let Some((column, by)) = name.split_once('.') {
            let offered = self.column(column).is_some() && references::offers(self.env, self.def, column, by);
            return offered.then(|| Meaning::Field {
                name: column.into(),
                by: Some(by.into()),
                beside: false,
            });
        }
        match self.def.fields.get(name) {
            Some(Field::Column(_)) => Some(self.open(name)),
            Some(Field::Virtual(at)) => self.joined(&self.def.virtuals[*at]),
            Some(Field::Sub(_)) if !self.lenient => Some(field(name)),
            Some(_) => self.lenient.then_some(Meaning::Left(Why::ReadOnly)),
            // A word of `flags` or `props`.
            None => (ruling_column(self.def, name) != name).then(|| field(name)),
        }
    }

    /// Labels are compared without blanks, signs for what is required, and units in parentheses.
    fn by_label(&self, heading: &str) -> Option<Meaning> {
        let whole = folded(heading);
        let without_unit = heading.split(['(', '（']).next().map(folded).filter(|text| !text.is_empty());
        [Some(whole), without_unit].into_iter().flatten().find_map(|heading| {
            let table = self.def.table.as_ref()?;
            let fits = |label: &str| label.split('|').any(|one| folded(one) == heading);
            let column =
                table.columns.iter().filter(|column| self.shows(column.name.as_str())).find(|column| {
                    let number = column.kind == Kind::Id && (heading == "编号" || heading == "no.");
                    number
                        || folded(column.name.as_str()) == heading
                        || column.label.as_deref().is_some_and(fits)
                });
            if let Some(column) = column {
                return Some(self.open(column.name.as_str()));
            }
            let labelled = |found: &&Virtual| {
                let label = table.others.get(&*found.name).and_then(|words| words.label.as_deref());
                self.shows(&found.name) && (folded(&found.name) == heading || label.is_some_and(fits))
            };
            self.joined(self.def.virtuals.iter().find(labelled)?)
        })
    }

    /// A text of the row that a column of ours names.
    fn joined(&self, found: &Virtual) -> Option<Meaning> {
        if let Make::Joined { join, column } = &found.make {
            let join = &self.def.joins[*join];
            let ours = self.column(join.by).is_some() && join.key.as_str() == "id";
            if ours
                && references::offers(self.env, self.def, join.by, column.as_str())
                && !self.is_closed(join.by)
            {
                let by = Some(column.to_string());
                return Some(Meaning::Field { name: join.by.into(), by, beside: true });
            }
        }
        self.lenient.then_some(Meaning::Left(Why::ReadOnly))
    }

    fn child(&self, name: &str, rest: &str) -> Result<Meaning> {
        let parts = rest.split_once('.').filter(|(sub, field)| {
            takes_children(self.def, sub)
                && !field.is_empty()
                && field.split('.').all(|f| f.chars().all(is_word))
        });
        let child = |(sub, field): (&str, &str)| {
            let (field, by) = match field.split_once('.') {
                None => (field, None),
                Some((field, by)) => (field, Some(by.to_owned())),
            };
            let def = self.def.sub(sub).and_then(|link| self.env.registry.object(link.sub.obj));
            let fits = by
                .as_ref()
                .is_none_or(|by| def.is_some_and(|def| references::offers(self.env, def, field, by)));
            fits.then(|| Meaning::Child { sub: sub.to_owned(), field: field.to_owned(), by })
        };
        match parts.and_then(child) {
            Some(meaning) => Ok(meaning),
            None if self.lenient => Ok(Meaning::Left(Why::Unknown)),
            None => Err(bad(name)),
        }
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.def.table.as_ref().and_then(|table| table.position(name))
    }

    /// A column that the caller may fill in, or may at least name where nothing is chosen yet.
    fn open(&self, name: &str) -> Meaning {
        match self.lenient && self.is_closed(name) {
            true => Meaning::Left(Why::ReadOnly),
            false => field(name),
        }
    }

    fn is_closed(&self, name: &str) -> bool {
        self.rights.is_some_and(|rights| rights.readonly.contains(name) && !rights.requires(name))
    }

    /// What is hidden from the caller has no label for them; a password has, since it can be given.
    fn shows(&self, name: &str) -> bool {
        self.rights.is_none_or(|rights| !rights.hidden.contains(name))
            || is_password(self.def, name)
            || name == "pwd"
    }
}

/// The columns that `name2id` takes away.
pub fn named_by(name2id: &str) -> Vec<&str> {
    name2id.split(';').filter_map(|one| one.split(',').next()).map(str::trim).collect()
}

fn field(name: &str) -> Meaning {
    Meaning::Field { name: name.to_owned(), by: None, beside: false }
}

fn bad(name: &str) -> Error {
    Error::param(format!("bad column `{name}`"))
        .say(format!("列名不正确: {name}"), format!("`{name}` is not the name of a column"))
}

fn folded(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '*' | '＊' | '\u{feff}'));
    kept.collect::<String>().to_lowercase()
}
