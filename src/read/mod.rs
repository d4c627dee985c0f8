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

pub use prepared::PreparedQuery;

use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::db::Tx;
use crate::error::Result;
use crate::object::GET;
use prepared::AskedQuery;

/// A `query` or `get` whose words were understood.
pub fn action(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    asked: AskedQuery,
) -> Result<Answer> {
    match authorized.action() {
        GET => get::action(tx, authorized, args, asked),
        _ => query::action(tx, authorized, args, asked),
    }
}

/// A `query` or `get` that is the whole call: what it reads last is the last that is read.
pub fn whole_call(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    asked: AskedQuery,
) -> Result<Answer> {
    tx.lone = tx.depth == 0;
    action(tx, authorized, args, asked)
}
