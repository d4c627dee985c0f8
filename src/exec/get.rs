//! `get`: one row by its id, under the row rules.

use super::{Answer, Args, me, query};
use crate::auth::Authorized;
use crate::call::cond::{Cond, Literal};
use crate::call::query as request;
use crate::call::query::QueryReq;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::plan::query::Extra;
use crate::render::{self, Format, Grid};
use serde_json::Value;

pub fn action(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<Answer> {
    let id = me::id(tx, authorized, args)?;
    let req = request::parse(&args.get, &args.post)?;
    found(tx, authorized, id, req, args).map(Answer::One)
}

/// The row as an object; absent and not the caller's answer alike.
pub fn row(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    req: QueryReq,
    args: &Args,
) -> Result<Value> {
    render::shape(found(tx, authorized, id, req, args)?, &Format::One)
}

fn found(tx: &mut Tx<'_>, authorized: &Authorized<'_>, id: i64, req: QueryReq, args: &Args) -> Result<Grid> {
    let mut req = req;
    let declared = authorized.def().decl.get_res;
    if req.res.is_none() && !declared.is_empty() {
        req.res = Some(crate::call::res::parse(declared)?);
    }
    let extra = Extra { cond: Cond::equals("id", Literal::Int(id)), one: true, ..Extra::default() };
    let grid = query::grid(tx, authorized, &req, &query::hook_params(authorized, args), &extra)?;
    if grid.rows.is_empty() {
        let table = authorized.def().decl.table;
        return Err(Error::param(format!("not found `{table}.id`=`{id}`")));
    }
    Ok(grid)
}
