//! The words and signs of a key line. Full-width signs are as good as ASCII ones.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use crate::design::ident::is_word;
use crate::design::key::{KeyCompare, KeyLiteral};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum KeyToken {
    Word(String),
    Int(i64),
    Text(String),
    KeyCompare(KeyCompare),
    Open,
    Close,
    Comma,
    Bar,
}

pub(super) fn tokens(text: &str) -> Result<Vec<KeyToken>, String> {
    let mut chars = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        let token = match c {
            _ if c.is_whitespace() => continue,
            '(' | '（' => KeyToken::Open,
            ')' | '）' => KeyToken::Close,
            ',' | '，' => KeyToken::Comma,
            '|' | '｜' => KeyToken::Bar,
            '\'' => quoted(&mut chars)?,
            '<' | '>' | '=' | '!' => KeyToken::KeyCompare(compare(c, &mut chars)?),
            // A remark takes the rest of the line.
            '-' if chars.peek() == Some(&'-') => break,
            '-' => int(c, &mut chars)?,
            _ if c.is_ascii_digit() => int(c, &mut chars)?,
            _ if is_word(c) => KeyToken::Word(run(c, &mut chars, |c| is_word(c) || c == '-')),
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

fn int(first: char, chars: &mut Peekable<Chars<'_>>) -> Result<KeyToken, String> {
    let digits = run(first, chars, |c| is_word(c) || c == '.');
    digits.parse().map(KeyToken::Int).map_err(|_| format!("`{digits}` is not a whole number of 64 bits"))
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<KeyToken, String> {
    let mut text = String::new();
    loop {
        match chars.next() {
            Some('\'') if chars.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(KeyToken::Text(text)),
            // Escaped differently by the dialects, and no key needs one.
            Some(c) if c == '\\' || c.is_control() => {
                return Err("a text in a condition has no backslash and no control character".into());
            }
            Some(c) => text.push(c),
            None => return Err("a quote is never closed".into()),
        }
    }
}

fn compare(first: char, chars: &mut Peekable<Chars<'_>>) -> Result<KeyCompare, String> {
    let second = chars.next_if(|c| matches!(c, '=' | '>'));
    Ok(match (first, second) {
        ('=', None) => KeyCompare::Eq,
        ('<', Some('>')) | ('!', Some('=')) => KeyCompare::Ne,
        ('<', None) => KeyCompare::Lt,
        ('<', Some('=')) => KeyCompare::Le,
        ('>', None) => KeyCompare::Gt,
        ('>', Some('=')) => KeyCompare::Ge,
        _ => return Err("comparisons are = <> < <= > >=".into()),
    })
}

impl fmt::Display for KeyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyToken::Word(word) => write!(f, "`{word}`"),
            KeyToken::Int(n) => write!(f, "`{n}`"),
            KeyToken::Text(text) => write!(f, "`{}`", KeyLiteral::Text(text.clone())),
            KeyToken::KeyCompare(compare) => write!(f, "`{}`", compare.sign()),
            KeyToken::Open => f.write_str("`(`"),
            KeyToken::Close => f.write_str("`)`"),
            KeyToken::Comma => f.write_str("`,`"),
            KeyToken::Bar => f.write_str("`|`"),
        }
    }
}
