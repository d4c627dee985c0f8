//! The result of an action, before it is rendered.

use crate::render::{Format, Grid, shape};
use crate::store::FileBody;
use serde_json::Value;

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
