//! A copy of the whole database as it is at one moment, page by page, while it goes on being written: the reader it is
//! made through holds one snapshot from the first page to the last, so no commit makes it begin again.

use super::conn::{Conn, failed};
use crate::error::{Error, Result};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::{File, OpenOptions};
use std::path::Path;

/// Pages copied at a time: eight megabytes, between which it may be called off.
const PIECE: i32 = 2000;

impl Conn {
    /// Copies into a new file, which is on disk when this comes back. `go_on` hears of pages that are left and of all
    /// pages, and may end it by an error.
    pub fn copy_to(&self, to: &Path, go_on: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<()> {
        self.batch("BEGIN")?;
        let copied = self.number("SELECT COUNT(*) FROM sqlite_master", Vec::new());
        let copied = copied.and_then(|_| self.copy_pages(to, go_on));
        self.batch("ROLLBACK")?;
        copied
    }

    fn copy_pages(&self, to: &Path, go_on: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<()> {
        let unwritten = |e: std::io::Error| Error::server(format!("{}: {e}", to.display()));
        let mut new = OpenOptions::new();
        new.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
        new.open(to).map_err(unwritten)?;
        let mut copy = Connection::open(to).map_err(|e| failed(e, "open the copy"))?;
        // It is synced once, as a whole; until then nobody relies on it.
        let setup = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;";
        copy.execute_batch(setup).map_err(|e| failed(e, setup))?;
        let backup = Backup::new(self.raw(), &mut copy).map_err(|e| failed(e, "copy"))?;
        loop {
            let step = backup.step(PIECE).map_err(|e| failed(e, "copy"))?;
            let progress = backup.progress();
            let pages = |count: i32| u64::try_from(count).unwrap_or_default();
            go_on(pages(progress.remaining), pages(progress.pagecount))?;
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(Error::server("the database could not be copied: it is locked")),
            }
        }
        drop(backup);
        copy.close().map_err(|(_, e)| failed(e, "close the copy"))?;
        File::open(to).and_then(|file| file.sync_all()).map_err(unwritten)
    }

    /// Opens a database that nobody writes, such as that of a backup, and leaves no file beside it.
    pub fn open_still(path: &Path) -> Result<Conn> {
        Conn::of(super::standby::open_still(path).map_err(|e| failed(e, "open"))?).set_up()
    }
}

#[cfg(test)]
mod tests {
    use crate::db::Conn;
    use crate::db::tests::scratch;
    use crate::sql::Sql;

    #[test]
    fn a_copy_is_of_one_moment_while_others_write() {
        let (dir, writer) = scratch();
        writer.batch("CREATE TABLE T (n INTEGER, filler TEXT)").unwrap();
        let add = |n: i64| {
            let sql = Sql::fixed("INSERT INTO T SELECT ?, hex(zeroblob(2000))", vec![n.into()]);
            writer.run(&sql).unwrap();
        };
        writer.batch("BEGIN").unwrap();
        (0..20_000).for_each(add);
        writer.batch("COMMIT").unwrap();
        let path = writer.rows(&Sql::fixed("SELECT file FROM pragma_database_list", Vec::new())).unwrap();
        let crate::value::Val::Text(path) = &path[0][0] else { panic!("no path") };
        let reader = Conn::open_reader(std::path::Path::new(&**path)).unwrap();
        let copy = dir.path().join("a copy? of #1.db");
        let mut steps = 0;
        let mut beside = |_, _| {
            steps += 1;
            add(20_000 + steps);
            Ok(())
        };
        reader.copy_to(&copy, &mut beside).unwrap();
        assert!(steps > 2, "{steps}");
        let still = Conn::open_still(&copy).unwrap();
        assert_eq!(still.number("SELECT COUNT(*) FROM T", Vec::new()).unwrap(), Some(20_000));
        assert_eq!(still.number("SELECT COUNT(*) FROM pragma_integrity_check", Vec::new()).unwrap(), Some(1));
        drop(still);
        let beside = std::fs::read_dir(dir.path()).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("a copy")
        });
        assert_eq!(beside.count(), 1);
    }
}
