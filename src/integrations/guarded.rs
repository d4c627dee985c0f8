//! An HTTP client for addresses that others choose: it connects to public addresses alone, so that nobody reaches through
//! it into the network of the server. A name is resolved once, and the connection goes to the very address that was judged.
//! Redirects are not followed, and no proxy of the environment is used.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(15);

/// A client that reaches public addresses and those of `allowed`.
pub fn agent(allowed: Vec<IpNet>) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(TOTAL))
        .max_redirects(0)
        .proxy(None)
        .http_status_as_error(false)
        .build();
    ureq::Agent::with_parts(
        config,
        DefaultConnector::default(),
        Judge { allowed, inner: DefaultResolver::default() },
    )
}

struct Judge {
    allowed: Vec<IpNet>,
    inner: DefaultResolver,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Resolver for Judge {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in found.iter().filter(|address| may_reach(address, &self.allowed)) {
            kept.push(*address);
        }
        match kept.is_empty() {
            true => Err(ureq::Error::Other(NOT_PUBLIC.into())),
            false => Ok(kept),
        }
    }
}

const NOT_PUBLIC: &str = "the address is not public, and P_WEBHOOK_PRIVATE does not allow it";

fn may_reach(address: &SocketAddr, allowed: &[IpNet]) -> bool {
    let ip = address.ip().to_canonical();
    is_public(ip) || allowed.iter().any(|net| net.contains(&ip))
}

/// Whether an address belongs to the public internet. What is set apart for anything else does not.
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let embedded =
        |high: u16, low: u16| is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    let segments = ip.segments();
    match (a, b) {
        // Translated to IPv4 (NAT64), and 6to4: what it reaches is the address inside.
        (0x64, 0xff9b) => segments[2..6] == [0; 4] && embedded(segments[6], segments[7]),
        (0x2002, _) => embedded(segments[1], segments[2]),
        // Teredo and other assignments of IETF, and documentation.
        (0x2001, 0..0x200) | (0x2001, 0xdb8) | (0x3fff, 0..0x1000) => false,
        // Only this part is given out for use in the internet.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "203.0.114.1",
            "2606:4700::1111",
            "2002:808:808::",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "127.0.0.1",
            "127.255.1.2",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.1.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.88.99.1",
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "3fff::1",
            "100::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_allowed_may_be_reached_and_nothing_beside_it() {
        let allowed: Vec<IpNet> = vec!["10.1.0.0/16".parse().unwrap()];
        let may = |text: &str| may_reach(&text.parse().unwrap(), &allowed);
        assert!(may("10.1.2.3:80") && may("[::ffff:10.1.2.3]:80") && may("9.9.9.9:443"));
        assert!(!may("10.2.0.1:80") && !may("127.0.0.1:80") && !may("[::1]:80"));
    }

    #[test]
    fn a_name_that_leads_inside_is_refused() {
        let said = agent(Vec::new()).get("http://localhost:1/").call().unwrap_err().to_string();
        assert!(said.contains("not public"), "{said}");
    }
}
