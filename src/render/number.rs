//! Arithmetic on result cells: sums that stay integers while they can, and the rounding of shown totals.

use serde_json::Value;

use super::cell::decimal;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Num {
    Int(i64),
    Real(f64),
}

impl Num {
    /// A number, or a text that is nothing but a plain number.
    pub fn of(value: &Value) -> Option<Num> {
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(n) => Some(Num::Int(n)),
                None => number.as_f64().map(Num::Real),
            },
            Value::String(text) if is_plain_number(text) => match text.parse() {
                Ok(n) => Some(Num::Int(n)),
                Err(_) => text.parse().ok().map(Num::Real),
            },
            _ => None,
        }
    }

    pub fn plus(self, other: Num) -> Num {
        match (self, other) {
            (Num::Int(a), Num::Int(b)) => match a.checked_add(b) {
                Some(sum) => Num::Int(sum),
                None => Num::Real(a as f64 + b as f64),
            },
            (a, b) => Num::Real(a.as_f64() + b.as_f64()),
        }
    }

    pub fn as_f64(self) -> f64 {
        match self {
            Num::Int(n) => n as f64,
            Num::Real(x) => x,
        }
    }

    /// As a cell: six decimals, and no fraction where there is none.
    pub fn rounded(self) -> Value {
        match self {
            Num::Int(n) => n.into(),
            Num::Real(x) => decimal(x, 6),
        }
    }
}

/// An optional sign, digits, and at most one fraction: nothing a spreadsheet would calculate.
pub fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

/// An integer of eleven digits or more, which spreadsheets would show in scientific notation.
pub fn is_long_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.len() >= 11 && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sums_stay_exact_where_they_can() {
        let sum = |cells: &[Value]| {
            cells.iter().filter_map(Num::of).reduce(Num::plus).map(Num::rounded).unwrap_or_default()
        };
        assert_eq!(sum(&[json!(1), json!(2)]), json!(3));
        assert_eq!(sum(&[json!(0.1), json!(0.2)]), json!(0.3));
        assert_eq!(sum(&[json!("10.50"), json!(0.5), json!("x"), json!(null)]), json!(11));
        assert_eq!(sum(&[json!(i64::MAX), json!(1)]), json!(i64::MAX as f64 + 1.0));
    }

    #[test]
    fn plain_numbers() {
        for (text, plain) in [
            ("12", true),
            ("-1.5", true),
            ("+1", true),
            ("1e5", false),
            ("", false),
            ("-", false),
            ("1.", false),
            ("=1", false),
        ] {
            assert_eq!(is_plain_number(text), plain, "{text}");
        }
    }
}
