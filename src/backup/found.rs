//! A backup that is there: read by its manifest, file by file, decrypted on the way.

use super::manifest::{FILES, Hashing, MANIFEST, Manifest, SEALED};
use super::place::{self, BackupPlace};
use super::sealed::Cipher;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::store::{LocalStore, Store, write_out};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub struct Found {
    pub name: String,
    pub manifest: Manifest,
    store: Arc<dyn Store>,
    /// Of the backup itself, when it is on this machine.
    folder: Option<PathBuf>,
}

impl Found {
    /// By its name in a place.
    pub fn named(place: &BackupPlace, name: &str, cipher: Option<&Cipher>) -> Result<Found> {
        match &place.folder {
            Some(folder) => Found::in_folder(&folder.join(name), cipher),
            None => Found::read(place.store.clone(), None, name, cipher),
        }
    }

    pub fn in_folder(folder: &Path, cipher: Option<&Cipher>) -> Result<Found> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Found::read(Arc::new(LocalStore::new(folder)), Some(folder.to_owned()), &name, cipher)
    }

    /// What a person means by a text: a backup, or a place with backups, of which the newest one that is no newer than
    /// a moment is taken.
    pub fn meant(config: &Config, text: &str, cipher: Option<&Cipher>, until: Option<i64>) -> Result<Found> {
        if !text.contains("://") && place::holds_backup(Path::new(text)) {
            return Found::in_folder(Path::new(text), cipher);
        }
        let place = BackupPlace::at(config, text)?;
        let names = place.names()?;
        let early =
            |name: &&String| until.is_none_or(|until| place::moment(name).is_some_and(|at| at <= until));
        match (names.iter().rfind(early), names.first()) {
            (Some(name), _) => Found::named(&place, name, cipher),
            (None, Some(first)) => {
                Err(Error::server(format!("{place}: the oldest backup there is {first}, which is of later")))
            }
            (None, None) => Err(Error::server(format!("{place}: there is no backup"))),
        }
    }

    fn read(
        store: Arc<dyn Store>,
        folder: Option<PathBuf>,
        name: &str,
        cipher: Option<&Cipher>,
    ) -> Result<Found> {
        let place = if folder.is_some() { String::new() } else { format!("{name}/") };
        let mut bytes = Vec::new();
        if !write_out(&*store, &format!("{place}{MANIFEST}"), &mut bytes)? {
            let cipher = cipher.ok_or_else(|| {
                Error::server(format!(
                    "{name} holds no {MANIFEST}, or it is encrypted and P_BACKUP_KEY is not set"
                ))
            })?;
            let sealed = format!("{place}{MANIFEST}{SEALED}");
            bytes = open(&*store, &sealed, MANIFEST, Some(cipher), Vec::new())?;
        }
        let manifest = Manifest::read(&bytes)?;
        Ok(Found { name: name.to_owned(), manifest, store, folder })
    }

    /// None = it is in a bucket.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The paths of uploaded files that are there.
    pub fn stored(&self) -> Result<BTreeSet<String>> {
        let ending = if self.manifest.sealed { SEALED } else { "" };
        let files = self.store.list(&format!("{FILES}/"))?.into_iter();
        Ok(files.filter_map(|file| file.key.strip_suffix(ending).map(str::to_owned)).collect())
    }

    /// Writes out a file as it was, and says whether it is what the manifest says.
    pub fn fetch<W: Write + Send>(&self, path: &str, cipher: Option<&Cipher>, out: W) -> Result<W> {
        let entry = self.manifest.entry(path);
        let entry = entry.ok_or_else(|| Error::server(format!("{path} is not in the backup")))?;
        let shared = path.strip_prefix(FILES).is_some_and(|rest| rest.starts_with('/'));
        let place = if self.folder.is_some() || shared { String::new() } else { format!("{}/", self.name) };
        let (ending, cipher) = match (self.manifest.sealed, cipher) {
            (false, _) => ("", None),
            (true, Some(cipher)) => (SEALED, Some(cipher)),
            (true, None) => {
                return Err(Error::server(format!("{} is encrypted and P_BACKUP_KEY is not set", self.name)));
            }
        };
        let stored = format!("{place}{path}{ending}");
        let hashing = open(&*self.store, &stored, path, cipher, Hashing::new(out))?;
        let (out, read) = hashing.finish(path);
        match read == *entry {
            true => Ok(out),
            false => Err(Error::server(format!("{path} is not what the manifest says: it is damaged"))),
        }
    }
}

fn open<W: Write + Send>(
    store: &dyn Store,
    stored: &str,
    name: &str,
    cipher: Option<&Cipher>,
    mut out: W,
) -> Result<W> {
    let missing = || Error::server(format!("{stored} is missing"));
    match cipher {
        None => write_out(store, stored, &mut out)?.then_some(out).ok_or_else(missing),
        Some(cipher) => {
            let mut opening = cipher.opening(name, out);
            if !write_out(store, stored, &mut opening)? {
                return Err(missing());
            }
            opening.finish()
        }
    }
}
