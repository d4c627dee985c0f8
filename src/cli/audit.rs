//! `jindou audit verify`.

use super::args::{AuditArgs, AuditCommand, VerifyArgs};
use super::build::{recognise, sqlite};
use super::{Failure, build, say};
use crate::audit::verify::{Against, ChainReport, verify};
use crate::audit::{ChainHead, stored_heads};
use crate::config::Config;
use crate::db::Conn;
use crate::plugin::Plugin;
use crate::services::{audit_keys, store};
use std::path::Path;

pub fn run(
    plugins: &'static [&'static Plugin],
    file: Option<&Path>,
    args: &AuditArgs,
) -> Result<(), Failure> {
    let AuditCommand::Verify(args) = &args.command;
    let built = build(plugins, file)?;
    let path = sqlite(&built.config)?;
    recognise(&path, &built.registry)?;
    let keys = audit_keys(&built.config, None).map_err(Failure)?;
    let heads = heads(&built.config, args.anchor.as_deref())?;
    let conn = Conn::open_reader(&path).map_err(|error| {
        Failure(format!("P_DB: the database {} cannot be opened: {error}", path.display()))
    })?;
    let against = Against { keys: &keys, heads: &heads, last_key_only: args.last_key };
    told(&verify(&conn, &against)?, args)
}

fn heads(config: &Config, anchor: Option<&str>) -> Result<Vec<ChainHead>, Failure> {
    let Some(anchor) = anchor else { return Ok(Vec::new()) };
    let text = match anchor {
        "store" => stored_heads(store(config)?.as_ref())?,
        path => {
            let bytes = std::fs::read(path).map_err(|e| Failure(format!("--anchor {path}: {e}")))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    match ChainHead::all_in(&text) {
        Ok(heads) if heads.is_empty() => {
            Err(Failure(format!("--anchor {anchor}: there is no audit head in it")))
        }
        Ok(heads) => Ok(heads),
        Err(why) => Err(Failure(format!("--anchor {anchor}: {why}"))),
    }
}

fn told(report: &ChainReport, args: &VerifyArgs) -> Result<(), Failure> {
    let rows = report.rows;
    if let Some(at) = &report.broken {
        let place = if at.table.is_empty() { String::new() } else { format!(" ({} id {})", at.table, at.id) };
        return Err(Failure(format!(
            "the chain breaks after {rows} rows, at number {}{place}: {}",
            at.seq, at.what
        )));
    }
    if !report.has_key && !args.unkeyed {
        return Err(Failure(format!(
            "{rows} rows fit, but the chain has no key. Either no server of this version has opened the database yet \
             (then --unkeyed accepts that), or the marks that say since when there is a key were removed"
        )));
    }
    say(format_args!("{rows} rows, the chain is whole"));
    if report.unkeyed > 0 || !report.has_key {
        say(format_args!(
            "{} of them are from before the chain had a key: whoever could write the database could make them",
            report.unkeyed
        ));
    }
    if args.anchor.is_some() {
        say(format_args!("{} heads of the witness are in it", report.witnessed));
    }
    Ok(())
}
