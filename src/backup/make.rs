//! Makes one backup. The database is copied first, while files are kept from being removed; then the files that the
//! copy names are added, then the key; the copy is checked; the manifest comes last. Until then all of it lies under a
//! name that no backup has, so that what was interrupted never looks like one.

use super::check::{self, BackupReport};
use super::disk::{self, Scratch};
use super::files;
use super::found::Found;
use super::manifest::{
    DATABASE, FILES, Hashing, KEY, MANIFEST, Manifest, ManifestEntry, SEALED, StreamStart,
};
use super::place::{self, BackupPlace};
use super::sealed::Cipher;
use crate::audit::{ChainHead, Keys};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::plugin::FileRows;
use crate::store::FileBody;
use crate::store::{FilesHeld, Store, write_out};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What a backup is made of, and where it goes.
pub struct Making<'a> {
    pub database: &'a Path,
    pub data: &'a Path,
    pub store: &'a dyn Store,
    /// The table of files.
    pub rows: Option<FileRows>,
    pub keys: &'a Keys,
    pub place: &'a BackupPlace,
    /// Encrypts all of it.
    pub cipher: Option<&'a Cipher>,
    /// The time now.
    pub unix_ms: i64,
    /// Begins and ends what a continuous copy must know of the copy of the database.
    pub stream: Option<&'a dyn Follower>,
    /// Hears how far it is, in per cent, and may end it by an error.
    pub go_on: &'a (dyn Fn(u64) -> Result<()> + Sync),
}

/// A continuous copy of the write-ahead log.
pub trait Follower: Sync {
    /// Before the database is copied: the segment that will hold the commits from now on.
    fn begin(&self) -> Result<Option<StreamStart>>;
    /// After it was copied: the moment from which segments lead to a whole state.
    fn copied(&self) -> i64;
}

pub struct FinishedBackup {
    pub name: String,
    pub manifest: Manifest,
    pub report: BackupReport,
}

/// One backup of a data folder at a time.
struct Only {
    _lock: File,
}

impl Only {
    fn take(data: &Path) -> Result<Only> {
        let failed = |e: io::Error| Error::server(format!("the lock of backups: {e}"));
        disk::folders(data).map_err(failed)?;
        let lock =
            File::options().create(true).append(true).open(data.join("backup.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Only { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::busy("another backup is being made")
                .say("正在备份，请稍后再试", "a backup is being made already, please try again later")
                .because("another backup is being made")),
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }
}

pub fn make(making: &Making<'_>) -> Result<FinishedBackup> {
    let _only = Only::take(making.data)?;
    let workshop = making.place.workshop(making.data)?;
    sweep(&workshop);
    let name = free_name(making)?;
    let part = Part::new(&workshop, &name).map_err(|e| unmade(&workshop, e))?;
    let mut manifest = Manifest::new(making.unix_ms, making.cipher.is_some());
    let held = FilesHeld::take(making.data)?;
    let start = making.stream.map(|follower| follower.begin()).transpose()?.flatten();
    let copy = part.path.join(DATABASE);
    Conn::open_reader(making.database)?.copy_to(&copy, &mut |left, all| {
        let done = all.saturating_sub(left).saturating_mul(50) / all.max(1);
        (making.go_on)(done)
    })?;
    manifest.stream = start
        .zip(making.stream)
        .map(|(start, follower)| StreamStart { whole_ms: follower.copied(), ..start });
    let conn = Conn::open_still(&copy)?;
    let mut report = BackupReport::default();
    check::tables(&conn, &mut report);
    check::chain(&conn, making.keys, &[], &mut report);
    report.must_be_good("the copy of the database")?;
    manifest.rows = files::rows(&conn)?;
    let head = ChainHead::of(&conn, making.keys.current(), &manifest.time)?;
    manifest.audit_heads = vec![head.to_string()];
    (making.go_on)(60)?;
    let named = files::named(&conn, making.rows)?;
    drop(conn);
    Adding::new(making, &part.path)?.all(named.into_keys(), &mut manifest)?;
    drop(held);
    if let Some(key) = opened(&making.data.join(KEY))? {
        let entry = part.write(KEY, making.cipher, key).map_err(|e| unmade(&part.path, e))?;
        manifest.files.push(entry);
    }
    manifest.files.push(part.database(making.cipher).map_err(|e| unmade(&part.path, e))?);
    (making.go_on)(95)?;
    finish(making, part, &name, &manifest)?;
    Ok(FinishedBackup { name, manifest, report })
}

/// Gives it its name.
fn finish(making: &Making<'_>, part: Part, name: &str, manifest: &Manifest) -> Result<()> {
    let failed = |e: io::Error| unmade(&part.path, e);
    let mut text = Vec::new();
    manifest.write(&mut text).map_err(failed)?;
    part.write(MANIFEST, making.cipher, text.as_slice()).map_err(failed)?;
    match &making.place.folder {
        Some(folder) => {
            disk::sync_folders(&part.path).map_err(failed)?;
            fs::remove_file(part.path.join(LOCK)).map_err(failed)?;
            fs::rename(&part.path, folder.join(name)).map_err(failed)?;
            disk::sync_folder(folder).map_err(failed)
        }
        None => {
            let ending = if manifest.sealed { SEALED } else { "" };
            let own = manifest.files.iter().map(|entry| entry.path.as_str());
            let own = own.filter(|path| !path.contains('/')).chain([MANIFEST]);
            own.map(|path| format!("{path}{ending}")).try_for_each(|file| {
                making.place.store.put(&format!("{name}/{file}"), &part.path.join(&file))
            })
        }
    }
}

fn unmade(path: &Path, error: io::Error) -> Error {
    Error::server(format!("no backup could be made in {}: {error}", path.display()))
}

fn opened(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::server(format!("{}: {e}", path.display()))),
    }
}

/// A second one of the same second gets a number.
fn free_name(making: &Making<'_>) -> Result<String> {
    let stem = place::name_of(making.unix_ms);
    let taken = making.place.names()?;
    let numbered = (2..1000).map(|n| format!("{stem}-{n}"));
    let there = |name: &String| making.place.folder.as_ref().is_some_and(|folder| folder.join(name).exists());
    let free = |name: &String| !taken.contains(name) && !there(name);
    let name = [stem.clone()].into_iter().chain(numbered).find(free);
    name.ok_or_else(|| Error::server("there are too many backups of this second"))
}

/// Held while a half-made backup is being worked on.
const LOCK: &str = ".lock";

/// Removes what makers left that were interrupted.
fn sweep(workshop: &Path) {
    for entry in fs::read_dir(workshop).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let half = name.to_str().and_then(|name| name.strip_suffix(".part")).is_some_and(place::is_name);
        let busy = || File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err());
        if half && !busy() {
            match fs::remove_dir_all(&path) {
                Ok(()) => tracing::warn!(path = %path.display(), "removed a backup that was not finished"),
                Err(error) => tracing::warn!(%error, path = %path.display(), "half a backup stays behind"),
            }
        }
    }
}

/// A backup that is being made: removed unless it gets its name.
struct Part {
    path: PathBuf,
    _lock: File,
}

impl Part {
    fn new(workshop: &Path, name: &str) -> io::Result<Part> {
        let path = workshop.join(format!("{name}.part"));
        disk::folders(&path)?;
        let lock = disk::create(&path.join(LOCK))?;
        lock.try_lock().map_err(|_| io::Error::other("it is being made by another process"))?;
        Ok(Part { path, _lock: lock })
    }

    /// Writes one of its files, encrypted if that is wanted.
    fn write(&self, name: &str, cipher: Option<&Cipher>, from: impl io::Read) -> io::Result<ManifestEntry> {
        write(&self.path, name, cipher, from)
    }

    /// Takes in the copy of the database, which lies there as it is.
    fn database(&self, cipher: Option<&Cipher>) -> io::Result<ManifestEntry> {
        let path = self.path.join(DATABASE);
        let mut plain = File::open(&path)?;
        if cipher.is_none() {
            let mut hashing = Hashing::new(io::sink());
            io::copy(&mut plain, &mut hashing)?;
            return Ok(hashing.finish(DATABASE).1);
        }
        let entry = self.write(DATABASE, cipher, plain)?;
        fs::remove_file(path)?;
        Ok(entry)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It has another name when all went well.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Writes a file of a backup; gives what the manifest says of it.
fn write(
    folder: &Path,
    name: &str,
    cipher: Option<&Cipher>,
    mut from: impl io::Read,
) -> io::Result<ManifestEntry> {
    let ending = if cipher.is_some() { SEALED } else { "" };
    let path = folder.join(format!("{name}{ending}"));
    if let Some(parent) = path.parent() {
        disk::folders(parent)?;
    }
    let file = disk::create(&path)?;
    let (file, entry) = match cipher {
        Some(cipher) => {
            let mut hashing = Hashing::new(cipher.sealing(name, file)?);
            io::copy(&mut from, &mut hashing)?;
            let (sealing, entry) = hashing.finish(name);
            (sealing.finish()?, entry)
        }
        None => {
            let mut hashing = Hashing::new(file);
            io::copy(&mut from, &mut hashing)?;
            hashing.finish(name)
        }
    };
    file.sync_all()?;
    Ok(entry)
}

/// Adds the files of the store. They never change, so what the backup before has need not be copied again.
struct Adding<'a> {
    making: &'a Making<'a>,
    part: &'a Path,
    before: Option<Found>,
    /// Of a bucket: what it has already.
    there: BTreeMap<String, u64>,
}

impl<'a> Adding<'a> {
    fn new(making: &'a Making<'a>, part: &'a Path) -> Result<Adding<'a>> {
        let last = making.place.names()?.pop();
        // One that cannot be read is of no help, and no hindrance.
        let before = last.and_then(|name| Found::named(making.place, &name, making.cipher).ok());
        let before = before.filter(|found| found.manifest.sealed == making.cipher.is_some());
        let there = match making.place.folder {
            Some(_) => BTreeMap::new(),
            None => making.place.store.list(FILES)?.into_iter().map(|f| (f.key, f.size)).collect(),
        };
        Ok(Adding { making, part, before, there })
    }

    fn all(&self, named: impl ExactSizeIterator<Item = String>, manifest: &mut Manifest) -> Result<()> {
        let total = named.len().max(1) as u64;
        for (at, key) in (0..).zip(named) {
            match self.add(&key)? {
                Some(entry) => manifest.files.push(entry),
                None => manifest.missing.push(key),
            }
            (self.making.go_on)(60 + 35 * at / total)?;
        }
        for file in self.making.store.list(files::WITNESSED)? {
            manifest.files.extend(self.add(&file.key)?);
        }
        Ok(())
    }

    /// None = the store does not have it.
    fn add(&self, key: &str) -> Result<Option<ManifestEntry>> {
        let path = format!("{FILES}/{key}");
        match (&self.making.place.folder, self.making.cipher) {
            (Some(_), None) => self.link(key, &path),
            _ => match self.reuse(&path)? {
                Some(entry) => Ok(Some(entry)),
                None => self.copy(key, &path),
            },
        }
    }

    /// A name more for the same file, if that can be.
    fn link(&self, key: &str, path: &str) -> Result<Option<ManifestEntry>> {
        let Some(size) = self.making.store.size(key)? else { return Ok(None) };
        let source = match self.making.store.part(key, 0, size)? {
            Some(FileBody::Disk(source, ..)) => Some(source),
            _ => None,
        };
        let earlier = self.before.as_ref().and_then(|before| {
            let entry = before.manifest.entry(path)?;
            (entry.size == size).then(|| before.folder().map(|folder| folder.join(path)))?
        });
        let to = self.part.join(path);
        let failed = |e: io::Error| unmade(&to, e);
        if let Some(folder) = to.parent() {
            disk::folders(folder).map_err(failed)?;
        }
        let linked = source.iter().chain(&earlier).any(|from| fs::hard_link(from, &to).is_ok());
        if !linked {
            return self.copy(key, path);
        }
        let mut hashing = Hashing::new(io::sink());
        File::open(&to).and_then(|mut file| io::copy(&mut file, &mut hashing)).map_err(failed)?;
        Ok(Some(hashing.finish(path).1))
    }

    /// What the backup before says of it, if it is still there.
    fn reuse(&self, path: &str) -> Result<Option<ManifestEntry>> {
        let entry = self.before.as_ref().and_then(|before| Some((before, before.manifest.entry(path)?)));
        let Some((before, entry)) = entry else { return Ok(None) };
        let ending = if before.manifest.sealed { SEALED } else { "" };
        let stored = format!("{path}{ending}");
        let there = match before.folder() {
            None => self.there.contains_key(&stored),
            Some(folder) => {
                let to = self.part.join(&stored);
                let made = to.parent().map_or(Ok(()), disk::folders);
                made.and_then(|()| fs::hard_link(folder.join(&stored), &to)).is_ok()
            }
        };
        Ok(there.then(|| entry.clone()))
    }

    fn copy(&self, key: &str, path: &str) -> Result<Option<ManifestEntry>> {
        let failed = |e: io::Error| unmade(self.part, e);
        let scratch = Scratch::new(self.part, "copy").map_err(failed)?;
        let plain = scratch.path.join("plain");
        let mut file = disk::create(&plain).map_err(failed)?;
        if !write_out(self.making.store, key, &mut file)? {
            return Ok(None);
        }
        file.flush().map_err(failed)?;
        let from = File::open(&plain).map_err(failed)?;
        let Some(_) = self.making.place.folder else {
            let ending = if self.making.cipher.is_some() { SEALED } else { "" };
            let entry = write(&scratch.path, path, self.making.cipher, from).map_err(failed)?;
            let stored = format!("{path}{ending}");
            self.making.place.store.put(&stored, &scratch.path.join(&stored))?;
            return Ok(Some(entry));
        };
        write(self.part, path, self.making.cipher, from).map(Some).map_err(failed)
    }
}
