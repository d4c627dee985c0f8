//! Catalogue → CREATE statements of three dialects. Every identifier is quoted; nothing here can fail.

pub(in crate::design) mod geo;
mod key;
mod types;

use std::fmt::Write as _;

pub use self::key::{key_ident, key_name, key_sql};
pub use self::types::column_type;
use super::catalogue::Catalogue;
use super::ident::Ident;
use super::table::Table;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DialectName {
    Sqlite,
    Postgres,
    Mysql,
}

impl DialectName {
    pub(in crate::design) fn quote(self, name: &str) -> String {
        match self {
            DialectName::Mysql => format!("`{name}`"),
            DialectName::Sqlite | DialectName::Postgres => format!("\"{name}\""),
        }
    }

    fn list<'a>(self, names: impl IntoIterator<Item = &'a Ident>) -> String {
        names.into_iter().map(|name| self.quote(name.as_str())).collect::<Vec<_>>().join(", ")
    }
}

/// The whole schema, ready to run on an empty database.
pub fn schema(catalogue: &Catalogue, dialect: DialectName) -> String {
    let mut text = String::new();
    for table in catalogue.tables() {
        if !text.is_empty() {
            text.push('\n');
        }
        if let Some(label) = &table.label {
            text.push_str(&format!("-- {label}\n"));
        }
        text.push_str(&table_sql(table, dialect));
        for key in &table.keys {
            text.push_str(&key_sql(table, key, dialect));
        }
    }
    text
}

/// One table without its keys.
pub fn table_sql(table: &Table, dialect: DialectName) -> String {
    let mut text = format!("CREATE TABLE {} (\n", dialect.quote(table.name.as_str()));
    for (at, column) in table.columns.iter().enumerate() {
        let comma = if at + 1 < table.columns.len() { "," } else { "" };
        let name = dialect.quote(column.name.as_str());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name} {}{comma}", column_type(column.kind, dialect));
    }
    text.push_str(match dialect {
        DialectName::Mysql => ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n",
        DialectName::Sqlite | DialectName::Postgres => ");\n",
    });
    text
}
