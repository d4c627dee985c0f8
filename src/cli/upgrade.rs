//! `jindou upgrade`: prints what the database lacks, and does it when told.

use super::args::UpgradeArgs;
use super::build::{prepare_folder, recognise, sqlite, unopened};
use super::{Failure, build, say};
use crate::db::{self, Conn, DatabaseLock, DbLocation};
use crate::plugin::Plugin;
use std::path::Path;

pub fn run(
    plugins: &'static [&'static Plugin],
    file: Option<&Path>,
    args: &UpgradeArgs,
) -> Result<(), Failure> {
    let built = build(plugins, file)?;
    let path = sqlite(&built.config)?;
    if !path.exists() && !args.apply {
        say(format_args!("{} does not exist yet; --apply makes it", path.display()));
        return Ok(());
    }
    let place = DbLocation::new(&path, true);
    // A plan is only read, beside a server that runs.
    let database_lock = match args.apply {
        true => {
            prepare_folder(&path)?;
            Some(DatabaseLock::take(&path).map_err(|e| unopened(&path, &e))?)
        }
        false => None,
    };
    recognise(&path, &built.registry)?;
    let conn = match database_lock {
        Some(_) => Conn::open_writer(&place.path, place.sync)?,
        None => Conn::open_reader(&place.path)?,
    };
    let plan = db::upgrade_plan(&conn, &built.registry.catalogue)?;
    for step in &plan.steps {
        say(&step.what);
    }
    for note in &plan.notes {
        say(format_args!("left alone: {note}"));
    }
    match (plan.steps.len(), args.apply) {
        (0, false) => say("the database is up to date"),
        (0, true) => {
            db::apply(&conn, &plan)?;
            say("the database is up to date");
        }
        (n, false) => say(format_args!("{n} steps; --apply does them")),
        (n, true) => {
            db::apply(&conn, &plan)?;
            say(format_args!("{n} steps done"));
        }
    }
    Ok(())
}
