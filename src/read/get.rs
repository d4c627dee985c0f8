//! `get`: one row by its id, under the row rules.

use super::prepared::{self, AskedQuery, ReadTarget};
use super::{look_log, query, row_version, target_row};
use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::call::params::Params;
use crate::call::query::QueryReq;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::object::Shown;
use crate::plan::query::Extra;
use crate::render::{self, Format};
use serde_json::Value;
use std::sync::Arc;

pub fn action(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    asked: AskedQuery,
) -> Result<Answer> {
    let id = target_row::id(authorized, args)?;
    let made = prepared::made(tx, authorized, ReadTarget::Row(args, id), asked)?;
    if authorized.owner().is_some() {
        let extra = Extra { id: Some(id), one: true, ..Extra::default() };
        look_log::record(tx, authorized, (&made.ready.req, &made.ready.plan), args, &extra)?;
    }
    if let Some(direct) = made.ready.json_rows.as_ref().filter(|_| tx.lone) {
        return match direct.run(tx, &made.ready.sql.text, &made.binds)? {
            (json, 1) => Ok(Answer::Rows(json)),
            _ => Err(not_found(authorized, id)),
        };
    }
    let mut grid = query::grid_of(tx, authorized, &made)?;
    if made.ready.versions {
        row_version::add(tx, authorized, &mut grid)?;
        row_version::tag(tx, &grid);
    }
    match grid.rows.is_empty() {
        true => Err(not_found(authorized, id)),
        false => Ok(Answer::One(grid)),
    }
}

fn not_found(authorized: &Authorized<'_>, id: i64) -> Error {
    let table = authorized.def().decl.table;
    Error::param(format!("not found `{table}.id`=`{id}`"))
}

/// The row as an object; absent and not the caller's answer alike.
pub fn row(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    req: QueryReq,
    args: &Args,
) -> Result<Value> {
    let params = query::hook_params(authorized, args);
    found(tx, authorized, id, req, &params, Extra::default())
}

/// The row that this very call has made, for a caller who may not read such rows: no more than the fields shown.
pub fn made(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    req: QueryReq,
    shown: Shown,
) -> Result<Value> {
    // The row is known; no condition or search is needed to find it.
    let req = QueryReq { res: req.res, subs: req.subs, ..QueryReq::default() };
    let extra = Extra { ceiling: Some(Arc::new(shown)), ..Extra::default() };
    found(tx, authorized, id, req, &Params::default(), extra)
}

fn found(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    id: i64,
    mut req: QueryReq,
    params: &Params,
    extra: Extra,
) -> Result<Value> {
    let declared = authorized.def().decl.get_res;
    if req.res.is_none() && !declared.is_empty() {
        req.res = Some(authorized.rights().shown_of(crate::call::res::parse(declared)?));
    }
    let extra = Extra { id: Some(id), one: true, ..extra };
    let grid = query::grid(tx, authorized, &req, params, &extra)?;
    match grid.rows.is_empty() {
        true => Err(not_found(authorized, id)),
        false => render::shape(grid, &Format::One),
    }
}
