//! Prints a condition in its one canonical spelling; parsing the print gives the same tree.

use super::{Cond, Literal, Test};
use std::fmt::{self, Display};

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cond::All(list) if list.is_empty() => f.write_str("ALL"),
            Cond::Any(list) if list.is_empty() => f.write_str("id IS NULL AND id IS NOT NULL"),
            Cond::All(list) => joined(f, list, " AND "),
            Cond::Any(list) => joined(f, list, " OR "),
            Cond::Not(inner) => {
                f.write_str("NOT ")?;
                wrapped(f, inner)
            }
            Cond::Test(field, test) => write!(f, "{field} {test}"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, list: &[Cond], by: &str) -> fmt::Result {
    if let [only] = list {
        return only.fmt(f);
    }
    for (i, cond) in list.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        wrapped(f, cond)?;
    }
    Ok(())
}

fn wrapped(f: &mut fmt::Formatter<'_>, cond: &Cond) -> fmt::Result {
    match cond {
        Cond::Test(..) | Cond::Not(_) => cond.fmt(f),
        _ => write!(f, "({cond})"),
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |not: &bool| if *not { "NOT " } else { "" };
        match self {
            Test::Compare(op, value) => write!(f, "{} {value}", op.sign()),
            Test::Like { not: n, pattern } => write!(f, "{}LIKE {}", not(n), Literal::Text(pattern.clone())),
            Test::In { not: n, list } => {
                write!(f, "{}IN (", not(n))?;
                for (i, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            Test::Between { not: n, low, high } => write!(f, "{}BETWEEN {low} AND {high}", not(n)),
            Test::Null { not: n } => write!(f, "IS {}NULL", not(n)),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Int(n) => write!(f, "{n}"),
            // A point keeps it a real number when it is read again.
            Literal::Real(x) if x.fract() == 0.0 && x.abs() < 1e15 => write!(f, "{x:.1}"),
            Literal::Real(x) => write!(f, "{x}"),
            Literal::Text(text) => print_text(f, text),
        }
    }
}

/// `\'` reads as a quote, so a backslash that stands before a quote or at the end is spelled apart, in
/// double quotes: adjacent texts are one text.
fn print_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut rest = text;
    let mut first = true;
    while first || !rest.is_empty() {
        if !first {
            f.write_str(" ")?;
        }
        first = false;
        let cut = cut_before_risky_backslash(rest);
        match cut {
            0 if !rest.is_empty() => {
                let run = rest.len() - rest.trim_start_matches('\\').len();
                write!(f, "\"{}\"", &rest[..run])?;
                rest = &rest[run..];
            }
            _ => {
                write!(f, "'{}'", rest[..cut].replace('\'', "''"))?;
                rest = &rest[cut..];
            }
        }
    }
    Ok(())
}

/// Where the first run of backslashes begins that ends at a quote or at the end of the text.
fn cut_before_risky_backslash(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut start = None;
    for (i, byte) in bytes.iter().enumerate() {
        match (byte, start) {
            (b'\\', None) => start = Some(i),
            (b'\\', Some(_)) => {}
            (b'\'', Some(at)) => return at,
            _ => start = None,
        }
    }
    start.unwrap_or(text.len())
}
