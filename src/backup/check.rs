//! Checks a database or a backup and tells its faults line by line. Nothing is mended here.

use super::disk::Scratch;
use super::files;
use super::found::Found;
use super::manifest::{DATABASE, FILES, KEY, Manifest, ManifestEntry};
use super::sealed::Cipher;
use crate::audit::verify::{Against, verify};
use crate::audit::{ChainHead, Keys};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::plugin::FileRows;
use crate::sql::Sql;
use crate::store::Store;
use crate::value::Val;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Good,
    /// Worth knowing, no fault.
    Note,
    Bad,
}

#[derive(Debug, Clone)]
pub struct CheckLine {
    pub what: &'static str,
    pub state: State,
    pub found: String,
}

#[derive(Debug, Clone, Default)]
pub struct BackupReport {
    pub lines: Vec<CheckLine>,
}

impl BackupReport {
    fn add(&mut self, what: &'static str, state: State, found: impl Into<String>) {
        self.lines.push(CheckLine { what, state, found: found.into() });
    }

    fn say(&mut self, what: &'static str, good: bool, found: impl Into<String>) {
        self.add(what, if good { State::Good } else { State::Bad }, found);
    }

    pub fn faults(&self) -> Vec<String> {
        let bad = self.lines.iter().filter(|line| line.state == State::Bad);
        bad.map(|line| format!("{}: {}", line.what, line.found)).collect()
    }

    /// An error that names the faults, if there are any.
    pub fn must_be_good(&self, of: &str) -> Result<()> {
        let faults = self.faults();
        if faults.is_empty() { Ok(()) } else { Err(Error::server(format!("{of}: {}", faults.join("; ")))) }
    }
}

impl fmt::Display for BackupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, CheckLine { what, state, found }) in self.lines.iter().enumerate() {
            let state = match state {
                State::Good => "ok",
                State::Note => "note",
                State::Bad => "FAULT",
            };
            write!(f, "{}{state:<6} {what:<12} {found}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Faults shown of many.
const SHOWN: usize = 5;

fn first(list: &[String]) -> String {
    let more = if list.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", list.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "))
}

/// Whether the pages of the database fit together, and its rows to each other.
pub fn tables(conn: &Conn, report: &mut BackupReport) {
    let texts = |sql: &'static str| -> Result<Vec<String>> {
        let rows = conn.rows(&Sql::fixed(sql, Vec::new()))?;
        let text = |val: &Val| match val {
            Val::Text(text) => text.to_string(),
            Val::Int(n) => n.to_string(),
            other => format!("{other:?}"),
        };
        Ok(rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" ")).collect())
    };
    match texts("PRAGMA integrity_check(20)") {
        Ok(said) if said == ["ok"] => report.say("database", true, "its pages and indexes are whole"),
        Ok(said) => report.say("database", false, first(&said)),
        Err(error) => report.say("database", false, reason(&error)),
    }
    match texts("PRAGMA foreign_key_check") {
        Ok(said) if said.is_empty() => report.say("references", true, "every reference leads to a row"),
        Ok(said) => report.say("references", false, format!("{} lead nowhere: {}", said.len(), first(&said))),
        Err(error) => report.say("references", false, reason(&error)),
    }
}

/// Whether the audit log is whole and holds what was seen of it before.
pub fn chain(conn: &Conn, keys: &Keys, heads: &[ChainHead], report: &mut BackupReport) {
    match verify(conn, &Against { keys, heads, last_key_only: false }) {
        Err(error) => report.say("audit", false, reason(&error)),
        Ok(found) => match found.broken {
            Some(at) => report.say(
                "audit",
                false,
                format!("the chain breaks after {} rows, at number {}: {}", found.rows, at.seq, at.what),
            ),
            None if !found.has_key => {
                report.say("audit", false, "the chain has no key: it proves nothing".to_owned());
            }
            None => report.say("audit", true, format!("{} rows, the chain is whole", found.rows)),
        },
    }
}

/// What a developer reads of an error.
pub fn reason(error: &Error) -> String {
    error.source.as_deref().map_or_else(|| error.to_string(), str::to_owned)
}

/// A database with its files.
pub struct Live<'a> {
    pub conn: &'a Conn,
    pub keys: &'a Keys,
    pub heads: &'a [ChainHead],
    pub rows: Option<FileRows>,
    /// None = where its files are is not known.
    pub store: Option<&'a dyn Store>,
    /// Files that were missing when a backup was made.
    pub excused: &'a [String],
}

pub fn check_live(live: &Live<'_>) -> BackupReport {
    let mut report = BackupReport::default();
    tables(live.conn, &mut report);
    chain(live.conn, live.keys, live.heads, &mut report);
    match live.store {
        Some(store) => match stored(live, store, &mut report) {
            Ok(()) => {}
            Err(error) => report.say("files", false, reason(&error)),
        },
        None => report.add("files", State::Note, "not looked at: this database is not the one of P_DB"),
    }
    report
}

fn stored(live: &Live<'_>, store: &dyn Store, report: &mut BackupReport) -> Result<()> {
    let named = files::named(live.conn, live.rows)?;
    let there: BTreeMap<String, u64> =
        store.list(files::UPLOADS)?.into_iter().map(|file| (file.key, file.size)).collect();
    let (mut missing, mut other, mut excused) = (Vec::new(), Vec::new(), 0);
    for (key, size) in &named {
        match (there.get(key), size) {
            (None, _) if live.excused.contains(key) => excused += 1,
            (None, _) => missing.push(key.clone()),
            (Some(is), Some(should)) if is != should => other.push(key.clone()),
            _ => {}
        }
    }
    if missing.is_empty() && other.is_empty() {
        report.say("files", true, format!("{} files that rows name are there", named.len() - excused));
    }
    if excused > 0 {
        report.add("files", State::Note, format!("{excused} were missing already when the backup was made"));
    }
    if !missing.is_empty() {
        report.say(
            "files",
            false,
            format!("{} that rows name are missing: {}", missing.len(), first(&missing)),
        );
    }
    if !other.is_empty() {
        report.say("files", false, format!("{} have another size: {}", other.len(), first(&other)));
    }
    let spare: Vec<String> = there.into_keys().filter(|key| !named.contains_key(key)).collect();
    if !spare.is_empty() {
        report.add("files", State::Note, format!("{} are in no row: {}", spare.len(), first(&spare)));
    }
    Ok(())
}

/// What it takes to check a backup.
pub struct Checking<'a> {
    pub found: &'a Found,
    pub cipher: Option<&'a Cipher>,
    /// Makes the keys of the audit chain, given the secret key of the backup.
    pub keys: &'a dyn Fn(Option<&[u8]>) -> Result<Keys>,
    pub rows: Option<FileRows>,
    /// Where a database may be laid for a while.
    pub room: &'a Path,
    /// What was read and found good before: the same files are looked for, not read again.
    pub known: Option<&'a Manifest>,
}

/// Reads the whole backup: every file as the manifest has it, and the database as the manifest tells of it.
pub fn check_backup(checking: &Checking<'_>) -> BackupReport {
    let mut report = BackupReport::default();
    if let Err(error) = backup(checking, &mut report) {
        report.say("backup", false, reason(&error));
    }
    report
}

fn backup(checking: &Checking<'_>, report: &mut BackupReport) -> Result<()> {
    let Checking { found, cipher, keys, rows, room, known } = *checking;
    let manifest = &found.manifest;
    let sealed = if manifest.sealed { ", encrypted" } else { "" };
    let (time, version, size) = (&manifest.time, &manifest.version, manifest.size());
    let shown = format!("{} of {time}, {size} bytes{sealed}, made by {version}", found.name);
    report.say("backup", true, shown);
    let there = if known.is_some() { found.stored()? } else { BTreeSet::new() };
    let read_before = |entry: &ManifestEntry| {
        there.contains(&entry.path) && known.is_some_and(|known| known.entry(&entry.path) == Some(entry))
    };
    let damaged: Vec<String> = manifest
        .files
        .iter()
        .filter(|entry| entry.path != DATABASE && !read_before(entry))
        .filter_map(|entry| found.fetch(&entry.path, cipher, io::sink()).err())
        .map(|error| reason(&error))
        .collect();
    match damaged.as_slice() {
        [] => {
            report.say("contents", true, format!("{} files are as the manifest says", manifest.files.len()))
        }
        _ => report.say("contents", false, format!("{}: {}", damaged.len(), first(&damaged))),
    }
    let scratch =
        Scratch::new(room, "check").map_err(|e| Error::server(format!("{}: {e}", room.display())))?;
    let database = scratch.path.join(DATABASE);
    let file = super::disk::create(&database).map_err(|e| Error::server(e.to_string()))?;
    found.fetch(DATABASE, cipher, file)?;
    let key = match manifest.entry(KEY) {
        Some(_) => Some(found.fetch(KEY, cipher, Vec::new())?),
        None => {
            let found = "not in the backup: the secret was in P_ENC_KEY, which a restore needs again";
            report.add("key", State::Note, found);
            None
        }
    };
    let key = key.as_deref().map(<[u8]>::trim_ascii);
    let heads = ChainHead::all_in(&manifest.audit_heads.join("\n")).map_err(Error::server)?;
    let conn = Conn::open_still(&database)?;
    tables(&conn, report);
    chain(&conn, &keys(key)?, &heads, report);
    counts(&conn, manifest, report)?;
    let named = files::named(&conn, rows)?;
    against(named, manifest, report);
    Ok(())
}

fn counts(conn: &Conn, manifest: &Manifest, report: &mut BackupReport) -> Result<()> {
    let rows = files::rows(conn)?;
    let total: i64 = rows.values().sum();
    let differ = rows.keys().chain(manifest.rows.keys()).filter(|t| rows.get(*t) != manifest.rows.get(*t));
    let mut differ: Vec<String> = differ.cloned().collect();
    differ.dedup();
    match differ.as_slice() {
        [] => report.say("rows", true, format!("{total} in {} tables, as the manifest says", rows.len())),
        _ => report.say("rows", false, format!("the manifest says otherwise of {}", first(&differ))),
    }
    Ok(())
}

fn against(named: BTreeMap<String, Option<u64>>, manifest: &Manifest, report: &mut BackupReport) {
    let entries: BTreeMap<&str, &ManifestEntry> =
        manifest.files.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let (mut missing, mut excused, all) = (Vec::new(), 0, named.len());
    for (key, size) in named {
        match entries.get(format!("{FILES}/{key}").as_str()) {
            Some(entry) if size.is_none_or(|size| size == entry.size) => {}
            None if manifest.missing.contains(&key) => excused += 1,
            _ => missing.push(key),
        }
    }
    match missing.as_slice() {
        [] => report.say("files", true, format!("{} that rows name are in it", all - excused)),
        _ => report.say(
            "files",
            false,
            format!("{} that rows name are missing or of another size: {}", missing.len(), first(&missing)),
        ),
    }
    if excused > 0 {
        report.add("files", State::Note, format!("{excused} were missing already when the backup was made"));
    }
}
