//! Looks of staff at private data: each stands in the log of changes under the owner of what was shown, written before
//! the answer goes out. Without the log staff sees nothing private.

use super::prepared::AskedQuery;
use super::query;
use crate::api::{Args, Prepared, Stage};
use crate::auth::Caller;
use crate::authorize::{Authorized, authorize_table};
use crate::call::name::Action as Name;
use crate::call::name_ref::NameRef;
use crate::call::query::{PageReq, QueryReq};
use crate::call::res::ResItem;
use crate::db::{ObjEntry, Tx};
use crate::error::{Error, Result};
use crate::plan::query::Extra;
use crate::plan::{Expr, QueryPlan};
use serde_json::Value;
use std::collections::BTreeSet;

/// The owner's id in the answer: no request can spell this name, so none can order by it.
const OWNER: &str = "\u{1}owner";
/// What the log says happened.
const LOOKED: &str = "查看";

/// The call of a look, whose words were understood: what it reads is written by the stage before the answer goes out.
pub fn stage(stage: &mut Stage<'_>, name: &Name, args: &Args, asked: AskedQuery) -> Result<Prepared> {
    let authorized = authorize_table(&stage.env().registry, stage.caller(), name)?;
    stage.read(|tx| super::whole_call(tx, &authorized, args, asked)).map(Prepared::Done)
}

/// Leaves an entry for each owner of the rows that a query shows or is made of.
pub fn record(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    asked: (&QueryReq, &QueryPlan),
    args: &Args,
    extra: &Extra,
) -> Result<()> {
    let Some((owner, field)) = authorized.owner() else { return Ok(()) };
    if !tx.env().audit().on() {
        return unlogged(authorized.caller());
    }
    for id in owners(tx, authorized, asked, &query::hook_params(authorized, args), extra, field)? {
        let changes = String::new();
        tx.state.objlog.push(ObjEntry { obj: owner, obj_id: Some(id), what: LOOKED, changes });
    }
    Ok(())
}

/// The administrator has switched the log off and answers for that; nobody else looks unseen.
fn unlogged(caller: &Caller) -> Result<()> {
    match caller.has(crate::auth::mask::ADMIN) {
        true => Ok(()),
        false => {
            Err(Error::forbidden("private data is shown to staff only while calls are recorded (P_AUDIT)")
                .say("未启用日志，不能查看私人数据", "private data cannot be seen while the log is off"))
        }
    }
}

fn owners(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    (asked, plan): (&QueryReq, &QueryPlan),
    params: &crate::call::params::Params,
    extra: &Extra,
    field: &str,
) -> Result<BTreeSet<i64>> {
    let select = &plan.select;
    let shows_rows = select.group.is_empty()
        && !select.distinct
        && !select.columns.iter().any(Expr::aggregates)
        && plan.stat.is_none()
        && (!extra.file || asked.page.size.is_some_and(|size| size > 0));
    // What is made of rows tells of all of them; a page tells of those on it.
    let asked = asked.clone();
    let (distinct, order, page) = match shows_rows {
        true => (false, asked.order, asked.page),
        false => (true, None, PageReq { size: Some(-1), ..PageReq::default() }),
    };
    let mut res =
        vec![ResItem::Field { name: NameRef::plain(field), alias: Some(OWNER.to_owned()), map: None }];
    if shows_rows {
        // The order may speak of other names that fields have in the answer.
        let fields = asked.res.into_iter().flatten().filter(|item| matches!(item, ResItem::Field { .. }));
        res.extend(fields);
    }
    let req = QueryReq {
        res: Some(res),
        distinct,
        order,
        page,
        cond: asked.cond,
        time_field: asked.time_field,
        qsearch: asked.qsearch,
        quick: asked.quick,
        nearby: asked.nearby,
        ..QueryReq::default()
    };
    let extra = Extra {
        id: extra.id,
        one: extra.one,
        cond: extra.cond.clone(),
        file: extra.file,
        ..Extra::default()
    };
    let grid = query::grid(tx, authorized, &req, params, &extra)?;
    let ids = grid.rows.iter().filter_map(|row| row.first().and_then(Value::as_i64));
    Ok(ids.filter(|id| *id != 0).collect())
}
