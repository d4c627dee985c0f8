//! Whether the files of the database are still those that were opened. What a server acknowledges after somebody has
//! removed or replaced one goes into a file that nobody finds.

use super::{Failure, complain};
use crate::db::{FileId, files_are_gone};
use crate::paths::beside;
use crate::server::Server;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often to look.
const LOOK: Duration = Duration::from_secs(2);

struct Files {
    database: (PathBuf, FileId),
    /// The write-ahead log and its index, from when they were seen first.
    beside: [(PathBuf, Option<FileId>); 2],
}

#[derive(Debug, PartialEq, Eq)]
enum Gone {
    Database,
    /// What was written is still in reach of those who have it open.
    Log,
}

/// Ends the program when a file is gone, unless it is ending anyway, which removes files too.
pub fn watch(server: Arc<Server>, ending: Arc<AtomicBool>) -> Result<(), Failure> {
    let mut files = Files::of(server.db.path())?;
    let look = move || {
        loop {
            std::thread::sleep(LOOK);
            let gone = files.look();
            // Asked after the look: the end removes the log.
            if ending.load(Ordering::SeqCst) {
                return;
            }
            match gone {
                Some(gone) => end(&server, &gone),
                None => continue,
            }
        }
    };
    std::thread::Builder::new().name("database-watch".into()).spawn(look)?;
    Ok(())
}

fn end(server: &Server, gone: &Gone) {
    files_are_gone();
    let path = server.db.path().display();
    match gone {
        Gone::Database => {
            tracing::error!(
                "P_DB: {path} was replaced or removed under the server, which ends without writing"
            );
            complain(&format!("P_DB: the database {path} was replaced or removed under the server"));
        }
        Gone::Log => {
            tracing::error!(
                "P_DB: the write-ahead log of {path} was replaced or removed under the server, which copies what it \
                 still has of it into the database, and ends"
            );
            server.db.lane.stop_and_fold();
            complain(&format!(
                "P_DB: the write-ahead log of {path} was replaced or removed under the server"
            ));
        }
    }
    std::process::exit(1);
}

impl Files {
    fn of(path: &Path) -> std::io::Result<Files> {
        let beside = ["-wal", "-shm"].map(|ending| {
            let file = beside(path, ending);
            let now = FileId::of(&file).ok();
            (file, now)
        });
        Ok(Files { database: (path.to_owned(), FileId::of(path)?), beside })
    }

    fn look(&mut self) -> Option<Gone> {
        let (path, opened) = &self.database;
        if opened.has_left(path) {
            return Some(Gone::Database);
        }
        for (path, seen) in &mut self.beside {
            match seen {
                Some(seen) if seen.has_left(path) => return Some(Gone::Log),
                Some(_) => {}
                None => *seen = FileId::of(path).ok(),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_removed_or_replaced_are_missed() {
        let dir = tempfile::tempdir().unwrap();
        let [database, log] = ["a.db", "a.db-wal"].map(|name| dir.path().join(name));
        std::fs::write(&database, "x").unwrap();
        let mut files = Files::of(&database).unwrap();
        assert_eq!(files.look(), None);
        std::fs::write(&log, "x").unwrap();
        assert_eq!((files.look(), files.look()), (None, None));
        std::fs::write(&log, "longer").unwrap();
        assert_eq!(files.look(), None, "it is written, not replaced");
        std::fs::write(dir.path().join("other"), "x").unwrap();
        std::fs::rename(dir.path().join("other"), &log).unwrap();
        assert_eq!(files.look(), Some(Gone::Log));
        std::fs::remove_file(&log).unwrap();
        assert_eq!(files.look(), Some(Gone::Log));
        std::fs::remove_file(&database).unwrap();
        assert_eq!(files.look(), Some(Gone::Database));
    }
}
