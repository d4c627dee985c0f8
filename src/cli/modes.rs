//! Modes of files: nobody else may read what the server writes. New files get their modes from the process; older ones, from a
//! server that left them open, are mended when it starts.

use crate::paths::beside;
use std::path::{Path, PathBuf};

/// From now on files are made for their owner alone.
#[cfg(unix)]
pub fn make_private() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

#[cfg(not(unix))]
pub fn make_private() {}

/// Takes the rights of others from the database, the key and the folders of the data folder. What cannot be mended is
/// said.
#[cfg(unix)]
pub fn mend(db: &Path, data: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for path in files(db, data).into_iter().chain(folders(data)) {
        // A link leads somewhere that is not ours to change.
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        let mode = meta.permissions().mode();
        if meta.is_symlink() || mode & 0o077 == 0 {
            continue;
        }
        let private = std::fs::Permissions::from_mode(mode & 0o700);
        match std::fs::set_permissions(&path, private) {
            Ok(()) => {
                tracing::warn!(path = %path.display(), "others could read this; now only the server can")
            }
            Err(error) => tracing::warn!(
                path = %path.display(), %error,
                "others can read this, and it cannot be mended: chmod go= it"
            ),
        }
    }
}

#[cfg(not(unix))]
pub fn mend(_db: &Path, _data: &Path) {}

fn files(db: &Path, data: &Path) -> Vec<PathBuf> {
    vec![db.to_owned(), beside(db, "-wal"), beside(db, "-shm"), data.join("secret.key")]
}

/// Not the folder somebody works in, should that be the data folder.
fn folders(data: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        ["upload", "import", "incoming", "audit", "backup"].iter().map(|name| data.join(name)).collect();
    let here = std::env::current_dir().ok();
    let same = |other: &Path| data.canonicalize().is_ok_and(|data| data == other);
    if !here.is_some_and(|here| here.canonicalize().is_ok_and(|here| same(&here))) {
        folders.push(data.to_owned());
    }
    folders
}
