//! The Host of a request (RFC 9112, 3.2): exactly one, and a name or an address. A request that says it twice or not at
//! all is read differently by a proxy and by the server behind it.

use hyper::header::{HOST, HeaderMap};
use hyper::http::uri::Authority;
use hyper::{Uri, Version};
use std::net::Ipv6Addr;

/// Whether the request names its host as it must. One of HTTP/1.0 may name none.
pub fn is_named_well(version: Version, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let Some(host) = hosts.next() else { return version < Version::HTTP_11 };
    let host = host.as_bytes();
    // An address with a host of its own, as proxies are asked, must not name another one.
    let same = |authority: &Authority| authority.as_str().as_bytes().eq_ignore_ascii_case(host);
    hosts.next().is_none() && is_host(host) && uri.authority().is_none_or(same)
}

/// `example.test`, `192.0.2.1:8080`, `[2001:db8::1]:8080`.
fn is_host(text: &[u8]) -> bool {
    let (host, port) = match text.iter().position(|byte| *byte == b']') {
        Some(end) => text.split_at(end + 1),
        None => text.split_at(text.iter().position(|byte| *byte == b':').unwrap_or(text.len())),
    };
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(byte);
    let well = match host {
        [b'[', inner @ .., b']'] => std::str::from_utf8(inner).is_ok_and(|ip| ip.parse::<Ipv6Addr>().is_ok()),
        name => !name.is_empty() && name.iter().all(named),
    };
    well && is_port(port)
}

/// Nothing, or `:` and a number.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_hosts() {
        for good in
            ["a", "shop.example.test", "localhost:8080", "192.0.2.1", "[::1]", "[2001:db8::1]:443", "a_b:"]
        {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "", ":80", "a b", "a,b", "a/b", "u@a", "a:b", "a:1:2", "a:123456", "[::1", "::1]", "[]", "[g]",
            "[::1]a", "a[::1]", "中文", "a\\b", "a?b", "[::1]:x",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }
}
