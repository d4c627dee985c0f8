//! The formulas inside a reference: `$-1.id`, `$1[0].name`, `$-2 - $-1`, `($1 + 2) * 3`. Numbers, `+ - * /`,
//! brackets, and paths into earlier results; no names, no calls. It reads and computes in one pass.

use serde_json::{Number, Value};
use std::borrow::Cow;

/// The results so far and the place (from 0) of the item that refers to them.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub results: &'a [Value],
    pub current: usize,
}

/// Brackets and signs may nest this deep.
const DEEPEST: usize = 32;

/// The value of a formula; null when something in it does not exist or is no number where one is needed.
/// `None` when the text is no formula.
pub fn evaluate<'a>(text: &str, scope: Scope<'a>) -> Option<Cow<'a, Value>> {
    let mut reader = Reader { rest: text, scope, depth: 0 };
    let value = reader.sum()?;
    reader.skip_blanks();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'t, 'a> {
    rest: &'t str,
    scope: Scope<'a>,
    depth: usize,
}

impl<'t, 'a> Reader<'t, 'a> {
    fn sum(&mut self) -> Option<Cow<'a, Value>> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(['+', '-']) {
            let right = self.product()?;
            left = Cow::Owned(combine(sign, &left, &right));
        }
        Some(left)
    }

    fn product(&mut self) -> Option<Cow<'a, Value>> {
        let mut left = self.factor()?;
        while let Some(sign) = self.take(['*', '/']) {
            let right = self.factor()?;
            left = Cow::Owned(combine(sign, &left, &right));
        }
        Some(left)
    }

    fn factor(&mut self) -> Option<Cow<'a, Value>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = if self.take(['(']).is_some() {
            let inner = self.sum()?;
            self.take([')'])?;
            inner
        } else if let Some(sign) = self.take(['+', '-']) {
            let operand = self.factor()?;
            Cow::Owned(combine(sign, &Value::from(0), &operand))
        } else if self.take(['$']).is_some() {
            self.path()?
        } else {
            Cow::Owned(self.number()?)
        };
        self.depth -= 1;
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let whole = self.span(|c| c.is_ascii_digit())?;
        let Some(after) = self.rest.strip_prefix('.') else {
            return as_number(whole).map(Value::Number);
        };
        self.rest = after;
        let fraction = self.span(|c| c.is_ascii_digit())?;
        as_number(&format!("{whole}.{fraction}")).map(Value::Number)
    }

    /// What follows a `$`: the number of a result, then steps into it.
    fn path(&mut self) -> Option<Cow<'a, Value>> {
        let back = self.rest.strip_prefix('-');
        self.rest = back.unwrap_or(self.rest);
        // A number too large for us is beyond every batch.
        let number = self.span(|c| c.is_ascii_digit())?.parse().unwrap_or(usize::MAX);
        let place = match back {
            _ if number == 0 => None,
            Some(_) => self.scope.current.checked_sub(number),
            None => Some(number - 1),
        };
        let mut value = place.and_then(|place| self.scope.results.get(place));
        while let Some(step) = self.step()? {
            value = value.and_then(|value| value_at(value, step));
        }
        Some(value.map_or(Cow::Owned(Value::Null), Cow::Borrowed))
    }

    /// `.name`, `[0]` or `['name']`; the outer `None` when a step begins and is not well formed.
    fn step(&mut self) -> Option<Option<&'t str>> {
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            return self.span(|c| c.is_alphanumeric() || c == '_').map(Some);
        }
        let Some(rest) = self.rest.strip_prefix('[') else { return Some(None) };
        let (inside, rest) = rest.split_once(']')?;
        self.rest = rest;
        let inside = inside.trim();
        let quoted = |quote| inside.strip_prefix(quote)?.strip_suffix(quote);
        let digits = !inside.is_empty() && inside.bytes().all(|b| b.is_ascii_digit());
        let key = if digits { Some(inside) } else { quoted('\'').or_else(|| quoted('"')) };
        key.map(Some)
    }

    fn take<const N: usize>(&mut self, wanted: [char; N]) -> Option<char> {
        self.skip_blanks();
        let found = self.rest.chars().next().filter(|c| wanted.contains(c))?;
        self.rest = &self.rest[found.len_utf8()..];
        Some(found)
    }

    fn span(&mut self, wanted: impl Fn(char) -> bool) -> Option<&'t str> {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!taken.is_empty()).then_some(taken)
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

fn value_at<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Whole numbers stay whole as long as they fit; what is not defined is null.
fn combine(sign: char, left: &Value, right: &Value) -> Value {
    let (Some(left), Some(right)) = (numeric(left), numeric(right)) else { return Value::Null };
    if let (Some(a), Some(b)) = (left.as_i64(), right.as_i64()) {
        let whole = match sign {
            '+' => a.checked_add(b),
            '-' => a.checked_sub(b),
            '*' => a.checked_mul(b),
            _ => a.checked_rem(b).filter(|rest| *rest == 0).and_then(|_| a.checked_div(b)),
        };
        if let Some(whole) = whole {
            return whole.into();
        }
    }
    let (Some(a), Some(b)) = (left.as_f64(), right.as_f64()) else { return Value::Null };
    // A value that is not finite (division by zero) has no JSON form and comes out as null.
    Value::from(match sign {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        _ => a / b,
    })
}

/// A number, or the text of one: some databases give decimals as texts.
fn numeric(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => {
            let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
            if plain { as_number(text) } else { None }
        }
        _ => None,
    }
}

fn as_number(text: &str) -> Option<Number> {
    match text.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => Number::from_f64(text.parse().ok()?),
    }
}
