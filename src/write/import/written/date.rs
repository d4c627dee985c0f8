//! Days and moments as people write them in Chinese and as Excel stores them: `2026年3月1日 下午2点半`, `2026.3.1`,
//! `45352`. A day without its year is no day, and neither is a year of two digits.

use super::narrow;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// Days since Excel's epoch that are taken for a date, from 1950 to 2099: other numbers are something else.
const SERIALS: std::ops::Range<f64> = 18_264.0..73_051.0;
const WEEKDAYS: [&str; 3] = ["星期", "礼拜", "周"];

/// `YYYY-MM-DD`, with a time where there was one.
pub fn plain(text: &str) -> Option<String> {
    let text = narrow(text);
    let moment = serial(&text).or_else(|| spelled(&text))?;
    Some(match moment.time() == NaiveTime::MIN {
        true => moment.format("%Y-%m-%d").to_string(),
        false => moment.format("%Y-%m-%d %H:%M:%S").to_string(),
    })
}

fn serial(text: &str) -> Option<NaiveDateTime> {
    let number =
        text.bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| text.parse::<f64>().ok())??;
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
    let seconds = SERIALS.contains(&number).then(|| (number * 86_400.0).round() as i64)?;
    epoch.checked_add_signed(TimeDelta::seconds(seconds))
}

fn spelled(text: &str) -> Option<NaiveDateTime> {
    let mut rest = Rest(text);
    let year = rest.number(4..=4)?;
    let mark = rest.one_of(&["年", ".", "-", "/"])?;
    let month = rest.number(1..=2)?;
    let day = match mark {
        "年" => {
            rest.one_of(&["月"])?;
            match rest.number(1..=2) {
                Some(day) => rest.one_of(&["日", "号"]).map(|_| day)?,
                None => 1,
            }
        }
        same => {
            rest.one_of(&[same])?;
            rest.number(1..=2)?
        }
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    rest.weekday();
    match rest.0.is_empty() {
        true => Some(date.and_time(NaiveTime::MIN)),
        false => rest.time().map(|time| date.and_time(time)),
    }
}

/// What is not read yet, without blanks before it.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn go(&mut self, rest: &'t str) {
        self.0 = rest.trim_start();
    }

    fn number(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let text = self.0;
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let number = digits.contains(&end).then(|| text[..end].parse().ok())??;
        self.go(&text[end..]);
        Some(number)
    }

    fn one_of<'m>(&mut self, marks: &[&'m str]) -> Option<&'m str> {
        let text = self.0;
        let mark = *marks.iter().find(|mark| text.starts_with(**mark))?;
        self.go(&text[mark.len()..]);
        Some(mark)
    }

    fn weekday(&mut self) {
        let open = self.0.strip_prefix('(');
        let inner = open.unwrap_or(self.0);
        let Some(named) = WEEKDAYS.iter().find_map(|word| inner.strip_prefix(word)) else { return };
        let Some(rest) = named.strip_prefix(['一', '二', '三', '四', '五', '六', '日', '天']) else {
            return;
        };
        match open {
            None => self.go(rest),
            Some(_) => {
                if let Some(rest) = rest.strip_prefix(')') {
                    self.go(rest);
                }
            }
        }
    }

    /// `14:30`, `14时30分5秒`, `下午2点半`.
    fn time(&mut self) -> Option<NaiveTime> {
        let half = self.one_of(&["凌晨", "早上", "上午", "中午", "下午", "傍晚", "晚上"]);
        let hour = self.number(1..=2)?;
        let hour = match half {
            Some(_) if !(1..=12).contains(&hour) => return None,
            Some("下午" | "傍晚" | "晚上") if hour < 12 => hour + 12,
            Some("凌晨") if hour == 12 => 0,
            // Twelve at night is the end of the day, and of which day is not said.
            Some("晚上") => return None,
            _ => hour,
        };
        let mark = self.one_of(&[":", "时", "点"])?;
        let (minute, second) = match mark {
            ":" => {
                let minute = self.number(1..=2)?;
                let second = if self.one_of(&[":"]).is_some() { self.number(1..=2)? } else { 0 };
                (minute, second)
            }
            _ if self.one_of(&["整"]).is_some() => (0, 0),
            _ if self.one_of(&["半"]).is_some() => (30, 0),
            _ => match self.number(1..=2) {
                None => (0, 0),
                Some(minute) => {
                    let after = self.one_of(&["分"]).and_then(|_| self.number(1..=2));
                    if after.is_some() {
                        self.one_of(&["秒"])?;
                    }
                    (minute, after.unwrap_or(0))
                }
            },
        };
        self.0.is_empty().then(|| NaiveTime::from_hms_opt(hour, minute, second))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_and_moments() {
        for (text, plainly) in [
            ("2026年3月1日", "2026-03-01"),
            ("2026 年 3 月 1 日", "2026-03-01"),
            ("２０２６年３月１日", "2026-03-01"),
            ("2026年3月1号", "2026-03-01"),
            ("2026年3月", "2026-03-01"),
            ("2026.3.1", "2026-03-01"),
            ("2026.03.01 8:05", "2026-03-01 08:05:00"),
            ("2026年3月1日 星期日", "2026-03-01"),
            ("2026年3月1日（周日） 9:00", "2026-03-01 09:00:00"),
            ("2026年3月1日 8时5分", "2026-03-01 08:05:00"),
            ("2026年3月1日8时5分9秒", "2026-03-01 08:05:09"),
            ("2026年3月1日 14:30:15", "2026-03-01 14:30:15"),
            ("2026年3月1日 下午2点半", "2026-03-01 14:30:00"),
            ("2026年3月1日 下午 2:30", "2026-03-01 14:30:00"),
            ("2026年3月1日 中午12点", "2026-03-01 12:00:00"),
            ("2026年3月1日 凌晨12:05", "2026-03-01 00:05:00"),
            ("2026/3/1 上午9:00", "2026-03-01 09:00:00"),
            ("2026-3-1 16：40", "2026-03-01 16:40:00"),
            ("45352", "2024-03-01"),
            ("45352.5", "2024-03-01 12:00:00"),
        ] {
            assert_eq!(plain(text).as_deref(), Some(plainly), "{text}");
        }
    }

    #[test]
    fn no_days() {
        for text in [
            "",
            "3月1日",
            "26年3月1日",
            "2026年13月1日",
            "2026年2月30日",
            "2026年3月1",
            "2026.3-1",
            "2026",
            "12",
            "99999",
            "2026年3月1日 25:00",
            "2026年3月1日 下午14:00",
            "2026年3月1日 晚上12点",
            "2026年3月1日 abc",
            "2026年3月1日 8",
            "明天",
            "2026年3月1日 8:05 9",
            "0000年1月1日x",
        ] {
            assert_eq!(plain(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), near in "[0-9]{0,5}[年./-][0-9]{0,3}[月.][0-9]{0,3}[日号（周 ]{0,3}[0-9时点分:半]{0,8}") {
            let _ = (plain(&text), plain(&near));
        }

        #[test]
        fn the_chinese_form_comes_back(days in 0_i64..70_000) {
            let day = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + TimeDelta::days(days);
            let text = day.format("%Y年%-m月%-d日").to_string();
            prop_assert_eq!(plain(&text), Some(day.to_string()));
        }
    }
}
