//! The values of `P_BACKUP_KEEP` and `P_BACKUP_AT`. Which backups are kept: the newest so many, or the newest of so many
//! days, weeks and months (`7d,4w,6m`). It counts backups and reads no clock, so time alone removes nothing.

use chrono::{Datelike, NaiveDateTime};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keep {
    /// The newest ones, whatever their times.
    last: usize,
    days: usize,
    weeks: usize,
    months: usize,
}

/// What tells one day, week or month from another.
type Span = fn(NaiveDateTime) -> (i32, u32);

impl Keep {
    /// `14`, `7d`, `7d,4w,6m`; None = it is none of these. `0` keeps all.
    pub fn parse(text: &str) -> Option<Option<Keep>> {
        let text = text.trim();
        if text == "0" {
            return Some(None);
        }
        let mut keep = Keep::default();
        for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
            let unit = part.trim_start_matches(|c: char| c.is_ascii_digit());
            let number: usize =
                part[..part.len() - unit.len()].parse().ok().filter(|n| (1..=9999).contains(n))?;
            match unit {
                "" => keep.last = number,
                "d" => keep.days = number,
                "w" => keep.weeks = number,
                "m" => keep.months = number,
                _ => return None,
            }
        }
        (keep != Keep::default()).then_some(Some(keep))
    }

    /// Those of these backups, newest first, that may go.
    pub fn spare<'n>(&self, backups: &[(&'n str, NaiveDateTime)]) -> Vec<&'n str> {
        let mut kept: BTreeSet<&str> = backups.iter().take(self.last.max(1)).map(|(name, _)| *name).collect();
        let spans: [(usize, Span); 3] = [
            (self.days, |at| (at.year(), at.ordinal())),
            (self.weeks, |at| (at.iso_week().year(), at.iso_week().week())),
            (self.months, |at| (at.year(), at.month())),
        ];
        for (most, span) in spans {
            let mut seen = Vec::new();
            for (name, at) in backups {
                if !seen.contains(&span(*at)) && seen.len() < most {
                    seen.push(span(*at));
                    kept.insert(name);
                }
            }
        }
        backups.iter().map(|(name, _)| *name).filter(|name| !kept.contains(name)).collect()
    }
}

/// `02:30`, or several with commas between them; None = they are not that.
pub fn times_of_day(text: &str) -> Option<Vec<chrono::NaiveTime>> {
    let times = text.split([',', ' ']).filter(|part| !part.is_empty());
    times.map(|part| chrono::NaiveTime::parse_from_str(part, "%H:%M").ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spare(keep: &str, times: &[&str]) -> Vec<String> {
        let at = |text: &&str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H").ok();
        let at = |text: &&str| {
            at(text).or_else(|| NaiveDateTime::parse_from_str(&format!("{text}:00"), "%Y-%m-%d %H:%M").ok())
        };
        let backups: Vec<_> = times.iter().map(|text| (*text, at(text).unwrap())).collect();
        let keep = Keep::parse(keep).unwrap().unwrap();
        keep.spare(&backups).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_newest_of_each_span_stays() {
        let times = [
            "2026-11-30 14",
            "2026-11-30 02",
            "2026-11-29 02",
            "2026-11-28 02",
            "2026-11-22 02",
            "2026-11-15 02",
            "2026-10-31 02",
            "2026-10-01 02",
            "2025-12-31 02",
        ];
        assert_eq!(spare("2d", &times), [&times[1..2], &times[3..]].concat());
        assert_eq!(spare("9", &times), Vec::<String>::new());
        assert_eq!(spare("1", &times), &times[1..]);
        assert_eq!(
            spare("2d,3w,3m", &times),
            ["2026-11-30 02", "2026-11-28 02", "2026-11-15 02", "2026-10-01 02"]
        );
        assert_eq!(spare("1d", &[]), Vec::<String>::new());
    }

    #[test]
    fn what_is_written_wrong_is_refused() {
        assert_eq!(Keep::parse("0"), Some(None));
        for text in ["", "d", "7x", "-1", "0d", "7d,,x", "99999", "7 d"] {
            assert_eq!(Keep::parse(text), None, "{text}");
        }
    }
}
