//! Which row `get`, `set` and `del` mean.

use crate::api::Args;
use crate::authorize::Authorized;
use crate::error::{Error, Result};
use crate::object::Me;

/// The right on one row: not, where only the caller's own row is open and this is another's.
pub fn over<'a>(right: Authorized<'a>, id: i64) -> Result<Authorized<'a>> {
    match right.rights().access.me {
        Me::Always | Me::Only if id != right.caller().id => Err(right.refused()),
        _ => Ok(right),
    }
}

/// The id named by the caller, or their own where the declaration says so.
pub fn id(authorized: &Authorized<'_>, args: &Args) -> Result<i64> {
    let mine = authorized.caller().id;
    let named = match authorized.rights().access.me {
        Me::Always => return Ok(mine),
        _ => args.id("id")?,
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
