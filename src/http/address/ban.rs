//! The ban file: one address or network a line with a reason and a date behind tabs; `!` in front lets it in
//! whatever else is listed, `#` starts a note. Nobody is let in by being local.

use super::nets::net;
use crate::error::Error;
use ipnet::IpNet;
use std::net::IpAddr;

/// What the lists say of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Listed as welcome.
    White,
    /// Not listed.
    Plain,
    Banned {
        reason: String,
        date: String,
    },
}

/// ```
/// use jindou::http::address::{Bans, Judgement};
/// let (bans, faults) = Bans::parse("# ours\n!192.0.2.9\n192.0.2.0/24\tscanner\t2026-10-20\n");
/// assert!(faults.is_empty());
/// assert_eq!("192.0.2.9".parse().map(|ip| bans.judge(ip)), Ok(Judgement::White));
/// assert!(matches!("192.0.2.8".parse().map(|ip| bans.judge(ip)), Ok(Judgement::Banned { .. })));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Bans {
    white: Vec<IpNet>,
    black: Vec<(IpNet, String, String)>,
}

impl Bans {
    /// Reads the file; what cannot be read is told by line and left out, so that one slip of the pen does
    /// not open the door to everybody else on the list.
    pub fn parse(text: &str) -> (Bans, Vec<Error>) {
        let (mut bans, mut faults) = (Bans::default(), Vec::new());
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if let Err(fault) = bans.line(line) {
                let Error { text, .. } = fault;
                let (zh, en) =
                    (format!("第{}行：{}", at + 1, text.zh), format!("line {}: {}", at + 1, text.en));
                faults.push(Error::param(en.clone()).say(zh, en));
            }
        }
        (bans, faults)
    }

    /// More welcome addresses, from the configuration.
    pub fn welcome(&mut self, list: &str) -> Result<(), Error> {
        let items = list.split([',', ' ', '\t', '\n']).filter(|item| !item.is_empty());
        self.white.extend(items.map(net).collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    pub fn judge(&self, address: IpAddr) -> Judgement {
        let address = address.to_canonical();
        if self.white.iter().any(|net| net.contains(&address)) {
            return Judgement::White;
        }
        match self.black.iter().find(|(net, ..)| net.contains(&address)) {
            Some((_, reason, date)) => Judgement::Banned { reason: reason.clone(), date: date.clone() },
            None => Judgement::Plain,
        }
    }

    /// The line that bans an address, for the end of the file.
    pub fn entry(address: IpAddr, reason: &str, date: &str) -> String {
        let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        format!("{}\t{}\t{}\n", address.to_canonical(), clean(reason), clean(date))
    }

    fn line(&mut self, line: &str) -> Result<(), Error> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let mut parts = line.split('\t').map(str::trim);
        let who = parts.next().unwrap_or_default();
        // A note behind the address, also where somebody typed a space for the tab.
        let (who, note) = who.split_once([' ', '#']).unwrap_or((who, ""));
        if let Some(welcome) = who.strip_prefix('!') {
            self.white.push(net(welcome)?);
            return Ok(());
        }
        let reason = parts.next().unwrap_or(note).to_owned();
        let date = parts.next().unwrap_or_default().to_owned();
        self.black.push((net(who)?, reason, date));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judge(bans: &Bans, address: &str) -> Judgement {
        bans.judge(address.parse().unwrap())
    }

    fn banned(reason: &str, date: &str) -> Judgement {
        Judgement::Banned { reason: reason.to_owned(), date: date.to_owned() }
    }

    #[test]
    fn the_file_is_read_line_by_line() {
        let text = "\u{feff}# bans\r\n\r\n192.0.2.1\tscanner\t2026-10-20\r\n198.51.100.0/24\n!198.51.100.7\n203.0.113.5 by hand\n2001:db8::/32\tv6\n";
        let (bans, faults) = Bans::parse(text);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(judge(&bans, "192.0.2.1"), banned("scanner", "2026-10-20"));
        assert_eq!(judge(&bans, "::ffff:192.0.2.1"), banned("scanner", "2026-10-20"));
        assert_eq!(judge(&bans, "198.51.100.8"), banned("", ""));
        assert_eq!(judge(&bans, "198.51.100.7"), Judgement::White);
        assert_eq!(judge(&bans, "203.0.113.5"), banned("by hand", ""));
        assert_eq!(judge(&bans, "2001:db8::5"), banned("v6", ""));
        assert_eq!(judge(&bans, "192.0.2.2"), Judgement::Plain);
    }

    #[test]
    fn local_addresses_are_not_special() {
        let (mut bans, _) = Bans::parse("127.0.0.0/8\ttest");
        assert_eq!(judge(&bans, "127.0.0.1"), banned("test", ""));
        assert_eq!(judge(&Bans::default(), "127.0.0.1"), Judgement::Plain);
        bans.welcome("10.0.0.0/8 127.0.0.1").unwrap();
        assert_eq!(judge(&bans, "127.0.0.1"), Judgement::White);
        assert!(bans.welcome("10.0.0.0/8 nowhere").is_err());
    }

    #[test]
    fn a_bad_line_is_told_and_the_others_hold() {
        let (bans, faults) = Bans::parse("192.0.2.1\n192.0.2.300\tx\n!bad\n192.0.2.3");
        let told: Vec<_> = faults.iter().map(|fault| fault.text.en.as_ref()).collect();
        assert_eq!(
            told,
            [
                "line 2: `192.0.2.300` is no address and no network",
                "line 3: `bad` is no address and no network"
            ]
        );
        assert!(faults[0].text.zh.starts_with("第2行："));
        assert_eq!((judge(&bans, "192.0.2.1"), judge(&bans, "192.0.2.3")), (banned("", ""), banned("", "")));
    }

    proptest! {
        #[test]
        fn an_entry_bans_its_address_and_no_other(address in any::<[u8; 4]>(), other in any::<[u8; 4]>(), reason in "\\PC{0,20}|a\nb|!x\ty") {
            let ip = IpAddr::from(address);
            let (bans, faults) = Bans::parse(&Bans::entry(ip, &reason, "2026-10-20"));
            prop_assert!(faults.is_empty());
            prop_assert_eq!(bans.judge(ip) == Judgement::Plain, false);
            prop_assert_eq!(bans.judge(IpAddr::from(other)) == Judgement::Plain, other != address);
        }
    }
}
