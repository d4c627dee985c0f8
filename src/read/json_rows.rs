//! Answers that go from the rows of one statement straight into JSON bytes, and rows that go straight into objects:
//! those of queries that show the columns they read and nothing that is made of them afterwards.

use super::cells::cell_kind;
use crate::db::{More, Tx};
use crate::error::Result;
use crate::plan::QueryPlan;
use crate::plan::page::Paging;
use crate::plan::query::{Out, Source};
use crate::render::cell::cell;
use crate::render::{CellKind, Format, Frame, RowWriter};
use crate::value::{Val, ValRef};
use serde_json::{Map, Value};

pub struct JsonRows {
    writer: RowWriter,
    /// Rows at most; another one tells that there is a next page.
    size: usize,
    next: Next,
}

enum Next {
    None,
    /// Named by the value in this column of the statement.
    Key(usize),
    Page(i64),
}

impl JsonRows {
    pub fn of(plan: &QueryPlan, format: &Format) -> Option<JsonRows> {
        let frame = match format {
            Format::Table => Frame::Table,
            Format::List => Frame::List,
            Format::Array => Frame::Array,
            _ => return None,
        };
        let next = match (plan.page.paging, plan.key_out.map(|at| &plan.outs[at].source)) {
            (Paging::Key { .. }, Some(Source::Column(at))) => Next::Key(*at),
            (Paging::Number { page }, _) => Next::Page(i64::try_from(page).ok()?.saturating_add(1)),
            _ => Next::None,
        };
        plan.select.limit?;
        let size = usize::try_from(plan.page.size).ok()?;
        Some(JsonRows { writer: writer(plan, frame)?, size, next })
    }

    /// The only row, as an object.
    pub fn of_one(plan: &QueryPlan) -> Option<JsonRows> {
        Some(JsonRows { writer: writer(plan, Frame::One)?, size: 1, next: Next::None })
    }

    /// The JSON of the rows and their number.
    pub fn run(&self, tx: &mut Tx<'_>, text: &str, binds: &[Val]) -> Result<(Vec<u8>, usize)> {
        let mut out = Vec::with_capacity(512);
        self.writer.begin(&mut out);
        let (mut count, mut last, mut more) = (0, 0, false);
        tx.each_row(text, binds, |row| {
            if count == self.size {
                more = true;
                return Ok(More::Enough);
            }
            self.writer.row(&mut out, count == 0, |at, write| row.lend(at, write))?;
            count += 1;
            if let Next::Key(at) = self.next {
                last = row.lend(at, |value| if let ValRef::Int(id) = value { id } else { 0 })?;
            }
            Ok(More::Wanted)
        })?;
        let next = match self.next {
            _ if !more => None,
            Next::None => None,
            Next::Key(_) => Some(last),
            Next::Page(number) => Some(number),
        };
        self.writer.end(&mut out, next);
        Ok((out, count))
    }
}

/// A row as an object, for code of ours.
pub struct RowMap {
    /// Its names, already in place.
    blank: Map<String, Value>,
    /// Where in the statement each of them is.
    columns: Vec<(usize, CellKind)>,
}

impl RowMap {
    pub fn of(plan: &QueryPlan) -> Option<RowMap> {
        let shown = shown(plan)?;
        Some(RowMap {
            blank: shown.iter().map(|(_, name, _)| ((*name).to_owned(), Value::Null)).collect(),
            columns: shown.iter().map(|(at, _, kind)| (*at, *kind)).collect(),
        })
    }

    /// The row, if there is one.
    pub fn run(&self, tx: &mut Tx<'_>, text: &str, binds: &[Val]) -> Result<Option<Map<String, Value>>> {
        let mut found = None;
        tx.each_row(text, binds, |row| {
            let mut object = self.blank.clone();
            for (value, (at, kind)) in object.values_mut().zip(&self.columns) {
                *value = cell(row.cell(*at)?, *kind);
            }
            found = Some(object);
            Ok(More::Enough)
        })?;
        Ok(found)
    }
}

fn writer(plan: &QueryPlan, frame: Frame) -> Option<RowWriter> {
    Some(RowWriter::new(frame, shown(plan)?.into_iter()))
}

/// The columns that are shown: where each is in the statement, its name and how it is written. None when something
/// is made of the rows once they are read.
fn shown(plan: &QueryPlan) -> Option<Vec<(usize, &str, CellKind)>> {
    let shown = || plan.outs.iter().filter(|out| !out.hidden);
    // `flags` and `props` spread over columns of their own; an object has each name but once.
    let named_once = |out: &Out| {
        !["flags", "props"].contains(&&*out.name)
            && shown().filter(|other| other.name == out.name).count() == 1
    };
    if !plan.is_plain() || !shown().all(named_once) || shown().next().is_none() {
        return None;
    }
    let columns = shown().filter_map(|out| match out.source {
        Source::Column(at) => Some((at, &*out.name, cell_kind(out.kind))),
        _ => None,
    });
    Some(columns.collect())
}
