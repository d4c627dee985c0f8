//! Dates and times as people and browsers write them. Absolute forms only: those that count from now are
//! in `relative`.

use super::Zone;
use super::zone::offset;
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};

/// The civil time of a text, in `zone`. A text that names a zone of its own is converted.
///
/// ```
/// use jindou::time::{format, parse_local, Zone};
/// let zone = Zone::parse("+08:00").unwrap();
/// let read = |text| parse_local(text, &zone).map(format);
/// assert_eq!(read("2026-1-1").as_deref(), Some("2026-01-01 00:00:00"));
/// assert_eq!(read("10/20/2026 9:05").as_deref(), Some("2026-10-20 09:05:00"));
/// assert_eq!(read("2026-10-20T10:00:00.250Z").as_deref(), Some("2026-10-20 18:00:00"));
/// assert_eq!(read("2026-13-01"), None);
/// ```
pub fn parse_local(text: &str, zone: &Zone) -> Option<NaiveDateTime> {
    let text = text.trim();
    if text.len() > 80 || !text.is_ascii() && !text.contains('(') {
        return None;
    }
    let (date, rest) = date(text).or_else(|| spelled_date(text))?;
    if rest.is_empty() {
        return Some(date.and_time(NaiveTime::MIN));
    }
    let rest = rest.strip_prefix(['T', 't', ',', ' '])?.trim_start();
    let (time, rest) = time(rest)?;
    let civil = time.on(date)?;
    // Browsers add the zone's name in brackets.
    let rest = rest.split('(').next().unwrap_or(rest).trim();
    if rest.is_empty() {
        return Some(civil);
    }
    let seconds = civil.and_utc().timestamp() - i64::from(named_offset(rest)?.local_minus_utc());
    let fraction = civil.and_utc().timestamp_subsec_nanos();
    Some(zone.from_unix(seconds) + chrono::Duration::nanoseconds(i64::from(fraction)))
}

/// A moment as it is stored, to the second: what reading and writing it again would give back.
pub fn is_stored_form(text: &str) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ', h1, h2, b':', n1, n2, b':', s1, s2] =
        text.as_bytes()
    else {
        return false;
    };
    let number = |digits: &[&u8]| {
        digits
            .iter()
            .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(**digit - b'0')))
    };
    let date = || {
        let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
        NaiveDate::from_ymd_opt(i32::try_from(year).ok().filter(|year| *year > 0)?, month, day)
    };
    let below = |digits: &[&u8], end| number(digits).is_some_and(|n| n < end);
    below(&[h1, h2], 24) && below(&[n1, n2], 60) && below(&[s1, s2], 60) && date().is_some()
}

/// Unix seconds: `@` and a number, or a bare one of nine or ten digits (years 1973 to 2286), which is no date form.
pub fn parse_unix(text: &str) -> Option<i64> {
    if let Some(number) = text.trim().strip_prefix('@') {
        return number.parse().ok().filter(|seconds: &i64| seconds.abs() < 1 << 40);
    }
    let plain = (9..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// `2026-10-20`, `2026/10/20`, `10/20/2026`, `20261020`, `2026-10`, and what follows.
fn date(text: &str) -> Option<(NaiveDate, &str)> {
    let (first, rest) = digits(text)?;
    if first.len() == 8 {
        let number = |from: usize, to: usize| first[from..to].parse().ok();
        let date = NaiveDate::from_ymd_opt(number(0, 4)? as i32, number(4, 6)?, number(6, 8)?)?;
        return Some((date, rest));
    }
    let mark = rest.chars().next().filter(|c| matches!(c, '-' | '/'))?;
    let (second, rest) = digits(&rest[1..])?;
    let month_only = mark == '-' && !rest.starts_with('-');
    let (third, rest) = if month_only { ("1", rest) } else { digits(rest.strip_prefix(mark)?)? };
    let (year, month, day) = match (first.len(), third.len()) {
        (4, 1..=2) => (first, second, third),
        (1..=2, 4) if mark == '/' => (third, first, second),
        _ => return None,
    };
    if second.len() > 2 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some((date, rest))
}

/// `Tue, 20 Oct 2026` and `Tue Oct 20 2026`: what browsers make of a date when asked for a text.
fn spelled_date(text: &str) -> Option<(NaiveDate, &str)> {
    let (weekday, rest) = text.split_at_checked(3)?;
    if !["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().any(|day| weekday.eq_ignore_ascii_case(day))
    {
        return None;
    }
    let rest = rest.strip_prefix(',').unwrap_or(rest).strip_prefix(' ')?;
    let (a, rest) = rest.split_once(' ')?;
    let (b, rest) = rest.split_once(' ')?;
    let (year, rest) = digits(rest)?;
    let (day, name) = if a.starts_with(|c: char| c.is_ascii_digit()) { (a, b) } else { (b, a) };
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = (1..).zip(MONTHS).find(|(_, month)| name.eq_ignore_ascii_case(month))?.0;
    if year.len() != 4 || day.len() > 2 {
        return None;
    }
    Some((NaiveDate::from_ymd_opt(year.parse().ok()?, month, day.parse().ok()?)?, rest))
}

/// A time of day; 24:00 is the end of it.
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    nano: u32,
}

impl Time {
    fn on(&self, date: NaiveDate) -> Option<NaiveDateTime> {
        if self.hour == 24 && self.minute == 0 && self.second == 0 && self.nano == 0 {
            return Some(date.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN));
        }
        date.and_hms_nano_opt(self.hour, self.minute, self.second, self.nano)
    }
}

/// `10:00`, `10:00:00`, `10:00:00.250`, `9:05 PM`, and what follows.
fn time(text: &str) -> Option<(Time, &str)> {
    let (hour, rest) = two(text)?;
    let (minute, rest) = two(rest.strip_prefix(':')?)?;
    let mut time = Time { hour, minute, second: 0, nano: 0 };
    let mut rest = rest;
    if let Some(after) = rest.strip_prefix(':') {
        (time.second, rest) = two(after)?;
        if let Some(after) = rest.strip_prefix('.') {
            let (fraction, after) = digits(after)?;
            let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
            time.nano = nine.parse().ok()?;
            rest = after;
        }
    }
    for (mark, noon) in [("am", 0), ("pm", 12)] {
        let tail = rest.trim_start();
        if let Some((head, after)) = tail.split_at_checked(2)
            && head.eq_ignore_ascii_case(mark)
        {
            if !(1..=12).contains(&hour) {
                return None;
            }
            time.hour = hour % 12 + noon;
            return Some((time, after));
        }
    }
    Some((time, rest))
}

/// `Z`, `+08:00`, `GMT+0800`.
fn named_offset(text: &str) -> Option<chrono::FixedOffset> {
    let signed =
        text.get(..3).filter(|name| name.eq_ignore_ascii_case("GMT") || name.eq_ignore_ascii_case("UTC"));
    match signed {
        Some(_) if text.len() > 3 => offset(&text[3..]),
        _ => offset(text),
    }
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn two(text: &str) -> Option<(u32, &str)> {
    let (number, rest) = digits(text)?;
    if number.len() > 2 {
        return None;
    }
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::format;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        parse_local(text, &Zone::parse("Asia/Shanghai").unwrap()).map(format)
    }

    #[test]
    fn forms_of_a_day() {
        for text in ["2026-10-20", "2026/10/20", "10/20/2026", " 2026-10-20 ", "20261020"] {
            assert_eq!(read(text).as_deref(), Some("2026-10-20 00:00:00"), "{text:?}");
        }
        assert_eq!(read("2026-1-1").as_deref(), Some("2026-01-01 00:00:00"));
        assert_eq!(read("1/2/2026").as_deref(), Some("2026-01-02 00:00:00"));
        assert_eq!(read("2026-10").as_deref(), Some("2026-10-01 00:00:00"));
    }

    #[test]
    fn forms_of_a_time() {
        for text in [
            "2026-10-20 10:00",
            "2026-10-20 10:00:00",
            "2026-10-20T10:00",
            "2026/10/20 10:00:00.123",
            "10/20/2026, 10:00:00 AM",
            "20261020 10:00",
            "2026-10-20T02:00:00Z",
            "2026-10-20T02:00:00.000Z",
            "2026-10-19T22:00:00-04:00",
            "2026-10-20 10:00:00 +0800",
            "2026-10-20T10:00+08",
            "Tue, 20 Oct 2026 02:00:00 GMT",
            "Tue Oct 20 2026 10:00:00 GMT+0800 (China Standard Time)",
            "Tue Oct 20 2026 10:00:00 GMT+0800 (中国标准时间)",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-10-20 10:00:00"), "{text}");
        }
        assert_eq!(read("10/20/2026 12:00 AM").as_deref(), Some("2026-10-20 00:00:00"));
        assert_eq!(read("10/20/2026 12:30 pm").as_deref(), Some("2026-10-20 12:30:00"));
        assert_eq!(read("2026-12-31 24:00").as_deref(), Some("2027-01-01 00:00:00"));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "0",
            "2026",
            "abc",
            "2026-02-30",
            "2026-13-1",
            "13/1/2026",
            "2026-10-20 25:00",
            "2026-10-20 10",
            "2026-10-20 10:60",
            "2026-10-20 10:00:00 Mars",
            "2026-10-20x",
            "2026-10/20",
            "26-10-20",
            "2026-10-20-1",
            "2026-10-20 13:00 PM",
            "10-20-2026",
            "中",
            "2026-10-20 24:01",
            "1792425600",
            "2026-10-20 10:00:00.",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn unix_seconds_are_nine_or_ten_digits() {
        assert_eq!(parse_unix("1792425600"), Some(1_792_425_600));
        assert_eq!(parse_unix("100000000"), Some(100_000_000));
        for text in ["", "20261020", "12345678901", "-179242560", "179242560.0"] {
            assert_eq!(parse_unix(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), near in "[0-9]{0,8}[-/ T:0-9.,+ZapmGMT()]{0,30}") {
            let _ = (read(&text), read(&near));
        }

        #[test]
        fn the_stored_form_comes_back(seconds in 0i64..4_000_000_000) {
            let zone = Zone::parse("Asia/Shanghai").unwrap();
            let time = zone.from_unix(seconds);
            prop_assert_eq!(parse_local(&format(time), &zone), Some(time));
            prop_assert!(is_stored_form(&format(time)));
        }

        #[test]
        fn what_is_stored_as_it_is_would_come_back(text in "[0-9]{4}-[0-3][0-9]-[0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9]") {
            let again = read(&text).as_ref() == Some(&text) && !text.starts_with("0000");
            prop_assert_eq!(is_stored_form(&text), again, "{}", text);
        }
    }
}
