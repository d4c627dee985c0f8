//! `pivot`: the values of some columns become columns of their own. The last `cnt` columns of the input
//! are the statistics that fill the new cells; what is left identifies a row. One pass with hash maps.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;

use super::Grid;
use super::number::Num;
use super::text::cell_text;
use crate::error::{Error, Result};

/// A table past this is no answer but an attack on the memory.
const MAX_CELLS: usize = 2_000_000;

/// Every column that is neither pivoted nor a statistic identifies a row.
pub fn pivot(grid: Grid, fields: &[String], cnt: usize, sum_field: Option<&str>) -> Result<Grid> {
    pivot_by(grid, None, fields, cnt, sum_field)
}

/// With `groups`, only those columns identify a row; the other plain columns keep their first value.
pub fn pivot_by(
    grid: Grid,
    groups: Option<&[String]>,
    fields: &[String],
    cnt: usize,
    sum_field: Option<&str>,
) -> Result<Grid> {
    if fields.is_empty() {
        return Ok(grid);
    }
    let layout = Layout::of(&grid, groups, fields, cnt.max(1))?;
    let Grid { header, rows, total, total_more, nextkey, stat } = grid;
    let mut table = Crosstab { layout, names: Vec::new(), rows: Vec::new(), used: 0 };
    table.fill(rows)?;
    let (header, rows) = table.finish(&header, sum_field);
    Ok(Grid { header, rows, total, total_more, nextkey, stat })
}

/// Which input column plays which part.
struct Layout {
    pivots: Vec<usize>,
    kept: Vec<usize>,
    /// Those of `kept` that identify a row.
    keys: Vec<usize>,
    /// Where the statistics start.
    stats: usize,
    cnt: usize,
}

impl Layout {
    fn of(grid: &Grid, groups: Option<&[String]>, fields: &[String], cnt: usize) -> Result<Layout> {
        let stats = grid.header.len().checked_sub(cnt).ok_or_else(|| {
            Error::param(format!("`pivotCnt` is {cnt} but the result has {} columns", grid.header.len()))
                .say("统计列数不正确", "there are fewer columns than `pivotCnt`")
        })?;
        let position = |field: &String| match grid.column(field.trim()) {
            Some(at) if at < stats => Ok(at),
            _ => Err(bad_column(field)),
        };
        let pivots = fields.iter().map(position).collect::<Result<Vec<_>>>()?;
        let kept: Vec<usize> = (0..stats).filter(|at| !pivots.contains(at)).collect();
        let is_key = |at: &usize| match groups {
            None => true,
            Some(groups) => groups.iter().any(|name| **name == *grid.header[*at]),
        };
        let keys = kept.iter().copied().filter(is_key).collect();
        Ok(Layout { pivots, kept, keys, stats, cnt })
    }
}

fn bad_column(field: &str) -> Error {
    Error::param(format!("`pivot` column `{field}` is not among the group columns of the result"))
        .say(format!("分组列不正确: {field}"), format!("bad pivot column: {field}"))
}

struct Crosstab {
    layout: Layout,
    /// The generated columns, in the order of their first appearance.
    names: Vec<Arc<str>>,
    rows: Vec<Line>,
    used: usize,
}

struct Line {
    kept: Vec<Value>,
    /// By generated column; may be shorter than there are.
    cells: Vec<Value>,
}

impl Crosstab {
    fn fill(&mut self, rows: Vec<Vec<Value>>) -> Result<()> {
        let (mut lines, mut columns) = (HashMap::new(), HashMap::new());
        let mut text = String::new();
        for mut row in rows {
            column_name(&mut text, &row, &self.layout.pivots);
            let column = match columns.get(&text) {
                Some(column) => *column,
                None => {
                    self.names.push(text.as_str().into());
                    columns.insert(text.clone(), columns.len());
                    columns.len() - 1
                }
            };
            row_key(&mut text, &row, &self.layout.keys);
            let line = match lines.get(&text) {
                Some(line) => *line,
                None => {
                    let kept = self.layout.kept.iter().map(|at| take(&mut row, *at)).collect();
                    self.rows.push(Line { kept, cells: Vec::new() });
                    lines.insert(text.clone(), lines.len());
                    lines.len() - 1
                }
            };
            self.put(line, column, row)?;
        }
        if self.names.len().saturating_mul(self.rows.len()) > MAX_CELLS {
            return Err(too_many());
        }
        Ok(())
    }

    fn put(&mut self, line: usize, column: usize, mut row: Vec<Value>) -> Result<()> {
        let Layout { stats, cnt, .. } = self.layout;
        let cells = &mut self.rows[line].cells;
        if cells.len() <= column {
            self.used += column + 1 - cells.len();
            if self.used > MAX_CELLS {
                return Err(too_many());
            }
            cells.resize(column + 1, Value::Null);
        }
        let cell = &mut cells[column];
        if cnt == 1 {
            add(cell, take(&mut row, stats));
            return Ok(());
        }
        let values = (stats..stats + cnt).map(|at| take(&mut row, at));
        match cell {
            Value::Array(sums) => sums.iter_mut().zip(values).for_each(|(sum, value)| add(sum, value)),
            empty => *empty = values.collect(),
        }
        Ok(())
    }

    fn finish(self, header: &[Arc<str>], sum_field: Option<&str>) -> (Vec<Arc<str>>, Vec<Vec<Value>>) {
        let Crosstab { layout, names, rows: mut lines, .. } = self;
        for line in &mut lines {
            line.cells.resize(names.len(), Value::Null);
        }
        let mut header: Vec<Arc<str>> = layout.kept.iter().map(|at| header[*at].clone()).collect();
        let width = names.len();
        header.extend(names);
        if let Some(label) = sum_field {
            if lines.len() > 1 {
                lines.push(totals(&lines, &layout, label));
            }
            if width > 1 {
                header.push(label.into());
                for line in &mut lines {
                    let total = sum(line.cells.iter(), layout.cnt);
                    line.cells.push(total);
                }
            }
        }
        let rows = lines.into_iter().map(|line| {
            let mut row = line.kept;
            row.extend(line.cells);
            row
        });
        (header, rows.collect())
    }
}

fn totals(lines: &[Line], layout: &Layout, label: &str) -> Line {
    let mut kept = vec![Value::Null; layout.kept.len()];
    if let Some(first) = kept.first_mut() {
        *first = label.into();
    }
    let width = lines.first().map_or(0, |line| line.cells.len());
    let cells = (0..width).map(|at| sum(lines.iter().map(|line| &line.cells[at]), layout.cnt));
    Line { kept, cells: cells.collect() }
}

/// The sum of cells; of array cells, a sum for each place.
fn sum<'a>(cells: impl Iterator<Item = &'a Value> + Clone, cnt: usize) -> Value {
    let total = |values: &mut dyn Iterator<Item = &'a Value>| {
        values.filter_map(Num::of).fold(Num::Int(0), Num::plus).rounded()
    };
    if cnt == 1 {
        return total(&mut { cells });
    }
    (0..cnt).map(|at| total(&mut cells.clone().filter_map(|cell| cell.get(at)))).collect()
}

/// Two numbers in one place add up; of anything else the later one stays.
fn add(sum: &mut Value, value: Value) {
    match (Num::of(sum), Num::of(&value)) {
        (Some(a), Some(b)) => *sum = a.plus(b).rounded(),
        _ if value.is_null() => {}
        _ => *sum = value,
    }
}

fn column_name(name: &mut String, row: &[Value], pivots: &[usize]) {
    name.clear();
    for (at, pivot) in pivots.iter().enumerate() {
        if at > 0 {
            name.push('-');
        }
        match row.get(*pivot) {
            None | Some(Value::Null) => name.push_str("(null)"),
            Some(value) => match &*cell_text(value) {
                "" => name.push_str("(empty)"),
                text => name.push_str(text),
            },
        }
    }
}

/// Each part with its length in front, so that no two rows share a key by accident.
fn row_key(key: &mut String, row: &[Value], keys: &[usize]) {
    key.clear();
    for at in keys {
        match row.get(*at) {
            None | Some(Value::Null) => key.push('~'),
            Some(value) => {
                let text = cell_text(value);
                // Writing into a String cannot fail.
                _ = write!(key, "{}:{text}", text.len());
            }
        }
    }
}

fn take(row: &mut [Value], at: usize) -> Value {
    row.get_mut(at).map(Value::take).unwrap_or_default()
}

fn too_many() -> Error {
    Error::param(format!("`pivot` would make more than {MAX_CELLS} cells"))
        .say("转置后的数据量过大", "the pivoted table is too big")
}

#[cfg(test)]
mod tests;
