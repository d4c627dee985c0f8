//! A value for a column: checked, and brought to the one form the database stores. Nothing is cut off and
//! nothing becomes 0; what does not fit is code 1 and names the field.

use chrono::{Datelike, NaiveDateTime, NaiveTime, Timelike};
use serde_json::{Number, Value};
use std::borrow::Cow;

use super::class::Class;
use super::decimal;
use super::kind::Kind;
use super::range::Range;
use super::table::Column;
use crate::error::{Error, Result};
use crate::value::Val;

/// Reads a date in any form people write.
pub type Dates<'a> = &'a dyn Fn(&str) -> Option<NaiveDateTime>;

impl Column {
    /// Null passes everywhere but in the key and in flags. Whether `""` means null is the caller's business.
    pub fn check(&self, value: &Value, dates: Dates<'_>) -> Result<Val> {
        let value = self.typed(value, dates)?;
        match &self.range {
            Some(range) if !range.holds(&value) => Err(self.beyond(range)),
            _ => Ok(value),
        }
    }

    fn typed(&self, value: &Value, dates: Dates<'_>) -> Result<Val> {
        match (value, self.kind) {
            (Value::Null, kind) if kind.required() => Err(self.refuse("不能为空", "may not be null")),
            (Value::Null, _) => Ok(Val::Null),
            (_, Kind::Id | Kind::Int) => self.int(value),
            (_, Kind::Flag) => self.flag(value),
            (_, Kind::Real) => self.real(value),
            (_, Kind::Decimal { scale }) => self.decimal(value, scale),
            (_, Kind::Str { max } | Kind::Text { max }) => self.text(value, max),
            // Most times were written by a rule of ours.
            (Value::String(text), Kind::DateTime) if crate::time::is_stored_form(text) => {
                Ok(Val::text(text.clone()))
            }
            (_, Kind::DateTime) => self.moment(value, dates).map(date_time),
            (_, Kind::Date) => self.moment(value, dates).and_then(|moment| self.date(moment)),
        }
    }

    /// The form in which rules and records compare a value: a whole number as a number, a text as a text. A value
    /// that the column refuses stays as it is, for `check` to refuse.
    pub fn canonical(&self, value: Value) -> Value {
        let whole = matches!(self.kind, Kind::Id | Kind::Int | Kind::Flag);
        match &value {
            Value::String(text) if whole && !text.is_empty() => self.whole(value),
            Value::Number(n) if whole && !n.is_i64() => self.whole(value),
            Value::Bool(_) if whole => self.whole(value),
            // A secret is a text that somebody knows; no list becomes one.
            Value::Array(_) | Value::Object(_) if self.class == Some(Class::Secret) => value,
            // The form in which it is stored: a rule that looks for words in a text must see them.
            Value::Number(_) | Value::Array(_) | Value::Object(_) if self.kind.is_text() => {
                value.to_string().into()
            }
            _ => value,
        }
    }

    fn whole(&self, value: Value) -> Value {
        match self.int(&value) {
            Ok(Val::Int(n)) => n.into(),
            _ => value,
        }
    }

    fn int(&self, value: &Value) -> Result<Val> {
        let wanted = || self.refuse("应为整数", "must be a whole number");
        let range = || self.refuse("超出整数范围", "is beyond 64-bit integers");
        match value {
            Value::Bool(yes) => Ok(Val::Int(i64::from(*yes))),
            Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(n), _) => Ok(Val::Int(n)),
                (None, Some(x)) if n.is_f64() && x.fract() == 0.0 => whole(x).map(Val::Int).ok_or_else(range),
                (None, _) if n.is_u64() => Err(range()),
                _ => Err(wanted()),
            },
            Value::String(text) => {
                let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(wanted());
                }
                text.parse().map(Val::Int).map_err(|_| range())
            }
            _ => Err(wanted()),
        }
    }

    fn flag(&self, value: &Value) -> Result<Val> {
        let wanted = || self.refuse("应为0或1", "must be 0 or 1");
        match self.int(value).map_err(|_| wanted())? {
            Val::Int(n @ (0 | 1)) => Ok(Val::Int(n)),
            _ => Err(wanted()),
        }
    }

    fn real(&self, value: &Value) -> Result<Val> {
        let text = self.number(value)?;
        match text.parse::<f64>() {
            // `-0` is 0 in every dialect.
            Ok(x) if x.is_finite() => Ok(Val::Real(x + 0.0)),
            _ => Err(self.refuse("超出数值范围", "is beyond floating-point numbers")),
        }
    }

    fn decimal(&self, value: &Value, scale: u8) -> Result<Val> {
        if let Some(short) = value.as_f64().and_then(|x| decimal::short(x, scale)) {
            return Ok(short);
        }
        let text = self.number(value)?;
        decimal::rounded(&text, scale)
            .ok_or_else(|| self.refuse("数值位数过多", "has too many digits to be kept exactly"))
    }

    /// The digits of a number, or of a text that is one.
    fn number<'v>(&self, value: &'v Value) -> Result<Cow<'v, str>> {
        match value {
            Value::Number(n) => Ok(Number::to_string(n).into()),
            Value::String(text) if decimal::is_number(text) => Ok(text.into()),
            _ => Err(self.refuse("应为数值", "must be a number")),
        }
    }

    fn text(&self, value: &Value, max: u32) -> Result<Val> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(_) | Value::Object(_) if self.class == Some(Class::Secret) => {
                return Err(self.refuse("应为文本", "must be a text"));
            }
            Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
            Value::Null | Value::Bool(_) => return Err(self.refuse("应为文本", "must be a text")),
        };
        if text.contains('\0') {
            return Err(self.refuse("含有空字符", "contains a NUL character"));
        }
        let length = text.chars().count();
        if length > max as usize {
            return Err(self.refuse(
                &format!("过长: {length}个字符，最多{max}个"),
                &format!("is too long: {length} characters, at most {max}"),
            ));
        }
        Ok(Val::text(text))
    }

    fn moment(&self, value: &Value, dates: Dates<'_>) -> Result<NaiveDateTime> {
        let moment = match value {
            Value::String(text) => dates(text),
            _ => None,
        };
        let wanted = || match self.kind {
            Kind::Date => self.refuse("应为日期", "must be a date"),
            _ => self.refuse("应为日期时间", "must be a date and time"),
        };
        moment.filter(|moment| (1..=9999).contains(&moment.year())).ok_or_else(wanted)
    }

    fn date(&self, moment: NaiveDateTime) -> Result<Val> {
        if moment.time() != NaiveTime::MIN {
            return Err(self.refuse("应为日期，不含时刻", "must be a date without a time of day"));
        }
        Ok(Val::text(moment.format("%Y-%m-%d").to_string()))
    }

    fn beyond(&self, range: &Range) -> Error {
        match (range.low, range.high) {
            (Some(low), None) => {
                self.refuse(&format!("不能小于{low}"), &format!("may not be less than {low}"))
            }
            (None, Some(high)) => {
                self.refuse(&format!("不能大于{high}"), &format!("may not be more than {high}"))
            }
            _ => self.refuse(&format!("超出范围{range}"), &format!("must be in {range}")),
        }
    }

    fn refuse(&self, zh: &str, en: &str) -> Error {
        let name = &self.name;
        Error::param(format!("Bad Request - field `{name}` {en}"))
            .say(format!("字段`{name}`{zh}"), format!("field `{name}` {en}"))
    }
}

/// A float that is a whole number and is surely the one that was written.
fn whole(x: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (x.abs() <= EXACT).then_some(x as i64)
}

fn date_time(moment: NaiveDateTime) -> Val {
    // By hand: every row of an import has a time or two, and a format string costs ten times as much.
    let mut text = String::with_capacity(23);
    let parts = [
        (moment.year().unsigned_abs(), 4, '-'),
        (moment.month(), 2, '-'),
        (moment.day(), 2, ' '),
        (moment.hour(), 2, ':'),
        (moment.minute(), 2, ':'),
    ];
    for (number, width, then) in parts {
        digits(&mut text, number, width);
        text.push(then);
    }
    digits(&mut text, moment.second(), 2);
    // A leap second counts its nanoseconds past one billion; databases know no such second.
    let millis = (moment.nanosecond() / 1_000_000).min(999);
    if millis > 0 {
        text.push('.');
        digits(&mut text, millis, 3);
    }
    Val::text(text)
}

/// The last `width` digits of a number, zeros in front.
fn digits(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}
