//! The words of the query language shared by `cond`, `res`, `orderby` and `gres`. Whatever could carry
//! foreign SQL (comments, statement separators, variables) is refused here, before any grammar sees it.

use crate::error::{Error, Result};
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A bare word: a name or a keyword.
    Word(String),
    /// A name in double quotes or backticks.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    Int(i64),
    Real(f64),
    /// `= <> > >= < <= ( ) , . * + - /`
    Sign(&'static str),
}

impl Token {
    pub fn is(&self, sign: &str) -> bool {
        matches!(self, Token::Sign(s) if *s == sign)
    }

    pub fn is_word(&self, keyword: &str) -> bool {
        matches!(self, Token::Word(w) if w.eq_ignore_ascii_case(keyword))
    }
}

/// As it was written, for messages.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(text) | Token::Quoted(text) | Token::Text(text) => f.write_str(text),
            Token::Int(n) => write!(f, "{n}"),
            Token::Real(x) => write!(f, "{x}"),
            Token::Sign(sign) => f.write_str(sign),
        }
    }
}

/// The longest text any clause may have: far beyond honest use, short enough to bound the work.
pub const CLAUSE_MAX: usize = 65_536;

/// Splits `text` into tokens; `place` names the parameter in messages.
pub fn tokens(text: &str, place: &str) -> Result<Vec<Token>> {
    if text.len() > CLAUSE_MAX {
        return Err(Error::param(format!("param {place} is too long ({} > {CLAUSE_MAX} bytes)", text.len())));
    }
    let mut lexer = Lexer { text, at: 0, place };
    let mut out = Vec::new();
    while let Some(token) = lexer.next()? {
        out.push(token);
    }
    Ok(out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    place: &'a str,
}

/// Two-character signs first, so that `<=` is not read as `<` and `=`.
const SIGNS: &[(&str, &str)] = &[
    ("<>", "<>"),
    ("!=", "<>"),
    (">=", ">="),
    ("<=", "<="),
    ("==", "="),
    ("=", "="),
    (">", ">"),
    ("<", "<"),
    ("(", "("),
    (")", ")"),
    (",", ","),
    (".", "."),
    ("*", "*"),
    ("+", "+"),
    ("-", "-"),
    ("/", "/"),
];

const FORBIDDEN: &[&str] = &["--", "/*", "*/", ";", "@", "#", "$", "\\", "{", "}", "|", "&", "^", "~"];

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Result<Option<Token>> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(None) };
        if let Some(bad) = FORBIDDEN.iter().find(|bad| rest.starts_with(**bad)) {
            return Err(forbidden(bad, self.place));
        }
        match first {
            '\'' => return self.text_literal().map(Some),
            '"' | '`' => return self.quoted(first).map(Some),
            c if c.is_ascii_digit() => return self.number().map(Some),
            c if is_word(c) => return Ok(Some(self.word())),
            _ => {}
        }
        for (sign, canonical) in SIGNS {
            if rest.starts_with(sign) {
                self.at += sign.len();
                return Ok(Some(Token::Sign(canonical)));
            }
        }
        Err(Error::param(format!("unexpected `{first}` in param {}", self.place)))
    }

    /// `''` is a quote; so is `\'`, for old clients. Any other backslash is an ordinary character.
    fn text_literal(&mut self) -> Result<Token> {
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((i, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            match (c, next) {
                ('\'', Some('\'')) | ('\\', Some('\'')) => {
                    // A backslash before the closing quote is part of the text, not an escape.
                    if c == '\\' && self.closes_at(i + 1) {
                        value.push('\\');
                        continue;
                    }
                    value.push('\'');
                    chars.next();
                }
                ('\'', _) => {
                    self.at += i + 1;
                    return Ok(Token::Text(value));
                }
                _ => value.push(c),
            }
        }
        Err(Error::param(format!("unterminated text in param {}", self.place)))
    }

    /// Whether the quote at `offset` is the last one of the clause, so that it can only be the closing one.
    fn closes_at(&self, offset: usize) -> bool {
        !self.rest()[offset + 1..].contains('\'')
    }

    fn quoted(&mut self, quote: char) -> Result<Token> {
        let rest = self.rest();
        let Some(end) = rest[1..].find(quote) else {
            return Err(Error::param(format!("unterminated {quote} in param {}", self.place)));
        };
        let name = rest[1..1 + end].to_owned();
        self.at += end + 2;
        Ok(Token::Quoted(name))
    }

    fn number(&mut self) -> Result<Token> {
        let rest = self.rest();
        let mut end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let mut real = false;
        if rest[end..].starts_with('.') && rest[end + 1..].starts_with(|c: char| c.is_ascii_digit()) {
            real = true;
            end += 1;
            end += rest[end..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - end);
        }
        if rest[end..].starts_with(is_word) {
            // `3rd` is a word, not a number followed by one.
            return Ok(self.word());
        }
        let digits = &rest[..end];
        let token = match (real, digits.parse::<i64>()) {
            (false, Ok(n)) => Token::Int(n),
            _ => Token::Real(digits.parse::<f64>().unwrap_or(f64::MAX)),
        };
        self.at += end;
        Ok(token)
    }

    fn word(&mut self) -> Token {
        let rest = self.rest();
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        self.at += end;
        Token::Word(word)
    }
}

/// A character of a name; Chinese names are legal.
pub fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The refusal for anything that would be SQL of its own.
pub fn forbidden(what: &str, place: &str) -> Error {
    Error::forbidden(format!("forbidden `{what}` in param {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Token> {
        tokens(text, "cond").unwrap()
    }

    #[test]
    fn quotes_double_and_backslashes_are_plain() {
        assert_eq!(texts("'a''b'"), [Token::Text("a'b".into())]);
        assert_eq!(texts(r"'a\'b'"), [Token::Text("a'b".into())]);
        assert_eq!(texts(r"'a\b\'"), [Token::Text(r"a\b\".into())]);
    }

    #[test]
    fn words_numbers_and_signs() {
        assert_eq!(
            texts("t0.金额>=1.50"),
            [
                Token::Word("t0".into()),
                Token::Sign("."),
                Token::Word("金额".into()),
                Token::Sign(">="),
                Token::Real(1.5)
            ]
        );
    }

    #[test]
    fn foreign_sql_is_refused_with_5() {
        for text in ["1 -- x", "a=1;b", "@@version", "a/**/b", "#"] {
            assert_eq!(tokens(text, "cond").unwrap_err().code.0, 5, "{text}");
        }
    }
}
