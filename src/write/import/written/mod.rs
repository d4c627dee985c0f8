//! A cell as people write it, read for its column: words of an enumeration, amounts, dates, yes and no. What the column
//! takes as it stands is left alone, so that this only ever turns a refusal into a value.

mod date;
mod number;
mod word;

use crate::design::{Column, Kind};
use crate::error::{Error, Text};
use chrono::NaiveDateTime;
use serde_json::Value;
use std::borrow::Cow;

type Dates<'a> = &'a dyn Fn(&str) -> Option<NaiveDateTime>;

/// Words of an enumeration that a message lists.
const WORDS_MAX: usize = 12;

/// The value for the column, or what is wrong with the cell.
pub fn value<'t>(column: &Column, text: &'t str, dates: Dates<'_>) -> Result<Cow<'t, str>, Text> {
    let check = |text: &str| column.check(&Value::from(text), dates);
    if !column.options.is_empty() {
        return match word::value(&column.options, text) {
            Some(value) => Ok(Cow::Owned(value.to_owned())),
            None if column.kind == Kind::Flag => flag(column, text, &check),
            None => Err(unknown_word(column, text)),
        };
    }
    let refused = match check(text) {
        Ok(_) => return Ok(Cow::Borrowed(text)),
        Err(error) => error,
    };
    let read = match column.kind {
        Kind::Flag => return flag(column, text, &check),
        Kind::Int | Kind::Id => number::plain(text).map(number::whole),
        Kind::Real | Kind::Decimal { .. } => number::plain(text),
        Kind::DateTime | Kind::Date => date::plain(text),
        Kind::Str { .. } | Kind::Text { .. } => None,
    };
    match read {
        None => Err(*refused.text),
        Some(read) => check(&read).map(|_| Cow::Owned(read)).map_err(|error| *error.text),
    }
}

fn flag<'t, T>(
    column: &Column,
    text: &'t str,
    check: &impl Fn(&str) -> Result<T, Error>,
) -> Result<Cow<'t, str>, Text> {
    if check(text).is_ok() {
        return Ok(Cow::Borrowed(text));
    }
    let name = &column.name;
    word::yes_or_no(text).map(|yes| Cow::Borrowed(if yes { "1" } else { "0" })).ok_or_else(|| {
        Text::new(format!("字段`{name}`应为“是”或“否”"), format!("field `{name}` must be yes or no"))
    })
}

fn unknown_word(column: &Column, text: &str) -> Text {
    let listed = |lang: &str| {
        let labels = column.options.iter().map(|(_, label)| crate::design::label_in(label, lang));
        labels.take(WORDS_MAX).collect::<Vec<_>>()
    };
    let more = column.options.len() > WORDS_MAX;
    let name = &column.name;
    Text::new(
        format!("字段`{name}`没有“{text}”，可填：{}{}", listed("zh").join("、"), if more { "…" } else { "" }),
        format!(
            "field `{name}` has no \"{text}\"; it can be {}{}",
            listed("en").join(", "),
            if more { ", …" } else { "" }
        ),
    )
}

/// Forms of the width of Chinese characters as their narrow ones, which readers know.
fn narrow(text: &str) -> String {
    let one = |c: char| match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '−' | '﹣' => '-',
        '￥' => '¥',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.chars().map(one).collect::<String>().trim().to_owned()
}
