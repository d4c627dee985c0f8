//! Numbers as people write them: strict reading, and exact rounding to a scale. Rounding works on the digits
//! written, never on a float, so `1.005` becomes `1.01`.

use crate::value::Val;

/// Floats carry every decimal of this many digits there and back.
const EXACT_DIGITS: u32 = 15;
/// Digits of the database's decimal, those after the point included.
const PRECISION: u32 = 19;

/// A number in digits: `±digits × 10^exponent`.
struct Written<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i32,
}

/// `None` when the text is no number; blanks, `inf` and `nan` are none.
fn written(text: &str) -> Option<Written<'_>> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let sound = digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0;
    sound.then_some(Written { negative, whole, fraction, exponent })
}

/// An exponent of absurd size is cut to one that is as good as infinite.
fn power(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let power =
        digits.trim_start_matches('0').get(..5).map_or_else(|| digits.parse().unwrap_or(0), |_| 10_000);
    Some(if text.starts_with('-') { -power } else { power })
}

pub(in crate::design) fn is_number(text: &str) -> bool {
    written(text).is_some()
}

/// The number rounded to `scale` digits after the point, half away from zero; `None` when it is too big to
/// be kept exactly. Whole numbers become integers.
pub(in crate::design) fn rounded(text: &str, scale: u8) -> Option<Val> {
    let Written { negative, whole, fraction, exponent } = written(text)?;
    let digit = |at: i64| {
        let at = usize::try_from(at).ok()?;
        let byte = whole.as_bytes().get(at).or_else(|| fraction.as_bytes().get(at - whole.len()))?;
        Some(u64::from(byte - b'0'))
    };
    // How many of the digits stand before the rounding place.
    let keep = whole.len() as i64 + i64::from(exponent) + i64::from(scale);
    let mut units: u64 = 0;
    let limit = 10u64.pow(PRECISION - 1);
    if [whole, fraction].iter().any(|part| part.bytes().any(|b| b != b'0')) {
        for at in 0..keep {
            units = units * 10 + digit(at).unwrap_or(0);
            if units >= limit {
                return None;
            }
        }
        units += u64::from(digit(keep).unwrap_or(0) >= 5);
    }
    value(units, negative, scale)
}

/// Rounds a number with few digits quickly; `None` if it must be rounded as a text.
pub(in crate::design) fn short(number: f64, scale: u8) -> Option<Val> {
    let base = 10u64.pow(u32::from(scale)) as f64;
    let units = (number.abs() * base).round();
    let exact = units < 10u64.pow(EXACT_DIGITS) as f64 && units / base == number.abs();
    if exact { value(units as u64, number < 0.0, scale) } else { None }
}

fn value(units: u64, negative: bool, scale: u8) -> Option<Val> {
    let base = 10u64.pow(u32::from(scale));
    if units.is_multiple_of(base) {
        let whole = i64::try_from(units / base).ok()?;
        return Some(Val::Int(if negative { -whole } else { whole }));
    }
    if units >= 10u64.pow(EXACT_DIGITS) {
        return None;
    }
    // Both are whole numbers that a float carries exactly: their quotient is the float nearest to what was written.
    let size = units as f64 / base as f64;
    Some(Val::Real(if negative { -size } else { size }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_short_number_is_what_its_digits_are(units in -2_000_000_000_000_000i64..2_000_000_000_000_000, places in 0i32..5, scale in 0u8..4) {
            let number = units as f64 / 10f64.powi(places);
            if let Some(short) = short(number, scale) {
                prop_assert_eq!(Some(short), rounded(&number.to_string(), scale), "{}", number);
            }
            if places == 0 {
                prop_assert_eq!(short(number, scale).is_some(), units.unsigned_abs() * 10u64.pow(scale.into()) < 1_000_000_000_000_000);
            }
        }
    }
}
