//! The words and signs of a key line. Full-width signs are as good as ASCII ones.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use crate::design::ident::is_word;
use crate::design::key::{Compare, Literal};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Int(i64),
    Text(String),
    Compare(Compare),
    Open,
    Close,
    Comma,
    Bar,
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut chars = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        let token = match c {
            _ if c.is_whitespace() => continue,
            '(' | '（' => Token::Open,
            ')' | '）' => Token::Close,
            ',' | '，' => Token::Comma,
            '|' | '｜' => Token::Bar,
            '\'' => quoted(&mut chars)?,
            '<' | '>' | '=' | '!' => Token::Compare(compare(c, &mut chars)?),
            // A remark takes the rest of the line.
            '-' if chars.peek() == Some(&'-') => break,
            '-' => int(c, &mut chars)?,
            _ if c.is_ascii_digit() => int(c, &mut chars)?,
            _ if is_word(c) => Token::Word(run(c, &mut chars, |c| is_word(c) || c == '-')),
            _ => return Err(format!("unexpected `{c}`")),
        };
        tokens.push(token);
    }
    Ok(tokens)
}

fn run(first: char, chars: &mut Peekable<Chars<'_>>, belongs: impl Fn(char) -> bool) -> String {
    let mut word = String::from(first);
    while let Some(c) = chars.next_if(|c| belongs(*c)) {
        word.push(c);
    }
    word
}

fn int(first: char, chars: &mut Peekable<Chars<'_>>) -> Result<Token, String> {
    let digits = run(first, chars, |c| is_word(c) || c == '.');
    digits.parse().map(Token::Int).map_err(|_| format!("`{digits}` is not a whole number of 64 bits"))
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<Token, String> {
    let mut text = String::new();
    loop {
        match chars.next() {
            Some('\'') if chars.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(Token::Text(text)),
            // Escaped differently by the dialects, and no key needs one.
            Some(c) if c == '\\' || c.is_control() => {
                return Err("a text in a condition has no backslash and no control character".into());
            }
            Some(c) => text.push(c),
            None => return Err("a quote is never closed".into()),
        }
    }
}

fn compare(first: char, chars: &mut Peekable<Chars<'_>>) -> Result<Compare, String> {
    let second = chars.next_if(|c| matches!(c, '=' | '>'));
    Ok(match (first, second) {
        ('=', None) => Compare::Eq,
        ('<', Some('>')) | ('!', Some('=')) => Compare::Ne,
        ('<', None) => Compare::Lt,
        ('<', Some('=')) => Compare::Le,
        ('>', None) => Compare::Gt,
        ('>', Some('=')) => Compare::Ge,
        _ => return Err("comparisons are = <> < <= > >=".into()),
    })
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(word) => write!(f, "`{word}`"),
            Token::Int(n) => write!(f, "`{n}`"),
            Token::Text(text) => write!(f, "`{}`", Literal::Text(text.clone())),
            Token::Compare(compare) => write!(f, "`{}`", compare.sign()),
            Token::Open => f.write_str("`(`"),
            Token::Close => f.write_str("`)`"),
            Token::Comma => f.write_str("`,`"),
            Token::Bar => f.write_str("`|`"),
        }
    }
}
