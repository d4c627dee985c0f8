//! A resolved expression: columns of known tables, bound values, and operators every dialect can spell.

use super::placeholder::Placeholder;
use super::select::Select;
use crate::call::cond::Compare;
use crate::call::expr::{Func, Sign};
use crate::design::Ident;
use crate::geo::{Bounds, Place};
pub use crate::object::Function;
use crate::object::Over;
use crate::value::Val;

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Val(Val),
    /// A value of this call, which another call of the same plan has of its own.
    Placeholder(Placeholder, i64),
    /// A column of the n-th table of the statement; 0 is the main table.
    Col {
        src: usize,
        col: Ident,
    },
    Compare(Box<Expr>, Compare, Box<Expr>),
    Like {
        not: bool,
        of: Box<Expr>,
        pattern: Box<Expr>,
    },
    /// Among the parents whose children are read: those of this call.
    OfParents {
        of: Box<Expr>,
        parents: Vec<Val>,
    },
    In {
        not: bool,
        of: Box<Expr>,
        list: Vec<Val>,
    },
    Between {
        not: bool,
        of: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    Null {
        not: bool,
        of: Box<Expr>,
    },
    /// Empty = true.
    All(Vec<Expr>),
    /// Empty = false.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Arithmetic(Box<Expr>, Sign, Box<Expr>),
    Negative(Box<Expr>),
    Aggregate {
        func: Func,
        distinct: bool,
        of: Option<Box<Expr>>,
        when: Option<Box<Expr>>,
    },
    Time(TimeUnit, Box<Expr>),
    Call(Function, Vec<Expr>),
    If {
        when: Box<Expr>,
        then: Box<Expr>,
        other: Box<Expr>,
    },
    /// An aggregate over another table's rows whose `key` equals an expression of ours.
    Over {
        func: Over,
        table: Ident,
        column: Ident,
        key: Ident,
        equals: Box<Expr>,
    },
    /// Some row of `table` has `key` equal to an expression of ours, and its columns the given values.
    Exists {
        table: Ident,
        key: Ident,
        equals: Box<Expr>,
        /// Columns of that table with the values they must have.
        having: Vec<(Ident, Expr)>,
    },
    /// Among the rows of a statement of one column.
    Among {
        of: Box<Expr>,
        ids: Box<Select>,
    },
    /// A text that holds a JSON object, without these names; null where it holds none.
    Without {
        of: Box<Expr>,
        names: Vec<String>,
    },
    /// The place of a row of the main table lies in an area; answered from the index of places.
    InBounds {
        table: Ident,
        id: Ident,
        lon: Ident,
        lat: Ident,
        bounds: Bounds,
    },
    /// Metres from a place to the place of a row of the main table.
    Distance {
        lon: Ident,
        lat: Ident,
        from: Place,
    },
    /// `word` stands among the space-separated words of a text.
    HasWord {
        of: Box<Expr>,
        word: Val,
    },
}

/// A part of a point in time; weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    Year,
    Quarter,
    Month,
    Day,
    Hour,
    /// 1 = Monday … 7 = Sunday.
    Weekday,
    /// 0–53; week 1 begins with the first Monday of the year.
    Week,
    /// Like `Week`, but days before the first Monday belong to the last week of the year before …
    WeekRolled,
    /// … and to that year.
    YearRolled,
}

impl TimeUnit {
    pub const NAMES: &[(&str, TimeUnit)] = &[
        ("y", TimeUnit::Year),
        ("q", TimeUnit::Quarter),
        ("m", TimeUnit::Month),
        ("w", TimeUnit::Week),
        ("d", TimeUnit::Day),
        ("wd", TimeUnit::Weekday),
        ("h", TimeUnit::Hour),
    ];

    pub fn named(name: &str) -> Option<TimeUnit> {
        TimeUnit::NAMES.iter().find(|(n, _)| *n == name).map(|(_, unit)| *unit)
    }
}

impl Expr {
    pub fn main(col: &Ident) -> Expr {
        Expr::Col { src: 0, col: col.clone() }
    }

    pub fn equals(self, value: Val) -> Expr {
        Expr::Compare(Box::new(self), Compare::Eq, Box::new(Expr::Val(value)))
    }

    pub fn compare(self, op: Compare, value: Val) -> Expr {
        Expr::Compare(Box::new(self), op, Box::new(Expr::Val(value)))
    }

    /// Equal to what this call leaves open in its plan.
    pub fn meets(self, open: Placeholder, now: i64) -> Expr {
        Expr::Compare(Box::new(self), Compare::Eq, Box::new(Expr::Placeholder(open, now)))
    }

    /// Both; an absent side does not count.
    pub fn and(left: Option<Expr>, right: Option<Expr>) -> Option<Expr> {
        match (left, right) {
            (Some(Expr::All(mut list)), Some(b)) => {
                list.push(b);
                Some(Expr::All(list))
            }
            (Some(a), Some(b)) => Some(Expr::All(vec![a, b])),
            (a, b) => a.or(b),
        }
    }

    /// Whether reading it means reading rows of another table one by one.
    pub fn is_correlated(&self) -> bool {
        match self {
            Expr::Over { .. } => true,
            Expr::Compare(a, _, b) | Expr::Arithmetic(a, _, b) => a.is_correlated() || b.is_correlated(),
            Expr::All(list) | Expr::Any(list) | Expr::Call(_, list) => list.iter().any(Expr::is_correlated),
            Expr::If { when, then, other } => {
                when.is_correlated() || then.is_correlated() || other.is_correlated()
            }
            Expr::Negative(of) | Expr::Not(of) | Expr::Time(_, of) | Expr::Null { of, .. } => {
                of.is_correlated()
            }
            _ => false,
        }
    }

    /// The main table's own number.
    pub fn is_key(&self) -> bool {
        matches!(self, Expr::Col { src: 0, col } if col.as_str() == "id")
    }

    /// Whether an aggregate stands anywhere in it.
    pub fn aggregates(&self) -> bool {
        match self {
            Expr::Aggregate { .. } => true,
            Expr::Compare(a, _, b) | Expr::Arithmetic(a, _, b) => a.aggregates() || b.aggregates(),
            Expr::All(list) | Expr::Any(list) | Expr::Call(_, list) => list.iter().any(Expr::aggregates),
            Expr::Like { of, .. }
            | Expr::In { of, .. }
            | Expr::OfParents { of, .. }
            | Expr::Null { of, .. }
            | Expr::Not(of)
            | Expr::Negative(of)
            | Expr::Between { of, .. }
            | Expr::Time(_, of)
            | Expr::Among { of, .. }
            | Expr::Without { of, .. }
            | Expr::HasWord { of, .. } => of.aggregates(),
            Expr::If { when, then, other } => when.aggregates() || then.aggregates() || other.aggregates(),
            Expr::Val(_)
            | Expr::Placeholder(..)
            | Expr::Col { .. }
            | Expr::Over { .. }
            | Expr::Exists { .. }
            | Expr::InBounds { .. }
            | Expr::Distance { .. } => false,
        }
    }
}
