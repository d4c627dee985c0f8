//! What live connections may take: the keys `P_LIVE_…`.

use crate::config::Config;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Limits {
    /// Subscriptions of one connection.
    pub subs: usize,
    /// Bytes that wait for one connection.
    pub unsent: usize,
    /// Connections of one account; `usize::MAX` = without bound.
    pub of_account: usize,
    /// Connections of one address.
    pub of_address: usize,
    /// Missed rows that are given again; beyond them the client reads anew.
    pub recovered: usize,
    /// Bytes of one message of a client.
    pub frame: usize,
    /// Between two pings.
    pub ping: Duration,
    /// For a login over the connection.
    pub login: Duration,
}

impl Limits {
    pub fn of(config: &Config) -> Limits {
        let int = |name: &str| usize::try_from(config.int(name)).unwrap_or_default();
        let bound = |name: &str| Some(int(name)).filter(|most| *most > 0).unwrap_or(usize::MAX);
        let span = |name: &str| Duration::from_millis(config.int(name).unsigned_abs());
        Limits {
            subs: int("P_LIVE_SUBS"),
            unsent: int("P_LIVE_UNSENT"),
            of_account: bound("P_LIVE_PER_ACCOUNT"),
            of_address: bound("P_LIVE_PER_ADDR"),
            recovered: int("P_LIVE_RECOVER"),
            frame: int("P_LIVE_FRAME"),
            ping: span("P_LIVE_PING"),
            login: span("P_LIVE_LOGIN"),
        }
    }
}
