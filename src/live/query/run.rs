//! One run of a live query in a read transaction: the rows as the caller's ordinary query renders them, the tables that were
//! read for them, and how changes concern them.

use super::index::{Concern, Filed};
use super::matches::keys;
use super::window::Window;
use crate::api::Args;
use crate::auth::Caller;
use crate::authorize::{Authorized, Granted, authorize};
use crate::call::cond::Cond;
use crate::call::name::Action as Name;
use crate::db::{CallState, Conn, Tx};
use crate::error::{Error, Result};
use crate::object::QUERY;
use crate::plan::page::Paging;
use crate::plan::query::Source;
use crate::plan::{Expr, QueryPlan};
use crate::read::prepared::{self, BoundQuery, ReadTarget};
use crate::read::{query, row_version};
use crate::render::{Format, Grid};
use crate::services::Services;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rows of a live query at most.
pub const ROWS_MAX: u64 = 500;

/// The request of a live query: an action and its parameters.
#[derive(Clone)]
pub struct LiveRequest {
    pub name: Name,
    pub args: Args,
}

/// The result of a run.
pub struct Ran {
    pub grid: Grid,
    pub window: Window,
    /// The newest row of the change log that it has seen.
    pub offset: i64,
    pub filed: Filed,
    /// The whole condition of the query, for rows of which the values are known.
    pub filter: Option<Expr>,
    /// Groups are made anew from all rows, which takes longer.
    pub grouped: bool,
}

/// Runs the query on a connection, with the rights that the caller has now.
pub fn run(env: &Services, conn: &Conn, caller: &Arc<Caller>, asked: &LiveRequest) -> Result<Ran> {
    let mut state = CallState::default();
    state.trace_statements();
    let mut tx = Tx::new(conn, env, caller.clone(), state);
    let authorized = authorized(env, caller, &asked.name)?;
    let (made, args) = planned(&mut tx, &authorized, &asked.args)?;
    let mut grid = query::grid_of(&mut tx, &authorized, &made)?;
    if made.ready.versions {
        row_version::add(&mut tx, &authorized, &mut grid)?;
    }
    let plan = &made.ready.plan;
    let by_id = id_column(plan).and_then(|_| grid.column("id"));
    let window = Window::of(&grid, by_id);
    let main: Arc<str> = plan.select.table.shared();
    let (beside, again) = tables_of(env, &tx.state, &main);
    let concern = match again {
        true => Concern::Any,
        false => concern(env, plan, &grid, &args, caller),
    };
    let mut shown: Vec<i64> = match plan.secret_ids {
        true => Vec::new(),
        false => window.numbers().collect(),
    };
    shown.sort_unstable();
    Ok(Ran {
        offset: newest_change(conn)?,
        filed: Filed { main, concern, shown, beside },
        filter: plan.select.filter.clone(),
        grouped: is_made_of_many(plan),
        window,
        grid,
    })
}

/// The right to the query. Of what the caller may not do nothing else is told.
fn authorized<'a>(env: &'a Services, caller: &'a Caller, name: &Name) -> Result<Authorized<'a>> {
    match authorize(&env.registry, caller, name)? {
        Granted::Table(authorized) if authorized.action() == QUERY && authorized.def().decl.live => {
            Ok(authorized)
        }
        _ => Err(not_live(name)),
    }
}

/// Whether it names the query of an object that says `.live()`.
pub fn followable(env: &Services, name: &Name) -> Result<()> {
    let def = name.object.as_ref().and_then(|object| env.registry.object(object));
    match &*name.name == "query" && def.is_some_and(|def| def.decl.live) {
        true => Ok(()),
        false => Err(not_live(name)),
    }
}

fn not_live(name: &Name) -> Error {
    Error::param(format!("`{name}` cannot be followed (ac)"))
        .say(format!("`{name}`不支持实时查询"), format!("`{name}` is no live query"))
}

/// The plan of the query, with the id of each row among its columns where rows have one.
fn planned(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<(BoundQuery, Args)> {
    let mut args = args.clone();
    let mut made = made(tx, authorized, &args)?;
    if id_column(&made.ready.plan).is_none() && !is_made_of_many(&made.ready.plan) {
        let sent = if args.get.get("res").is_some() { &mut args.get } else { &mut args.post };
        if let Some(res) = sent.text("res").map(|res| format!("{res}, id")) {
            sent.set("res", res);
            made = self::made(tx, authorized, &args)?;
        }
    }
    let size = made.ready.plan.page.size;
    if size > ROWS_MAX {
        return Err(Error::param(format!("a live query has at most {ROWS_MAX} rows (pagesz)")).say(
            format!("实时查询每页最多{ROWS_MAX}行，请设置`pagesz`"),
            format!("a live query has at most {ROWS_MAX} rows: set `pagesz`"),
        ));
    }
    Ok((made, args))
}

fn made(tx: &mut Tx<'_>, authorized: &Authorized<'_>, args: &Args) -> Result<BoundQuery> {
    let asked = prepared::ask(tx.env(), authorized, args)?;
    let made = prepared::made(tx, authorized, ReadTarget::Rows(args, &Cond::none()), asked)?;
    match made.ready.format {
        Format::Table => Ok(made),
        _ => Err(no_format()),
    }
}

/// The refusal of another form than that of rows.
pub fn no_format() -> Error {
    Error::param("a live query answers as a table (fmt)")
        .say("实时查询不支持参数`fmt`", "a live query takes no `fmt`")
}

/// The output that shows the ids of the main table.
fn id_column(plan: &QueryPlan) -> Option<usize> {
    let is_id = |source: &Source| match source {
        Source::Column(at) => plan.select.columns.get(*at).is_some_and(Expr::is_key),
        _ => false,
    };
    let single = !is_made_of_many(plan);
    plan.outs.iter().position(|out| single && !out.hidden && &*out.name == "id" && is_id(&out.source))
}

/// Rows of the result do not stand for one row of the table each.
fn is_made_of_many(plan: &QueryPlan) -> bool {
    plan.grouped || plan.select.distinct || !plan.pivot.is_empty() || !plan.sum_fields.is_empty()
}

/// How changes of the main table concern the query. Where a row that is not shown may matter although it does not meet the
/// condition, every change does.
fn concern(env: &Services, plan: &QueryPlan, grid: &Grid, args: &Args, caller: &Caller) -> Concern {
    let first = plan.select.offset == 0
        && matches!(plan.page.paging, Paging::Key { .. } | Paging::Number { page: 1 });
    let complete = first && grid.nextkey.is_none() && args.get.get("pagekey").is_none();
    let counts = plan.page.total || plan.stat.is_some();
    let by_rows = id_column(plan).is_some() && !plan.secret_ids && first && (complete || !counts);
    if !by_rows {
        return Concern::Any;
    }
    let found = plan.select.filter.as_ref().and_then(|filter| {
        let table = env.registry.catalogue.table(plan.select.table.as_str())?;
        keys(filter, table, caller.id)
    });
    found.map_or(Concern::Selected, |(column, keys)| Concern::Keyed(column, keys))
}

/// The tables that the statements of the run name, but for the main one, and whether that is named more than once: then
/// rows that are not selected may matter to those that are. A column of the name of a table makes them more.
fn tables_of(env: &Services, state: &CallState, main: &str) -> (Vec<Arc<str>>, bool) {
    let mut found = BTreeSet::new();
    let mut named = 0;
    // Behind the statement stand its time and its values.
    let texts: BTreeSet<&str> =
        state.traced().map(|text| text.split_once(" -- ").map_or(text, |(sql, _)| sql)).collect();
    for word in texts.into_iter().flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '_'))) {
        match env.registry.catalogue.table(word) {
            Some(table) if table.name.as_str() == main => named += 1,
            Some(table) => {
                found.insert(table.name.shared());
            }
            None => {}
        }
    }
    (found.into_iter().collect(), named > 1)
}

/// The number of the newest row of the change log, in the snapshot of the run.
fn newest_change(conn: &Conn) -> Result<i64> {
    let newest = conn.number("SELECT seq FROM sqlite_sequence WHERE name = 'ObjLog'", Vec::new())?;
    Ok(newest.unwrap_or_default())
}
