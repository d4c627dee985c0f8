//! Backups: a copy of the database at one moment with the files that its rows name and the secret key, checked before
//! it counts; the way back; and what makes them by the clock. `make` is the place to start reading.

mod check;
mod disk;
mod files;
mod found;
mod keeper;
mod make;
mod manifest;
mod place;
mod pool;
mod replay;
mod restore;
mod retire;
mod sealed;
mod segment;
mod ship;
mod stream;

pub use check::{BackupReport, Checking, Live, check_backup, check_live, reason};
pub use found::Found;
pub use keeper::Keeper;
pub use make::{FinishedBackup, Follower, Making, make};
pub use manifest::{DATABASE, FILES, KEY, MANIFEST, Manifest, ManifestEntry};
pub use place::{BackupPlace, holds_backup};
pub use replay::{Reached, base, replay};
pub use restore::{Restored, Restoring, restore};
pub use sealed::Cipher;
pub use stream::Stream;

/// `2026-11-30T02:30:00.250Z`
pub fn time_text(unix_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(unix_ms).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
