//! `jindou backup`, `jindou check` and `jindou restore`.

use super::args::{BackupArgs, CheckArgs, RestoreArgs};
use super::build::sqlite;
use super::{Built, Failure, build, say};
use crate::audit::Keys;
use crate::backup::{
    BackupPlace, BackupReport, Checking, Cipher, DATABASE, FILES, Found, Live, Making, Reached, Restoring,
    base, check_backup, check_live, holds_backup, make, reason, replay, restore, time_text,
};
use crate::config::{Config, stored_key};
use crate::db::Conn;
use crate::error::Error;
use crate::plugin::{FileRows, Plugin};
use crate::services::{audit_keys, store};
use crate::store::{LocalStore, Store};
use crate::time::{Clock, SystemClock, parse_local};
use std::path::{Path, PathBuf};
use std::time::Instant;

type Plugins = &'static [&'static Plugin];

pub fn backup(plugins: Plugins, file: Option<&Path>, args: &BackupArgs) -> Result<(), Failure> {
    let built = build(plugins, file)?;
    let config = &built.config;
    let database = sqlite(config)?;
    if !database.exists() {
        return Err(Failure(format!("P_DB: there is no database {}", database.display())));
    }
    let cipher = cipher(config);
    if args.encrypt && cipher.is_none() {
        return Err(Failure("--encrypt: P_BACKUP_KEY is not set".into()));
    }
    let place = place(config, args.to.as_deref())?;
    let keys = audit_keys(config, None).map_err(Failure)?;
    let started = Instant::now();
    let made = make(&Making {
        database: &database,
        data: &config.data,
        store: &*store(config).map_err(told)?,
        rows: rows(&built),
        keys: &keys,
        place: &place,
        cipher: cipher.as_ref(),
        unix_ms: SystemClock.unix_ms(),
        stream: None,
        go_on: &|_| Ok(()),
    })
    .map_err(told)?;
    say(&made.report);
    let found = Found::named(&place, &made.name, cipher.as_ref()).map_err(told)?;
    let (size, missing) = (found.manifest.size(), found.manifest.missing.len());
    let took = started.elapsed().as_millis();
    let to = format!("{place}/{}", made.name);
    say(format_args!("{to}: {} files, {size} bytes, {took} ms", found.manifest.files.len()));
    if missing > 0 {
        say(format_args!(
            "{missing} files that rows name were not in the store, so the backup does not hold them"
        ));
    }
    Ok(())
}

pub fn check(plugins: Plugins, file: Option<&Path>, args: &CheckArgs) -> Result<(), Failure> {
    let built = build(plugins, file)?;
    let report = match args.what.as_deref() {
        None => configured(&built)?,
        Some(text) => match Path::new(text) {
            path if path.is_file() => database(&built, path)?,
            path if path.join(DATABASE).is_file() && !is_backup(path) => folder(&built, path)?,
            _ => a_backup(&built, text)?,
        },
    };
    say(&report);
    match report.faults().len() {
        0 => Ok(()),
        n => Err(Failure(format!("{n} of {} checks found a fault", report.lines.len()))),
    }
}

/// Whether it is one, or was to become one.
fn is_backup(path: &Path) -> bool {
    holds_backup(path) || path.join(FILES).is_dir()
}

/// The database of `P_DB`, which may be in use.
fn configured(built: &Built) -> Result<BackupReport, Failure> {
    let config = &built.config;
    let path = sqlite(config)?;
    let keys = audit_keys(config, None).map_err(Failure)?;
    let files = store(config).map_err(told)?;
    live(built, &path, &keys, Some(&*files))
}

fn live(built: &Built, path: &Path, keys: &Keys, store: Option<&dyn Store>) -> Result<BackupReport, Failure> {
    if !path.is_file() {
        return Err(Failure(format!("there is no database {}", path.display())));
    }
    let conn = Conn::open_reader(path).map_err(|e| super::build::unopened(path, &e))?;
    let rows = rows(built);
    Ok(check_live(&Live { conn: &conn, keys, heads: &[], rows, store, excused: &[] }))
}

/// A file: its uploads are looked for when it is the one of `P_DB`.
fn database(built: &Built, path: &Path) -> Result<BackupReport, Failure> {
    let own = sqlite(&built.config)?;
    let same = own.canonicalize().is_ok_and(|own| path.canonicalize().is_ok_and(|path| own == path));
    if same {
        return configured(built);
    }
    let keys = audit_keys(&built.config, None).map_err(Failure)?;
    live(built, path, &keys, None)
}

/// A data folder with its database in it, such as `jindou restore --to` makes.
fn folder(built: &Built, path: &Path) -> Result<BackupReport, Failure> {
    let key = stored_key(path).map_err(Failure)?;
    let keys = audit_keys(&built.config, key.as_deref()).map_err(Failure)?;
    live(built, &path.join(DATABASE), &keys, Some(&LocalStore::new(path)))
}

fn a_backup(built: &Built, text: &str) -> Result<BackupReport, Failure> {
    let config = &built.config;
    let cipher = cipher(config);
    let found = Found::meant(config, text, cipher.as_ref(), None).map_err(told)?;
    let room = if config.data.is_dir() { config.data.clone() } else { std::env::temp_dir() };
    Ok(check_backup(&Checking {
        found: &found,
        cipher: cipher.as_ref(),
        keys: &|key| audit_keys(config, key).map_err(Error::server),
        rows: rows(built),
        room: &room,
        known: None,
    }))
}

pub fn put_back(plugins: Plugins, file: Option<&Path>, args: &RestoreArgs) -> Result<(), Failure> {
    let built = build(plugins, file)?;
    let config = &built.config;
    let until = args.at.as_deref().map(|text| moment(config, text)).transpose()?;
    let cipher = cipher(config);
    let from = args.from.clone().unwrap_or_else(|| config.text("P_BACKUP_DIR").to_owned());
    let (found, place) = source(config, &from, cipher.as_ref(), until)?;
    let start = found.manifest.stream.clone();
    let reached = std::cell::Cell::new(Reached::default());
    let go_on = |database: &Path, files: &Path| {
        if let (Some(place), Some(start)) = (&place, &start) {
            let sealed = cipher.as_ref().filter(|_| found.manifest.sealed);
            reached.set(replay(place, (start, sealed), until, database, files)?);
        }
        Ok(())
    };
    let (database, data, files): (PathBuf, PathBuf, _) = match &args.to {
        Some(to) => (to.join(DATABASE), to.clone(), None),
        None => {
            let own = !matches!(config.store, crate::config::FileStore::Data);
            let files = if own { Some(store(config).map_err(told)?) } else { None };
            (sqlite(config)?, config.data.clone(), files)
        }
    };
    let restored = restore(&Restoring {
        found: &found,
        cipher: cipher.as_ref(),
        database: &database,
        data: &data,
        store: files.as_deref(),
        force: args.force,
        link: false,
        rows: rows(&built),
        keys: &|key| audit_keys(config, key).map_err(Error::server),
        replay: Some(&go_on),
    })
    .map_err(told)?;
    say(&restored.report);
    for path in &restored.aside {
        say(format_args!("moved aside: {}", path.display()));
    }
    say(format_args!("{} is restored from {} of {}", database.display(), found.name, found.manifest.time));
    let reached = reached.take();
    if let Some(last) = reached.unix_ms {
        let last = time_text(last);
        say(format_args!("with {} commits after it, the last of {last}", reached.commits));
    }
    Ok(())
}

/// The backup to begin with, and where the changes after it are, if they are wanted: a backup that is named is taken as
/// it is unless a moment is named too.
fn source(
    config: &Config,
    from: &str,
    cipher: Option<&Cipher>,
    until: Option<i64>,
) -> Result<(Found, Option<BackupPlace>), Failure> {
    let path = Path::new(from);
    if from.contains("://") || !holds_backup(path) {
        let place = BackupPlace::at(config, from).map_err(told)?;
        return Ok((base(&place, cipher, until).map_err(told)?, Some(place)));
    }
    let found = Found::in_folder(path, cipher).map_err(told)?;
    let Some(until) = until else { return Ok((found, None)) };
    let whole = found.manifest.stream.as_ref().map_or(found.manifest.unix_ms, |start| start.whole_ms);
    if whole > until {
        return Err(Failure(format!("--at: {from} is of later")));
    }
    let place = path.canonicalize().ok().and_then(|path| path.parent().map(BackupPlace::folder));
    Ok((found, place))
}

/// The time of a person, to the millisecond.
fn moment(config: &Config, text: &str) -> Result<i64, Failure> {
    let time = parse_local(text, &config.zone);
    let time =
        time.ok_or_else(|| Failure(format!("--at {text}: this is no time such as 2026-11-30 14:05:00")))?;
    let second = config.zone.to_unix(time);
    Ok(second * 1000 + i64::from(time.and_utc().timestamp_subsec_millis()))
}

fn cipher(config: &Config) -> Option<Cipher> {
    Some(config.text("P_BACKUP_KEY")).filter(|key| !key.is_empty()).map(Cipher::new)
}

fn place(config: &Config, to: Option<&str>) -> Result<BackupPlace, Failure> {
    match to {
        Some(to) => BackupPlace::at(config, to).map_err(told),
        None => BackupPlace::of(config).map_err(told),
    }
}

fn rows(built: &Built) -> Option<FileRows> {
    built.registry.file_rules().map(|rules| rules.rows)
}

fn told(error: Error) -> Failure {
    Failure(reason(&error))
}
