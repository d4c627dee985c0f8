//! Answers that go from the rows of one statement straight into JSON bytes: those of queries that show the
//! columns they read and nothing that is made of them afterwards.

use super::row::cell_kind;
use crate::db::{More, Tx};
use crate::error::Result;
use crate::plan::QueryPlan;
use crate::plan::page::Paging;
use crate::plan::query::{Out, Source};
use crate::render::{Format, Frame, RowWriter};
use crate::value::{Val, ValRef};

pub struct Direct {
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

impl Direct {
    pub fn of(plan: &QueryPlan, format: &Format) -> Option<Direct> {
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
        Some(Direct { writer: writer(plan, frame)?, size, next })
    }

    /// The only row, as an object.
    pub fn of_one(plan: &QueryPlan) -> Option<Direct> {
        Some(Direct { writer: writer(plan, Frame::One)?, size: 1, next: Next::None })
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

/// None when something is made of the rows once they are read.
fn writer(plan: &QueryPlan, frame: Frame) -> Option<RowWriter> {
    let shown = || plan.outs.iter().filter(|out| !out.hidden);
    let as_read = |out: &Out| matches!(out.source, Source::Column(_)) && out.map.is_none();
    // `flags` and `props` spread over columns of their own; an object has each name but once.
    let named_once = |out: &Out| {
        !["flags", "props"].contains(&&*out.name)
            && shown().filter(|other| other.name == out.name).count() == 1
    };
    let plain = plan.subs.is_empty()
        && plan.stat.is_none()
        && !plan.page.total
        && plan.pivot.is_empty()
        && plan.sum_fields.is_empty()
        && !plan.secret_ids;
    if !plain || !plan.outs.iter().all(as_read) || !shown().all(named_once) || shown().next().is_none() {
        return None;
    }
    let columns = shown().filter_map(|out| match out.source {
        Source::Column(at) => Some((at, &*out.name, cell_kind(out.kind))),
        _ => None,
    });
    Some(RowWriter::new(frame, columns))
}
