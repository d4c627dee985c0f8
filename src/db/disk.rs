//! The room that is left on the disks of the database and of the data folder. Below `P_DISK_FLOOR_MB` the server is no
//! longer ready, and reads leave no row in the log of calls: that room is for changes.

use crate::config::{AuditLevel, Config};
use crate::log::Seldom;
use crate::paths::folder_of;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

pub struct Disk {
    folders: [PathBuf; 2],
    /// Bytes that must be free; 0 = none.
    floor: u64,
    /// Whether a read may go without its row at all.
    spares: bool,
    low: AtomicBool,
    spared: Seldom,
}

/// Between two lines of the program's log.
const LINE: Duration = Duration::from_secs(60);

impl Disk {
    pub fn new(config: &Config, database: &Path) -> Disk {
        Disk {
            folders: [folder_of(database).to_owned(), config.data.clone()],
            floor: u64::try_from(config.int("P_DISK_FLOOR_MB")).unwrap_or_default() << 20,
            // A strict log answers nothing that it does not hold.
            spares: config.audit == AuditLevel::Normal,
            low: AtomicBool::new(false),
            spared: Seldom::new(LINE),
        }
    }

    /// The bytes that are free for the database and for the data folder, where that can be told.
    pub fn free(&self) -> [(&'static str, Option<u64>); 2] {
        let [database, data] = &self.folders;
        [("database", free(database)), ("data", free(data))]
    }

    /// Looks how much is left. Gives what is wrong with the disks.
    pub fn look(&self) -> Option<&'static str> {
        let fault = self.folders.iter().find_map(|folder| fault(folder, self.floor));
        let low = fault == Some(Fault::Full);
        if low != self.low.load(Relaxed) {
            self.low.store(low, Relaxed);
        }
        Some(match fault? {
            Fault::ReadOnly => "the disk is read-only",
            Fault::Full if self.spares => "the disk is nearly full: reads are not recorded",
            Fault::Full => "the disk is nearly full",
        })
    }

    /// Whether a read goes without its row in the log, as of the last look.
    pub fn spares_reads(&self) -> bool {
        let spares = self.spares && self.low.load(Relaxed);
        if spares && let Some(times) = self.spared.due() {
            tracing::error!(
                times,
                "the disk has less than P_DISK_FLOOR_MB left: reads leave no row in the log"
            );
        }
        spares
    }
}

#[derive(PartialEq, Eq)]
enum Fault {
    ReadOnly,
    Full,
}

#[cfg(unix)]
fn fault(folder: &Path, floor: u64) -> Option<Fault> {
    use rustix::fs::StatVfsMountFlags;
    // A folder that is not made yet has no disk of its own.
    let disk = rustix::fs::statvfs(folder).ok()?;
    match bytes(&disk) {
        _ if disk.f_flag.contains(StatVfsMountFlags::RDONLY) => Some(Fault::ReadOnly),
        free if free < floor => Some(Fault::Full),
        _ => None,
    }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().as_ref().map(bytes)
}

#[cfg(unix)]
fn bytes(disk: &rustix::fs::StatVfs) -> u64 {
    disk.f_bavail.saturating_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(not(unix))]
fn fault(_folder: &Path, _floor: u64) -> Option<Fault> {
    None
}
