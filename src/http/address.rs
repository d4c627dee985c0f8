//! The address of a client: the peer of the connection, or, behind proxies we trust, what the nearest of them
//! wrote down. Headers of anybody else say nothing. Lists of banned addresses are in `address::ban`.

mod ban;
mod nets;

pub use ban::{Bans, Judgement};
pub use nets::Nets;

use crate::auth::ThrottleKey;
use std::net::{IpAddr, SocketAddr};

/// The client's address. `forwarded` are the values of all `X-Forwarded-For` headers in their order.
///
/// Each proxy appends whom it heard from, so the list is read from its end, and the first address that is
/// not a trusted proxy's is the client: everything left of it was written by the client.
///
/// ```
/// use jindou::http::address::{Nets, client};
/// let trusted = Nets::parse("10.0.0.0/8")?;
/// let seen = |peer: &str, header| peer.parse().ok().map(|peer| client(peer, &[header], &trusted).to_string());
/// assert_eq!(seen("10.0.0.1", "6.6.6.6, 192.0.2.7, 10.0.0.2").as_deref(), Some("192.0.2.7"));
/// assert_eq!(seen("192.0.2.7", "6.6.6.6").as_deref(), Some("192.0.2.7"));
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn client(peer: IpAddr, forwarded: &[&str], trusted: &Nets) -> IpAddr {
    let mut nearest = peer.to_canonical();
    let mut hops = forwarded.iter().rev().flat_map(|line| line.rsplit(','));
    while trusted.contains(nearest) {
        // Nothing more, or nothing readable: the nearest we know is as far as we can tell.
        let Some(hop) = hops.next().and_then(read) else { break };
        nearest = hop;
    }
    nearest
}

/// Did the client's side of the connection use TLS? Ours is known; a proxy that we trust knows better what its client
/// spoke. `proto` is the value of `X-Forwarded-Proto`; of several the last was written by the nearest proxy.
pub fn is_secure(own_tls: bool, peer: IpAddr, proto: Option<&str>, trusted: &Nets) -> bool {
    let told = proto.filter(|_| trusted.contains(peer)).and_then(|value| value.rsplit(',').next());
    told.map_or(own_tls, |proto| proto.trim().eq_ignore_ascii_case("https"))
}

/// What limits count by: the address, of IPv6 its /64.
pub fn throttle_key(address: IpAddr) -> ThrottleKey {
    match address.to_canonical() {
        IpAddr::V4(v4) => ThrottleKey::V4(v4.octets()),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            ThrottleKey::V6([a, b, c, d])
        }
    }
}

/// One hop: an address, perhaps with a port, IPv6 perhaps in brackets or quotes.
fn read(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let trusted = Nets::parse("127.0.0.1, ::1 10.0.0.0/8 2001:db8:1::/48").unwrap();
        client(ip(peer), forwarded, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_say_who_he_is() {
        assert_eq!(seen("192.0.2.1", &["127.0.0.1"]), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", &["10.0.0.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(seen("2001:db8:2::1", &["6.6.6.6"]), "2001:db8:2::1");
        assert_eq!(client(ip("127.0.0.1"), &["6.6.6.6"], &Nets::default()).to_string(), "127.0.0.1");
    }

    #[test]
    fn the_right_most_untrusted_hop_is_the_client() {
        assert_eq!(seen("10.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &["127.0.0.1, 192.0.2.7 , 10.0.0.9"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "192.0.2.7, 10.0.0.9", "10.0.0.8"]), "192.0.2.7");
        assert_eq!(seen("2001:db8:1::5", &["6.6.6.6, [2001:db8:9::7]:443"]), "2001:db8:9::7");
    }

    #[test]
    fn without_a_readable_hop_it_is_the_nearest_known() {
        for forwarded in [&[][..], &[""], &["unknown"], &["6.6.6.6, garbage"], &["6.6.6.6, "], &["1.2.3"]] {
            assert_eq!(seen("10.0.0.1", forwarded), "10.0.0.1", "{forwarded:?}");
        }
        assert_eq!(seen("10.0.0.1", &["bad, 10.0.0.9"]), "10.0.0.9");
        assert_eq!(seen("10.0.0.1", &["10.0.0.3, 10.0.0.9"]), "10.0.0.3", "all trusted: the first of them");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses() {
        for (hop, expected) in [
            ("192.0.2.7:8080", "192.0.2.7"),
            ("\"[2001:db8:9::7]:80\"", "2001:db8:9::7"),
            ("[2001:db8:9::7]", "2001:db8:9::7"),
            ("2001:db8:9::7", "2001:db8:9::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(seen("10.0.0.1", &[hop]), expected);
        }
        assert_eq!(seen("::ffff:10.0.0.1", &["192.0.2.7"]), "192.0.2.7", "a mapped proxy is trusted too");
        assert_eq!(seen("::ffff:192.0.2.7", &[]), "192.0.2.7");
    }

    #[test]
    fn tls_is_ours_or_told_by_a_trusted_proxy() {
        let trusted = Nets::parse("10.0.0.1").unwrap();
        let secure = |own, peer, proto| is_secure(own, ip(peer), proto, &trusted);
        assert!(secure(true, "192.0.2.1", None));
        assert!(secure(false, "10.0.0.1", Some("https")) && secure(false, "10.0.0.1", Some("http, HTTPS")));
        assert!(!secure(false, "10.0.0.1", Some("https, http")) && !secure(false, "10.0.0.1", None));
        assert!(!secure(false, "192.0.2.1", Some("https")));
        assert!(secure(true, "192.0.2.1", Some("http")), "a stranger's word");
        assert!(!secure(true, "10.0.0.1", Some("http")) && secure(true, "10.0.0.1", None));
    }

    #[test]
    fn a_subscriber_is_one() {
        let key = |address| throttle_key(ip(address));
        assert_eq!(key("::ffff:192.0.2.7"), key("192.0.2.7"));
        assert_ne!(key("192.0.2.7"), key("192.0.2.8"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }

    proptest! {
        /// Whatever a client writes into the header, the proxy's line decides.
        #[test]
        fn no_forged_prefix_matters(forged in "[0-9a-f:., \\[\\]]{0,60}", last in any::<[u8; 4]>()) {
            let real = IpAddr::from(last);
            prop_assume!(!seen("127.0.0.1", &[&real.to_string()]).starts_with("10.") && last[0] != 127);
            prop_assert_eq!(seen("10.0.0.1", &[&forged, &real.to_string()]), real.to_string());
            prop_assert_eq!(seen("10.0.0.1", &[&format!("{forged},{real}")]), real.to_string());
            prop_assert_eq!(seen(&real.to_string(), &[&forged]), real.to_string());
        }
    }
}
