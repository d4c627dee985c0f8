//! The lock of a database: one process at a time may write it, by whatever name it is opened.

use crate::error::{Error, Result};
use crate::paths::{beside, folder_of};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Held as long as the database may be written: the ids of the log and the end of its chain are counted in one
/// process. The system gives the lock back however the process ends.
pub struct DatabaseLock {
    _lock: File,
}

impl DatabaseLock {
    /// Takes the lock before the database is opened. It is a file beside the database itself: a symbolic link leads
    /// to the same lock. A hard link does not, and SQLite would give it a write-ahead log of its own, so a file with
    /// more than one name is refused.
    pub fn take(path: &Path) -> Result<DatabaseLock> {
        let path = followed(path)?;
        DatabaseLock::locked(own(&lock_of(&path)).map_err(failed)?, &path)
    }

    /// The same on a disk that may be full or read-only. None = there is no lock and none can be made: whoever wants to
    /// write has to try again.
    pub fn if_possible(path: &Path) -> Result<Option<DatabaseLock>> {
        let path = followed(path)?;
        let name = lock_of(&path);
        match own(&name) {
            Ok(lock) => DatabaseLock::locked(lock, &path).map(Some),
            Err(error) if !of_disk(error.kind()) => Err(failed(error)),
            Err(_) => match File::open(&name) {
                Ok(lock) => DatabaseLock::locked(lock, &path).map(Some),
                Err(_) => Ok(None),
            },
        }
    }

    fn locked(lock: File, path: &Path) -> Result<DatabaseLock> {
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(Error::server("another jindou process is using it"));
            }
            Err(std::fs::TryLockError::Error(e)) => return Err(failed(e)),
        }
        match names(path) {
            0 | 1 => Ok(DatabaseLock { _lock: lock }),
            n => Err(Error::server(format!(
                "the file has {n} names (hard links), and a server under another name would write beside this one; \
                 copy it instead"
            ))),
        }
    }
}

fn lock_of(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// The lock's file, made if need be.
fn own(name: &Path) -> std::io::Result<File> {
    File::options().create(true).append(true).open(name)
}

fn failed(error: std::io::Error) -> Error {
    Error::server(format!("the lock of the database: {error}"))
}

/// What passes when the disk does.
fn of_disk(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The path without symbolic links; the file itself need not exist yet.
fn followed(path: &Path) -> Result<PathBuf> {
    let failed = |e: std::io::Error| Error::server(e.to_string());
    if path.symlink_metadata().is_ok() {
        return path.canonicalize().map_err(failed);
    }
    let name = path.file_name().ok_or_else(|| Error::server("this is not the path of a file"))?;
    Ok(folder_of(path).canonicalize().map_err(failed)?.join(name))
}

#[cfg(unix)]
fn names(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    // A folder has names of its own, and is refused when it is opened.
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map_or(0, |meta| meta.nlink())
}

#[cfg(not(unix))]
fn names(_path: &Path) -> u64 {
    1
}

/// Which file a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    pub fn of(path: &Path) -> std::io::Result<FileId> {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).map(|meta| FileId(meta.dev(), meta.ino()))
    }

    #[cfg(not(unix))]
    pub fn of(path: &Path) -> std::io::Result<FileId> {
        std::fs::metadata(path).map(|_| FileId(0, 0))
    }

    /// Whether the path leads to another file now, or to none. A file that cannot be looked at is not gone.
    pub fn has_left(self, path: &Path) -> bool {
        match FileId::of(path) {
            Ok(now) => now != self,
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }
}
