//! Limits of the process: it takes as many descriptors as it may, and a file that is too large is an error of one
//! write and not the end of the server.

use crate::db::Conn;
use crate::paths::folder_of;
use rustix::process::{Resource, Signal, getrlimit, setrlimit};
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

/// Raises the number of descriptors to the most that the system allows.
pub fn raise_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the number of descriptors could not be raised");
    }
}

/// Sorts that outgrow memory go beside the database: `/tmp` and `/var/tmp` may be memory, or not be there at all, and the
/// disk of the database is the one whose room is watched. Who has set `SQLITE_TMPDIR` has chosen another place.
pub fn keep_temporary_files_beside(database: &Path) {
    if std::env::var_os("SQLITE_TMPDIR").is_some() {
        return;
    }
    if let Err(error) = Conn::keep_temporary_files_in(folder_of(database)) {
        tracing::warn!(%error, "large sorts go to the system's folder of temporary files");
    }
}

/// Takes notice of the signal that comes with a file that grows beyond its limit (`ulimit -f`), which would end the
/// process: the write that met the limit fails by itself. To be called inside the runtime.
pub fn outlive_large_files() {
    // It stays in force for the life of the process, whether or not somebody listens.
    if let Err(error) = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) {
        tracing::warn!(%error, "a file beyond its limit ends the server");
    }
}
