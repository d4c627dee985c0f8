//! One database value as the JSON cell clients see: decimals are numbers rounded to their scale, and a
//! whole number never shows a fraction (`99.5`, `100`).

use serde_json::{Number, Value};

use super::CellKind;
use super::number::is_plain_number;
use super::text::{write_json, write_string};
use crate::value::{Val, ValRef};

pub fn cell(value: Val, kind: CellKind) -> Value {
    match (value, kind) {
        (Val::Real(x), CellKind::Number { scale }) => decimal(x, scale),
        (Val::Real(x), _) => whole_or_real(x),
        // Some drivers hand decimals over as text.
        (Val::Text(text), CellKind::Number { scale }) if is_plain_number(&text) => match text.parse() {
            Ok(x) => decimal(x, scale),
            Err(_) => Value::String(text.into()),
        },
        (other, _) => other.into_json(),
    }
}

/// The same as JSON bytes, from a value that is only lent.
pub fn write_cell(out: &mut Vec<u8>, value: ValRef<'_>, kind: CellKind) {
    match (value, kind) {
        (ValRef::Null, _) => out.extend_from_slice(b"null"),
        (ValRef::Int(n), _) => write_json(out, &n),
        (ValRef::Text(text), CellKind::Number { .. }) => write_json(out, &cell(text.into(), kind)),
        (ValRef::Text(text), _) => write_string(out, text),
        (ValRef::Real(x), _) => write_json(out, &cell(x.into(), kind)),
    }
}

/// Rounded to so many places.
pub fn decimal(x: f64, scale: u8) -> Value {
    let factor = 10f64.powi(i32::from(scale.min(15)));
    let scaled = x * factor;
    // Past this size a double has no such places to round.
    whole_or_real(if scaled.abs() < 9e15 { scaled.round() / factor } else { x })
}

fn whole_or_real(x: f64) -> Value {
    if x.fract() == 0.0 && x.abs() < 9e15 {
        return Value::from(x as i64);
    }
    Number::from_f64(x).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_cells() {
        let money = CellKind::Number { scale: 2 };
        for (value, kind, expected) in [
            (Val::Real(99.5), money, json!(99.5)),
            (Val::Real(100.0), money, json!(100)),
            (Val::Real(0.1 + 0.2), money, json!(0.3)),
            (Val::Real(-0.001), money, json!(0)),
            (Val::text("10.50"), money, json!(10.5)),
            (Val::text("n/a"), money, json!("n/a")),
            (Val::Int(7), money, json!(7)),
            (Val::Real(2.0), CellKind::Any, json!(2)),
            (Val::Real(1e300), CellKind::Any, json!(1e300)),
            (Val::Real(f64::NAN), CellKind::Any, json!(null)),
            (Val::Null, CellKind::Text, json!(null)),
            (Val::text("007"), CellKind::Text, json!("007")),
        ] {
            assert_eq!(cell(value.clone(), kind), expected, "{value:?} {kind:?}");
            let mut bytes = Vec::new();
            write_cell(&mut bytes, (&value).into(), kind);
            assert_eq!(String::from_utf8(bytes).unwrap(), expected.to_string(), "{value:?} {kind:?}");
        }
    }
}
