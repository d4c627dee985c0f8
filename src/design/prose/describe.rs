//! One field's description → label, options, note: `状态|Status. Enum(CR-新创建,RE-已服务). 备用值…`.

use crate::design::options::{self, Options};
use crate::design::sentence::{as_label, bare, sentences};

#[derive(Debug, Default, PartialEq)]
pub(super) struct Described {
    pub label: Option<String>,
    pub note: Option<String>,
    pub options: Options,
}

/// Words that only repeat a type: the table line has said it.
const TYPES: &[&str] = &[
    "Array", "Bool", "Boolean", "Date", "DateTime", "Decimal", "Double", "Enum", "Flag", "Float", "Int",
    "Integer", "JSON", "List", "Number", "Object", "Real", "String", "Text",
];

pub(super) fn describe(text: &str) -> Result<Described, String> {
    let mut options = Options::new();
    let mut awaiting = false;
    let mut plain: Vec<&str> = Vec::new();
    for sentence in sentences(text) {
        if let Some(call) =
            sentence.trim_start().strip_prefix("Enum").and_then(|rest| rest.strip_prefix(['(', '（']))
        {
            let (inner, rest) = enclosed(call).ok_or("`Enum(` is never closed")?;
            options = options::explicit(inner)?;
            if !bare(rest).is_empty() {
                plain.push(rest);
            }
        } else if is_type(bare(sentence)) {
            awaiting = bare(sentence) == "Enum";
        } else if let Some(found) = options::listed(bare(sentence)).filter(|_| awaiting) {
            options = found;
            awaiting = false;
        } else {
            plain.push(sentence);
        }
    }
    let label = plain.first().and_then(|first| as_label(first)).map(str::to_owned);
    let note = plain.get(usize::from(label.is_some())..).unwrap_or_default().concat();
    let note = note.trim();
    Ok(Described { label, note: (!note.is_empty()).then(|| note.to_owned()), options })
}

/// `Integer`, or with what it is made of: `List(perm/String)`.
fn is_type(sentence: &str) -> bool {
    let word = match sentence.split_once(['(', '（']) {
        Some((word, rest)) if enclosed(rest).is_some_and(|(_, after)| after.is_empty()) => word,
        Some(_) => return false,
        None => sentence,
    };
    TYPES.contains(&word)
}

/// Splits at the parenthesis that closes one opened just before.
fn enclosed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + c.len_utf8()..]));
        }
    }
    None
}
