//! Schedules by the calendar: cron with a zone, and which of the moments that were missed are made up for. On days of 23 and 25
//! hours a fixed time of day comes once: in the hour that is left out right after it, in the hour that comes twice at its
//! first coming; what comes every so many minutes or hours goes by the minutes that pass.

use crate::time::Zone;
use chrono::{DateTime, Local, TimeZone, Utc};
use croner::Cron;
use std::str::FromStr;

/// What happens when a run is due and the one before has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// There is no run for this moment.
    Skip,
    /// The run follows the one before.
    Queue,
}

/// Which runs are made up for whose moments have passed while no server ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// None.
    None,
    /// The last one.
    One,
    /// The last ones, so many at most.
    All(u16),
}

/// A moment that is no longer ago was not missed.
const GRACE_MS: i64 = 60_000;
/// Moments within the grace, for schedules by the second.
const GRACE_MOST: usize = 60;

#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: Zone,
}

impl Schedule {
    /// Five fields: minute, hour, day, month, weekday; a sixth in front for seconds.
    pub fn parse(text: &str, zone: Zone) -> Result<Schedule, String> {
        let cron =
            Cron::from_str(text).map_err(|error| format!("`{text}` is no cron expression: {error}"))?;
        Ok(Schedule { cron, zone })
    }

    /// The first moment after this one; both in milliseconds since 1970.
    pub fn next(&self, after_ms: i64) -> Option<i64> {
        match self.zone {
            Zone::Local => self.step(&Local, after_ms, true),
            Zone::Named(tz) => self.step(&tz, after_ms, true),
            Zone::Fixed(offset) => self.step(&offset, after_ms, true),
        }
    }

    /// The last moment before this one. Moments are whole seconds, and the search leaves out that of a begun second.
    fn before(&self, ms: i64) -> Option<i64> {
        let ms = ms.saturating_add(999).div_euclid(1000).saturating_mul(1000);
        match self.zone {
            Zone::Local => self.step(&Local, ms, false),
            Zone::Named(tz) => self.step(&tz, ms, false),
            Zone::Fixed(offset) => self.step(&offset, ms, false),
        }
    }

    fn step<Z: TimeZone>(&self, zone: &Z, ms: i64, forward: bool) -> Option<i64> {
        let from = DateTime::<Utc>::from_timestamp_millis(ms)?.with_timezone(zone);
        let found = match forward {
            true => self.cron.find_next_occurrence(&from, false),
            false => self.cron.find_previous_occurrence(&from, false),
        };
        found.ok().map(|at| at.timestamp_millis())
    }

    /// The moments after `last` and up to `now` for which there shall be a run, in their order.
    pub fn due(&self, last: i64, now: i64, catch_up: CatchUp) -> Vec<i64> {
        let (since, most) = match catch_up {
            CatchUp::None => (last.max(now.saturating_sub(GRACE_MS)), GRACE_MOST),
            CatchUp::One => (last, 1),
            CatchUp::All(most) => (last, usize::from(most)),
        };
        let mut moments = Vec::new();
        let mut at = now.saturating_add(1);
        while moments.len() < most
            && let Some(earlier) = self.before(at)
            && earlier > since
        {
            moments.push(earlier);
            at = earlier;
        }
        moments.reverse();
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{format, parse_local};

    fn schedule(cron: &str, zone: &str) -> Schedule {
        Schedule::parse(cron, Zone::parse(zone).unwrap()).unwrap()
    }

    /// Moments in UTC as texts, from a moment on.
    fn moments(cron: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let (schedule, utc) = (schedule(cron, zone), Zone::parse("UTC").unwrap());
        let mut at = utc.to_unix(parse_local(from, &utc).unwrap()) * 1000;
        (0..count)
            .map(|_| {
                at = schedule.next(at).unwrap();
                format(utc.from_unix(at / 1000))[5..16].to_owned()
            })
            .collect()
    }

    #[test]
    fn a_time_of_day_comes_once_on_days_of_23_and_25_hours() {
        // Berlin's clocks go from 02:00 to 03:00 on March 29th, and from 03:00 back to 02:00 on October 25th, 2026.
        assert_eq!(
            moments("30 2 * * *", "Europe/Berlin", "2026-03-28 00:00:00", 3),
            ["03-28 01:30", "03-29 01:00", "03-30 00:30"],
            "in the hour that is left out: right after it"
        );
        assert_eq!(
            moments("30 2 * * *", "Europe/Berlin", "2026-10-24 00:00:00", 3),
            ["10-24 00:30", "10-25 00:30", "10-26 01:30"],
            "in the hour that comes twice: once"
        );
        assert_eq!(
            moments("0 * * * *", "Europe/Berlin", "2026-10-24 23:30:00", 4),
            ["10-25 00:00", "10-25 01:00", "10-25 02:00", "10-25 03:00"],
            "every hour: every hour"
        );
        assert_eq!(
            moments("0 * * * *", "Europe/Berlin", "2026-03-28 23:30:00", 3),
            ["03-29 00:00", "03-29 01:00", "03-29 02:00"]
        );
        assert_eq!(
            moments("0 9 * * 1-5", "+08:00", "2026-11-27 02:00:00", 2),
            ["11-30 01:00", "12-01 01:00"]
        );
        assert_eq!(moments("0 0 1 1 *", "Asia/Shanghai", "2026-11-27 02:00:00", 1), ["12-31 16:00"]);
    }

    #[test]
    fn what_was_missed_is_made_up_for_as_asked() {
        const MINUTE: i64 = 60_000;
        let hourly = schedule("0 * * * *", "UTC");
        let start = 1_000 * 60 * MINUTE;
        // Three and a half hours without a server.
        let now = start + 210 * MINUTE;
        let hours = |ms: Vec<i64>| ms.into_iter().map(|ms| (ms - start) / (60 * MINUTE)).collect::<Vec<_>>();
        assert_eq!(hours(hourly.due(start, now, CatchUp::None)), [] as [i64; 0]);
        assert_eq!(hours(hourly.due(start, now, CatchUp::One)), [3]);
        assert_eq!(hours(hourly.due(start, now, CatchUp::All(2))), [2, 3]);
        assert_eq!(hours(hourly.due(start, now, CatchUp::All(100))), [1, 2, 3]);
        // Looked at in time, and again.
        let on_time = start + 180 * MINUTE;
        for catch_up in [CatchUp::None, CatchUp::One, CatchUp::All(5)] {
            assert_eq!(hours(hourly.due(on_time - 400, on_time + 100, catch_up)), [3]);
            assert_eq!(hours(hourly.due(on_time + 100, on_time + 600, catch_up)), [] as [i64; 0]);
        }
    }

    #[test]
    fn what_is_no_cron_is_refused() {
        for text in ["", "x", "61 * * * *", "* * *", "every day"] {
            assert!(Schedule::parse(text, Zone::default()).is_err(), "{text}");
        }
    }
}
