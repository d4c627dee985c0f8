//! A list of networks as the configuration writes it: addresses and CIDR, with commas or spaces between.

use crate::error::{Error, Result};
use ipnet::IpNet;
use std::net::IpAddr;

/// ```
/// use jindou::http::address::Nets;
/// let nets = Nets::parse("127.0.0.1, 10.0.0.0/8 ::1")?;
/// assert!("10.1.2.3".parse().is_ok_and(|address| nets.contains(address)));
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nets(Vec<IpNet>);

impl From<Vec<IpNet>> for Nets {
    fn from(nets: Vec<IpNet>) -> Nets {
        Nets(nets)
    }
}

impl Nets {
    pub fn parse(text: &str) -> Result<Nets> {
        let items = text.split([',', ' ', '\t', '\n', '\r']).filter(|item| !item.is_empty());
        items.map(net).collect::<Result<_>>().map(Nets)
    }

    /// IPv4 inside IPv6 is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An address or `address/prefix`. Bits behind the prefix do not matter.
pub(super) fn net(item: &str) -> Result<IpNet> {
    let bad = || {
        Error::param(format!("`{item}` is no address and no network"))
            .say(format!("`{item}`不是IP地址或网段"), format!("`{item}` is no address and no network"))
    };
    if let Ok(address) = item.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let net: IpNet = item.parse().map_err(|_| bad())?;
    match (net.addr().to_canonical(), net.addr(), net.prefix_len()) {
        (IpAddr::V4(v4), IpAddr::V6(_), prefix @ 96..) => {
            IpNet::new(IpAddr::V4(v4), prefix - 96).map(|net| net.trunc()).map_err(|_| bad())
        }
        _ => Ok(net.trunc()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn within(nets: &str, address: &str) -> bool {
        Nets::parse(nets).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn addresses_and_networks_of_both_kinds() {
        assert!(within("192.0.2.1", "192.0.2.1") && !within("192.0.2.1", "192.0.2.2"));
        assert!(within("192.0.2.77/24", "192.0.2.1") && !within("192.0.2.0/24", "192.0.3.1"));
        assert!(within("2001:db8::/32", "2001:db8:1::1") && !within("2001:db8::/32", "2001:db9::1"));
        assert!(within("::ffff:10.0.0.0/104", "10.9.9.9") && within("10.0.0.0/8", "::ffff:10.9.9.9"));
        assert!(!within("::/0", "192.0.2.1") && within("0.0.0.0/0", "192.0.2.1"));
        assert!(!within("", "127.0.0.1") && Nets::parse(" , ").unwrap().is_empty());
    }

    #[test]
    fn a_bad_item_is_named() {
        for bad in ["10.0.0.0/33", "localhost", "10.0.0", "10.0.0.0/8/8", "::1/129", "1.2.3.4-5"] {
            let error = Nets::parse(&format!("127.0.0.1, {bad}")).unwrap_err();
            assert!(error.text.en.contains(&format!("`{bad}`")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_network_holds_what_shares_its_prefix(a in any::<u32>(), b in any::<u32>(), prefix in 0u32..=32) {
            let v4 = |bits: u32| std::net::Ipv4Addr::from_bits(bits);
            let same = (u64::from(a) >> (32 - prefix)) == (u64::from(b) >> (32 - prefix));
            prop_assert_eq!(within(&format!("{}/{prefix}", v4(a)), &v4(b).to_string()), same);
        }
    }
}
