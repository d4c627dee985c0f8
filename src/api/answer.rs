//! The result of an action, before it is rendered.

use crate::db::Cut;
use crate::render::{Format, Grid, shape};
use serde_json::Value;
use std::io::Write;
use std::sync::Arc;

/// The payload of an answer, in the forms that handlers make.
pub enum Answer {
    /// Any JSON.
    Json(Value),
    /// An hd table, rendered without becoming a `Value` first.
    Grid(Grid),
    /// One row as an object, likewise.
    One(Grid),
    /// Rows that became JSON text as they were read.
    Rows(Vec<u8>),
    /// JSON text made by a handler.
    Raw(Vec<u8>),
    /// A body that is not the protocol's JSON.
    File(FileAnswer),
}

/// A body that is not the protocol's JSON.
pub struct FileAnswer {
    /// The status of HTTP.
    pub status: u16,
    /// Headers beside those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes.
    pub body: FileBody,
}

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

impl From<Value> for Answer {
    fn from(value: Value) -> Answer {
        Answer::Json(value)
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Answer {
        Answer::Json(Value::Null)
    }
}

impl Answer {
    /// The protocol's plain yes.
    pub fn ok() -> Answer {
        Answer::Json(Value::String("OK".into()))
    }

    /// As JSON, for calls inside calls and for references in a batch. A file has none.
    pub fn into_value(self) -> Value {
        match self {
            Answer::Json(value) => value,
            Answer::Grid(grid) => serde_json::to_value(&grid).unwrap_or_default(),
            Answer::One(grid) => shape(grid, &Format::One).unwrap_or_default(),
            Answer::Rows(bytes) | Answer::Raw(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Answer::File(_) => Value::Null,
        }
    }
}
