//! Which cell of a line goes into which field: from the header line, from `title`, or by header text.

use super::naming::{Meaning, Naming};
use crate::error::{Error, Result};
use crate::object::ObjectDef;
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportColumn {
    /// Its place in the line.
    pub at: usize,
    pub target: ColumnTarget,
    /// The field of the row it names by which that row is looked for (`userId.phone`); any that is offered if there is none.
    pub by: Option<String>,
    /// Known by a virtual column alone: a column that is the field itself takes its place.
    beside: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnTarget {
    Field(String),
    /// `@sub.field`: a field of the line's child.
    Child {
        sub: String,
        field: String,
    },
}

impl ColumnTarget {
    /// As a heading or a title names it.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            ColumnTarget::Field(name) => name.into(),
            ColumnTarget::Child { sub, field } => format!("@{sub}.{field}").into(),
        }
    }
}

/// Why a column is not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Unknown,
    ReadOnly,
    Twice,
}

impl Why {
    pub fn word(self) -> &'static str {
        match self {
            Why::Unknown => "unknown",
            Why::ReadOnly => "readonly",
            Why::Twice => "twice",
        }
    }
}

#[derive(Default)]
pub struct FileColumns {
    pub used: Vec<ImportColumn>,
    /// Those that are not imported although nobody said so, by their places.
    pub left: Vec<(usize, Why)>,
}

/// The heading of the last column of a list of faulty rows, which may come back mended.
pub const REASON: (&str, &str) = ("未导入的原因", "Why it was not imported");

/// `header` = the cells of the first line.
pub fn plan(
    naming: &Naming<'_>,
    header: &[&str],
    title: Option<&str>,
    by_header: bool,
) -> Result<FileColumns> {
    let named: Vec<(usize, String)> = match (title, by_header) {
        (None, _) => header.iter().map(|cell| cell.trim().to_owned()).enumerate().collect(),
        (Some(title), false) => title.split(',').map(|name| name.trim().to_owned()).enumerate().collect(),
        (Some(title), true) => found(header, title)?,
    };
    let mut out = FileColumns::default();
    for (at, name) in named {
        let is_reason = title.is_none() && super::report::is_reason(&name);
        if name.is_empty() || name.starts_with('-') || is_reason {
            continue;
        }
        let (column, beside) = match naming.meaning(&name)? {
            Meaning::Field { name, by, beside } => {
                (ImportColumn { at, target: ColumnTarget::Field(name), by, beside }, beside)
            }
            Meaning::Child { sub, field, by } => {
                (ImportColumn { at, target: ColumnTarget::Child { sub, field }, by, beside: false }, false)
            }
            Meaning::Left(why) => {
                out.left.push((at, why));
                continue;
            }
        };
        match out.used.iter_mut().find(|other| other.target == column.target) {
            None => out.used.push(column),
            Some(other) if other.beside && !beside => {
                out.left.push((other.at, Why::Twice));
                *other = column;
            }
            Some(_) if beside || naming.lenient => out.left.push((at, Why::Twice)),
            Some(_) => {
                return Err(Error::param(format!("dup column def: {name}"))
                    .say(format!("列定义重复: {name}"), format!("column `{name}` is named twice")));
            }
        }
    }
    match out.used.is_empty() && !naming.lenient {
        true => {
            Err(Error::param("no column is to be imported")
                .say("没有要导入的列", "there is no column to import"))
        }
        false => Ok(out),
    }
}

/// `Shown->field`: the column whose header says `Shown`.
fn found(header: &[&str], title: &str) -> Result<Vec<(usize, String)>> {
    let entries =
        title.split(',').map(str::trim).filter(|entry| !entry.is_empty() && !entry.starts_with('-'));
    entries
        .map(|entry| {
            let (shown, field) = entry.split_once("->").unwrap_or((entry, entry));
            match header.iter().position(|cell| cell.trim() == shown.trim()) {
                Some(at) => Ok((at, field.trim().to_owned())),
                None => Err(Error::param(format!("require col: {shown}"))
                    .say(format!("缺少列`{shown}`"), format!("column `{shown}` is missing"))),
            }
        })
        .collect()
}

/// Whether the children of a sub-object may come with an import.
pub fn takes_children(def: &ObjectDef, sub: &str) -> bool {
    def.sub(sub).is_some_and(|link| link.sub.writable)
}
