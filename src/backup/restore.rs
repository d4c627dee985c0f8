//! The way back. A backup is laid beside the place it is meant for and checked there; only then does it take the place,
//! the database last. What is replaced is moved aside, never removed.

use super::check::{BackupReport, Live, check_live};
use super::disk::{self, Scratch};
use super::found::Found;
use super::manifest::{DATABASE, FILES, KEY};
use super::sealed::Cipher;
use crate::audit::{ChainHead, Keys};
use crate::db::{Conn, DatabaseLock, Sync};
use crate::error::{Error, Result};
use crate::paths::{beside, folder_of};
use crate::plugin::FileRows;
use crate::store::{LocalStore, Store};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub struct Restoring<'a> {
    pub found: &'a Found,
    pub cipher: Option<&'a Cipher>,
    /// Where the database goes.
    pub database: &'a Path,
    /// Where the key goes, and the files unless they have a store of their own.
    pub data: &'a Path,
    /// Where files go that are not kept in the data folder.
    pub store: Option<&'a dyn Store>,
    /// Moves aside what is there.
    pub force: bool,
    /// Files may share their bytes with the backup: for a look that is over soon.
    pub link: bool,
    pub rows: Option<FileRows>,
    pub keys: &'a dyn Fn(Option<&[u8]>) -> Result<Keys>,
    /// Brings what is laid out to a later moment than that of the backup.
    pub replay: Option<Replay<'a>>,
}

/// Gets the database and the folder of files.
pub type Replay<'a> = &'a dyn Fn(&Path, &Path) -> Result<()>;

pub struct Restored {
    pub report: BackupReport,
    /// Where things lie that were there before.
    pub aside: Vec<PathBuf>,
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
    move |e| Error::server(format!("{}: {e}", path.display()))
}

/// What a restore takes the place of, below the data folder. `audit` is what a witness wrote.
const FOLDERS: [&str; 2] = ["upload", "audit"];

pub fn restore(restoring: &Restoring<'_>) -> Result<Restored> {
    let Restoring { database, data, .. } = *restoring;
    let home = folder_of(database);
    for folder in [home, data] {
        disk::folders(folder).map_err(at(folder))?;
    }
    let database_lock = DatabaseLock::take(database).map_err(|error| {
        let why = error.source.as_deref().unwrap_or("it cannot be locked");
        Error::server(format!("{}: {why}", database.display()))
    })?;
    let there = occupied(restoring)?;
    if !there.is_empty() && !restoring.force {
        let there = there.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::server(format!("there is something already: {there}; --force moves it aside")));
    }
    let stage = Scratch::new(home, "restoring").map_err(at(home))?;
    let files = match home == data {
        true => None,
        // A rename must not cross disks.
        false => Some(Scratch::new(data, "restoring").map_err(at(data))?),
    };
    let files = files.as_ref().map_or(stage.path.as_path(), |files| files.path.as_path());
    lay_out(restoring.found, restoring.cipher, &stage.path, files, restoring.link)?;
    let laid = stage.path.join(DATABASE);
    if let Some(replay) = restoring.replay {
        replay(&laid, files)?;
    }
    let report = check_laid(restoring, &laid, files)?;
    report.must_be_good("the backup was not put in place")?;
    forget_epoch(&laid)?;
    let aside = switch(restoring, &laid, files)?;
    drop(database_lock);
    Ok(Restored { report, aside })
}

/// The rows that follow the restored ones get ids that others had: clients of channels must not take them for those.
fn forget_epoch(laid: &Path) -> Result<()> {
    let conn = Conn::open_writer(laid, Sync::Full)?;
    // An old backup has no such table, and no epoch either.
    let has_table = conn.number("SELECT 1 FROM sqlite_master WHERE name='Kv'", Vec::new())?.is_some();
    if has_table { conn.batch("DELETE FROM Kv WHERE k='live:epoch'") } else { Ok(()) }
}

/// What stands where the backup would go.
fn occupied(restoring: &Restoring<'_>) -> Result<Vec<PathBuf>> {
    let database = [restoring.database.to_owned(), beside(restoring.database, "-wal")];
    let mut there: Vec<PathBuf> = database.into_iter().filter(|path| path.exists()).collect();
    let key = restoring.data.join(KEY);
    if restoring.found.manifest.entry(KEY).is_some() && key.exists() {
        there.push(key);
    }
    if restoring.store.is_none() {
        let full = |path: &PathBuf| fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        there.extend(FOLDERS.iter().map(|name| restoring.data.join(name)).filter(full));
    }
    Ok(there)
}

/// Writes a backup out: the database into one folder, key and files into another.
fn lay_out(found: &Found, cipher: Option<&Cipher>, database: &Path, files: &Path, link: bool) -> Result<()> {
    for entry in &found.manifest.files {
        let to = match entry.path.as_str() {
            DATABASE => database.join(DATABASE),
            path => files.join(path.strip_prefix(FILES).map_or(path, |rest| rest.trim_start_matches('/'))),
        };
        if let Some(folder) = to.parent() {
            disk::folders(folder).map_err(at(folder))?;
        }
        let shared = found.folder().filter(|_| link && !found.manifest.sealed && entry.path != DATABASE);
        if shared.is_some_and(|folder| fs::hard_link(folder.join(&entry.path), &to).is_ok()) {
            found.fetch(&entry.path, cipher, io::sink())?;
            continue;
        }
        let file = found.fetch(&entry.path, cipher, disk::create(&to).map_err(at(&to))?)?;
        file.sync_all().map_err(at(&to))?;
    }
    disk::sync_folders(files).and_then(|()| disk::sync_folders(database)).map_err(at(database))
}

fn check_laid(restoring: &Restoring<'_>, laid: &Path, files: &Path) -> Result<BackupReport> {
    let key = match fs::read(files.join(KEY)) {
        Ok(key) => Some(key),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(at(files)(e)),
    };
    let manifest = &restoring.found.manifest;
    let heads = ChainHead::all_in(&manifest.audit_heads.join("\n")).map_err(Error::server)?;
    let live = Live {
        conn: &Conn::open_still(laid)?,
        keys: &(restoring.keys)(key.as_deref().map(<[u8]>::trim_ascii))?,
        heads: &heads,
        rows: restoring.rows,
        store: Some(&LocalStore::new(files)),
        excused: &manifest.missing,
    };
    Ok(check_live(&live))
}

/// Files and key first: from the moment the database is there, all is there.
fn switch(restoring: &Restoring<'_>, laid: &Path, files: &Path) -> Result<Vec<PathBuf>> {
    let Restoring { database, data, .. } = *restoring;
    let time = chrono::Utc::now().format("%Y%m%dT%H%M%S%3fZ").to_string();
    let aside = data.join(format!("replaced-{time}"));
    let mut moved = Vec::new();
    let mut take = |name: &str| -> Result<()> {
        let (from, to) = (files.join(name), data.join(name));
        if to.exists() && (from.exists() || name != KEY) {
            disk::folders(&aside).map_err(at(&aside))?;
            fs::rename(&to, aside.join(name)).map_err(at(&to))?;
            moved.push(aside.join(name));
        }
        if from.exists() { fs::rename(&from, &to).map_err(at(&to)) } else { Ok(()) }
    };
    match restoring.store {
        None => FOLDERS.iter().try_for_each(|name| take(name))?,
        Some(store) => {
            for file in LocalStore::new(files).list("")?.iter().filter(|file| file.key.contains('/')) {
                // Files never change: one of this size is this one.
                if store.size(&file.key)? != Some(file.size) {
                    store.put(&file.key, &files.join(&file.key))?;
                }
            }
        }
    }
    take(KEY)?;
    disk::sync_folder(data).map_err(at(data))?;
    if database.exists() {
        // Folds its write-ahead log in, if that can still be read.
        drop(Conn::open_writer(database, Sync::Full));
        let old = beside(database, &format!(".replaced-{time}"));
        fs::hard_link(database, &old).map_err(at(&old))?;
        moved.push(old);
    }
    for ending in ["-wal", "-shm"] {
        // A log of another database must not be taken for one of this.
        let log = beside(database, ending);
        match fs::rename(&log, beside(database, &format!(".replaced-{time}{ending}"))) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(at(&log)(e)),
            _ => {}
        }
    }
    fs::rename(laid, database).map_err(at(database))?;
    disk::sync_folder(folder_of(database)).map_err(at(database))?;
    Ok(moved)
}
