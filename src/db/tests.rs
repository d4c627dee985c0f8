//! What the tests of this folder share.

use super::conn::{Conn, Sync};

/// A database for a test, in a folder that goes with the value.
pub fn scratch() -> (tempfile::TempDir, Conn) {
    let dir = tempfile::tempdir().unwrap();
    let conn = Conn::open_writer(&dir.path().join("t.db"), Sync::Normal).unwrap();
    (dir, conn)
}
