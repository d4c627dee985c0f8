//! The order of rows: what was asked, then the key, so that equal rows keep their places across pages.

use super::expr::Expr;
use super::scope::Scope;
use crate::call::order::OrderTerm;
use crate::error::Result;

pub struct Ordered {
    pub terms: Vec<(Expr, bool)>,
    /// The order begins with the id, in this direction: pages may be named by it.
    pub by_id: Option<bool>,
}

/// `terms` = the caller's order or the declared one; `plain` = rows stand for rows of the table.
pub fn order(scope: &mut Scope<'_>, terms: &[OrderTerm], plain: bool) -> Result<Ordered> {
    let mut out: Vec<(Expr, bool)> = Vec::with_capacity(terms.len() + 1);
    let mut by_id = None;
    let id = Expr::main(scope.table()?.id());
    for (i, term) in terms.iter().enumerate() {
        let typed = scope.alias_or_field(&term.field)?;
        let is_id = typed.expr == id;
        if is_id && i == 0 {
            by_id = Some(term.desc);
        }
        out.push((typed.expr, term.desc));
        if is_id {
            // Nothing can be equal after the key.
            break;
        }
    }
    if !plain {
        return Ok(Ordered { terms: out, by_id: None });
    }
    if out.is_empty() {
        by_id = Some(false);
    }
    if !out.iter().any(|(expr, _)| *expr == id) {
        // In the direction of the last term, so that one index can serve both.
        let desc = out.last().is_some_and(|(_, desc)| *desc);
        out.push((id, desc));
    }
    Ok(Ordered { terms: out, by_id })
}
