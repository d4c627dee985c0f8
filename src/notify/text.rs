//! Texts with placeholders, filled in; addresses as logs may show them; the end of quiet hours. Pure.

use crate::redact::MASKED;
use crate::time::Zone;
use chrono::{Duration, Timelike};
use serde_json::{Map, Value};

/// Letters of one value in a text.
const VALUE_MAX: usize = 200;

/// Fills `{name}` with the values of the data, in one go: what a value contains is never filled again. Unknown names become
/// nothing, and a brace that begins no name stays.
pub fn fill(template: &str, data: &Map<String, Value>) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        match after.find('}').map(|end| &after[..end]) {
            Some(name)
                if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') =>
            {
                out.push_str(&value(data.get(name)));
                rest = &after[name.len() + 1..];
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn value(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    plain(&text, VALUE_MAX)
}

/// Without line breaks, control characters and characters that turn the direction of a text, and not too long.
pub fn plain(text: &str, most: usize) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean = text.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c });
    let mut cut: String = clean.take(most + 1).collect();
    if cut.chars().count() > most {
        cut = cut.chars().take(most.saturating_sub(1)).collect();
        cut.push('…');
    }
    cut
}

/// The data without what is secret.
pub fn shown(data: &Map<String, Value>, secrets: &[&str]) -> Map<String, Value> {
    let mask = |(name, value): (&String, &Value)| {
        let secret = secrets.contains(&name.as_str());
        (name.clone(), if secret { MASKED.into() } else { value.clone() })
    };
    data.iter().map(mask).collect()
}

/// The ends of an address: `138****0001`, `w****@example.test`.
pub fn masked(address: &str) -> String {
    if let Some((name, host)) = address.split_once('@') {
        let first: String = name.chars().take(1).collect();
        return plain(&format!("{first}****@{host}"), 32);
    }
    let letters: Vec<char> = address.chars().collect();
    match letters.len() {
        0..=7 => "****".to_owned(),
        count => {
            let text = |part: &[char]| part.iter().collect::<String>();
            format!("{}****{}", text(&letters[..3]), text(&letters[count - 4..]))
        }
    }
}

/// Minutes since midnight of `22:30`.
pub fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<u32>().ok()).flatten();
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// When something may be sent: now, or at the end of the quiet hours that it falls into. Equal ends are no quiet hours.
pub fn after_quiet(now_ms: i64, from: u32, to: u32, zone: &Zone) -> i64 {
    let local = zone.from_unix(now_ms.div_euclid(1000));
    let minute = local.hour() * 60 + local.minute();
    let (quiet, days) = match from.cmp(&to) {
        std::cmp::Ordering::Equal => (false, 0),
        std::cmp::Ordering::Less => (minute >= from && minute < to, 0),
        std::cmp::Ordering::Greater => (minute >= from || minute < to, i64::from(minute >= from)),
    };
    if !quiet {
        return now_ms;
    }
    let end = crate::time::midnight(local) + Duration::days(days) + Duration::minutes(i64::from(to));
    (zone.to_unix(end) * 1000).max(now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn data(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn placeholders_are_filled_once() {
        let data = data(json!({"a": "{b}", "b": "secret", "n": 3, "line": "x\ny\u{202e}z"}));
        assert_eq!(fill("{a} {n} {line} {gone}.", &data), "{b} 3 x yz .");
        assert_eq!(fill("{ {} {a b} {", &data), "{ {} {a b} {", "a brace that names nothing stays");
        assert_eq!(fill("{long}", &self::data(json!({"long": "长".repeat(500)}))).chars().count(), VALUE_MAX);
    }

    #[test]
    fn addresses_show_their_ends() {
        assert_eq!(masked("13800000001"), "138****0001");
        assert_eq!(masked("wang@example.test"), "w****@example.test");
        assert_eq!(masked("1234"), "****");
    }

    #[test]
    fn quiet_hours_end_in_the_zone_of_the_person() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let at = |text: &str| zone.to_unix(crate::time::parse_local(text, &zone).unwrap()) * 1000;
        let night = |text: &str| after_quiet(at(text), 22 * 60, 7 * 60, &zone);
        assert_eq!(night("2026-11-30 23:00:00"), at("2026-12-01 07:00:00"));
        assert_eq!(night("2026-12-01 06:59:59"), at("2026-12-01 07:00:00"));
        assert_eq!(night("2026-12-01 07:00:00"), at("2026-12-01 07:00:00"));
        assert_eq!(night("2026-12-01 12:00:00"), at("2026-12-01 12:00:00"));
        let noon = |text: &str| after_quiet(at(text), 12 * 60, 14 * 60, &zone);
        assert_eq!(noon("2026-12-01 13:00:00"), at("2026-12-01 14:00:00"));
        assert_eq!(after_quiet(at("2026-12-01 13:00:00"), 60, 60, &zone), at("2026-12-01 13:00:00"));
        let day = |text: &str, from, to| after_quiet(at(text), from, to, &Zone::parse("UTC").unwrap());
        assert_eq!(
            day("2026-12-01 06:00:00", 22 * 60, 7 * 60),
            at("2026-12-01 15:00:00"),
            "there it is 22:00"
        );
    }

    #[test]
    fn a_night_of_another_length_ends_at_the_clock() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let at = |text: &str| zone.to_unix(crate::time::parse_local(text, &zone).unwrap()) * 1000;
        for day in ["2026-03-29", "2026-10-25"] {
            let eve = at(&format!("{day} 00:30:00"));
            assert_eq!(after_quiet(eve, 22 * 60, 7 * 60, &zone), at(&format!("{day} 07:00:00")));
        }
    }

    #[test]
    fn times_of_day_are_written_with_four_digits() {
        assert_eq!(minute_of_day("07:05"), Some(425));
        for wrong in ["7:05", "24:00", "07:60", "0705", "", "ab:cd"] {
            assert_eq!(minute_of_day(wrong), None, "{wrong}");
        }
    }
}
