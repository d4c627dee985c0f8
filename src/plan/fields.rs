//! Conditions and value expressions of the caller, with every name resolved and every constant bound.

use super::expr::Expr;
use super::literal;
use super::scope::{Scope, Typed};
use crate::call::cond::{Compare, Cond, Literal, Test};
use crate::call::expr::{Aggregate, Expr as CallExpr, Func};
use crate::call::name_ref::NameRef;
use crate::design::Kind;
use crate::error::{Error, Result};
use crate::value::Val;

/// Which names win when a field and an output of the query share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    Field,
    Alias,
}

impl Scope<'_> {
    /// A condition; None when there is nothing to check.
    pub fn cond(&mut self, cond: &Cond, prefer: Prefer) -> Result<Option<Expr>> {
        if cond.is_none() {
            return Ok(None);
        }
        self.cond_expr(cond, prefer).map(Some)
    }

    fn cond_expr(&mut self, cond: &Cond, prefer: Prefer) -> Result<Expr> {
        match cond {
            Cond::All(list) => Ok(Expr::All(self.conds(list, prefer)?)),
            Cond::Any(list) => Ok(Expr::Any(self.conds(list, prefer)?)),
            Cond::Not(inner) => Ok(Expr::Not(Box::new(self.cond_expr(inner, prefer)?))),
            Cond::Test(name, test) => match self.word_flag(name, test)? {
                Some(expr) => Ok(expr),
                None => {
                    let typed = match prefer {
                        Prefer::Field => self.field_or_alias(name)?,
                        Prefer::Alias => self.alias_or_field(name)?,
                    };
                    Ok(self.test(typed, test))
                }
            },
        }
    }

    fn conds(&mut self, list: &[Cond], prefer: Prefer) -> Result<Vec<Expr>> {
        list.iter().map(|cond| self.cond_expr(cond, prefer)).collect()
    }

    /// A test of a resolved field.
    pub fn test(&self, typed: Typed, test: &Test) -> Expr {
        let kind = typed.kind;
        let of = Box::new(typed.expr);
        let bind = |value: &Literal| literal::bind(value, kind, self.reading);
        match test {
            Test::Compare(op, value) => Expr::Compare(of, *op, Box::new(Expr::Val(bind(value)))),
            Test::Like { not, pattern } => {
                Expr::Like { not: *not, of, pattern: Box::new(Expr::Val(pattern.as_str().into())) }
            }
            Test::In { not, list } => Expr::In { not: *not, of, list: list.iter().map(bind).collect() },
            Test::Between { not, low, high } => Expr::Between {
                not: *not,
                of,
                low: Box::new(Expr::Val(bind(low))),
                high: Box::new(Expr::Val(bind(high))),
            },
            Test::Null { not } => Expr::Null { not: *not, of },
        }
    }

    /// `flag_x=1` and `prop_x=0` look for a whole word in the columns `flags` and `props`.
    fn word_flag(&mut self, name: &NameRef, test: &Test) -> Result<Option<Expr>> {
        let Some((column, word)) = word_column(&name.name) else { return Ok(None) };
        if self.lookup(&name.name).is_some() || self.lookup(column).is_none() {
            return Ok(None);
        }
        let on = match test {
            Test::Compare(Compare::Eq, Literal::Int(1)) => true,
            Test::Compare(Compare::Eq, Literal::Int(0)) => false,
            Test::Compare(Compare::Eq, Literal::Text(t)) if t == "1" => true,
            Test::Compare(Compare::Eq, Literal::Text(t)) if t == "0" => false,
            _ => return Err(Error::param(format!("`{}` compares with 0 or 1 only", name.name))),
        };
        let of = self.field(&NameRef::plain(column))?.expr;
        let has = Expr::HasWord { of: Box::new(of.clone()), word: word.into() };
        Ok(Some(match on {
            true => has,
            false => Expr::Any(vec![Expr::Null { not: false, of: Box::new(of) }, Expr::Not(Box::new(has))]),
        }))
    }

    pub fn aggregate(&mut self, aggregate: &Aggregate) -> Result<Typed> {
        let of = match &aggregate.of {
            Some(of) => Some(self.value(of)?),
            None => None,
        };
        let when = match &aggregate.when {
            Some(when) => Some(Box::new(self.cond_expr(when, Prefer::Field)?)),
            None => None,
        };
        let kind = match (aggregate.func, of.as_ref().and_then(|of| of.kind)) {
            (Func::Count, _) => Some(Kind::Int),
            // The average of money has four more digits, that of anything else is a real number.
            (Func::Avg, Some(Kind::Decimal { scale })) => Some(Kind::Decimal { scale: scale + 4 }),
            (Func::Avg, _) => Some(Kind::Real),
            (Func::Sum, Some(kind @ (Kind::Decimal { .. } | Kind::Real))) => Some(kind),
            (Func::Sum, Some(Kind::Id | Kind::Int | Kind::Flag)) => Some(Kind::Int),
            (Func::Sum, _) => None,
            (Func::Max | Func::Min, kind) => kind.map(|k| if k == Kind::Id { Kind::Int } else { k }),
        };
        let of = of.map(|typed| Box::new(typed.expr));
        if of.as_ref().is_some_and(|of| of.aggregates()) || when.as_ref().is_some_and(|w| w.aggregates()) {
            return Err(Error::param("an aggregate cannot stand inside another"));
        }
        Ok(Typed {
            expr: Expr::Aggregate { func: aggregate.func, distinct: aggregate.distinct, of, when },
            kind,
        })
    }

    fn value(&mut self, value: &CallExpr) -> Result<Typed> {
        match value {
            CallExpr::Constant(constant) => {
                Ok(Typed { expr: Expr::Val(literal::plain(constant)), kind: None })
            }
            CallExpr::Field(name) => self.field(name),
            CallExpr::Negative(inner) => {
                let inner = self.value(inner)?;
                Ok(Typed { expr: Expr::Negative(Box::new(inner.expr)), kind: inner.kind })
            }
            CallExpr::Arithmetic(a, sign, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                let kind = a.kind.or(b.kind).filter(|k| k.is_number() && *k != Kind::Id);
                Ok(Typed { expr: Expr::Arithmetic(Box::new(a.expr), *sign, Box::new(b.expr)), kind })
            }
            CallExpr::Holds(cond) => {
                let when = Box::new(self.cond_expr(cond, Prefer::Field)?);
                let (then, other) = (Box::new(Expr::Val(Val::Int(1))), Box::new(Expr::Val(Val::Int(0))));
                Ok(Typed { expr: Expr::If { when, then, other }, kind: Some(Kind::Int) })
            }
        }
    }

    /// Text that contains the word anywhere, starts with it, or equals it.
    pub fn search(&mut self, field: &NameRef, word: &str, how: Search) -> Result<Expr> {
        let typed = self.field(field)?;
        Ok(match how {
            Search::Exact => self.test(typed, &Test::Compare(Compare::Eq, Literal::Text(word.to_owned()))),
            how => {
                let pattern = match how {
                    _ if word.contains('*') => word.replace('*', "%"),
                    Search::Prefix => format!("{word}%"),
                    _ => format!("%{word}%"),
                };
                self.test(typed, &Test::Like { not: false, pattern })
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    Anywhere,
    Prefix,
    Exact,
}

/// `flag_x` → (`flags`, `x`), `prop_x` → (`props`, `x`).
pub fn word_column(name: &str) -> Option<(&'static str, &str)> {
    match (name.strip_prefix("flag_"), name.strip_prefix("prop_")) {
        (Some(word), _) if !word.is_empty() => Some(("flags", word)),
        (_, Some(word)) if !word.is_empty() => Some(("props", word)),
        _ => None,
    }
}
