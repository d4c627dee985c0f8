//! Where uploaded files lie, by keys such as `upload/202601/3f…9c.jpg` that the server makes itself. One
//! implementation keeps them in a local folder, another with an object store.

mod body;
mod held;
mod local;
mod s3;

pub use body::{FileBody, Local, Outlet, Producer};
pub use held::{FilesHeld, HeldStore, Notes};
pub use local::LocalStore;
pub use s3::{Credentials, S3Store};

use crate::error::{Error, Result};
use std::io::Write;
use std::path::Path;

/// Keeps files. A key is written once and never again: what is found under it never changes. Each of these may
/// take the time of a request to another machine, so they belong into staged work; `remove_soon` alone does not.
pub trait Store: Send + Sync {
    /// Takes the file at `from`, which may be gone afterwards. When this comes back, the file survives a power cut.
    fn put(&self, key: &str, from: &Path) -> Result<()>;

    /// The size of a file, None when there is none.
    fn size(&self, key: &str) -> Result<Option<u64>>;

    /// A part of a file, sent piece by piece; None when there is no such file or it is shorter.
    fn part(&self, key: &str, from: u64, length: u64) -> Result<Option<FileBody>>;

    /// Removes a file for good; that there is none is no failure.
    fn remove(&self, key: &str) -> Result<()>;

    /// Removes a file without making the caller wait; a failure is only logged.
    fn remove_soon(&self, key: &str);

    /// Every file whose key begins with these letters, in the order of keys.
    fn list(&self, begin: &str) -> Result<Vec<Listed>>;
}

/// A file of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    pub key: String,
    pub size: u64,
}

/// Writes a file out; false = there is none.
pub fn write_out(store: &dyn Store, key: &str, out: &mut (dyn Write + Send)) -> Result<bool> {
    let unread = |e: std::io::Error| Error::server(format!("{key} could not be read: {e}"));
    let Some(size) = store.size(key)? else { return Ok(false) };
    let copied = match store.part(key, 0, size)? {
        None => return Ok(false),
        Some(FileBody::Bytes(bytes)) => out.write_all(&bytes),
        Some(FileBody::Disk(path, ..)) => {
            std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, out)).map(|_| ())
        }
        Some(FileBody::Stream(write)) => write(&mut Local(out)),
    };
    copied.map_err(unread).map(|()| true)
}

fn stays_behind(key: &str, error: &Error) {
    tracing::warn!(%error, key, "a file could not be removed from the store");
}

/// Nothing but folders of plain names: no key leads out of the store, whoever made it.
pub fn checked(key: &str) -> Result<&str> {
    let plain = |part: &str| {
        let letters = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        !part.is_empty() && letters && !part.starts_with('.')
    };
    match key.len() <= 200 && key.split('/').all(plain) {
        true => Ok(key),
        false => Err(Error::server(format!("`{key}` is no key of a file"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_inside() {
        for key in ["upload/202601/a0-thumb.jpg", "x"] {
            assert_eq!(checked(key).unwrap(), key);
        }
        for key in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/.hidden", "a\\b", "a\0", "ä", "c:x"] {
            assert!(checked(key).is_err(), "{key}");
        }
    }
}
