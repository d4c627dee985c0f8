//! `query`: plan, read, and make of the rows what was asked.

use super::cells::{self, ResultRows};
use super::prepared::{self, AskedQuery, BoundQuery, PreparedQuery, ReadTarget};
use super::routes::{self, Statement};
use super::subobjects::{self, ChildPlans};
use super::{look_log, row_version};
use crate::api::{Answer, Args};
use crate::authorize::Authorized;
use crate::call::cond::Cond;
use crate::call::params::Params;
use crate::call::query::QueryReq;
use crate::db::{More, Row, Tx};
use crate::error::Result;
use crate::plan::page::Paging;
use crate::plan::query::{Extra, query as plan_query};
use crate::plan::{Expr, QueryPlan, Select};
use crate::render::{self, Format, Grid};
use crate::sql;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A query whose words were understood: planned and lowered, or found ready; executed; its rows made what was asked.
pub fn action(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    asked: AskedQuery,
) -> Result<Answer> {
    answer(tx, authorized, args, Cond::none(), asked)
}

/// `query` among the rows that also meet a condition of a plugin.
pub fn action_where(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args, cond: Cond) -> Result<Answer> {
    let asked = prepared::ask_where(tx.env(), authorized, args, &cond)?;
    answer(tx, authorized, args, cond, asked)
}

fn answer(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    args: &Args,
    cond: Cond,
    asked: AskedQuery,
) -> Result<Answer> {
    let made = prepared::made(tx, authorized, ReadTarget::Rows(args, &cond), asked)?;
    if authorized.owner().is_some() {
        let one = made.ready.format.wants_one();
        let query = (&made.ready.req, &made.ready.plan);
        look_log::record(tx, authorized, query, args, &Extra { one, cond, ..Extra::default() })?;
    }
    if let Some(direct) = made.ready.json_rows.as_ref().filter(|_| tx.lone) {
        let (json, _) = routes::run(tx, &made.statement(), |tx, text, binds| direct.run(tx, text, binds))?;
        return Ok(Answer::Rows(json));
    }
    let mut grid = grid_of(tx, authorized, &made)?;
    if made.ready.versions {
        row_version::add(tx, authorized, &mut grid)?;
    }
    match &made.ready.format {
        Format::Table => Ok(Answer::Grid(grid)),
        format => render::shape(grid, format).map(Answer::Json),
    }
}

/// The result of a query that is ready.
pub fn grid_of(tx: &mut Tx<'_>, authorized: &Authorized<'_>, made: &BoundQuery) -> Result<Grid> {
    let PreparedQuery { req, plan, subs, .. } = &*made.ready;
    let finished = read(tx, authorized, (req, plan, subs), &made.statement())?;
    finish(tx, req, plan, finished)
}

/// Both parameter maps as one, the URL's winning, for an object's own conditions.
pub fn merged(args: &Args) -> Params {
    let mut all = args.post.clone();
    for (name, value) in args.get.iter() {
        all.set(name.clone(), value.clone());
    }
    all
}

/// The parameters that narrowing hooks see; empty for an object that has no such hook.
pub fn hook_params(authorized: &Authorized<'_>, args: &Args) -> Params {
    match authorized.rights().access.narrow.is_some() || !authorized.def().filters.is_empty() {
        true => merged(args),
        false => Params::default(),
    }
}

/// A query's result in memory.
pub fn grid(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    req: &QueryReq,
    params: &Params,
    extra: &Extra,
) -> Result<Grid> {
    let plan = plan(tx, authorized, req, params, extra)?;
    let finished = rows(tx, authorized, req, &plan)?;
    finish(tx, req, &plan, finished)
}

pub fn plan(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    req: &QueryReq,
    params: &Params,
    extra: &Extra,
) -> Result<QueryPlan> {
    let narrow = narrow(tx, authorized, params)?;
    let read_policy = match authorized.def().decl.read_policy {
        Some(hook) => hook(tx)?,
        None => None,
    };
    let seen =
        read_policy.map(|read_policy| Extra { read_policy: Some(Arc::new(read_policy)), ..extra.clone() });
    tx.env().reading(|reading| plan_query(authorized, req, seen.as_ref().unwrap_or(extra), &narrow, reading))
}

/// The object's own row condition for this caller, and those that parameters stand for.
pub fn narrow(tx: &mut Tx<'_>, authorized: &Authorized<'_>, params: &Params) -> Result<Cond> {
    let mut cond = match authorized.rights().access.narrow {
        Some(hook) => hook(tx, params)?,
        None => Cond::none(),
    };
    for (param, hook) in &authorized.def().filters {
        if let Some(value) = params.text(param).filter(|value| !value.is_empty()) {
            cond = cond.and(hook(tx, &value)?);
        }
    }
    Ok(cond)
}

/// Reads the rows, brings their sub-objects and computed fields; hidden outputs are still there.
pub fn rows(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    req: &QueryReq,
    plan: &QueryPlan,
) -> Result<ResultRows> {
    let sql = sql::select(&plan.select, &sql::SQLITE);
    let statement = Statement { text: &sql.text, binds: &sql.binds, routes: None };
    read(tx, authorized, (req, plan, &[]), &statement)
}

/// Executes a plan with prepared sub-objects and statement, and the values of this call.
pub fn read(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    (req, plan, kept): (&QueryReq, &QueryPlan, &[ChildPlans]),
    statement: &Statement<'_>,
) -> Result<ResultRows> {
    let env = tx.env();
    let mut cells: Vec<Vec<Value>> = Vec::new();
    let push = |cells: &mut Vec<Vec<Value>>, row: &Row<'_>| {
        cells.push(cells::cells(env, plan, row.cells()?));
        Ok(More::Wanted)
    };
    let all = match tallied(tx, plan, statement)? {
        Some(sql) => Some(tx.each_row_tallied(&sql.text, statement.binds, |row| push(&mut cells, row))?),
        None => {
            routes::run(tx, statement, |tx, text, binds| {
                cells.clear();
                tx.each_row(text, binds, |row| push(&mut cells, row))
            })?;
            None
        }
    };
    let more = plan.select.limit.is_some() && cells.len() as u64 > plan.page.size;
    if more {
        cells.truncate(plan.page.size as usize);
    }
    let mut finished = ResultRows { rows: cells, more, all, merged: Vec::new() };
    subobjects::attach(tx, authorized, req, plan, kept, &mut finished)?;
    cells::compute(authorized.def(), plan, &mut finished.rows);
    Ok(finished)
}

/// The statement of a page whose rows all have to be sorted, and can be counted as they are.
fn tallied(tx: &Tx<'_>, plan: &QueryPlan, statement: &Statement<'_>) -> Result<Option<sql::Sql>> {
    let (select, text, binds) = (&plan.select, statement.text, statement.binds);
    if plan.access_paths.is_some() || select.pieces.is_some() {
        return Ok(None);
    }
    let plain = select.group.is_empty() && !select.distinct && !select.columns.iter().any(Expr::aggregates);
    let sorted = select.order.first().is_some_and(|(by, _)| !by.is_key());
    if !(plan.page.total && plain && sorted && select.limit.is_some()) {
        return Ok(None);
    }
    let made = |select: Select| sql::select(&select, &sql::SQLITE);
    let sorts = match &select.page_first {
        Some(id) => {
            let chosen = made(select.ids(id));
            tx.conn().sorts_all(&chosen.text, &chosen.binds)?
        }
        None => tx.conn().sorts_all(text, binds)?,
    };
    Ok(sorts.then(|| made(Select { tallied: true, ..select.clone() })))
}

/// Names, totals and the transformations of finished rows.
fn finish(tx: &mut Tx<'_>, req: &QueryReq, plan: &QueryPlan, mut finished: ResultRows) -> Result<Grid> {
    let nextkey = finished.more.then(|| nextkey(plan, &finished.rows)).flatten();
    let total = match plan.page.total {
        true => Some(total(tx, plan, &finished)?),
        false => None,
    };
    // What is too much to be counted is too much to be summed.
    let total_more = total.zip(plan.page.total_max).is_some_and(|(total, most)| total.unsigned_abs() > most);
    let most = plan.page.total_max.and_then(|most| i64::try_from(most).ok());
    let total = if total_more { most } else { total };
    let stat = match &plan.stat {
        Some(_) if total_more => None,
        Some((select, outs)) => {
            let row = tx.select(select)?.into_iter().next().unwrap_or_default();
            let cells =
                row.into_iter().zip(outs).map(|(val, out)| cells::cell(tx.env(), out.kind, false, val));
            let stat: Map<String, Value> = outs.iter().map(|out| out.name.to_string()).zip(cells).collect();
            Some(Box::new(stat))
        }
        None => None,
    };
    cells::map_enums(plan, &mut finished.rows)?;
    let mut grid = cells::visible(plan, finished);
    grid.nextkey = nextkey;
    grid.total = total;
    grid.total_more = total_more;
    grid.stat = stat;
    cells::word_flags(&mut grid);
    if !plan.pivot.is_empty() {
        let groups: Vec<String> =
            req.gres.iter().map(|g| g.alias.clone().unwrap_or(g.field.name.clone())).collect();
        grid = render::pivot_by(
            grid,
            Some(&groups).filter(|g| !g.is_empty()).map(|g| g.as_slice()),
            &plan.pivot,
            plan.pivot_cnt,
            plan.pivot_sum.as_deref(),
        )?;
    }
    if !plan.sum_fields.is_empty() {
        let stat = grid.stat.clone();
        grid = render::sum_fields(grid, &plan.sum_fields, stat.as_deref())?;
    }
    Ok(grid)
}

/// The number of rows. On the last page it follows from the offset; otherwise, and for a single row of aggregates, they are
/// counted.
fn total(tx: &mut Tx<'_>, plan: &QueryPlan, finished: &ResultRows) -> Result<i64> {
    if let Some(all) = finished.all {
        return Ok(all);
    }
    let select = &plan.select;
    let (before, here) = (select.offset, finished.rows.len() as u64);
    let looks_ahead = select.limit == plan.page.size.checked_add(1);
    let one_of_all = select.group.is_empty() && select.columns.iter().any(Expr::aggregates);
    match finished.more || !looks_ahead || one_of_all || (before > 0 && here == 0) {
        true => match plan.page.total_max {
            Some(most) => tx.count_to(select, most),
            None => tx.count(select),
        },
        false => Ok(i64::try_from(before + here).unwrap_or(i64::MAX)),
    }
}

fn nextkey(plan: &QueryPlan, rows: &[Vec<Value>]) -> Option<Value> {
    match (plan.page.paging, plan.key_out) {
        (Paging::Key { .. }, Some(at)) => rows.last().map(|row| row[at].clone()),
        (Paging::Number { page }, _) => Some(Value::from(page + 1)),
        _ => None,
    }
}
