//! Conditions written in Rust, for rules and actions of plugins. Values are constants of the tree: they are bound to the
//! statement and never become part of its text.

use super::{Compare, Cond, Literal, Test};
use crate::call::name_ref::NameRef;

/// ```
/// use jindou::plugin::*;
/// let (room, until) = (3, "2026-12-01 10:30:00".to_owned());
/// let taken = Cond::equals("roomId", room)
///     .and(Cond::one_of("status", ["CR", "OK"]))
///     .and(Cond::less("startTm", until));
/// assert_eq!(
///     (!taken).to_string(),
///     "NOT (roomId = 3 AND status IN ('CR', 'OK') AND startTm < '2026-12-01 10:30:00')"
/// );
/// ```
impl Cond {
    /// `field <> value`
    pub fn differs(field: &str, value: impl Into<Literal>) -> Cond {
        Cond::compare(field, Compare::Ne, value)
    }

    /// `field < value`
    pub fn less(field: &str, value: impl Into<Literal>) -> Cond {
        Cond::compare(field, Compare::Lt, value)
    }

    /// `field <= value`
    pub fn at_most(field: &str, value: impl Into<Literal>) -> Cond {
        Cond::compare(field, Compare::Le, value)
    }

    /// `field > value`
    pub fn greater(field: &str, value: impl Into<Literal>) -> Cond {
        Cond::compare(field, Compare::Gt, value)
    }

    /// `field >= value`
    pub fn at_least(field: &str, value: impl Into<Literal>) -> Cond {
        Cond::compare(field, Compare::Ge, value)
    }

    /// `field IN (values)`; no row at all when there are no values.
    pub fn one_of<L: Into<Literal>>(field: &str, values: impl IntoIterator<Item = L>) -> Cond {
        let list: Vec<Literal> = values.into_iter().map(Into::into).collect();
        match list.is_empty() {
            true => Cond::Any(Vec::new()),
            false => Cond::Test(NameRef::plain(field), Test::In { not: false, list }),
        }
    }
}

/// Every row that does not meet the condition.
impl std::ops::Not for Cond {
    type Output = Cond;

    fn not(self) -> Cond {
        Cond::Not(Box::new(self))
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Literal {
        Literal::Int(value)
    }
}

impl From<i32> for Literal {
    fn from(value: i32) -> Literal {
        Literal::Int(value.into())
    }
}

impl From<f64> for Literal {
    fn from(value: f64) -> Literal {
        Literal::Real(value)
    }
}

/// A flag, as columns hold it.
impl From<bool> for Literal {
    fn from(value: bool) -> Literal {
        Literal::Int(value.into())
    }
}

impl From<&str> for Literal {
    fn from(value: &str) -> Literal {
        Literal::Text(value.to_owned())
    }
}

impl From<String> for Literal {
    fn from(value: String) -> Literal {
        Literal::Text(value)
    }
}
