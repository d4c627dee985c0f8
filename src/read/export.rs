//! `query` as a file: rows are written while they are read, from one snapshot, so that a million rows need
//! no more memory than a few hundred. What must see all rows (pivot, totals) is made in memory, within a limit.

use super::cells::{self, ResultRows};
use super::subobjects::{self, ChildPlans};
use super::{look_log, query};
use crate::api::{Answer, Args, FileAnswer, FileBody, Outlet, Prepared, Stage, Standing};
use crate::auth::Caller;
use crate::authorize::{Authorized, authorize_table};
use crate::call::name::Action as Name;
use crate::call::query::QueryReq;
use crate::db::{CallState, Tx};
use crate::error::{Error, Result};
use crate::plan::QueryPlan;
use crate::plan::query::{Extra, Source};
use crate::render::file::headers;
use crate::render::format::FileKind;
use crate::render::{CellKind, Format, Grid, Sheet, SheetOpts, sheet};
use crate::server::Server;
use crate::value::Val;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Rows that are finished together: sub-objects are fetched for so many at once.
const CHUNK: usize = 500;
/// How long one export may read; its snapshot keeps the log from being cut short.
const TIME_MAX: Duration = Duration::from_secs(600);
/// Rows that pivot and totals may hold in memory.
const WHOLE_MAX: i64 = 100_000;

/// Everything that can be refused is refused here, before the first byte. `req` is what the call asks for.
pub fn stage(stage: &mut Stage<'_>, name: &Name, args: &Args, req: QueryReq) -> Result<Prepared> {
    let authorized = authorize_table(&stage.env().registry, stage.caller(), name)?;
    let Format::File(kind) = Format::parse(req.fmt.as_deref().unwrap_or_default(), None)? else {
        return Err(Error::server("an export without a file format"));
    };
    if authorized.owner().is_some() {
        stage.read(|tx| {
            let plan = planned(tx, &authorized, &req, args)?;
            look_log::record(tx, &authorized, (&req, &plan), args, &Extra { file: true, ..Extra::default() })
        })?;
    }
    let title = req.fname.clone().unwrap_or_else(|| authorized.def().decl.table.to_owned());
    let body = match req.pivot.is_empty() && req.sum_fields.is_empty() {
        true => {
            stage.read(|tx| try_out(tx, &authorized, &req, args))?;
            let place = stage.server().exports.enter(stage.caller())?;
            let (server, caller, name, args) =
                (stage.server().clone(), stage.caller_shared(), name.clone(), args.clone());
            let (opts, standing) = (SheetOpts { title: title.clone() }, stage.standing());
            FileBody::Stream(Box::new(move |out| {
                let _place = place;
                stream(&server, (&caller, &standing), (&name, &args, &req), (kind, &opts), out)
            }))
        }
        false => {
            let (grid, kinds) = stage.read(|tx| whole(tx, &authorized, &req, args))?;
            let mut bytes = Vec::new();
            write_grid(&grid, &kinds, kind, &title, &mut bytes).map_err(|e| Error::server(e.to_string()))?;
            FileBody::Bytes(bytes)
        }
    };
    Ok(Prepared::Done(Answer::File(FileAnswer { status: 200, headers: headers(kind, &title), body })))
}

fn planned(tx: &mut Tx<'_>, authorized: &Authorized<'_>, req: &QueryReq, args: &Args) -> Result<QueryPlan> {
    query::plan(tx, authorized, req, &query::merged(args), &Extra { file: true, ..Extra::default() })
}

/// Runs the statements of an export for no row, so that a faulty request is refused before the file begins.
fn try_out(tx: &mut Tx<'_>, authorized: &Authorized<'_>, req: &QueryReq, args: &Args) -> Result<()> {
    let mut plan = planned(tx, authorized, req, args)?;
    plan.select.limit = Some(0);
    plan.select.offset = 0;
    let rows = tx.select(&plan.select)?;
    finish(tx, authorized, (req, &plan, &[]), rows).map(|_| ())
}

fn whole(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    req: &QueryReq,
    args: &Args,
) -> Result<(Grid, Vec<CellKind>)> {
    let mut req = req.clone();
    let asked = req.page.size.filter(|n| (1..=WHOLE_MAX).contains(n));
    req.page.size = Some(asked.unwrap_or(match req.page.size {
        None | Some(0) => 20,
        Some(_) => WHOLE_MAX + 1,
    }));
    let extra = Extra { file: true, ..Extra::default() };
    let grid = query::grid(tx, authorized, &req, &query::merged(args), &extra)?;
    if grid.rows.len() as i64 > WHOLE_MAX {
        return Err(Error::param(format!("pivot and totals take at most {WHOLE_MAX} rows")).say(
            format!("行数超过{WHOLE_MAX}，请缩小范围"),
            format!("more than {WHOLE_MAX} rows, please narrow the query"),
        ));
    }
    let kinds = vec![CellKind::Any; grid.header.len()];
    Ok((grid, kinds))
}

fn write_grid(
    grid: &Grid,
    kinds: &[CellKind],
    kind: FileKind,
    title: &str,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let mut file = sheet(kind, Box::new(out), &SheetOpts { title: title.to_owned() });
    file.header(&grid.header, kinds)?;
    grid.rows.iter().try_for_each(|row| file.row(row))?;
    file.finish()
}

/// Runs on the thread that sends: reads a chunk, finishes it, writes it.
fn stream(
    server: &Server,
    (caller, standing): (&Arc<Caller>, &Standing),
    (name, args, req): (&Name, &Args, &QueryReq),
    (kind, opts): (FileKind, &SheetOpts),
    out: &mut dyn Outlet,
) -> io::Result<()> {
    let read = server.db.read_until_cut(TIME_MAX, TIME_MAX, |conn, cut| {
        out.end_with(cut.clone());
        let mut tx = Tx::new(conn, &server.env, caller.clone(), CallState::default());
        let authorized = authorize_table(&server.env.registry, caller, name)?;
        let plan = planned(&mut tx, &authorized, req, args)?;
        let kept = ChildPlans::of(&plan);
        let query = (req, &plan, kept.as_slice());
        let mut export = Export { file: sheet(kind, Box::new(out), opts), begun: false };
        let mut waiting = Vec::with_capacity(CHUNK);
        tx.select_each(&plan.select, |tx, row| {
            waiting.push(row);
            match waiting.len() < CHUNK {
                true => Ok(()),
                false => {
                    // Long after its beginning: the rows that follow are for those who may see them still.
                    standing.check()?;
                    cut.check()?;
                    export.chunk(finish(tx, &authorized, query, std::mem::take(&mut waiting))?)
                }
            }
        })?;
        if !waiting.is_empty() || !export.begun {
            export.chunk(finish(&mut tx, &authorized, query, waiting)?)?;
        }
        export.end()
    });
    read.map_err(|error| {
        tracing::warn!(%error, "an export was cut short");
        io::Error::other("the export was cut short")
    })
}

/// Rows as they will stand in the file.
fn finish(
    tx: &mut Tx<'_>,
    authorized: &Authorized<'_>,
    (req, plan, kept): (&QueryReq, &QueryPlan, &[ChildPlans]),
    raw: Vec<Vec<Val>>,
) -> Result<(Grid, Vec<CellKind>)> {
    let env = tx.env();
    let rows: Vec<Vec<Value>> = raw.into_iter().map(|row| cells::cells(env, plan, row)).collect();
    let mut finished = ResultRows { rows, more: false, all: None, merged: Vec::new() };
    subobjects::attach(tx, authorized, req, plan, kept, &mut finished)?;
    cells::compute(authorized.def(), plan, &mut finished.rows);
    cells::map_enums(plan, &mut finished.rows)?;
    let kinds = kinds(plan, &finished);
    Ok((cells::visible(plan, finished), kinds))
}

/// What each shown column holds, in the order of `cells::visible`.
fn kinds(plan: &QueryPlan, finished: &ResultRows) -> Vec<CellKind> {
    let mut kinds = Vec::with_capacity(plan.outs.len());
    for out in plan.outs.iter().filter(|out| !out.hidden) {
        match out.source {
            Source::Sub(i) => {
                let merged = finished.merged.get(i).map_or(0, Vec::len);
                kinds.extend(std::iter::repeat_n(CellKind::Any, merged.max(1)));
            }
            Source::Column(_) if out.map.is_none() => kinds.push(cells::cell_kind(out.kind)),
            Source::Column(_) | Source::Computed(..) => kinds.push(CellKind::Any),
        }
    }
    kinds
}

/// A file on its way out.
struct Export<'w> {
    file: Box<dyn Sheet + 'w>,
    begun: bool,
}

impl Export<'_> {
    fn chunk(&mut self, (grid, kinds): (Grid, Vec<CellKind>)) -> Result<()> {
        let mut write = || {
            if !self.begun {
                self.file.header(&grid.header, &kinds)?;
                self.begun = true;
            }
            grid.rows.iter().try_for_each(|row| self.file.row(row))
        };
        write().map_err(gone)
    }

    fn end(self) -> Result<()> {
        self.file.finish().map_err(gone)
    }
}

fn gone(error: io::Error) -> Error {
    Error::server(format!("the file could not be written: {error}"))
}
