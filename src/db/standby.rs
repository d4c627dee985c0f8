//! Standby, for a server whose disk cannot be written when it starts: it reads, and takes writes as soon as it can.

use super::conn::{Conn, failed};
use crate::error::{Error, Result};
use crate::paths::beside;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;

/// What errors say that are the disk's.
const FULL: &str = "the disk is full";
const FAILED: &str = "the disk could not be read or written";
const READ_ONLY: &str = "the database cannot be written";

/// Whether it was the disk that failed, and not the statement.
pub fn disk_failed(error: &Error) -> bool {
    error.of_disk
}

/// An error of the driver that is the disk's.
pub(super) fn disk_error(code: ErrorCode) -> Option<Error> {
    let detail = match code {
        ErrorCode::DiskFull => FULL,
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => FAILED,
        ErrorCode::ReadOnly => READ_ONLY,
        _ => return None,
    };
    Some(not_written(detail))
}

/// The file was opened, but only to be read.
pub(super) fn cannot_be_written() -> Error {
    not_written(READ_ONLY).because("it could be opened to be read only")
}

/// The answer to a write while the server only reads.
pub(super) fn reads_only() -> Error {
    Error { of_disk: false, ..not_written("the server only reads until its disk can be written") }
}

fn not_written(detail: &str) -> Error {
    let error = Error::db(detail).say(
        "磁盘已满或不可写，未做任何修改，请稍后再试",
        "the disk is full or cannot be written: nothing was changed, please try again later",
    );
    Error { of_disk: true, ..error }
}

/// A connection that needs nothing to be written, not even the index of the write-ahead log, if need be.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(looked_at);
    match opened {
        // Without a log the file itself is all there is, and nobody writes it: we hold its lock, or nobody could.
        Err(_) if log_is_empty(path) => {
            let conn = open_still(path).and_then(looked_at);
            conn.map_err(|e| failed(e, "open to read"))
        }
        opened => opened.map_err(|e| failed(e, "open to read")),
    }
}

fn looked_at(conn: Connection) -> rusqlite::Result<Connection> {
    conn.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(conn)
}

fn log_is_empty(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).map_or(0, |meta| meta.len()) == 0
}

/// What the path of an address may hold as it is.
const LETTERS: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Opens a database that nobody writes, and leaves no file beside it.
pub(super) fn open_still(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let escaped = percent_encoding::percent_encode(path.as_os_str().as_encoded_bytes(), LETTERS);
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

impl Conn {
    /// A reader that needs nothing to be written. It is used once.
    pub fn open_look(path: &Path) -> Result<Conn> {
        Conn::reader_over(open(path)?)
    }
}
