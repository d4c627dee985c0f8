//! Declared formulas with their fields put in.

use super::expr::Expr;
use super::fields::Prefer;
use super::literal;
use super::scope::Scope;
use crate::error::Result;
use crate::object::Formula;

impl Scope<'_> {
    pub(super) fn formula(&mut self, formula: &Formula) -> Result<Expr> {
        Ok(match formula {
            Formula::Null => Expr::Val(crate::value::Val::Null),
            Formula::Constant(constant) => Expr::Val(literal::plain(constant)),
            Formula::Field(name) => self.declared(name)?.expr,
            Formula::Arithmetic(a, sign, b) => {
                Expr::Arithmetic(Box::new(self.formula(a)?), *sign, Box::new(self.formula(b)?))
            }
            Formula::Call(function, args) => {
                let args: Result<Vec<Expr>> = args.iter().map(|arg| self.formula(arg)).collect();
                Expr::Call(*function, args?)
            }
            Formula::If(when, then, other) => {
                let when = self.cond(when, Prefer::Field)?.unwrap_or(Expr::All(Vec::new()));
                let (then, other) = (Box::new(self.formula(then)?), Box::new(self.formula(other)?));
                Expr::If { when: Box::new(when), then, other }
            }
        })
    }
}
