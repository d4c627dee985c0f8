//! Reads the schema that the database has, and brings it to that of the catalogue.

use super::conn::{Conn, failed};
use crate::design::{self, Catalogue, Existing, ExistingIndex, ExistingTable, UpgradePlan};
use crate::error::Result;

pub fn upgrade_plan(conn: &Conn, catalogue: &Catalogue) -> Result<UpgradePlan> {
    Ok(design::plan(catalogue, &existing(conn)?))
}

/// Carries out every step in one transaction, which marks the database as one of this generation.
pub fn apply(conn: &Conn, plan: &UpgradePlan) -> Result<()> {
    conn.batch("BEGIN IMMEDIATE")?;
    let done = plan.steps.iter().try_for_each(|step| conn.batch(&step.sql));
    if let Err(error) = done.and_then(|()| super::stamp(conn)) {
        conn.batch("ROLLBACK")?;
        return Err(error);
    }
    conn.batch("COMMIT")
}

fn existing(conn: &Conn) -> Result<Existing> {
    let list = |sql: &str| -> Result<Vec<(String, String)>> {
        let mut statement = conn.raw().prepare(sql).map_err(|e| failed(e, sql))?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|e| failed(e, sql))?;
        rows.collect::<rusqlite::Result<Vec<_>>>().map_err(|e| failed(e, sql))
    };
    let mut out = Existing::default();
    for (name, _) in list("SELECT name, '' FROM sqlite_master WHERE type='table' ORDER BY name")? {
        let columns =
            list(&format!("SELECT name, type FROM pragma_table_info('{}')", name.replace('\'', "''")))?;
        out.tables.push(ExistingTable { name, columns });
    }
    let indexes = list(
        "SELECT name, tbl_name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL ORDER BY name",
    )?;
    for (name, table) in indexes {
        let quoted = name.replace('\'', "''");
        let columns = list(&format!("SELECT name, '' FROM pragma_index_info('{quoted}') ORDER BY seqno"))?;
        let unique = list(&format!(
            "SELECT CAST(\"unique\" AS TEXT), '' FROM pragma_index_list('{}') WHERE name='{quoted}'",
            table.replace('\'', "''")
        ))?;
        let columns = columns.into_iter().map(|(name, _)| name).collect();
        let unique = unique.first().is_some_and(|(flag, _)| flag == "1");
        out.indexes.push(ExistingIndex { name, table, columns, unique });
    }
    Ok(out)
}
