//! The small language of declared formulas: fields, constants, arithmetic, a few functions and `if`. It is
//! read once, at start; requests cannot write it.

use crate::call::cond::{self, Cond, Literal};
use crate::call::cursor::Cursor;
use crate::call::expr::Sign;
use crate::call::lex::{Token, tokens};
use crate::error::{Error, Result};

/// A formula as a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// No value.
    Null,
    /// A constant.
    Constant(Literal),
    /// Another field of the object.
    Field(String),
    /// Two values and the sign between them.
    Arithmetic(Box<Formula>, Sign, Box<Formula>),
    /// A function of values.
    Call(Function, Vec<Formula>),
    /// One value where a condition holds, else the other.
    If(Cond, Box<Formula>, Box<Formula>),
}

/// What an author's formula may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Texts, one after another.
    Concat,
    /// The first value that is not null.
    Coalesce,
    /// In lower case.
    Lower,
    /// In upper case.
    Upper,
    /// Without its sign.
    Abs,
    /// Rounded to so many digits.
    Round,
    /// The number of characters.
    Length,
    /// A part of a text: from, length.
    Substr,
}

impl Function {
    /// The functions by their names.
    pub const NAMES: &[(&str, Function)] = &[
        ("concat", Function::Concat),
        ("coalesce", Function::Coalesce),
        ("ifnull", Function::Coalesce),
        ("lower", Function::Lower),
        ("upper", Function::Upper),
        ("abs", Function::Abs),
        ("round", Function::Round),
        ("length", Function::Length),
        ("substr", Function::Substr),
    ];

    /// The function of a name.
    pub fn named(name: &str) -> Option<Function> {
        Function::NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, f)| *f)
    }
}

/// Reads `"<expression> name"`.
pub fn parse(text: &'static str) -> Result<(Formula, String)> {
    let list = tokens(text, "formula")?;
    let mut c = Cursor::new(&list, "formula");
    let formula = sum(&mut c)?;
    let name = match c.take() {
        Some(Token::Word(name) | Token::Quoted(name)) => name.clone(),
        _ => return Err(Error::param(format!("formula `{text}` has no name"))),
    };
    c.end()?;
    Ok((formula, name))
}

impl Formula {
    /// The fields it is made of.
    pub fn fields(&self, out: &mut Vec<String>) {
        match self {
            Formula::Null | Formula::Constant(_) => {}
            Formula::Field(name) => out.push(name.clone()),
            Formula::Arithmetic(a, _, b) => {
                a.fields(out);
                b.fields(out);
            }
            Formula::Call(_, args) => args.iter().for_each(|a| a.fields(out)),
            Formula::If(_, a, b) => {
                a.fields(out);
                b.fields(out);
            }
        }
    }

    /// All fields that its value tells something of: those that it is made of, and those in its conditions.
    pub fn tells_of(&self, out: &mut Vec<String>) {
        match self {
            Formula::Null | Formula::Constant(_) | Formula::Field(_) => self.fields(out),
            Formula::Arithmetic(a, _, b) => {
                a.tells_of(out);
                b.tells_of(out);
            }
            Formula::Call(_, args) => args.iter().for_each(|a| a.tells_of(out)),
            Formula::If(when, a, b) => {
                tested(when, out);
                a.tells_of(out);
                b.tells_of(out);
            }
        }
    }
}

/// The fields in a condition.
fn tested(cond: &Cond, out: &mut Vec<String>) {
    match cond {
        Cond::All(list) | Cond::Any(list) => list.iter().for_each(|cond| tested(cond, out)),
        Cond::Not(cond) => tested(cond, out),
        Cond::Test(name, _) => out.push(name.name.to_string()),
    }
}

fn sum(c: &mut Cursor<'_>) -> Result<Formula> {
    let mut left = product(c)?;
    loop {
        let sign = if c.eat("+") {
            Sign::Add
        } else if c.eat("-") {
            Sign::Sub
        } else {
            return Ok(left);
        };
        left = Formula::Arithmetic(Box::new(left), sign, Box::new(product(c)?));
    }
}

fn product(c: &mut Cursor<'_>) -> Result<Formula> {
    let mut left = factor(c)?;
    loop {
        let sign = if c.eat("*") {
            Sign::Mul
        } else if c.eat("/") {
            Sign::Div
        } else {
            return Ok(left);
        };
        left = Formula::Arithmetic(Box::new(left), sign, Box::new(factor(c)?));
    }
}

fn factor(c: &mut Cursor<'_>) -> Result<Formula> {
    if c.eat("(") {
        let inner = sum(c)?;
        c.expect(")")?;
        return Ok(inner);
    }
    match c.peek() {
        Some(Token::Int(_) | Token::Real(_) | Token::Text(_)) => cond::literal(c).map(Formula::Constant),
        Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => {
            c.take();
            Ok(Formula::Null)
        }
        Some(Token::Word(word)) => {
            c.take();
            match c.eat("(") {
                true => call(c, word),
                false => Ok(Formula::Field(word.clone())),
            }
        }
        _ => Err(Error::param("expected a field, a constant or a function in formula")),
    }
}

fn call(c: &mut Cursor<'_>, word: &str) -> Result<Formula> {
    if word.eq_ignore_ascii_case("if") {
        let when = cond::parse_tokens(c)?;
        c.expect(",")?;
        let then = sum(c)?;
        c.expect(",")?;
        let other = sum(c)?;
        c.expect(")")?;
        return Ok(Formula::If(when, Box::new(then), Box::new(other)));
    }
    let Some(function) = Function::named(word) else {
        return Err(Error::param(format!("unknown function `{word}` in formula")));
    };
    let mut args = vec![sum(c)?];
    while c.eat(",") {
        args.push(sum(c)?);
    }
    c.expect(")")?;
    Ok(Formula::Call(function, args))
}
