//! Whether a changed row can be among the rows of a live query: its condition, evaluated on the row as the database would.
//! Where that is not certain (another table, a function, a comparison that converts its operands) it says so, and the
//! database is asked.

use crate::call::cond::Compare;
use crate::design::{Ident, Kind, Table};
use crate::plan::{Expr, Placeholder};
use crate::value::Val;
use std::cmp::Ordering;

/// The truth of a condition for a row. A condition that is null does not hold, and neither does its contrary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Null,
    /// Only the database can tell.
    Unknown,
}

impl Truth {
    /// Whether the row may be one that is selected.
    pub fn may_hold(self) -> bool {
        matches!(self, Truth::Yes | Truth::Unknown)
    }

    fn of(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }

    fn not(self) -> Truth {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            other => other,
        }
    }

    /// All of them hold: one that does not decides, whatever the others are.
    fn all(list: impl Iterator<Item = Truth>) -> Truth {
        let mut out = Truth::Yes;
        for one in list {
            match (one, out) {
                (Truth::No, _) => return Truth::No,
                (Truth::Unknown, _) | (_, Truth::Unknown) => out = Truth::Unknown,
                (Truth::Null, _) => out = Truth::Null,
                (Truth::Yes, _) => {}
            }
        }
        out
    }

    fn any(list: impl Iterator<Item = Truth>) -> Truth {
        Truth::all(list.map(Truth::not)).not()
    }
}

/// A row of a table with all its columns, in their order.
#[derive(Clone, Copy)]
pub struct TableRow<'a> {
    pub table: &'a Table,
    pub values: &'a [Val],
}

impl TableRow<'_> {
    fn cell(&self, column: &Ident) -> Option<(&Val, Kind)> {
        let at = self.table.position(column.as_str())?;
        Some((self.values.get(at)?, self.table.columns.get(at)?.kind))
    }
}

/// Evaluates a condition for a row; `caller` stands for the values that a plan leaves open.
pub fn truth(expr: &Expr, row: TableRow<'_>, caller: i64) -> Truth {
    let of = |expr: &Expr| truth(expr, row, caller);
    match expr {
        Expr::All(list) => Truth::all(list.iter().map(of)),
        Expr::Any(list) => Truth::any(list.iter().map(of)),
        Expr::Not(inner) => of(inner).not(),
        Expr::Compare(a, op, b) => match (operand(a, row, caller), operand(b, row, caller)) {
            (Some(a), Some(b)) => compare(&a, *op, &b),
            _ => Truth::Unknown,
        },
        Expr::In { not, of, list } => {
            let Some(of) = operand(of, row, caller) else { return Truth::Unknown };
            let equal =
                |value: &Val| compare(&of, Compare::Eq, &Operand { value: value.clone(), kind: None });
            negated(*not, Truth::any(list.iter().map(equal)))
        }
        Expr::Between { not, of, low, high } => {
            let ends = [(low, Compare::Ge), (high, Compare::Le)];
            let within =
                ends.iter().map(|(end, op)| match (operand(of, row, caller), operand(end, row, caller)) {
                    (Some(of), Some(end)) => compare(&of, *op, &end),
                    _ => Truth::Unknown,
                });
            negated(*not, Truth::all(within))
        }
        Expr::Null { not, of } => match operand(of, row, caller) {
            Some(of) => Truth::of(of.value.is_null() != *not),
            None => Truth::Unknown,
        },
        _ => Truth::Unknown,
    }
}

fn negated(not: bool, truth: Truth) -> Truth {
    if not { truth.not() } else { truth }
}

/// One side of a comparison; the kind is that of its column.
struct Operand {
    value: Val,
    kind: Option<Kind>,
}

fn operand(expr: &Expr, row: TableRow<'_>, caller: i64) -> Option<Operand> {
    match expr {
        Expr::Val(value) => Some(Operand { value: value.clone(), kind: None }),
        Expr::Placeholder(Placeholder::Caller, _) => Some(Operand { value: Val::Int(caller), kind: None }),
        Expr::Col { src: 0, col } => {
            row.cell(col).map(|(value, kind)| Operand { value: value.clone(), kind: Some(kind) })
        }
        _ => None,
    }
}

/// Integers beyond this are not exact as real numbers.
const EXACT: u64 = 1 << 53;

/// Compares as SQLite does, as far as neither side is converted to the type of the other.
fn compare(a: &Operand, op: Compare, b: &Operand) -> Truth {
    let real = |n: i64| (n.unsigned_abs() < EXACT).then_some(n as f64);
    let order = match (&a.value, &b.value) {
        (Val::Null, _) | (_, Val::Null) => return Truth::Null,
        // A text column would turn the other side into a text.
        _ if (a.is_text_column() && !b.is_text()) || (b.is_text_column() && !a.is_text()) => None,
        (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
        (Val::Int(a), Val::Real(b)) => real(*a).and_then(|a| a.partial_cmp(b)),
        (Val::Real(a), Val::Int(b)) => real(*b).and_then(|b| a.partial_cmp(&b)),
        (Val::Real(a), Val::Real(b)) => a.partial_cmp(b),
        (Val::Text(x), Val::Text(y)) => match a.turns_into_number(b) || b.turns_into_number(a) {
            true => None,
            false => Some(x.as_bytes().cmp(y.as_bytes())),
        },
        _ => None,
    };
    order.map_or(Truth::Unknown, |order| Truth::of(meets(order, op)))
}

impl Operand {
    fn is_text(&self) -> bool {
        matches!(self.value, Val::Text(_))
    }

    fn is_text_column(&self) -> bool {
        self.kind.is_some_and(Kind::is_text)
    }

    /// Whether a column with numbers (or points in time, which are stored like them) makes a number of our text.
    fn turns_into_number(&self, column: &Operand) -> bool {
        let Val::Text(text) = &self.value else { return false };
        let numeric = column.kind.is_some_and(|kind| !kind.is_text());
        // More than SQLite takes for a number, and never less.
        let mut start = text.trim_start().bytes();
        let looks = start.find(|b| !matches!(b, b'+' | b'-' | b'.')).is_some_and(|b| b.is_ascii_digit());
        numeric && looks && !is_moment(text)
    }
}

/// `2026-01-31`, `2026-01-31 12:30:00`: a minus after digits is part of no number.
fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    bytes.len() >= 10 && digits(0..4) && bytes[4] == b'-' && digits(5..7) && bytes[7] == b'-'
}

fn meets(order: Ordering, op: Compare) -> bool {
    match op {
        Compare::Eq => order.is_eq(),
        Compare::Ne => order.is_ne(),
        Compare::Gt => order.is_gt(),
        Compare::Ge => order.is_ge(),
        Compare::Lt => order.is_lt(),
        Compare::Le => order.is_le(),
    }
}

/// A value that rows have in common, by which live queries are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MatchKey {
    Int(i64),
    Text(Box<str>),
}

impl MatchKey {
    /// Of a cell; None where equality with it is more than being the same.
    pub fn of(value: &Val, kind: Kind) -> Option<MatchKey> {
        match value {
            Val::Int(n) if !kind.is_text() => Some(MatchKey::Int(*n)),
            Val::Text(text) if kind.is_text() => Some(MatchKey::Text(text.clone())),
            _ => None,
        }
    }
}

/// Keys of a condition at most: one with a long list of values is no narrow one.
const KEYS_MAX: usize = 64;

/// The column and the values one of which a row must have to meet the condition, if it says so. Numbers come first: a
/// number names a row of another table, a text is a status that many rows share.
pub fn keys(expr: &Expr, table: &Table, caller: i64) -> Option<(Ident, Vec<MatchKey>)> {
    let mut found = Vec::new();
    collect(expr, table, caller, &mut found);
    let is_number =
        |(_, keys): &(Ident, Vec<MatchKey>)| keys.iter().all(|key| matches!(key, MatchKey::Int(_)));
    let best = found.iter().position(is_number).unwrap_or_default();
    (!found.is_empty()).then(|| found.swap_remove(best))
}

fn collect(expr: &Expr, table: &Table, caller: i64, found: &mut Vec<(Ident, Vec<MatchKey>)>) {
    let column = |of: &Expr| match of {
        Expr::Col { src: 0, col } => table.column(col.as_str()).map(|column| (col.clone(), column.kind)),
        _ => None,
    };
    let (of, values) = match expr {
        Expr::All(list) => return list.iter().for_each(|one| collect(one, table, caller, found)),
        Expr::Compare(a, Compare::Eq, b) => match (&**a, &**b) {
            (of, Expr::Val(value)) => (of, vec![value.clone()]),
            (of, Expr::Placeholder(Placeholder::Caller, _)) => (of, vec![Val::Int(caller)]),
            _ => return,
        },
        Expr::In { not: false, of, list } if list.len() <= KEYS_MAX => (&**of, list.clone()),
        _ => return,
    };
    let Some((column, kind)) = column(of) else { return };
    let keys: Option<Vec<MatchKey>> = values.iter().map(|value| MatchKey::of(value, kind)).collect();
    found.extend(keys.map(|keys| (column, keys)));
}

#[cfg(test)]
#[path = "matches_tests.rs"]
mod tests;
