//! Single values of the typed lookups. Texts are converted; values that a JSON body typed already are taken
//! when they are of the kind asked for.

use super::Context;
use crate::time::{midnight, parse_local, parse_relative, parse_unix};
use chrono::NaiveDateTime;
use serde_json::{Number, Value};

/// A whole number or a pseudo-uuid. The uuid is tried first: one in two thousand looks like a number, and no
/// id has sixteen digits.
pub fn id(raw: &Value, env: &Context<'_>) -> Option<i64> {
    if let Value::String(text) = raw
        && text.len() == 16
        && let Some(id) = (env.decrypt_id)(text)
    {
        return Some(id);
    }
    let number = number(raw)?;
    match number.as_i64() {
        Some(id) => Some(id),
        None => number.as_f64().filter(|x| x.fract() == 0.0).and_then(truncated),
    }
}

/// Any number, cut toward zero.
pub fn int(raw: &Value) -> Option<i64> {
    let number = number(raw)?;
    number.as_i64().or_else(|| truncated(number.as_f64()?))
}

/// Any number. Whole ones come without a fraction, as PHP and JavaScript write them.
pub fn num(raw: &Value) -> Option<Value> {
    let number = number(raw)?;
    let whole = number.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 1e15).and_then(truncated);
    Some(whole.map_or(Value::Number(number), Value::from))
}

pub fn flag(raw: &Value) -> Option<bool> {
    const TRUE: [&str; 4] = ["1", "true", "on", "yes"];
    const FALSE: [&str; 4] = ["0", "false", "off", "no"];
    match raw {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => {
            let among = |words: [&str; 4]| words.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
            if among(TRUE) { Some(true) } else { among(FALSE).then_some(false) }
        }
        _ => None,
    }
}

/// Unix seconds of a moment: a date text, one that counts from now, or seconds already.
pub fn time(raw: &Value, env: &Context<'_>) -> Option<i64> {
    match raw {
        Value::String(text) => {
            civil(text, env).map(|civil| env.zone.to_unix(civil)).or_else(|| parse_unix(text))
        }
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

/// Unix seconds of the midnight that starts the day.
pub fn date(raw: &Value, env: &Context<'_>) -> Option<i64> {
    let zone = env.zone;
    let civil = match raw {
        Value::String(text) => match text.trim().starts_with('@') {
            true => zone.from_unix(parse_unix(text)?),
            false => civil(text, env)?,
        },
        Value::Number(number) => zone.from_unix(number.as_i64()?),
        _ => return None,
    };
    Some(zone.to_unix(midnight(civil)))
}

fn civil(text: &str, env: &Context<'_>) -> Option<NaiveDateTime> {
    parse_local(text, env.zone).or_else(|| parse_relative(text, (env.now)()))
}

/// The value a text spells; a JSON body has brought it already.
pub fn json(raw: &Value) -> Option<Value> {
    match raw {
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    }
}

/// What PHP calls numeric: sign, digits, fraction, exponent, blanks around. No hex, no names.
pub fn number(raw: &Value) -> Option<Number> {
    match raw {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => {
            let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
            if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
                return None;
            }
            match text.parse::<i64>() {
                Ok(int) => Some(int.into()),
                Err(_) => Number::from_f64(text.parse().ok()?),
            }
        }
        _ => None,
    }
}

fn truncated(x: f64) -> Option<i64> {
    // 2^63 itself is the first float too large.
    (x >= i64::MIN as f64 && x < i64::MAX as f64).then_some(x.trunc() as i64)
}
