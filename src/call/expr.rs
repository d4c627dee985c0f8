//! Value expressions inside aggregates: fields, constants and simple arithmetic, or a condition that counts
//! as 1 or 0. Functions are not grammar.

use super::cond::{self, Cond, Literal};
use super::cursor::Cursor;
use super::lex::{Token, forbidden};
use super::name_ref::NameRef;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Constant(Literal),
    Field(NameRef),
    Arithmetic(Box<Expr>, Sign, Box<Expr>),
    Negative(Box<Expr>),
    /// 1 where the condition holds, else 0.
    Holds(Cond),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Func {
    Count,
    Sum,
    Avg,
    Max,
    Min,
}

/// One aggregate of `res`: `COUNT(*)`, `SUM(a*b)`, `COUNTIF(cond, DISTINCT f)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub func: Func,
    pub distinct: bool,
    /// `None` is `COUNT(*)`.
    pub of: Option<Expr>,
    /// Only the rows where it holds take part (COUNTIF, SUMIF).
    pub when: Option<Cond>,
}

const FUNCS: &[(&str, Func, bool)] = &[
    ("COUNT", Func::Count, false),
    ("SUM", Func::Sum, false),
    ("AVG", Func::Avg, false),
    ("MAX", Func::Max, false),
    ("MIN", Func::Min, false),
    ("COUNTIF", Func::Count, true),
    ("SUMIF", Func::Sum, true),
];

/// Reads `FN(…)`; the cursor stands on the function's name.
pub fn aggregate(c: &mut Cursor<'_>) -> Result<Aggregate> {
    let Some(Token::Word(word)) = c.take() else {
        return Err(Error::param(format!("expected a function in param {}", c.place())));
    };
    let Some((_, func, conditional)) = FUNCS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(word)) else {
        return Err(Error::forbidden(format!("function not allowed: `{word}`")));
    };
    c.expect("(")?;
    let made = if *conditional { when(c, *func)? } else { plain(c, *func)? };
    c.expect(")")?;
    Ok(made)
}

fn plain(c: &mut Cursor<'_>, func: Func) -> Result<Aggregate> {
    if func == Func::Count && c.eat("*") {
        return Ok(Aggregate { func, distinct: false, of: None, when: None });
    }
    let distinct = c.eat_word("DISTINCT");
    Ok(Aggregate { func, distinct, of: Some(value(c)?), when: None })
}

fn when(c: &mut Cursor<'_>, func: Func) -> Result<Aggregate> {
    let when = Some(cond::parse_tokens(c)?);
    if !c.eat(",") {
        return match func {
            Func::Count => Ok(Aggregate { func, distinct: false, of: None, when }),
            _ => Err(Error::param(format!("SUMIF needs a field after its condition in param {}", c.place()))),
        };
    }
    let distinct = c.eat_word("DISTINCT");
    Ok(Aggregate { func, distinct, of: Some(value(c)?), when })
}

/// A condition if it reads as one, else arithmetic.
fn value(c: &mut Cursor<'_>) -> Result<Expr> {
    let mark = c.mark();
    let first = sum(c, 0);
    let whole = c.peek().is_none() || c.peek_is(")") || c.peek_is(",");
    match first {
        Ok(expr) if whole => Ok(expr),
        Err(error) if error.code == crate::error::Code::FORBIDDEN => Err(error),
        _ => {
            c.reset(mark);
            cond::parse_tokens(c).map(Expr::Holds)
        }
    }
}

/// Operands of one sum or product at most: each is a level of the expression it makes.
const OPERANDS_MAX: usize = 32;

fn few_enough(c: &Cursor<'_>, operands: usize) -> Result<()> {
    match operands < OPERANDS_MAX {
        true => Ok(()),
        false => {
            Err(Error::param(format!("an expression in param {} is too long (> {OPERANDS_MAX})", c.place())))
        }
    }
}

fn sum(c: &mut Cursor<'_>, depth: usize) -> Result<Expr> {
    let mut left = product(c, depth)?;
    let mut operands = 0;
    while let Some(sign) = eat_sign(c, &[("+", Sign::Add), ("-", Sign::Sub)]) {
        operands += 1;
        few_enough(c, operands)?;
        left = Expr::Arithmetic(Box::new(left), sign, Box::new(product(c, depth)?));
    }
    Ok(left)
}

fn product(c: &mut Cursor<'_>, depth: usize) -> Result<Expr> {
    let mut left = factor(c, depth)?;
    let mut operands = 0;
    while let Some(sign) = eat_sign(c, &[("*", Sign::Mul), ("/", Sign::Div)]) {
        operands += 1;
        few_enough(c, operands)?;
        left = Expr::Arithmetic(Box::new(left), sign, Box::new(factor(c, depth)?));
    }
    Ok(left)
}

fn eat_sign(c: &mut Cursor<'_>, signs: &[(&str, Sign)]) -> Option<Sign> {
    signs.iter().find(|(text, _)| c.eat(text)).map(|(_, sign)| *sign)
}

fn factor(c: &mut Cursor<'_>, depth: usize) -> Result<Expr> {
    if depth > cond::DEPTH_MAX {
        return Err(Error::param(format!("param {} nests too deep", c.place())));
    }
    if c.eat("(") {
        let inner = sum(c, depth + 1)?;
        c.expect(")")?;
        return Ok(inner);
    }
    if c.eat("-") {
        return Ok(Expr::Negative(Box::new(factor(c, depth + 1)?)));
    }
    match c.peek() {
        Some(Token::Int(n)) => {
            c.take();
            Ok(Expr::Constant(Literal::Int(*n)))
        }
        Some(Token::Real(x)) => {
            c.take();
            Ok(Expr::Constant(Literal::Real(*x)))
        }
        Some(Token::Text(text)) => {
            c.take();
            Ok(Expr::Constant(Literal::Text(text.clone())))
        }
        Some(Token::Word(word)) if word.eq_ignore_ascii_case("select") => Err(forbidden(word, c.place())),
        _ => cond::field(c).map(Expr::Field),
    }
}
