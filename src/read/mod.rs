//! Reading: `query` and `get`, from a request to the rows of its answer. A request is planned, lowered to SQL, executed,
//! and its rows become cells, JSON or a file.

pub mod cells;
pub mod export;
pub mod get;
mod json_rows;
pub mod look_log;
pub mod prepared;
pub mod query;
mod routes;
pub mod row_version;
mod subobjects;
pub mod target_row;

pub use prepared::Ready;
