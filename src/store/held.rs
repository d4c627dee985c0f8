//! A store whose files stay while a backup is made: rows that the copy of the database holds may name files that are
//! let go a moment later. The lock is a file in the data folder, so it also holds between a server and `jindou backup`
//! beside it. What was not removed meanwhile is removed by the jobs that look after it.

use super::FileBody;
use super::{Listed, Store};
use crate::error::{Error, Result};
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const LOCK: &str = "files.lock";

/// As long as this lives, no file is removed from the store.
pub struct FilesHeld {
    _lock: File,
}

impl FilesHeld {
    /// Waits for removals that are under way.
    pub fn take(data: &Path) -> Result<FilesHeld> {
        let lock = open(&data.join(LOCK)).and_then(|lock| lock.lock().map(|()| lock));
        let lock = lock.map_err(|e| Error::server(format!("the lock of the files: {e}")))?;
        Ok(FilesHeld { _lock: lock })
    }
}

fn open(path: &Path) -> io::Result<File> {
    let lock = || File::options().create(true).append(true).open(path);
    match (lock(), path.parent()) {
        // A data folder that is not made yet: the files are elsewhere.
        (Err(e), Some(folder)) if e.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(folder).and_then(|()| lock())
        }
        (lock, _) => lock,
    }
}

/// Which files came into the store, for whoever copies them elsewhere.
#[derive(Default)]
pub struct Notes {
    on: AtomicBool,
    keys: Mutex<Vec<String>>,
}

impl Notes {
    /// From now on they are kept.
    pub fn keep(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    fn keys(&self) -> MutexGuard<'_, Vec<String>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.keys())
    }

    pub fn put_back(&self, keys: Vec<String>) {
        self.keys().extend(keys);
    }
}

pub struct HeldStore {
    notes: Arc<Notes>,
    inner: Arc<dyn Store>,
    lock: PathBuf,
}

impl HeldStore {
    pub fn new(inner: Arc<dyn Store>, data: &Path, notes: Arc<Notes>) -> HeldStore {
        HeldStore { notes, inner, lock: data.join(LOCK) }
    }

    /// Shared by those who remove; None = files are held.
    fn may_remove(&self) -> Result<Option<File>> {
        let failed = |e: io::Error| Error::server(format!("the lock of the files: {e}"));
        let lock = open(&self.lock).map_err(failed)?;
        match lock.try_lock_shared() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }
}

impl Store for HeldStore {
    fn put(&self, key: &str, from: &Path) -> Result<()> {
        self.inner.put(key, from)?;
        if self.notes.on.load(Ordering::Relaxed) {
            self.notes.keys().push(key.to_owned());
        }
        Ok(())
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.inner.size(key)
    }

    fn part(&self, key: &str, from: u64, length: u64) -> Result<Option<FileBody>> {
        self.inner.part(key, from, length)
    }

    fn remove(&self, key: &str) -> Result<()> {
        match self.may_remove()? {
            Some(_lock) => self.inner.remove(key),
            None => Err(Error::busy("files are kept while a backup is made")),
        }
    }

    fn remove_soon(&self, key: &str) {
        match self.may_remove() {
            Ok(Some(_lock)) => self.inner.remove_soon(key),
            Ok(None) => tracing::debug!(key, "a file stays until the backup is made"),
            Err(error) => super::stays_behind(key, &error),
        }
    }

    fn list(&self, begin: &str) -> Result<Vec<Listed>> {
        self.inner.list(begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::LocalStore;

    #[test]
    fn files_stay_while_they_are_held() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("upload")).unwrap();
        let there = || std::fs::read_dir(dir.path().join("upload")).unwrap().count();
        for name in ["a", "b"] {
            std::fs::write(dir.path().join("upload").join(name), "x").unwrap();
        }
        let store = HeldStore::new(Arc::new(LocalStore::new(dir.path())), dir.path(), Arc::default());
        let held = FilesHeld::take(dir.path()).unwrap();
        assert!(store.remove("upload/a").is_err());
        store.remove_soon("upload/b");
        assert_eq!(there(), 2);
        drop(held);
        store.remove("upload/a").unwrap();
        store.remove_soon("upload/b");
        assert_eq!(there(), 0);
    }
}
