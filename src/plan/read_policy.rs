//! Limits what a caller sees of rows that tell of rows of other objects, as logs do. The rights are those on the other
//! objects: they leave rows out, and fields of the others read null, in results and in every clause alike. So no
//! condition, order, group or sum tells what is not shown.

use super::expr::Expr;
use super::fields::Prefer;
use super::scope::{Scope, Typed};
use super::select::Select;
use crate::call::cond::Cond;
use crate::error::Result;
use crate::value::Val;

#[derive(Debug, Clone, Default)]
pub struct ReadPolicy {
    /// Only rows that meet one of these; without a list, all.
    pub rows: Option<Vec<RowPolicy>>,
    pub fields: Vec<FieldPolicy>,
}

/// Rows that tell of the rows of one object, or of several.
#[derive(Debug, Clone)]
pub struct RowPolicy {
    pub when: Cond,
    /// Only of these rows: the column that names them, and the statement that reads their ids.
    pub of: Option<(&'static str, Select)>,
}

/// A field that is not shown in all rows.
#[derive(Debug, Clone)]
pub struct FieldPolicy {
    pub field: &'static str,
    /// The first that fits a row counts; where none does, the field is null.
    pub cases: Vec<(Cond, FieldView)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldView {
    Whole,
    /// A JSON object without these names.
    Without(Vec<String>),
}

impl ReadPolicy {
    /// The condition on the rows.
    pub(super) fn filter(&self, scope: &mut Scope<'_>) -> Result<Option<Expr>> {
        let Some(rows) = &self.rows else { return Ok(None) };
        let mut open = Vec::with_capacity(rows.len());
        for row_policy in rows {
            let mut all = scope.ours(&row_policy.when)?;
            if let Some((column, ids)) = &row_policy.of {
                let of = Box::new(scope.declared(column)?.expr);
                all = Expr::and(all, Some(Expr::Among { of, ids: Box::new(ids.clone()) }));
            }
            open.push(all.unwrap_or(Expr::All(Vec::new())));
        }
        Ok(Some(Expr::Any(open)))
    }
}

impl FieldPolicy {
    pub(super) fn over(&self, scope: &mut Scope<'_>, typed: Typed) -> Result<Typed> {
        let mut seen = Expr::Val(Val::Null);
        for (when, sight) in self.cases.iter().rev() {
            let then = match sight {
                FieldView::Whole => typed.expr.clone(),
                FieldView::Without(names) => {
                    Expr::Without { of: Box::new(typed.expr.clone()), names: names.clone() }
                }
            };
            let when = Box::new(scope.ours(when)?.unwrap_or(Expr::All(Vec::new())));
            seen = Expr::If { when, then: Box::new(then), other: Box::new(seen) };
        }
        Ok(Typed { expr: seen, kind: typed.kind })
    }
}

impl Scope<'_> {
    /// A condition of our own code: hidden fields resolve in it.
    pub(super) fn ours(&mut self, cond: &Cond) -> Result<Option<Expr>> {
        if cond.is_none() {
            return Ok(None);
        }
        let before = self.trust(true);
        let made = self.cond(cond, Prefer::Field);
        self.trust(before);
        made
    }
}
