//! Moments told from now: `today`, `tomorrow`, `+1 day`. For parameters of calls only; what is stored and
//! compared are dates.

use super::midnight;
use chrono::{Duration, Months, NaiveDateTime};

/// ```
/// use jindou::time::{format, parse_local, parse_relative, Zone};
/// let now = parse_local("2026-10-31 10:30", &Zone::default()).unwrap();
/// let read = |text| parse_relative(text, now).map(format);
/// assert_eq!(read("tomorrow").as_deref(), Some("2026-11-01 00:00:00"));
/// assert_eq!(read("-2 hours").as_deref(), Some("2026-10-31 08:30:00"));
/// assert_eq!(read("+1 month").as_deref(), Some("2026-11-30 10:30:00"));
/// assert_eq!(read("someday"), None);
/// ```
pub fn parse_relative(text: &str, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let text = text.trim().to_ascii_lowercase();
    match text.as_str() {
        "now" => return Some(now),
        "today" | "midnight" => return Some(midnight(now)),
        "tomorrow" => return midnight(now).checked_add_signed(Duration::days(1)),
        "yesterday" => return midnight(now).checked_sub_signed(Duration::days(1)),
        _ => {}
    }
    let back = text.starts_with('-');
    let rest = text.strip_prefix(['+', '-'])?.trim_start();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = rest.split_at(digits);
    let number: u32 = number.parse().ok()?;
    let unit = unit.trim_start();
    let unit = unit.strip_suffix('s').filter(|unit| unit.len() > 2).unwrap_or(unit);
    let months = match unit {
        "month" => number,
        "year" => number.checked_mul(12)?,
        _ => {
            let seconds = match unit {
                "sec" | "second" => 1,
                "min" | "minute" => 60,
                "hour" => 3600,
                "day" => 86_400,
                "week" => 7 * 86_400,
                _ => return None,
            };
            let span = Duration::try_seconds(i64::from(number) * seconds)?;
            return if back { now.checked_sub_signed(span) } else { now.checked_add_signed(span) };
        }
    };
    let months = Months::new(months);
    if back { now.checked_sub_months(months) } else { now.checked_add_months(months) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Zone, format, parse_local};

    #[test]
    fn words_and_spans() {
        let now = parse_local("2026-03-01 00:10:20", &Zone::default()).unwrap();
        for (text, expected) in [
            ("now", Some("2026-03-01 00:10:20")),
            (" Today ", Some("2026-03-01 00:00:00")),
            ("yesterday", Some("2026-02-28 00:00:00")),
            ("+1 week", Some("2026-03-08 00:10:20")),
            ("-20secs", Some("2026-03-01 00:10:00")),
            ("+ 2 min", Some("2026-03-01 00:12:20")),
            ("-1 year", Some("2025-03-01 00:10:20")),
            ("1 day", None),
            ("+day", None),
            ("+1 parsec", None),
            ("+99999999999 days", None),
            ("-4000000000 years", None),
            ("", None),
        ] {
            assert_eq!(parse_relative(text, now).map(format).as_deref(), expected, "{text}");
        }
    }
}
