//! From database values to the cells a caller sees.

use crate::design::Kind;
use crate::error::Result;
use crate::object::ObjectDef;
use crate::plan::QueryPlan;
use crate::plan::query::{Out, Source};
use crate::render::cell::cell as render_cell;
use crate::render::{CellKind, EnumMap, Grid};
use crate::services::Services;
use crate::value::Val;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Rows with all outputs, hidden ones included.
pub struct ResultRows {
    pub rows: Vec<Vec<Value>>,
    /// The look-ahead row was there.
    pub more: bool,
    /// How many rows there are on all pages, if they were counted on the way.
    pub all: Option<i64>,
    /// For each sub-object: the names it adds to the row when it is merged into it.
    pub merged: Vec<Vec<Arc<str>>>,
}

/// One row's outputs, in the order of the plan; sub-objects and computed fields are null so far.
pub fn cells(env: &Services, plan: &QueryPlan, row: Vec<Val>) -> Vec<Value> {
    let mut values: Vec<Option<Val>> = row.into_iter().map(Some).collect();
    let mut last_use = vec![0usize; values.len()];
    for (at, out) in plan.outs.iter().enumerate() {
        if let Source::Column(i) = out.source {
            last_use[i] = at;
        }
    }
    plan.outs
        .iter()
        .enumerate()
        .map(|(at, out)| match out.source {
            Source::Column(i) => {
                let val = if last_use[i] == at { values[i].take() } else { values[i].clone() };
                cell(env, out.kind, plan.secret_ids, val.unwrap_or(Val::Null))
            }
            _ => Value::Null,
        })
        .collect()
}

pub fn cell(env: &Services, kind: Option<Kind>, secret_ids: bool, val: Val) -> Value {
    match (kind, val) {
        (Some(Kind::Id), Val::Int(id)) if secret_ids => env.show_id(id, true),
        (kind, val) => render_cell(val, cell_kind(kind)),
    }
}

pub fn cell_kind(kind: Option<Kind>) -> CellKind {
    match kind {
        Some(Kind::Id | Kind::Int | Kind::Flag) => CellKind::Int,
        Some(Kind::Decimal { scale }) => CellKind::Number { scale },
        Some(Kind::Str { .. } | Kind::Text { .. }) => CellKind::Text,
        Some(Kind::DateTime) => CellKind::DateTime,
        Some(Kind::Date) => CellKind::Date,
        Some(Kind::Real) | None => CellKind::Any,
    }
}

/// Fields made by functions from others.
pub fn compute(def: &ObjectDef, plan: &QueryPlan, rows: &mut [Vec<Value>]) {
    for (at, out) in plan.outs.iter().enumerate() {
        let Source::Computed(which, from) = &out.source else { continue };
        let make = def.decl.computed[*which].make;
        for row in rows.iter_mut() {
            let inputs: Vec<&Value> = from.iter().map(|i| &row[*i]).collect();
            row[at] = make(&inputs);
        }
    }
}

pub fn map_enums(plan: &QueryPlan, rows: &mut [Vec<Value>]) -> Result<()> {
    for (at, out) in plan.outs.iter().enumerate() {
        let Some(text) = &out.map else { continue };
        let map = EnumMap::parse(text)?;
        for row in rows.iter_mut() {
            let value = std::mem::take(&mut row[at]);
            row[at] = map.map(value);
        }
    }
    Ok(())
}

/// Only what the caller shall see; merged sub-objects spread over columns of their own.
pub fn visible(plan: &QueryPlan, finished: ResultRows) -> Grid {
    let shown: Vec<(usize, &Out)> = plan.outs.iter().enumerate().filter(|(_, out)| !out.hidden).collect();
    let mut header: Vec<Arc<str>> = Vec::new();
    for (_, out) in &shown {
        match merged_names(out, &finished.merged) {
            Some(names) => header.extend(names.iter().cloned()),
            None => header.push(out.name.clone()),
        }
    }
    let simple = shown.len() == plan.outs.len() && finished.merged.iter().all(Vec::is_empty);
    if simple {
        return Grid::new(header, finished.rows);
    }
    let rows = finished
        .rows
        .into_iter()
        .map(|mut row| {
            let mut cells = Vec::with_capacity(header.len());
            for (at, out) in &shown {
                let value = std::mem::take(&mut row[*at]);
                match merged_names(out, &finished.merged) {
                    Some(names) => {
                        let mut object = if let Value::Object(map) = value { map } else { Map::new() };
                        cells.extend(names.iter().map(|name| object.remove(&**name).unwrap_or_default()));
                    }
                    None => cells.push(value),
                }
            }
            cells
        })
        .collect();
    Grid::new(header, rows)
}

fn merged_names<'a>(out: &Out, merged: &'a [Vec<Arc<str>>]) -> Option<&'a Vec<Arc<str>>> {
    match out.source {
        Source::Sub(i) => merged.get(i).filter(|names| !names.is_empty()),
        _ => None,
    }
}

/// `flags: "a b"` shows as `flag_a: 1, flag_b: 1` too; likewise `props`.
pub fn word_flags(grid: &mut Grid) {
    for (column, prefix) in [("flags", "flag_"), ("props", "prop_")] {
        let Some(at) = grid.column(column) else { continue };
        for i in 0..grid.rows.len() {
            let words: Vec<String> =
                grid.rows[i][at].as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
            for word in words {
                let name = format!("{prefix}{word}");
                let place = match grid.column(&name) {
                    Some(place) => place,
                    None => {
                        grid.header.push(name.as_str().into());
                        grid.header.len() - 1
                    }
                };
                let row = &mut grid.rows[i];
                if row.len() <= place {
                    row.resize(place + 1, Value::Null);
                }
                row[place] = Value::from(1);
            }
        }
    }
}

/// A grid's row as an object.
pub fn object(header: &[Arc<str>], row: Vec<Value>) -> Map<String, Value> {
    header.iter().map(|name| String::from(&**name)).zip(row).collect()
}
