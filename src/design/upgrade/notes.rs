//! Notes on the differences that an upgrade leaves alone, written so that a person can act on them.

use std::collections::HashSet;

use super::{Existing, ExistingIndex, SQLITE, UpgradePlan};
use crate::design::catalogue::Catalogue;
use crate::design::ddl::{column_type, key_name};
use crate::design::ident::Ident;
use crate::design::key::TableKey;
use crate::design::kind::Kind;
use crate::design::table::{Column, Table};

/// A column whose declared type is not the one of the design. A text column that the design makes wider
/// needs nothing: SQLite enforces no length, our own check does.
pub(super) fn difference(table: &Table, column: &Column, declared: &str) -> Option<String> {
    let place = format!("{}.{}", table.name, column.name);
    let wanted = column_type(column.kind, SQLITE);
    let wanted = wanted.split_whitespace().next().unwrap_or_default();
    let found: String = declared.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    match (column.kind, length(&found)) {
        _ if found == wanted => None,
        (Kind::Str { max }, Some(found)) if found <= u64::from(max) => None,
        (Kind::Str { max }, Some(found)) => Some(format!(
            "{place} is narrower now ({found} → {max} characters): longer values stay, new ones are refused"
        )),
        _ => Some(format!("{place} is {declared} in the database and {wanted} in the design: left as it is")),
    }
}

/// The n of `NVARCHAR(n)`, `VARCHAR(n)`, `CHAR(n)`.
fn length(declared: &str) -> Option<u64> {
    let (name, rest) = declared.split_once('(')?;
    if !name.ends_with("CHAR") {
        return None;
    }
    rest.strip_suffix(')')?.parse().ok()
}

/// An index that has the key's name and is something else.
pub(super) fn changed_key(table: &Table, key: &TableKey, found: &ExistingIndex) -> Option<String> {
    let wanted: Vec<String> = key.columns().into_iter().map(Ident::folded).collect();
    let columns: Vec<String> = found.columns.iter().map(|name| name.to_lowercase()).collect();
    let same = wanted == columns
        && found.unique == key.is_unique()
        && found.table.to_lowercase() == table.name.folded();
    (!same).then(|| {
        format!(
            "index {} on {} is not what the design says: drop it by hand to have it made anew",
            found.name, found.table
        )
    })
}

/// Tables, columns and indexes that no design speaks of.
pub(super) fn leftovers(plan: &mut UpgradePlan, catalogue: &Catalogue, existing: &Existing) {
    let known: HashSet<String> = catalogue.tables().iter().map(|table| table.name.folded()).collect();
    let keys: HashSet<String> = catalogue
        .tables()
        .iter()
        .flat_map(|table| table.keys.iter().map(|key| key_name(&table.name, key).to_lowercase()))
        .collect();
    for found in &existing.tables {
        let name = found.name.to_lowercase();
        let Some(table) = catalogue.tables().iter().find(|table| table.name.folded() == name) else {
            if !is_internal(&name, &keys) {
                plan.notes.push(format!("table {} is in no design: left alone", found.name));
            }
            continue;
        };
        let lacking = |column: &&Column| {
            !found.columns.iter().any(|(name, _)| name.to_lowercase() == column.name.folded())
        };
        let added: Vec<&str> =
            table.columns.iter().filter(lacking).map(|column| column.name.as_str()).collect();
        let renamed = match added.as_slice() {
            [] => String::new(),
            added => format!(
                "; if it is {} under its old name, its values must be moved by hand",
                added.join(" or ")
            ),
        };
        for (column, _) in &found.columns {
            let column = column.to_lowercase();
            if !table.columns.iter().any(|other| other.name.folded() == column) {
                plan.notes
                    .push(format!("column {}.{column} is not in the design: kept{renamed}", found.name));
            }
        }
    }
    for index in &existing.indexes {
        let name = index.name.to_lowercase();
        let ours = known.contains(&index.table.to_lowercase());
        if ours && !keys.contains(&name) && !name.starts_with("sqlite_") {
            plan.notes.push(format!("index {} on {} is not in the design: kept", index.name, index.table));
        }
    }
}

/// SQLite's own tables, and the tables behind a place index.
fn is_internal(name: &str, keys: &HashSet<String>) -> bool {
    let tree = ["_node", "_parent", "_rowid"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    name.starts_with("sqlite_") || (tree.starts_with("geo_") && keys.contains(tree))
}
