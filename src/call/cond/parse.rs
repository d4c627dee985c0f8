//! The text form: comparisons, LIKE, IN, BETWEEN, IS NULL, AND, OR, NOT and parentheses. A field stands on
//! the left, constants on the right; functions, sub-selects and field-to-field comparison are not grammar.

use super::{Compare, Cond, DEPTH_MAX, Literal, Test};
use crate::call::cursor::Cursor;
use crate::call::lex::{Token, forbidden, tokens};
use crate::call::name_ref::NameRef;
use crate::error::{Error, Result};

/// Parses a whole condition; `""` and `ALL` mean none.
///
/// ```
/// use jindou::call::cond::parse;
/// assert_eq!(parse("5", "cond").unwrap().to_string(), "id = 5");
/// assert_eq!(parse("a=1 or b like 'x%' and not c is null", "cond").unwrap().to_string(),
///     "a = 1 OR (b LIKE 'x%' AND NOT c IS NULL)");
/// assert_eq!(parse("sleep(1)", "cond").unwrap_err().code.0, 5);
/// ```
pub fn parse(text: &str, place: &str) -> Result<Cond> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.eq_ignore_ascii_case("ALL") {
        return Ok(Cond::none());
    }
    let list = tokens(trimmed, place)?;
    if let [Token::Int(id)] = list.as_slice() {
        return Ok(Cond::equals("id", Literal::Int(*id)));
    }
    no_select(&list, place)?;
    let mut cursor = Cursor::new(&list, place);
    let cond = parse_tokens(&mut cursor)?;
    cursor.end()?;
    Ok(cond)
}

/// A statement of the caller's own is refused as such wherever it stands, whatever else is wrong.
pub fn no_select(list: &[Token], place: &str) -> Result<()> {
    match list.iter().any(|token| token.is_word("select") || token.is_word("union")) {
        true => Err(forbidden("select", place)),
        false => Ok(()),
    }
}

/// Parses a condition that ends where the grammar ends: at a comma, a closing parenthesis or the end.
pub fn parse_tokens(cursor: &mut Cursor<'_>) -> Result<Cond> {
    any(cursor, 0)
}

fn any(c: &mut Cursor<'_>, depth: usize) -> Result<Cond> {
    let mut list = vec![all(c, depth)?];
    while c.eat_word("OR") {
        list.push(all(c, depth)?);
    }
    Ok(single_or(list, Cond::Any))
}

fn all(c: &mut Cursor<'_>, depth: usize) -> Result<Cond> {
    let mut list = vec![one(c, depth)?];
    while c.eat_word("AND") {
        list.push(one(c, depth)?);
    }
    Ok(single_or(list, Cond::All))
}

fn single_or(mut list: Vec<Cond>, join: fn(Vec<Cond>) -> Cond) -> Cond {
    match list.len() {
        1 => list.remove(0),
        _ => join(list),
    }
}

fn one(c: &mut Cursor<'_>, depth: usize) -> Result<Cond> {
    if depth > DEPTH_MAX {
        return Err(Error::param(format!("param {} nests too deep (> {DEPTH_MAX})", c.place())));
    }
    if c.eat_word("NOT") {
        return Ok(Cond::Not(Box::new(one(c, depth + 1)?)));
    }
    if c.eat("(") {
        let inner = any(c, depth + 1)?;
        c.expect(")")?;
        return Ok(inner);
    }
    let field = field(c)?;
    Ok(Cond::Test(field, test(c)?))
}

/// A field name: `name`, `t0.name`, or a quoted alias.
pub fn field(c: &mut Cursor<'_>) -> Result<NameRef> {
    match c.take() {
        Some(Token::Quoted(name)) if !name.is_empty() => Ok(NameRef { name: name.clone(), of_main: false }),
        Some(Token::Word(word)) => {
            let word = word.clone();
            if word.eq_ignore_ascii_case("select") || c.peek_is("(") {
                return Err(forbidden(&word, c.place()));
            }
            if !c.eat(".") {
                return Ok(NameRef { name: word, of_main: false });
            }
            match (word.as_str(), c.take()) {
                ("t0", Some(Token::Word(column) | Token::Quoted(column))) => {
                    Ok(NameRef { name: column.clone(), of_main: true })
                }
                _ => Err(Error::param(format!(
                    "only `t0.` may qualify a field, got `{word}.` in param {}",
                    c.place()
                ))),
            }
        }
        other => {
            let got = other.map_or("the end".to_owned(), |t| format!("`{t}`"));
            Err(Error::param(format!("expected a field, got {got} in param {}", c.place())))
        }
    }
}

fn test(c: &mut Cursor<'_>) -> Result<Test> {
    let not = c.eat_word("NOT");
    if c.eat_word("LIKE") {
        return match literal(c)? {
            Literal::Text(pattern) => Ok(Test::Like { not, pattern }),
            Literal::Int(n) => Ok(Test::Like { not, pattern: n.to_string() }),
            Literal::Real(_) => {
                Err(Error::param(format!("expected a text after LIKE in param {}", c.place())))
            }
        };
    }
    if c.eat_word("IN") {
        c.expect("(")?;
        let mut list = vec![literal(c)?];
        while c.eat(",") {
            list.push(literal(c)?);
        }
        c.expect(")")?;
        return Ok(Test::In { not, list });
    }
    if c.eat_word("BETWEEN") {
        let low = literal(c)?;
        if !c.eat_word("AND") {
            return Err(Error::param(format!("expected AND after BETWEEN in param {}", c.place())));
        }
        return Ok(Test::Between { not, low, high: literal(c)? });
    }
    if not {
        return Err(Error::param(format!("expected LIKE, IN or BETWEEN after NOT in param {}", c.place())));
    }
    if c.eat_word("IS") {
        let not = c.eat_word("NOT");
        if !c.eat_word("NULL") {
            return Err(Error::param(format!("expected NULL after IS in param {}", c.place())));
        }
        return Ok(Test::Null { not });
    }
    let op = match c.take() {
        Some(Token::Sign(sign)) => Compare::from_sign(sign),
        _ => None,
    };
    match op {
        Some(op) => Ok(Test::Compare(op, literal(c)?)),
        None => Err(Error::param(format!("expected a comparison in param {}", c.place()))),
    }
}

/// A constant: number, text in single quotes, or (as old clients write it) in double quotes.
pub fn literal(c: &mut Cursor<'_>) -> Result<Literal> {
    let negative = c.eat("-");
    match (c.take(), negative) {
        (Some(Token::Int(n)), _) => Ok(Literal::Int(if negative { -*n } else { *n })),
        (Some(Token::Real(x)), _) => Ok(Literal::Real(if negative { -*x } else { *x })),
        (Some(Token::Text(first) | Token::Quoted(first)), false) => {
            // Adjacent texts are one text: the only way to spell a backslash before a quote.
            let mut text = first.clone();
            while let Some(Token::Text(more) | Token::Quoted(more)) = c.peek() {
                text.push_str(more);
                c.take();
            }
            Ok(Literal::Text(text))
        }
        (Some(Token::Word(word)), false) => {
            let word = word.clone();
            match c.peek_is("(") || word.eq_ignore_ascii_case("select") {
                true => Err(forbidden(&word, c.place())),
                false => {
                    Err(Error::param(format!("expected a constant, got `{word}` in param {}", c.place())))
                }
            }
        }
        _ if c.peek_is_word("select") => Err(forbidden("select", c.place())),
        _ => Err(Error::param(format!("expected a constant in param {}", c.place()))),
    }
}
