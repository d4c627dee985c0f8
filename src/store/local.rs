//! Files in a folder of this machine, or of one that several machines mount.

use super::FileBody;
use super::{Listed, Store, checked, stays_behind};
use crate::error::{Error, Result};
use crate::paths::folder_of;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub struct LocalStore {
    root: PathBuf,
}

impl LocalStore {
    pub fn new(root: impl Into<PathBuf>) -> LocalStore {
        LocalStore { root: root.into() }
    }

    fn place(&self, key: &str) -> Result<PathBuf> {
        Ok(self.root.join(checked(key)?))
    }
}

impl Store for LocalStore {
    fn put(&self, key: &str, from: &Path) -> Result<()> {
        let to = self.place(key)?;
        put(from, &to).map_err(|e| Error::server(format!("{} could not be stored: {e}", to.display())))
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        match fs::metadata(self.place(key)?) {
            Ok(found) if found.is_file() => Ok(Some(found.len())),
            Ok(_) => Ok(None),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(Error::server(format!("{key}: {e}"))),
        }
    }

    fn part(&self, key: &str, from: u64, length: u64) -> Result<Option<FileBody>> {
        let reaches = self.size(key)?.is_some_and(|size| from.saturating_add(length) <= size);
        Ok(if reaches { Some(FileBody::Disk(self.place(key)?, from, length)) } else { None })
    }

    /// It is gone after a power cut too.
    fn remove(&self, key: &str) -> Result<()> {
        let place = self.place(key)?;
        let synced = remove(&place).and_then(|()| match place.parent() {
            Some(folder) if folder.is_dir() => sync_folder(folder),
            _ => Ok(()),
        });
        synced.map_err(|e| Error::server(format!("{key}: {e}")))
    }

    fn remove_soon(&self, key: &str) {
        let removed = self
            .place(key)
            .and_then(|place| remove(&place).map_err(|e| Error::server(format!("{key}: {e}"))));
        if let Err(error) = removed {
            stays_behind(key, &error);
        }
    }

    fn list(&self, begin: &str) -> Result<Vec<Listed>> {
        let mut found = Vec::new();
        let folder = begin.rsplit_once('/').map_or("", |(folder, _)| folder);
        walk(&self.root, folder, begin, &mut found).map_err(|e| {
            Error::server(format!("the files in {} cannot be listed: {e}", self.root.display()))
        })?;
        found.sort();
        Ok(found)
    }
}

/// Files below a folder whose keys begin so. What has no name of a key is not of the store.
fn walk(root: &Path, folder: &str, begin: &str, found: &mut Vec<Listed>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let key = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let wanted = key.starts_with(begin) || begin.starts_with(&format!("{key}/"));
        if !wanted || checked(&key).is_err() || key.ends_with(".part") {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &key, begin, found)?;
        } else if kind.is_file() {
            match entry.metadata() {
                Ok(meta) => found.push(Listed { key, size: meta.len() }),
                // Removed meanwhile.
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(())
}

fn remove(place: &Path) -> io::Result<()> {
    match fs::remove_file(place) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// The file first, then its name: after a power cut there is the whole file or none.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().ok_or(ErrorKind::InvalidInput)?;
    make_folder(folder)?;
    File::open(from)?.sync_all()?;
    match fs::rename(from, to) {
        // The store is on another disk than the data folder.
        Err(e) if e.kind() == ErrorKind::CrossesDevices => {
            let beside = to.with_extension("part");
            fs::copy(from, &beside)?;
            File::open(&beside)?.sync_all()?;
            fs::rename(&beside, to)?;
            fs::remove_file(from)?;
        }
        moved => moved?,
    }
    sync_folder(folder)
}

/// A folder that survives a power cut: its name is written in its parent, which is synced as well.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new(""));
    make_folder(parent)?;
    match fs::create_dir(folder) {
        // Another call was quicker; whether it has synced the parent already is not known.
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
        made => made?,
    }
    sync_folder(folder_of(folder))
}

/// Some systems cannot sync a folder; they keep names by themselves.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(e) if cfg!(unix) => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_found_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("incoming");
        fs::write(&from, "hello").unwrap();
        let store = LocalStore::new(dir.path().join("kept"));
        assert_eq!(store.size("upload/a.txt").unwrap(), None);
        store.put("upload/a.txt", &from).unwrap();
        assert!(!from.exists());
        assert_eq!(store.size("upload/a.txt").unwrap(), Some(5));
        assert_eq!(store.size("upload").unwrap(), None);
        assert!(matches!(store.part("upload/a.txt", 1, 3).unwrap(), Some(FileBody::Disk(_, 1, 3))));
        for (key, from, length) in [("upload/b.txt", 0, 1), ("upload/a.txt", 3, 3), ("upload", 0, 1)] {
            assert!(store.part(key, from, length).unwrap().is_none(), "{key}");
        }
        let keys = |begin| store.list(begin).unwrap().into_iter().map(|file| file.key).collect::<Vec<_>>();
        assert_eq!(keys(""), ["upload/a.txt"]);
        assert_eq!((keys("upload/a"), keys("upload/b"), keys("x/")), (keys("up"), vec![], vec![]));
        store.remove("upload/a.txt").unwrap();
        store.remove("upload/a.txt").unwrap();
        assert_eq!(store.size("upload/a.txt").unwrap(), None);
        assert!(store.put("../a.txt", &from).is_err());
    }
}
