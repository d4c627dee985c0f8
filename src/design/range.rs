//! Bounds of a number: `@range Ordr: amount 0.., qty 1..100`. What is written to the column lies between them,
//! whichever way it comes.

use std::fmt;

use super::table::Table;
use crate::value::Val;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Range {
    /// Null has no size, and texts are no business of a range.
    pub fn holds(&self, value: &Val) -> bool {
        let x = match value {
            Val::Int(n) => *n as f64,
            Val::Real(x) => *x,
            Val::Null | Val::Text(_) => return true,
        };
        self.low.is_none_or(|low| x >= low) && self.high.is_none_or(|high| x <= high)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(low) = self.low {
            write!(f, "{low}")?;
        }
        f.write_str("..")?;
        match self.high {
            Some(high) => write!(f, "{high}"),
            None => Ok(()),
        }
    }
}

/// Reads the ranges of a line into the columns of its table.
pub(in crate::design) fn read(text: &str, table: &mut Table) -> Result<(), String> {
    for item in text.split([',', '，']).map(str::trim).filter(|item| !item.is_empty()) {
        let (name, bounds) = item.split_once(char::is_whitespace).unwrap_or((item, ""));
        let range = bounds_of(bounds)
            .ok_or_else(|| format!("`{item}`: a range reads `amount 0..` or `qty 1..100`"))?;
        let owner = table.name.clone();
        let column =
            table.column_mut(name).ok_or_else(|| format!("table `{owner}` has no column `{name}`"))?;
        if !column.kind.is_number() {
            return Err(format!("column `{name}` is no number and has no range"));
        }
        if column.range.replace(range).is_some() {
            return Err(format!("column `{name}` has two ranges"));
        }
    }
    Ok(())
}

fn bounds_of(text: &str) -> Option<Range> {
    let (low, high) = text.trim().split_once("..")?;
    let bound = |text: &str| match text.trim() {
        "" => Some(None),
        text => text.parse::<f64>().ok().filter(|x| x.is_finite()).map(Some),
    };
    let range = Range { low: bound(low)?, high: bound(high)? };
    let sound = match (range.low, range.high) {
        (None, None) => false,
        (Some(low), Some(high)) => low <= high,
        _ => true,
    };
    sound.then_some(range)
}
