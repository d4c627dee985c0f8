//! One value as a cell of a spreadsheet: a number, a date, a text or nothing. A text is never a formula,
//! and digits that Excel would mangle (long codes, leading zeros) stay text.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::Value;

use super::super::{CellKind, width};
use crate::render::number::is_plain_number;
use crate::render::text::cell_text;

pub const INTEGER: &str = "0";
pub const DATE: &str = "yyyy-mm-dd";
pub const DATE_TIME: &str = "yyyy-mm-dd hh:mm:ss";

/// Excel's limit for one cell, in UTF-16 units.
const MAX_UNITS: usize = 32_767;
/// A double keeps fifteen digits of a number.
const MAX_DIGITS: usize = 15;
/// From here on digits are a code (a phone, an order number), not an amount.
const CODE_DIGITS: usize = 11;

#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    Blank,
    Bool(bool),
    Number(f64),
    /// A number so long that the general format would show an exponent.
    Integer(f64),
    /// Days since Excel's epoch.
    Date(f64),
    DateTime(f64),
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    pub fn judge(kind: CellKind, value: &'a Value) -> Cell<'a> {
        match value {
            Value::Null => Cell::Blank,
            Value::Bool(yes) => Cell::Bool(*yes),
            Value::Number(number) => match number.as_f64() {
                Some(n) if number.is_f64() => Cell::Number(n),
                Some(n) if n.abs() < 10f64.powi(CODE_DIGITS as i32 - 1) => Cell::Number(n),
                Some(n) if n.abs() < 10f64.powi(MAX_DIGITS as i32) => Cell::Integer(n),
                _ => Cell::Text(Cow::Owned(number.to_string())),
            },
            Value::String(text) => judge_text(kind, text),
            nested => match cell_text(nested) {
                text if text.is_empty() => Cell::Blank,
                text => Cell::Text(Cow::Owned(fitting(&text).to_owned())),
            },
        }
    }

    /// The number format a cell needs where its column has none.
    pub fn format(&self) -> Option<&'static str> {
        match self {
            Cell::Integer(_) => Some(INTEGER),
            Cell::Date(_) => Some(DATE),
            Cell::DateTime(_) => Some(DATE_TIME),
            Cell::Blank | Cell::Bool(_) | Cell::Number(_) | Cell::Text(_) => None,
        }
    }

    pub fn width(&self) -> usize {
        match self {
            Cell::Blank => 0,
            Cell::Bool(_) => 5,
            Cell::Number(n) | Cell::Integer(n) => n.to_string().len().min(20),
            Cell::Date(_) => DATE.len(),
            Cell::DateTime(_) => DATE_TIME.len(),
            Cell::Text(text) => width::of(text),
        }
    }
}

/// As much of a text as a cell can hold.
pub fn fitting(text: &str) -> &str {
    // No text has more units than bytes.
    if text.len() <= MAX_UNITS {
        return text;
    }
    let mut units = 0;
    let over = |(_, c): &(usize, char)| {
        units += c.len_utf16();
        units > MAX_UNITS
    };
    match text.char_indices().find(over) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

fn judge_text(kind: CellKind, text: &str) -> Cell<'_> {
    let special = match kind {
        CellKind::Text => None,
        CellKind::Int | CellKind::Number { .. } => number(text),
        CellKind::DateTime | CellKind::Date => date(text),
        CellKind::Any => number(text).or_else(|| date(text)),
    };
    match special {
        Some(cell) => cell,
        None if text.is_empty() => Cell::Blank,
        None => Cell::Text(Cow::Borrowed(fitting(text))),
    }
}

fn number(text: &str) -> Option<Cell<'static>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.starts_with('+') || !is_plain_number(digits) {
        return None;
    }
    let whole = digits.split('.').next().unwrap_or(digits);
    let is_code = whole.len() >= CODE_DIGITS || whole.len() > 1 && whole.starts_with('0');
    if is_code || digits.len() > MAX_DIGITS + 1 {
        return None;
    }
    text.parse().ok().map(Cell::Number)
}

/// `YYYY-MM-DD`, with or without a time; what Excel's calendar does not have stays text.
fn date(text: &str) -> Option<Cell<'static>> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    if bytes.len() == 10 {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        return serial(day.and_time(NaiveTime::MIN)).map(Cell::Date);
    }
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    serial(time).map(Cell::DateTime)
}

/// Excel believes in a 29 February 1900; its numbers are only the days since 1899-12-30 after that.
fn serial(time: NaiveDateTime) -> Option<f64> {
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
    let days = (time - epoch).num_milliseconds() as f64 / 86_400_000.0;
    (61.0..2_958_466.0).contains(&days).then_some(days)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_judges_its_texts() {
        let text = |text: &'static str| Cell::Text(text.into());
        for (kind, value, expected) in [
            (CellKind::Any, json!("12.5"), Cell::Number(12.5)),
            (CellKind::Any, json!("-3"), Cell::Number(-3.0)),
            (CellKind::Any, json!("0"), Cell::Number(0.0)),
            (CellKind::Any, json!("007"), text("007")),
            (CellKind::Any, json!("13800138000"), text("13800138000")),
            (CellKind::Any, json!("+5"), text("+5")),
            (CellKind::Any, json!("1e5"), text("1e5")),
            (CellKind::Any, json!("=1+1"), text("=1+1")),
            (CellKind::Any, json!("2024-03-01"), Cell::Date(45352.0)),
            (CellKind::Any, json!("2024-03-01 12:00:00"), Cell::DateTime(45352.5)),
            (CellKind::Any, json!("2024-13-01"), text("2024-13-01")),
            (CellKind::Date, json!("0000-00-00"), text("0000-00-00")),
            (CellKind::Date, json!("1899-01-01"), text("1899-01-01")),
            (CellKind::Text, json!("12"), text("12")),
            (CellKind::Text, json!("2024-03-01"), text("2024-03-01")),
            (CellKind::Int, json!("2024-03-01"), text("2024-03-01")),
            (CellKind::Int, json!(1234567890123i64), Cell::Integer(1234567890123.0)),
            (CellKind::Int, json!(1234567890123456789i64), text("1234567890123456789")),
            (CellKind::Any, json!([]), Cell::Blank),
            (CellKind::Any, json!([{"a": 1}]), text(r#"[{"a":1}]"#)),
            (CellKind::Any, json!(""), Cell::Blank),
        ] {
            assert_eq!(Cell::judge(kind, &value), expected, "{kind:?} {value}");
        }
    }

    #[test]
    fn a_text_is_cut_on_a_character() {
        assert_eq!(fitting(&"汉".repeat(40_000)).chars().count(), 32_767);
        assert_eq!(fitting(&"🦆".repeat(40_000)).chars().count(), 16_383);
        assert_eq!(fitting(&"汉".repeat(32_767)).chars().count(), 32_767);
    }
}
