//! Where backups are kept: a folder, in which each has a folder of its own, or a bucket, where those of one prefix share
//! the files of the store, which never change, and each has a database, a key and a manifest of its own.

use super::disk;
use super::manifest::{MANIFEST, SEALED};
use crate::config::{Config, FileStore};
use crate::error::{Error, Result};
use crate::services::store_at;
use crate::store::Store;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub struct BackupPlace {
    pub store: Arc<dyn Store>,
    /// None = a bucket.
    pub folder: Option<PathBuf>,
    shown: String,
}

/// The folder in the data folder, when nothing else is said.
pub const USUAL: &str = "backup";

impl BackupPlace {
    /// The place of `P_BACKUP_DIR`.
    pub fn of(config: &Config) -> Result<BackupPlace> {
        BackupPlace::at(config, config.text("P_BACKUP_DIR"))
    }

    /// A folder or `s3://bucket/prefix`; empty = the usual one.
    pub fn at(config: &Config, text: &str) -> Result<BackupPlace> {
        let place = match FileStore::parse(text) {
            Some(FileStore::Data) => FileStore::Folder(config.data.join(USUAL)),
            Some(place) => place,
            None => return Err(Error::server(format!("{text} is neither a folder nor s3://bucket/prefix"))),
        };
        let own = ["P_BACKUP_S3_KEY", "P_BACKUP_S3_SECRET"].map(|key| config.text(key));
        let shared = ["P_STORE_KEY", "P_STORE_SECRET"].map(|key| config.text(key));
        let credentials = if own[0].is_empty() { shared } else { own };
        if matches!(place, FileStore::Bucket(_)) && credentials.iter().any(|part| part.is_empty()) {
            return Err(Error::server(
                "P_BACKUP_S3_KEY and P_BACKUP_S3_SECRET are missing: s3://… needs them".to_owned(),
            ));
        }
        let store = store_at(&place, &config.data, credentials)?;
        let (folder, shown) = match place {
            FileStore::Folder(folder) => (Some(folder.clone()), folder.display().to_string()),
            _ => (None, text.split('?').next().unwrap_or(text).to_owned()),
        };
        Ok(BackupPlace { store, folder, shown })
    }

    /// A folder of this machine.
    pub fn folder(path: &Path) -> BackupPlace {
        let store = Arc::new(crate::store::LocalStore::new(path));
        BackupPlace { store, folder: Some(path.to_owned()), shown: path.display().to_string() }
    }

    /// Where half-made backups are: no name of a backup.
    pub fn workshop(&self, data: &Path) -> Result<PathBuf> {
        let path = self.folder.clone().unwrap_or_else(|| data.join(USUAL));
        disk::folders(&path).map_err(|e| Error::server(format!("{}: {e}", path.display())))?;
        Ok(path)
    }

    /// The names of whole backups, oldest first.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names = match &self.folder {
            Some(folder) => in_folder(folder)
                .map_err(|e| Error::server(format!("the backups in {}: {e}", folder.display())))?,
            // Years begin with it, other things in the place do not.
            None => self.store.list("2")?.iter().filter_map(|file| of_manifest(&file.key)).collect(),
        };
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Removes a backup: first its manifest, so that half of it is none.
    pub fn remove(&self, name: &str) -> Result<()> {
        if !is_name(name) {
            return Err(Error::server(format!("{name} is no name of a backup")));
        }
        for manifest in [MANIFEST.to_owned(), format!("{MANIFEST}{SEALED}")] {
            self.store.remove(&format!("{name}/{manifest}"))?;
        }
        match &self.folder {
            Some(folder) => match fs::remove_dir_all(folder.join(name)) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    Err(Error::server(format!("{name} could not be removed: {e}")))
                }
                _ => Ok(()),
            },
            None => self.store.list(&format!("{name}/"))?.iter().try_for_each(|f| self.store.remove(&f.key)),
        }
    }
}

impl std::fmt::Display for BackupPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

fn in_folder(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_name(&name) && holds_backup(&entry.path()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether a folder is a whole backup.
pub fn holds_backup(folder: &Path) -> bool {
    [MANIFEST.to_owned(), format!("{MANIFEST}{SEALED}")].iter().any(|name| folder.join(name).is_file())
}

/// `20261130T023000Z/manifest.json` → its first part.
fn of_manifest(key: &str) -> Option<String> {
    let (name, file) = key.split_once('/')?;
    (is_name(name) && file.strip_suffix(SEALED).unwrap_or(file) == MANIFEST).then(|| name.to_owned())
}

/// `20261130T023000Z`, or with a number behind it.
pub fn is_name(name: &str) -> bool {
    moment(name).is_some()
}

/// The moment that a name says, in milliseconds since 1970.
pub fn moment(name: &str) -> Option<i64> {
    let (time, number) = name.split_at_checked(16)?;
    let number = number.is_empty() || number.strip_prefix('-').is_some_and(|n| n.parse::<u16>().is_ok());
    let time = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").ok()?;
    number.then(|| time.and_utc().timestamp_millis())
}

pub fn name_of(unix_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(unix_ms).unwrap_or_default();
    time.format("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_moment_and_half_backups_have_none() {
        let ms = 1_796_005_800_000;
        assert_eq!(moment(&name_of(ms)), Some(ms));
        assert_eq!(moment("20261130T023000Z-2"), moment("20261130T023000Z"));
        for no in [
            "",
            "20261130T023000",
            "20261130T023000Z.part",
            "20261130T023000Z-",
            "stream",
            "2026113xT023000Z",
        ] {
            assert!(!is_name(no), "{no}");
        }
        let dir = tempfile::tempdir().unwrap();
        for name in ["20261130T023000Z", "20261130T023001Z.part", "20261129T000000Z"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let place = BackupPlace::folder(dir.path());
        assert!(place.names().unwrap().is_empty());
        fs::write(dir.path().join("20261130T023000Z/manifest.json"), "{}").unwrap();
        fs::write(dir.path().join("20261130T023001Z.part/manifest.json"), "{}").unwrap();
        fs::write(dir.path().join("20261129T000000Z/manifest.json.sealed"), "{}").unwrap();
        assert_eq!(place.names().unwrap(), ["20261129T000000Z", "20261130T023000Z"]);
        place.remove("20261130T023000Z").unwrap();
        assert!(place.remove("../x").is_err());
        assert_eq!(place.names().unwrap(), ["20261129T000000Z"]);
    }
}
