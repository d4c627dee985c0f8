//! Expressions, written once.

use super::dialect::Area;
use super::writer::Writer;
use crate::call::expr::{Func, Sign};
use crate::plan::expr::Function;
use crate::plan::{Expr, Over, Placeholder};

pub fn expr(w: &mut Writer, e: &Expr) {
    match e {
        Expr::Val(value) => {
            w.bind(value.clone());
        }
        Expr::Placeholder(open, now) => {
            w.bind_placeholder(*open, (*now).into());
        }
        Expr::Col { src, col } => {
            w.column(*src, col);
        }
        Expr::Compare(a, op, b) => binary(w, a, op.sign(), b),
        Expr::Like { not, of, pattern } => {
            inner(w, of);
            let like = w.dialect.like;
            w.put(if *not { " NOT" } else { "" }).put(like);
            inner(w, pattern);
            let end = w.dialect.like_end;
            w.put(end);
        }
        Expr::In { not, of, list } => {
            inner(w, of);
            w.put(if *not { " NOT IN (" } else { " IN (" });
            w.each(list, ", ", |w, value| {
                w.bind(value.clone());
            });
            w.put(")");
        }
        Expr::OfParents { of, parents } => {
            inner(w, of);
            w.put(" IN (");
            for (at, parent) in parents.iter().enumerate() {
                w.put(if at > 0 { ", " } else { "" })
                    .bind_placeholder(Placeholder::Parent(at), parent.clone());
            }
            w.put(")");
        }
        Expr::Between { not, of, low, high } => {
            inner(w, of);
            w.put(if *not { " NOT BETWEEN " } else { " BETWEEN " });
            inner(w, low);
            w.put(" AND ");
            inner(w, high);
        }
        Expr::Null { not, of } => {
            inner(w, of);
            w.put(if *not { " IS NOT NULL" } else { " IS NULL" });
        }
        Expr::All(list) => joined(w, list, " AND ", "1=1"),
        Expr::Any(list) => joined(w, list, " OR ", "1=0"),
        Expr::Not(of) => {
            w.put("NOT ");
            inner(w, of);
        }
        Expr::Arithmetic(a, sign, b) => arithmetic(w, a, *sign, b),
        Expr::Negative(of) => {
            w.put("-");
            inner(w, of);
        }
        Expr::Aggregate { func, distinct, of, when } => {
            aggregate(w, *func, *distinct, of.as_deref(), when.as_deref())
        }
        Expr::Time(unit, of) => (w.dialect.time_part)(w, *unit, of),
        Expr::Call(function, args) => call(w, *function, args),
        Expr::If { when, then, other } => {
            w.put("CASE WHEN ");
            expr(w, when);
            w.put(" THEN ");
            expr(w, then);
            w.put(" ELSE ");
            expr(w, other);
            w.put(" END");
        }
        Expr::Over { func, table, column, key, equals } => {
            w.put("(SELECT ");
            match func {
                Over::Count => w.put("COUNT(*)"),
                Over::Sum => w.put("SUM(s.").ident(column).put(")"),
                Over::Max => w.put("MAX(s.").ident(column).put(")"),
                Over::Min => w.put("MIN(s.").ident(column).put(")"),
            };
            w.put(" FROM ").ident(table).put(" s WHERE s.").ident(key).put(" = ");
            inner(w, equals);
            w.put(")");
        }
        Expr::Exists { table, key, equals, having } => {
            w.put("EXISTS (SELECT 1 FROM ").ident(table).put(" s WHERE s.").ident(key).put(" = ");
            inner(w, equals);
            for (column, value) in having {
                w.put(" AND s.").ident(column).put(" = ");
                expr(w, value);
            }
            w.put(")");
        }
        Expr::Among { of, ids } => {
            inner(w, of);
            w.put(" IN (");
            super::select::inside(w, ids);
            w.put(")");
        }
        Expr::Without { of, names } => (w.dialect.without)(w, of, names),
        Expr::InBounds { table, id, lon, lat, bounds } => {
            (w.dialect.in_bounds)(w, &Area { table, id, lon, lat, bounds: *bounds });
        }
        Expr::Distance { lon, lat, from } => (w.dialect.distance)(w, lon, lat, *from),
        Expr::HasWord { of, word } => {
            let spaced = |middle: Expr| {
                Expr::Call(Function::Concat, vec![Expr::Val(" ".into()), middle, Expr::Val(" ".into())])
            };
            let find = w.dialect.find;
            w.put(find);
            expr(w, &spaced((**of).clone()));
            w.put(", ");
            expr(w, &spaced(Expr::Val(word.clone())));
            w.put(") > 0");
        }
    }
}

/// An operand: anything longer than one word gets parentheses, so that precedence is never guessed.
fn inner(w: &mut Writer, e: &Expr) {
    match e {
        Expr::Val(_)
        | Expr::Placeholder(..)
        | Expr::Col { .. }
        | Expr::Call(..)
        | Expr::Aggregate { .. }
        | Expr::Over { .. } => expr(w, e),
        _ => {
            w.put("(");
            expr(w, e);
            w.put(")");
        }
    }
}

fn binary(w: &mut Writer, a: &Expr, sign: &'static str, b: &Expr) {
    inner(w, a);
    w.put(" ").put(sign).put(" ");
    inner(w, b);
}

fn joined(w: &mut Writer, list: &[Expr], by: &'static str, empty: &'static str) {
    match list {
        [] => {
            w.put(empty);
        }
        [only] => expr(w, only),
        // A list of terms is as many levels of an expression to a database, and levels are limited.
        _ if list.len() > GROUP => {
            let groups: Vec<&[Expr]> = list.chunks(GROUP).collect();
            w.each(&groups, by, |w, group| {
                w.put("(");
                joined(w, group, by, empty);
                w.put(")");
            });
        }
        _ => w.each(list, by, inner),
    }
}

/// Terms of a condition written in one row.
const GROUP: usize = 100;

fn arithmetic(w: &mut Writer, a: &Expr, sign: Sign, b: &Expr) {
    match sign {
        Sign::Add => binary(w, a, "+", b),
        Sign::Sub => binary(w, a, "-", b),
        Sign::Mul => binary(w, a, "*", b),
        // Never the integer division of SQLite and PostgreSQL; never an error on zero.
        Sign::Div => {
            w.put("(");
            inner(w, a);
            w.put(" * 1.0) / NULLIF(");
            expr(w, b);
            w.put(", 0)");
        }
    }
}

fn aggregate(w: &mut Writer, func: Func, distinct: bool, of: Option<&Expr>, when: Option<&Expr>) {
    w.put(match func {
        Func::Count => "COUNT(",
        Func::Sum => "SUM(",
        Func::Avg => "AVG(",
        Func::Max => "MAX(",
        Func::Min => "MIN(",
    });
    if distinct {
        w.put("DISTINCT ");
    }
    match (of, when) {
        (None, None) => {
            w.put("*");
        }
        (Some(of), None) => expr(w, of),
        (of, Some(when)) => {
            w.put("CASE WHEN ");
            expr(w, when);
            w.put(" THEN ");
            match of {
                Some(of) => expr(w, of),
                None => {
                    w.put("1");
                }
            }
            // A sum over no rows is 0, a count ignores null.
            w.put(if func == Func::Sum { " ELSE 0 END" } else { " END" });
        }
    }
    w.put(")");
}

fn call(w: &mut Writer, function: Function, args: &[Expr]) {
    if function == Function::Concat {
        return (w.dialect.concat)(w, args);
    }
    w.put(match function {
        Function::Coalesce => "COALESCE(",
        Function::Lower => "LOWER(",
        Function::Upper => "UPPER(",
        Function::Abs => "ABS(",
        Function::Round => "ROUND(",
        Function::Length => w.dialect.length,
        Function::Substr | Function::Concat => "SUBSTR(",
    });
    w.each(args, ", ", expr);
    w.put(")");
}
