//! A place in a list of tokens, with the small moves a hand-written grammar needs.

use super::lex::Token;
use crate::error::{Error, Result};

pub struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
    place: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn new(tokens: &'a [Token], place: &'a str) -> Cursor<'a> {
        Cursor { tokens, at: 0, place }
    }

    /// The parameter being read, for messages.
    pub fn place(&self) -> &'a str {
        self.place
    }

    pub fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    pub fn peek_is(&self, sign: &str) -> bool {
        self.peek().is_some_and(|t| t.is(sign))
    }

    pub fn peek_is_word(&self, keyword: &str) -> bool {
        self.peek().is_some_and(|t| t.is_word(keyword))
    }

    pub fn take(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    pub fn eat(&mut self, sign: &str) -> bool {
        let hit = self.peek_is(sign);
        self.at += usize::from(hit);
        hit
    }

    pub fn eat_word(&mut self, keyword: &str) -> bool {
        let hit = self.peek_is_word(keyword);
        self.at += usize::from(hit);
        hit
    }

    pub fn expect(&mut self, sign: &str) -> Result<()> {
        match self.eat(sign) {
            true => Ok(()),
            false => Err(Error::param(format!("expected `{sign}` in param {}", self.place))),
        }
    }

    /// Nothing may follow.
    pub fn end(&self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(token) => Err(Error::param(format!("unexpected `{token}` in param {}", self.place))),
        }
    }

    /// A point to come back to with `reset`.
    pub fn mark(&self) -> usize {
        self.at
    }

    pub fn reset(&mut self, mark: usize) {
        self.at = mark;
    }
}
