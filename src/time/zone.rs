//! The zone in which times are stored and shown, and the way between its civil time and unix seconds.

use crate::error::{Error, Result};
use chrono::{DateTime, Duration, FixedOffset, Local, MappedLocalTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// The machine's own.
    #[default]
    Local,
    Named(Tz),
    Fixed(FixedOffset),
}

/// The years 0 to 9999 that the stored form can write, less a day at each end for the offset.
const FIRST: i64 = -62_167_219_200 + 86_400;
const LAST: i64 = 253_402_300_799 - 86_400;

impl Zone {
    /// `Asia/Shanghai`, `+08:00`, `UTC`, or nothing for the machine's zone.
    pub fn parse(text: &str) -> Result<Zone> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Zone::Local);
        }
        if let Some(offset) = offset(text) {
            return Ok(Zone::Fixed(offset));
        }
        let unknown = || Error::param(format!("unknown time zone `{text}`; write Asia/Shanghai or +08:00"));
        text.parse::<Tz>().map(Zone::Named).map_err(|_| unknown())
    }

    /// Unix seconds of a civil time. A time that the clocks passed over is taken as if they had not been moved
    /// yet (02:30 comes out as 03:30), one that they showed twice is the first of the two.
    pub fn to_unix(&self, time: NaiveDateTime) -> i64 {
        let offset = match self {
            Zone::Local => settle(&Local, time),
            Zone::Named(tz) => settle(tz, time),
            Zone::Fixed(offset) => *offset,
        };
        time.and_utc().timestamp() - i64::from(offset.local_minus_utc())
    }

    /// The civil time of unix seconds, kept within the years 0 to 9999.
    pub fn from_unix(&self, seconds: i64) -> NaiveDateTime {
        let utc =
            DateTime::<Utc>::from_timestamp(seconds.clamp(FIRST, LAST), 0).unwrap_or_default().naive_utc();
        utc + Duration::seconds(i64::from(self.offset_at(utc).local_minus_utc()))
    }

    /// How far its clocks are ahead of UTC then, in minutes.
    pub fn minutes_east(&self, seconds: i64) -> i64 {
        (self.from_unix(seconds).and_utc().timestamp() - seconds.clamp(FIRST, LAST)).div_euclid(60)
    }

    fn offset_at(&self, utc: NaiveDateTime) -> FixedOffset {
        match self {
            Zone::Local => Local.offset_from_utc_datetime(&utc).fix(),
            Zone::Named(tz) => tz.offset_from_utc_datetime(&utc).fix(),
            Zone::Fixed(offset) => *offset,
        }
    }
}

/// The offset that holds at a civil time of the zone.
fn settle<Z: TimeZone>(zone: &Z, time: NaiveDateTime) -> FixedOffset {
    match zone.offset_from_local_datetime(&time) {
        MappedLocalTime::Single(offset) => offset.fix(),
        MappedLocalTime::Ambiguous(a, b) => {
            let (a, b) = (a.fix(), b.fix());
            // The larger offset is the earlier instant.
            if a.local_minus_utc() >= b.local_minus_utc() { a } else { b }
        }
        // No offset reaches 26 hours, so this instant lies before the gap whatever the zone.
        MappedLocalTime::None => {
            let before = time.checked_sub_signed(Duration::hours(26)).unwrap_or(time);
            zone.offset_from_utc_datetime(&before).fix()
        }
    }
}

/// `Z`, `UTC`, `GMT`, `+08:00`, `+0800`, `+08`, `-3`.
pub(super) fn offset(text: &str) -> Option<FixedOffset> {
    if ["Z", "UTC", "GMT"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
        Some(_) => return None,
    };
    let number = |text: &str| -> Option<i32> {
        ((1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{format, parse_local};

    fn unix(zone: &str, text: &str) -> i64 {
        let zone = Zone::parse(zone).unwrap();
        zone.to_unix(parse_local(text, &zone).unwrap())
    }

    #[test]
    fn names_and_offsets() {
        assert_eq!(Zone::parse(" ").unwrap(), Zone::Local);
        assert!(matches!(Zone::parse("Asia/Shanghai").unwrap(), Zone::Named(Tz::Asia__Shanghai)));
        for (text, seconds) in [("+08:00", 28_800), ("-0330", -12_600), ("+8", 28_800), ("utc", 0), ("Z", 0)]
        {
            let Zone::Fixed(offset) = Zone::parse(text).unwrap() else { panic!("{text}") };
            assert_eq!(offset.local_minus_utc(), seconds, "{text}");
        }
        for text in ["Mars/Base", "+8:0", "+25:00", "+", "++8", "+08:60", "中"] {
            let error = Zone::parse(text).unwrap_err();
            assert!(error.detail.unwrap().contains(text), "{text}");
        }
    }

    #[test]
    fn ahead_of_utc() {
        let (winter, summer) = (1_700_000_000, 1_720_000_000);
        for (zone, at, minutes) in [
            ("Asia/Shanghai", winter, 480),
            ("Europe/Berlin", winter, 60),
            ("Europe/Berlin", summer, 120),
            ("-0330", summer, -210),
        ] {
            assert_eq!(Zone::parse(zone).unwrap().minutes_east(at), minutes, "{zone}");
        }
    }

    #[test]
    fn both_ways() {
        assert_eq!(unix("Asia/Shanghai", "2026-10-20"), 1_792_425_600);
        assert_eq!(unix("+08:00", "2026-10-20"), 1_792_425_600);
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        assert_eq!(format(zone.from_unix(1_792_425_600)), "2026-10-20 00:00:00");
        assert_eq!(format(zone.from_unix(i64::MIN)), "0000-01-02 08:05:43");
        assert_eq!(format(zone.from_unix(i64::MAX)), "9999-12-31 07:59:59");
    }

    #[test]
    fn the_machine_zone_is_consistent_with_itself() {
        for seconds in [0, 1_792_425_600, -86_400] {
            assert_eq!(Zone::Local.to_unix(Zone::Local.from_unix(seconds)), seconds);
        }
    }

    #[test]
    fn clocks_going_forward_and_back() {
        // New York, 2026: forward on March 8 at 2:00, back on November 1 at 2:00.
        let zone = "America/New_York";
        assert_eq!(unix(zone, "2026-03-08 02:30:00"), unix(zone, "2026-03-08 03:30:00"));
        assert_eq!(unix(zone, "2026-03-08 03:00:00") - unix(zone, "2026-03-08 01:59:59"), 1);
        assert_eq!(unix(zone, "2026-11-01 02:00:00") - unix(zone, "2026-11-01 01:30:00"), 5_400);
        // Samoa left out a whole day.
        assert_eq!(unix("Pacific/Apia", "2011-12-30 12:00"), unix("Pacific/Apia", "2011-12-31 12:00"));
        // Midnight itself does not exist on some days.
        assert_eq!(unix("America/Sao_Paulo", "2018-11-04"), unix("America/Sao_Paulo", "2018-11-04 01:00"));
    }
}
