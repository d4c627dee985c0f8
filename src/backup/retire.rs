//! Lets old backups go, by their number and never by time alone: when the clock is not believed, nothing goes; what was
//! made by hand is left to its maker.

use super::found::Found;
use super::keeper::{AHEAD_MS, counts, list};
use super::manifest::StreamStart;
use super::place::{self, BackupPlace};
use super::sealed::Cipher;
use crate::config::Keep;
use crate::error::Result;
use crate::server::Server;
use chrono::NaiveDateTime;
use std::collections::BTreeMap;

/// Generations of the continuous copy that are kept at most.
const GENERATIONS: usize = 30;

pub fn tidy(server: &Server, place: &BackupPlace) -> Result<()> {
    let env = &server.env;
    let Some(Some(keep)) = Keep::parse(env.config.text("P_BACKUP_KEEP")) else { return Ok(()) };
    let now = env.unix_ms();
    let local = |name: &str| {
        let ms = place::moment(name)?;
        Some(env.zone.from_unix(ms.div_euclid(1000)))
    };
    let there = list(place)?;
    let ahead = there.iter().any(|(name, _)| place::moment(name).is_some_and(|at| at > now + AHEAD_MS));
    if env.trusted.believed(&env.clock).ahead_ms > 0 || ahead {
        tracing::error!(
            "no backup is removed: the clock was or is far ahead; remove those of later than today by hand"
        );
        return Ok(());
    }
    let good = there.iter().rev().filter(|(_, checked)| counts(checked.as_ref()));
    let good: Vec<(&str, NaiveDateTime)> =
        good.filter_map(|(name, _)| Some((name.as_str(), local(name)?))).collect();
    let newest = good.first().map_or("", |(name, _)| name);
    // One that was found bad helps nobody once there is a newer good one.
    let bad = there.iter().filter(|(name, checked)| {
        checked.as_ref().is_some_and(|checked| !checked.faults.is_empty()) && name.as_str() < newest
    });
    let bases = bases(server, place, &good);
    let begins = |name: &&str| bases.values().any(|(base, _)| base == name);
    let spare = keep.spare(&good).into_iter().filter(|name| !begins(name));
    for name in spare.chain(bad.map(|(name, _)| name.as_str())) {
        place.remove(name)?;
        tracing::info!(name, "an old backup was removed");
    }
    if let Some(stream) = &server.stream {
        let needed: Vec<StreamStart> = bases.into_values().map(|(_, start)| start).collect();
        super::replay::tidy(place, &needed, stream.generation().as_deref())?;
    }
    if place.folder.is_none() {
        super::pool::sweep(place, env)?;
    }
    Ok(())
}

/// Backups that begin a generation of the continuous copy, by generation: from each the rest of it can be reached. Those
/// of the last days only, and not of a server that does nothing but start.
fn bases(
    server: &Server,
    place: &BackupPlace,
    good: &[(&str, NaiveDateTime)],
) -> BTreeMap<String, (String, StreamStart)> {
    let config = &server.env.config;
    let days = config.int("P_BACKUP_CHANGES_DAYS");
    let cipher = Some(config.text("P_BACKUP_KEY")).filter(|key| !key.is_empty()).map(Cipher::new);
    let mut bases = BTreeMap::new();
    let Some((_, newest)) = good.first() else { return bases };
    for (name, _) in good.iter().filter(|(_, at)| (*newest - *at).num_days() <= days) {
        // One that does not open, being of an earlier passphrase, begins nothing that could be opened.
        let start = Found::named(place, name, cipher.as_ref()).ok().and_then(|found| found.manifest.stream);
        if let Some(start) = start {
            bases.insert(start.generation.clone(), ((*name).to_owned(), start));
        }
    }
    while bases.len() > GENERATIONS {
        bases.pop_first();
    }
    bases
}
