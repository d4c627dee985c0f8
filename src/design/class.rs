//! How closely a column is kept: `@class Watch: secret(authcode), private(phone, mac)`. A secret proves something; no
//! record, no staff and no SQL of the console shows it. What is private belongs to the people it tells of; staff needs
//! a permission of its own to see it. The declarations of objects say who sees what; the start checks that they obey.

use super::table::Table;
use crate::error::nearest;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Private,
    Secret,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Class::Private => "private",
            Class::Secret => "secret",
        }
    }
}

const CLASSES: [&str; 2] = ["secret", "private"];

fn hint<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known.into_iter()).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default()
}

/// Reads the classes of a line into the columns of its table.
pub(in crate::design) fn read(text: &str, table: &mut Table) -> Result<(), String> {
    let text = text.replace('（', "(").replace('）', ")");
    let mut rest = text.trim();
    let usage = || "classes read `secret(a, b), private(c)`".to_owned();
    while !rest.is_empty() {
        let (word, after) = rest.split_once('(').ok_or_else(usage)?;
        let (columns, after) = after.split_once(')').ok_or_else(usage)?;
        let class = match word.trim() {
            "secret" => Class::Secret,
            "private" => Class::Private,
            other => return Err(format!("`{other}` is no class: secret or private{}", hint(other, CLASSES))),
        };
        for name in columns.split([',', '，']).map(str::trim) {
            let owner = table.name.clone();
            if name == table.id().as_str() {
                return Err(format!("`{name}` names the rows and has no class"));
            }
            let near = hint(name, table.columns.iter().map(|column| column.name.as_str()));
            let column = table
                .column_mut(name)
                .ok_or_else(|| format!("table `{owner}` has no column `{name}`{near}"))?;
            if column.class.replace(class).is_some() {
                return Err(format!("column `{name}` has two classes"));
            }
        }
        rest = after.trim_start_matches([',', '，', ' ', '\t']);
    }
    Ok(())
}
