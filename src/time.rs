//! Civil time in the server's zone: reading what people and browsers write, writing the one stored form, and
//! the clocks. Only [`SystemClock`] looks at the machine's clock.

mod clock;
mod parse;
mod relative;
pub mod trusted;
mod zone;

pub use clock::{Clock, LogicalClock, SystemClock};
pub use parse::{is_stored_form, parse_local, parse_unix};
pub use relative::parse_relative;
pub use zone::Zone;

use chrono::{Datelike, NaiveDateTime, NaiveTime, Timelike};

/// The stored and shown form.
///
/// ```
/// use jindou::time::{format, parse_local, Zone};
/// let zone = Zone::parse("Asia/Shanghai")?;
/// let time = parse_local("2026-10-20T02:00:00Z", &zone).unwrap();
/// assert_eq!(format(time), "2026-10-20 10:00:00");
/// assert_eq!(zone.to_unix(time), 1_792_461_600);
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn format(time: NaiveDateTime) -> String {
    let (date, clock) = (time.date(), time.time());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}

/// The stored form of a moment that may have milliseconds: shown only when there are any.
pub fn format_exact(time: NaiveDateTime) -> String {
    match time.and_utc().timestamp_subsec_millis() {
        0 => format(time),
        millis => format!("{}.{millis:03}", format(time)),
    }
}

/// The start of the same day.
pub fn midnight(time: NaiveDateTime) -> NaiveDateTime {
    time.date().and_time(NaiveTime::MIN)
}
