//! Keys → CREATE INDEX, and the names indexes get.

use sha2::{Digest, Sha256};

use super::{DialectName, geo};
use crate::design::ident::Ident;
use crate::design::key::{KeyCond, KeyTest, TableKey};
use crate::design::table::Table;

/// PostgreSQL cuts names at 63 bytes.
const MAX_BYTES: usize = 63;

/// `idx_Table_a_b`, `uk_Table_a_b`, `geo_Table`. A condition adds a digest of itself, so that a changed
/// condition is another key. A name that would be too long ends in a digest of the whole.
pub fn key_name(table: &Ident, key: &TableKey) -> String {
    let columns = key.columns().into_iter().map(Ident::as_str).collect::<Vec<_>>().join("_");
    let name = match key {
        TableKey::Geo { .. } => return format!("geo_{table}"),
        TableKey::Index(_) => format!("idx_{table}_{columns}"),
        TableKey::Unique(_) => format!("uk_{table}_{columns}"),
        TableKey::UniqueWhere { cond, .. } => format!("uk_{table}_{columns}_{}", digest(&cond.to_string())),
    };
    if name.len() <= MAX_BYTES {
        return name;
    }
    let end = digest(&name);
    let room = MAX_BYTES - 1 - end.len();
    let kept: String =
        name.char_indices().take_while(|(at, c)| at + c.len_utf8() <= room).map(|(_, c)| c).collect();
    format!("{kept}_{end}")
}

/// The name of a key as statements write it; None if it is longer than names of ours are.
pub fn key_ident(table: &Ident, key: &TableKey) -> Option<Ident> {
    Ident::mint(&key_name(table, key)).ok()
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// The statements that make one key of an existing table.
pub fn key_sql(table: &Table, key: &TableKey, dialect: DialectName) -> String {
    let unique = if key.is_unique() { "UNIQUE " } else { "" };
    let name = dialect.quote(&key_name(&table.name, key));
    let on = dialect.quote(table.name.as_str());
    match key {
        TableKey::Geo { lon, lat } => geo::sql(table, lon, lat, dialect),
        TableKey::Unique(columns) | TableKey::Index(columns) => {
            format!("CREATE {unique}INDEX {name} ON {on} ({});\n", dialect.list(columns))
        }
        TableKey::UniqueWhere { columns, cond } if dialect == DialectName::Mysql => {
            let parts = when(columns, cond, dialect);
            format!("CREATE {unique}INDEX {name} ON {on} ({parts});\n")
        }
        TableKey::UniqueWhere { columns, cond } => {
            let columns = dialect.list(columns);
            format!("CREATE {unique}INDEX {name} ON {on} ({columns}) WHERE {};\n", condition(cond, dialect))
        }
    }
}

/// MySQL has no partial index: a row outside the condition has nulls for its key, and nulls never collide.
fn when(columns: &[Ident], cond: &KeyCond, dialect: DialectName) -> String {
    let cond = condition(cond, dialect);
    let part = |name: &Ident| format!("(CASE WHEN {cond} THEN {} END)", dialect.quote(name.as_str()));
    columns.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn condition(cond: &KeyCond, dialect: DialectName) -> String {
    let terms = cond.terms.iter().map(|term| {
        let column = dialect.quote(term.column.as_str());
        match &term.test {
            KeyTest::Null => format!("{column} IS NULL"),
            KeyTest::NotNull => format!("{column} IS NOT NULL"),
            KeyTest::Is(compare, literal) => format!("{column} {} {literal}", compare.sign()),
        }
    });
    terms.collect::<Vec<_>>().join(" AND ")
}
