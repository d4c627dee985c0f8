//! `orderby`, `sort`/`order` and `gres`: lists of names, with a direction or an alias.

use super::cond;
use super::cursor::Cursor;
use super::lex::{Token, tokens};
use super::list;
use super::name_ref::NameRef;
use super::res::alias;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub struct OrderTerm {
    pub field: NameRef,
    pub desc: bool,
}

/// `field [asc|desc]`, comma separated. Expressions are not grammar.
pub fn parse_order(text: &str) -> Result<Vec<OrderTerm>> {
    list::split(text).into_iter().map(order_term).collect()
}

fn order_term(item: &str) -> Result<OrderTerm> {
    let bad = || Error::param(format!("bad property `{item}` in param orderby"));
    let list = tokens(item, "orderby").map_err(|e| if e.code.0 == 5 { e } else { bad() })?;
    let mut c = Cursor::new(&list, "orderby");
    let field = cond::field(&mut c).map_err(|_| bad())?;
    let desc = c.eat_word("desc");
    if !desc {
        c.eat_word("asc");
    }
    c.end().map_err(|_| bad())?;
    Ok(OrderTerm { field, desc })
}

#[derive(Debug, Clone, PartialEq)]
pub struct GroupTerm {
    pub field: NameRef,
    pub alias: Option<String>,
    pub map: Option<String>,
}

/// `f`, `f alias`, `f alias=K:V`; functions are not allowed.
pub fn parse_group(text: &str) -> Result<Vec<GroupTerm>> {
    list::split(text).into_iter().map(group_term).collect()
}

fn group_term(item: &str) -> Result<GroupTerm> {
    let (head, map) = super::res::cut_map(item);
    let list = tokens(&super::res::quote_alias(head), "gres")?;
    let mut c = Cursor::new(&list, "gres");
    if let (Some(Token::Word(word)), true) = (list.first(), list.get(1).is_some_and(|t| t.is("("))) {
        return Err(Error::forbidden(format!("function not allowed: `{word}` in param gres")));
    }
    let field = cond::field(&mut c)?;
    let alias = alias(&mut c)?;
    c.end()?;
    Ok(GroupTerm { field, alias, map: map.map(str::to_owned) })
}
