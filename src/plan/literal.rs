//! A caller's constant meets a column: it takes the column's type where it can, so that comparisons mean the
//! same on every dialect. What does not fit stays a text and simply matches nothing.

use super::scope::Reading;
use crate::call::cond::Literal;
use crate::design::Kind;
use crate::value::Val;

pub fn bind(literal: &Literal, kind: Option<Kind>, reading: &Reading<'_>) -> Val {
    match (literal, kind) {
        (Literal::Text(text), Some(Kind::Id | Kind::Int | Kind::Flag)) => whole(text, reading),
        (Literal::Text(text), Some(Kind::Real | Kind::Decimal { .. })) => number(text),
        (Literal::Text(text), Some(Kind::DateTime)) => date_time(text, reading),
        (Literal::Text(text), Some(Kind::Date)) => date(text, reading),
        (Literal::Text(text), _) => text.as_str().into(),
        (Literal::Int(n), Some(Kind::Str { .. } | Kind::Text { .. })) => n.to_string().into(),
        (Literal::Real(x), Some(Kind::Str { .. } | Kind::Text { .. })) => x.to_string().into(),
        (Literal::Int(n), _) => Val::Int(*n),
        (Literal::Real(x), _) => Val::Real(*x),
    }
}

/// A constant without a column to meet (inside arithmetic).
pub fn plain(literal: &Literal) -> Val {
    match literal {
        Literal::Int(n) => Val::Int(*n),
        Literal::Real(x) => Val::Real(*x),
        Literal::Text(text) => text.as_str().into(),
    }
}

fn whole(text: &str, reading: &Reading<'_>) -> Val {
    if let Ok(n) = text.trim().parse::<i64>() {
        return Val::Int(n);
    }
    if let Some(id) = (text.len() == 16).then(|| (reading.secret_id)(text)).flatten() {
        return Val::Int(id);
    }
    number(text)
}

fn number(text: &str) -> Val {
    match text.trim().parse::<f64>() {
        Ok(x) if x.is_finite() => Val::Real(x),
        _ => text.into(),
    }
}

fn date_time(text: &str, reading: &Reading<'_>) -> Val {
    match (reading.dates)(text) {
        Some(at) => crate::time::format_exact(at).into(),
        None => text.into(),
    }
}

fn date(text: &str, reading: &Reading<'_>) -> Val {
    match (reading.dates)(text) {
        Some(at) if at.time() == chrono::NaiveTime::MIN => at.date().format("%Y-%m-%d").to_string().into(),
        // A time of day compares with a date as the moment it is.
        Some(at) => crate::time::format(at).into(),
        None => text.into(),
    }
}
