//! The end of the chain at a moment, signed, as a witness outside the database keeps it: one line of text that is found
//! again in any log. Rows that a witness saw cannot be exchanged or cut off unseen.

use super::chain::{ChainLink, stored};
use super::seal::{Keys, Seal};
use super::verify::beginning;
use crate::db::Conn;
use crate::error::Result;
use std::fmt;

/// What such a line begins with, whatever a log puts before it.
const BEGIN: &str = "audit-head";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    pub link: ChainLink,
    /// Rows of the chain that were there.
    pub rows: i64,
    /// `YYYY-MM-DDTHH:MM:SS`, local.
    tm: String,
    key: String,
    mac: String,
}

impl ChainHead {
    /// The head of the chain as the database has it.
    pub fn of(conn: &Conn, seal: &Seal, now: &str) -> Result<ChainHead> {
        let (link, begin) = (stored(conn)?.link, beginning(conn)?.seq);
        let head = ChainHead {
            rows: link.seq - begin,
            link,
            tm: now.replace(' ', "T"),
            key: seal.name().to_owned(),
            mac: String::new(),
        };
        let mac = head.signed(|parts| seal.code_of("head", parts));
        Ok(ChainHead { mac, ..head })
    }

    fn signed<T>(&self, work: impl FnOnce(&[&str]) -> T) -> T {
        work(&[&self.link.seq.to_string(), &self.link.hash, &self.rows.to_string(), &self.tm, &self.key])
    }

    /// Whether one of these keys made it; None = its key is none of them.
    pub fn is_proven(&self, keys: &Keys) -> Option<bool> {
        let seal = keys.named(&self.key)?;
        Some(self.signed(|parts| seal.proves("head", parts, &self.mac)))
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn time(&self) -> &str {
        &self.tm
    }

    /// All heads that stand in a text: a file of a witness, or a log.
    pub fn all_in(text: &str) -> Result<Vec<ChainHead>, String> {
        let lines = text.lines().zip(1..).filter_map(|(line, n)| Some((line.split_once(BEGIN)?.1, n)));
        lines
            .map(|(rest, n)| {
                ChainHead::parse(rest).ok_or_else(|| format!("line {n} is not a whole audit head"))
            })
            .collect()
    }

    fn parse(rest: &str) -> Option<ChainHead> {
        let mut words = rest.split_ascii_whitespace();
        let mut part = |name: &str| {
            let value = words.next()?.strip_prefix(name)?.strip_prefix('=')?;
            // A log may write the line as a quoted text.
            Some(value.split(['"', '\\', ',']).next().unwrap_or_default().to_owned())
        };
        let seq = part("seq")?.parse().ok()?;
        let link = ChainLink { seq, hash: part("hash")? };
        let (rows, tm) = (part("rows")?.parse().ok()?, part("tm")?);
        Some(ChainHead { link, rows, tm, key: part("key")?, mac: part("mac")? })
    }
}

impl fmt::Display for ChainHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChainHead { link, rows, tm, key, mac } = self;
        write!(f, "{BEGIN} seq={} hash={} rows={rows} tm={tm} key={key} mac={mac}", link.seq, link.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_found_in_any_log_and_proves_itself() {
        let keys = Keys::of(b"k", []);
        let seal = keys.current();
        let link = ChainLink { seq: 7, hash: "ab".into() };
        let head = ChainHead {
            link,
            rows: 5,
            tm: "2026-01-02T03:04:05".into(),
            key: seal.name().into(),
            mac: "".into(),
        };
        let head = ChainHead { mac: head.signed(|parts| seal.code_of("head", parts)), ..head };
        let log = format!("x\n2026 INFO jindou: {head}\n{{\"message\":\"{head}\",\"a\":1}}\n");
        let found = ChainHead::all_in(&log).unwrap();
        assert_eq!(found, [head.clone(), head.clone()]);
        assert_eq!(found[0].is_proven(&keys), Some(true));
        assert_eq!(found[0].is_proven(&Keys::of(b"other", [])), None);
        assert_eq!(ChainHead { rows: 6, ..head.clone() }.is_proven(&keys), Some(false));
        assert!(ChainHead::all_in(&head.to_string()[..60]).unwrap_err().contains("line 1"));
    }
}
