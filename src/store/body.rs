//! The contents of a file on its way out: bytes in memory, a part of a file on disk, or what is made while it is sent.

use crate::cut::Cut;
use std::io::Write;
use std::sync::Arc;

/// Where a body goes while it is made: it waits for a client that is slow.
pub trait Outlet: Write + Send {
    /// From now on no wait for the client outlasts the read that the body is made of.
    fn end_with(&mut self, cut: Arc<Cut>);
}

/// A place on this machine, which takes everything without a wait for a client.
pub struct Local<'w>(pub &'w mut (dyn Write + Send));

impl Write for Local<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Outlet for Local<'_> {
    fn end_with(&mut self, _cut: Arc<Cut>) {}
}

/// Writes a body from its beginning to its end.
pub type Producer = Box<dyn FnOnce(&mut dyn Outlet) -> std::io::Result<()> + Send>;

/// The bytes of a file, or where they come from.
pub enum FileBody {
    /// Held in memory.
    Bytes(Vec<u8>),
    /// Written piece by piece while it is sent.
    Stream(Producer),
    /// A part of a file on disk: path, from, length.
    Disk(std::path::PathBuf, u64, u64),
}
