//! `jindou audit verify`.

use super::args::{AuditArgs, AuditCommand};
use super::build::sqlite;
use super::{Failure, build, say};
use crate::audit::verify::verify;
use crate::db::Conn;
use crate::plugin::Plugin;
use std::path::Path;

pub fn run(
    plugins: &'static [&'static Plugin],
    file: Option<&Path>,
    args: &AuditArgs,
) -> Result<(), Failure> {
    let AuditCommand::Verify = args.command;
    let built = build(plugins, file)?;
    let path = sqlite(&built.config)?;
    let conn = Conn::open_reader(&path).map_err(|error| {
        Failure(format!("P_DB: the database {} cannot be opened: {error}", path.display()))
    })?;
    let report = verify(&conn)?;
    match report.broken {
        None => {
            say(format_args!("{} rows, the chain is whole", report.rows));
            Ok(())
        }
        Some(at) => Err(Failure(format!(
            "the chain breaks after {} rows, at number {} ({} id {}): {}",
            report.rows, at.seq, at.table, at.id, at.what
        ))),
    }
}
