//! Which cell of a line goes into which field: from the header line, from `title`, or by header text.

use crate::call::lex::is_word;
use crate::error::{Error, Result};
use crate::object::Def;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its place in the line.
    pub at: usize,
    pub target: Target,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Field(String),
    /// `@sub.field`: a field of the line's child.
    Child {
        sub: String,
        field: String,
    },
}

/// `header` = the cells of the first line.
pub fn plan(def: &Def, header: &[&str], title: Option<&str>, by_header: bool) -> Result<Vec<Column>> {
    let named: Vec<(usize, String)> = match (title, by_header) {
        (None, _) => header.iter().map(|cell| cell.trim().to_owned()).enumerate().collect(),
        (Some(title), false) => title.split(',').map(|name| name.trim().to_owned()).enumerate().collect(),
        (Some(title), true) => found(header, title)?,
    };
    let mut out: Vec<Column> = Vec::new();
    for (at, name) in named {
        if name.is_empty() || name.starts_with('-') {
            continue;
        }
        let target = target(def, &name)?;
        if out.iter().any(|column| column.target == target) {
            return Err(Error::param(format!("dup column def: {name}"))
                .say(format!("列定义重复: {name}"), format!("column `{name}` is named twice")));
        }
        out.push(Column { at, target });
    }
    match out.is_empty() {
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

fn target(def: &Def, name: &str) -> Result<Target> {
    let bad = || {
        Error::param(format!("bad column `{name}`"))
            .say(format!("列名不正确: {name}"), format!("`{name}` is not the name of a column"))
    };
    let Some(rest) = name.strip_prefix('@') else {
        let plain = name.strip_prefix("t0.").unwrap_or(name);
        return match plain.chars().all(is_word) {
            true => Ok(Target::Field(plain.to_owned())),
            false => Err(bad()),
        };
    };
    let (sub, field) = rest.split_once('.').ok_or_else(bad)?;
    let writable = def.sub(sub).is_some_and(|link| link.sub.writable);
    match writable && !field.is_empty() && field.chars().all(is_word) {
        true => Ok(Target::Child { sub: sub.to_owned(), field: field.to_owned() }),
        false => Err(bad()),
    }
}
