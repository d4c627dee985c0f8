//! Conditions: what the caller asks of a row, as a tree with unresolved names. Three spellings on the wire
//! (text, object, list) become the same tree; what a name means is decided by the plan.

mod build;
mod object;
mod parse;
mod print;

pub use object::from_value;
pub use parse::{field, literal, no_select, parse, parse_tokens};

use super::name_ref::NameRef;

#[derive(Debug, Clone, PartialEq)]
pub enum Cond {
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
    Test(NameRef, Test),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Compare(Compare, Literal),
    Like { not: bool, pattern: String },
    In { not: bool, list: Vec<Literal> },
    Between { not: bool, low: Literal, high: Literal },
    Null { not: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Compare {
    pub const ALL: [(Compare, &'static str); 6] = [
        (Compare::Eq, "="),
        (Compare::Ne, "<>"),
        (Compare::Gt, ">"),
        (Compare::Ge, ">="),
        (Compare::Lt, "<"),
        (Compare::Le, "<="),
    ];

    pub fn sign(self) -> &'static str {
        match self {
            Compare::Eq => "=",
            Compare::Ne => "<>",
            Compare::Gt => ">",
            Compare::Ge => ">=",
            Compare::Lt => "<",
            Compare::Le => "<=",
        }
    }

    pub fn from_sign(sign: &str) -> Option<Compare> {
        Compare::ALL.iter().find(|(_, s)| *s == sign).map(|(op, _)| *op)
    }
}

/// A constant as the caller wrote it; its type is settled by the column it meets.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Int(i64),
    Real(f64),
    Text(String),
}

impl Default for Cond {
    fn default() -> Cond {
        Cond::none()
    }
}

impl Cond {
    /// No condition at all.
    pub fn none() -> Cond {
        Cond::All(Vec::new())
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Cond::All(list) if list.is_empty())
    }

    /// `field = value`
    pub fn equals(field: &str, value: impl Into<Literal>) -> Cond {
        Cond::compare(field, Compare::Eq, value)
    }

    pub fn compare(field: &str, op: Compare, value: impl Into<Literal>) -> Cond {
        Cond::Test(NameRef::plain(field), Test::Compare(op, value.into()))
    }

    pub fn int(field: &str, value: i64) -> Cond {
        Cond::equals(field, Literal::Int(value))
    }

    pub fn text(field: &str, value: &str) -> Cond {
        Cond::equals(field, Literal::Text(value.to_owned()))
    }

    /// Either condition.
    pub fn or(self, other: Cond) -> Cond {
        Cond::Any(vec![self, other])
    }

    /// Both conditions, without wrapping needlessly.
    pub fn and(self, other: Cond) -> Cond {
        match (self, other) {
            (a, b) if b.is_none() => a,
            (a, b) if a.is_none() => b,
            (Cond::All(mut list), b) => {
                list.push(b);
                Cond::All(list)
            }
            (a, b) => Cond::All(vec![a, b]),
        }
    }
}

/// How deep conditions may nest: enough for people, too little to exhaust a stack.
pub const DEPTH_MAX: usize = 32;
