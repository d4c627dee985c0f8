//! `res`: which fields come back, under which names. Items are read one by one; what a name means
//! (column, virtual column, sub-object, alias) is the plan's business.

use super::cond;
use super::cursor::Cursor;
use super::expr::{Aggregate, aggregate};
use super::lex::{Token, is_word, tokens};
use super::list;
use super::name_ref::NameRef;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub enum ResItem {
    /// `*`: all columns, default virtual columns and default sub-objects.
    Star,
    /// `t0.*`: the columns alone.
    MainStar,
    Field {
        name: NameRef,
        alias: Option<String>,
        map: Option<String>,
    },
    Aggregate {
        aggregate: Aggregate,
        alias: String,
        map: Option<String>,
    },
    /// `null alias`: a placeholder.
    Null {
        alias: String,
    },
    Sub {
        shape: Option<Shape>,
        name: String,
        alias: Option<String>,
        res: Option<String>,
    },
}

/// How a sub-object shows: `@` list, `%` one object, `...` merged into its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    List,
    One,
    Merge,
}

/// ```
/// use jindou::call::res::parse;
/// assert_eq!(parse("id, status 状态=CR:新;RE:完, COUNT(*) cnt").unwrap().len(), 3);
/// assert_eq!(parse("count(*)").unwrap_err().code.0, 1);
/// assert_eq!(parse("sleep(1) x").unwrap_err().code.0, 5);
/// ```
pub fn parse(text: &str) -> Result<Vec<ResItem>> {
    list::split(text).into_iter().map(item).collect()
}

fn item(text: &str) -> Result<ResItem> {
    match text {
        "*" => return Ok(ResItem::Star),
        "t0.*" => return Ok(ResItem::MainStar),
        _ => {}
    }
    for (prefix, shape) in [("@", Shape::List), ("%", Shape::One), ("...", Shape::Merge)] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return sub(rest, Some(shape));
        }
    }
    if text.contains("={") {
        return sub(text, None);
    }
    let (head, map) = cut_map(text);
    let map = map.map(str::to_owned);
    let bad = || Error::param(format!("bad property `{text}` in param res"));
    let list = tokens(&quote_alias(head), "res")?;
    cond::no_select(&list, "res")?;
    let mut c = Cursor::new(&list, "res");
    if list.get(1).is_some_and(|t| t.is("(")) && matches!(list.first(), Some(Token::Word(_))) {
        let aggregate = aggregate(&mut c)?;
        let alias = alias(&mut c)?.ok_or_else(bad)?;
        c.end().map_err(|_| bad())?;
        return Ok(ResItem::Aggregate { aggregate, alias, map });
    }
    if c.eat_word("null") {
        let alias = alias(&mut c)?.ok_or_else(bad)?;
        c.end().map_err(|_| bad())?;
        return Ok(ResItem::Null { alias });
    }
    let name = cond::field(&mut c).map_err(|e| if e.code.0 == 5 { e } else { bad() })?;
    if name.of_main {
        return Err(bad());
    }
    let alias = alias(&mut c)?;
    c.end().map_err(|_| bad())?;
    Ok(ResItem::Field { name, alias, map })
}

/// `name [alias] [={res}]`
fn sub(text: &str, shape: Option<Shape>) -> Result<ResItem> {
    let bad = || Error::param(format!("bad sub-object `{text}` in param res"));
    let (head, res) = match text.find("={") {
        Some(at) => match text[at + 2..].strip_suffix('}') {
            Some(inner) => (&text[..at], Some(inner.trim().to_owned())),
            None => return Err(bad()),
        },
        None => (text, None),
    };
    let list = tokens(&quote_alias(head.trim()), "res")?;
    let mut c = Cursor::new(&list, "res");
    let name = cond::field(&mut c).map_err(|_| bad())?;
    if name.of_main {
        return Err(bad());
    }
    let alias = alias(&mut c)?;
    c.end().map_err(|_| bad())?;
    Ok(ResItem::Sub { shape, name: name.name, alias, res })
}

/// `alias`, `AS alias`, `"alias with spaces"`; absent at the end of the item.
pub fn alias(c: &mut Cursor<'_>) -> Result<Option<String>> {
    let explicit = c.eat_word("AS");
    match c.peek() {
        Some(Token::Word(name) | Token::Quoted(name)) if !name.is_empty() => {
            c.take();
            Ok(Some(name.clone()))
        }
        None if !explicit => Ok(None),
        _ => Err(Error::param(format!("bad alias in param {}", c.place()))),
    }
}

/// Cuts `head=K:V;K2:V2` at the first `=` that stands outside parentheses and quotes.
pub fn cut_map(item: &str) -> (&str, Option<&str>) {
    let (mut depth, mut quote) = (0i32, None);
    for (i, c) in item.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, '=') if depth <= 0 => return (item[..i].trim(), Some(item[i + 1..].trim())),
            _ => {}
        }
    }
    (item.trim(), None)
}

/// Titles such as `金额(元)` or `50%` are legal aliases although they are not words: put them in quotes
/// before the lexer sees them. An alias never reaches SQL, so its characters are free.
pub fn quote_alias(head: &str) -> String {
    let Some((before, last)) = head.rsplit_once(char::is_whitespace) else { return head.to_owned() };
    let name_first = before.trim_end().chars().all(|c| is_word(c) || c == '.' || c == ' ');
    let aggregate_first = before.trim_end().ends_with(')');
    let plain = last.chars().all(is_word) || last.starts_with(['"', '`', '\'']) || last.ends_with(['"', '`']);
    let risky = last.contains(['"', '`', '\'', ';']) || last.starts_with(['-', '/', '#', '*', '(']);
    match !plain && !risky && (name_first || aggregate_first) && !before.trim().is_empty() {
        true => format!("{before} \"{last}\""),
        false => head.to_owned(),
    }
}
