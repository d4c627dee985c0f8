//! `jindou schema`: the tables of all plugins as SQL.

use super::args::{DialectArg, SchemaArgs};
use super::{Failure, registry, say};
use crate::config::Config;
use crate::design::{DialectName, schema};
use crate::plugin::Plugin;

/// The same as a text, in SQLite's words: what `schema.sql` holds.
pub fn schema_text(plugins: &'static [&'static Plugin]) -> Result<String, Failure> {
    let config = Config::of(&[]).map_err(|list| Failure(list.join("\n")))?;
    let registry = registry(plugins, &config)?;
    Ok(format!("{}\n", schema(&registry.catalogue, DialectName::Sqlite).trim_end()))
}

pub fn run(plugins: &'static [&'static Plugin], args: &SchemaArgs) -> Result<(), Failure> {
    let config = Config::of(&[]).map_err(|list| Failure(list.join("\n")))?;
    let registry = registry(plugins, &config)?;
    let dialect = match args.dialect {
        DialectArg::Sqlite => DialectName::Sqlite,
        DialectArg::Postgres => DialectName::Postgres,
        DialectArg::Mysql => DialectName::Mysql,
    };
    say(schema(&registry.catalogue, dialect).trim_end());
    Ok(())
}
