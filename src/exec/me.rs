//! Which row `get`, `set` and `del` mean.

use super::Args;
use crate::auth::Authorized;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::Me;

/// The id named by the caller, or his own where the declaration says so.
pub fn id(tx: &Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<i64> {
    let mine = authorized.caller().id;
    let named = match authorized.rights().access.me {
        Me::Always => return Ok(mine),
        _ => args.id(tx.env(), "id")?,
    };
    match (authorized.rights().access.me, named) {
        (Me::No, None) => Err(Error::missing("id")),
        (Me::Only, Some(id)) if id != mine => {
            Err(Error::forbidden(format!("only your own `{}` is open to you", authorized.def().name())))
        }
        (_, Some(id)) => Ok(id),
        (_, None) => Ok(mine),
    }
}
