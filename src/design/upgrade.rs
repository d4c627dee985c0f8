//! The difference between a catalogue and an SQLite database, as steps that only ever add. What it would
//! take more than adding to mend is noted for a person to decide. Pure: someone else looks and runs.

mod notes;

use std::collections::HashMap;

use super::catalogue::Catalogue;
use super::ddl::{DialectName, column_type, geo, key_name, key_sql, table_sql};
use super::key::TableKey;
use super::kind::Kind;
use super::table::Table;

const SQLITE: DialectName = DialectName::Sqlite;

/// What a database holds now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Existing {
    pub tables: Vec<ExistingTable>,
    pub indexes: Vec<ExistingIndex>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExistingTable {
    pub name: String,
    /// Name and declared type (`NVARCHAR(20)`, without constraints).
    pub columns: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExistingIndex {
    pub name: String,
    pub table: String,
    pub columns: Vec<String>,
    pub unique: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpgradePlan {
    pub steps: Vec<Step>,
    /// Differences that stay as they are.
    pub notes: Vec<String>,
}

/// One addition; `sql` may be several statements, to be run together.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub what: String,
    pub sql: String,
}

pub fn plan(catalogue: &Catalogue, existing: &Existing) -> UpgradePlan {
    let seen = Seen::new(existing);
    let mut plan = UpgradePlan::default();
    for table in catalogue.tables() {
        match seen.tables.get(&table.name.folded()) {
            Some(found) => add_columns(&mut plan, table, found),
            None => plan
                .steps
                .push(Step { what: format!("create table {}", table.name), sql: table_sql(table, SQLITE) }),
        }
    }
    // After all tables: a key that cannot be made must not hold up a table.
    for table in catalogue.tables() {
        for key in &table.keys {
            add_key(&mut plan, table, key, &seen);
        }
    }
    notes::leftovers(&mut plan, catalogue, existing);
    plan
}

/// Names without case → what has them.
struct Seen<'a> {
    tables: HashMap<String, &'a ExistingTable>,
    indexes: HashMap<String, &'a ExistingIndex>,
}

impl<'a> Seen<'a> {
    fn new(existing: &'a Existing) -> Seen<'a> {
        Seen {
            tables: existing.tables.iter().map(|table| (table.name.to_lowercase(), table)).collect(),
            indexes: existing.indexes.iter().map(|index| (index.name.to_lowercase(), index)).collect(),
        }
    }
}

fn add_columns(plan: &mut UpgradePlan, table: &Table, found: &ExistingTable) {
    for column in &table.columns {
        let name = &column.name;
        let declared = found.columns.iter().find(|(other, _)| other.to_lowercase() == name.folded());
        match declared {
            Some((_, declared)) => {
                plan.notes.extend(notes::difference(table, column, declared));
            }
            None if column.kind == Kind::Id => plan.notes.push(format!(
                "table {} has no key column {name} and none can be added: rebuild the table by hand",
                table.name
            )),
            None => plan.steps.push(Step {
                what: format!("add column {}.{name}", table.name),
                sql: format!(
                    "ALTER TABLE {} ADD COLUMN {} {};\n",
                    SQLITE.quote(&found.name),
                    SQLITE.quote(name.as_str()),
                    column_type(column.kind, SQLITE)
                ),
            }),
        }
    }
}

fn add_key(plan: &mut UpgradePlan, table: &Table, key: &TableKey, seen: &Seen<'_>) {
    let name = key_name(&table.name, key);
    let folded = name.to_lowercase();
    let is_old = seen.tables.contains_key(&table.name.folded());
    if !buildable(table, key, seen) {
        return;
    }
    if let TableKey::Geo { lon, lat } = key {
        if !seen.tables.contains_key(&folded) {
            let what = format!("create place index {name}");
            let fill = if is_old { geo::fill(table, lon, lat) } else { String::new() };
            plan.steps.push(Step { what, sql: key_sql(table, key, SQLITE) + &fill });
        }
        return;
    }
    match seen.indexes.get(&folded) {
        Some(found) => plan.notes.extend(notes::changed_key(table, key, found)),
        None => {
            let warning = match key.is_unique() && is_old {
                true => " (fails if rows already repeat)",
                false => "",
            };
            let kind = if key.is_unique() { "unique index" } else { "index" };
            plan.steps.push(Step {
                what: format!("create {kind} {name}{warning}"),
                sql: key_sql(table, key, SQLITE),
            });
        }
    }
}

/// A table without its key column, which is noted, cannot have a key over it.
fn buildable(table: &Table, key: &TableKey, seen: &Seen<'_>) -> bool {
    let needs_id = matches!(key, TableKey::Geo { .. }) || key.columns().contains(&table.id());
    let has_id =
        |found: &ExistingTable| found.columns.iter().any(|(name, _)| name.eq_ignore_ascii_case("id"));
    !needs_id || seen.tables.get(&table.name.folded()).is_none_or(|found| has_id(found))
}
