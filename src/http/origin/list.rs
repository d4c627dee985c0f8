//! The operator's list of origins: exact ones (`https://shop.example.test`) and all below a domain
//! (`*.example.test`, `http://*.example.test:8080`). Without a scheme it means https.

use crate::error::{Error, Result};

/// ```
/// use jindou::http::origin::Origins;
/// let origins = Origins::parse("https://shop.test, *.example.test")?;
/// assert!(origins.allows("https://shop.test") && origins.allows("https://a.example.test"));
/// assert!(!origins.allows("https://example.test") && !origins.allows("https://evilexample.test"));
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    list: Vec<Allowed>,
    /// Test mode: a regression page on this machine may call.
    local: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Allowed {
    scheme: String,
    /// Host and port, the default port left out.
    authority: String,
    below: bool,
}

impl Origins {
    pub fn parse(text: &str) -> Result<Origins> {
        let items = text.split([',', ' ', '\t', '\n']).filter(|item| !item.is_empty());
        Ok(Origins { list: items.map(allowed).collect::<Result<_>>()?, local: false })
    }

    /// The list of a server in test mode: pages of this machine are on it too. Such a server listens on
    /// loopback only.
    pub fn with_local_pages(self, local: bool) -> Origins {
        Origins { local, ..self }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && !self.local
    }

    /// Is the origin on the list? `null` never is: any sandboxed frame of any site calls itself so.
    pub fn allows(&self, origin: &str) -> bool {
        if self.local && is_local(origin) {
            return true;
        }
        let Some((scheme, authority)) = split(origin.trim()) else { return false };
        let authority = without_default_port(&scheme, &authority);
        self.list.iter().any(|allowed| {
            let fits = if allowed.below {
                let below =
                    authority.strip_suffix(&allowed.authority).and_then(|rest| rest.strip_suffix('.'));
                below.is_some_and(is_host)
            } else {
                authority == allowed.authority
            };
            fits && scheme == allowed.scheme
        })
    }
}

fn is_local(origin: &str) -> bool {
    let Some((_, authority)) = split(origin.trim()) else { return false };
    let host = host_of(&authority);
    host == "localhost" || address_of(host).is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// The host of an authority, without its port.
pub(in crate::http) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    }
}

/// The address that a host is written as.
pub(in crate::http) fn address_of(host: &str) -> Option<std::net::IpAddr> {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().ok().map(Into::into),
        None => host.parse::<std::net::Ipv4Addr>().ok().map(Into::into),
    }
}

fn allowed(item: &str) -> Result<Allowed> {
    let bad = || {
        let en = format!("`{item}` is no origin: write https://host, https://host:port or *.domain");
        Error::param(en.clone())
            .say(format!("`{item}`不是来源：应为 https://主机、https://主机:端口 或 *.域名"), en)
    };
    let full = if item.contains("://") { item.to_owned() } else { format!("https://{item}") };
    let (scheme, rest) = full.split_once("://").ok_or_else(bad)?;
    let (below, rest) = rest.strip_prefix("*.").map_or((false, rest), |domain| (true, domain));
    let (scheme, authority) = split(&format!("{scheme}://{rest}")).ok_or_else(bad)?;
    // A whole top-level domain is everybody.
    if below && !authority.contains('.') {
        return Err(bad());
    }
    let authority = without_default_port(&scheme, &authority);
    Ok(Allowed { scheme, authority, below })
}

/// Scheme and authority of an origin in small letters; nothing for `null`, for addresses with a path or
/// user, and for whatever else is no origin.
pub(super) fn split(origin: &str) -> Option<(String, String)> {
    let (scheme, authority) = origin.split_once("://")?;
    let good_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let good_port = port.is_none_or(|port| port.parse::<u16>().is_ok() && !port.starts_with('+'));
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let good_host = match bracketed {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_host(host),
    };
    (good_scheme && good_port && good_host)
        .then(|| (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase()))
}

pub(super) fn without_default_port(scheme: &str, authority: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    let default = match scheme {
        "http" => authority.strip_suffix(":80"),
        "https" => authority.strip_suffix(":443"),
        _ => None,
    };
    default.map(str::to_owned).unwrap_or(authority)
}

/// The origin of an address with a path, such as a `Referer`.
pub(super) fn origin_of(address: &str) -> Option<String> {
    let (scheme, rest) = address.trim().split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let origin = format!("{scheme}://{}", &rest[..end]);
    split(&origin).map(|_| origin)
}

/// Labels of letters, digits, `-` and `_`, with single dots between.
fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    host.split('.').all(label)
}
