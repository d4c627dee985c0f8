//! Facts of HTTP about a request, found before the pipeline sees it: the client's address, whether another site
//! sent it, what other sites may read.

use super::address::{self, Nets};
use super::metrics;
use super::origin::{self, Asked, OriginVerdict, Origins, Preflight, list};
use super::reply::Cors;
use crate::config::Config;
use crate::error::Result;
use hyper::Method;
use hyper::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, FORWARDED, HOST, HeaderMap,
    HeaderName, ORIGIN, REFERER, VIA,
};
use std::net::IpAddr;
use std::sync::Arc;

// Each request is asked for these: a name that is known as one need not be read first.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// What proxies say of the one they speak for; each of them leaves some of it.
static PROXIED: [HeaderName; 6] = [
    FORWARDED_FOR,
    FORWARDED,
    VIA,
    FORWARDED_PROTO,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The configured lists, in the form requests are held against.
pub struct HttpGuard {
    trusted: Nets,
    allow: Nets,
    deny: Nets,
    origins: Origins,
    /// Who may read `/metrics`, and by which token from anywhere.
    metrics: Nets,
    metrics_token: String,
    /// In test mode: where the server listens. It answers to the names of this machine only.
    tested_at: Option<IpAddr>,
}

/// The other end of a connection.
pub struct Peer {
    ip: IpAddr,
    /// It speaks TLS to us.
    pub tls: bool,
    /// As the audit log shows it, unless a proxy speaks for another.
    shown: Arc<str>,
}

impl Peer {
    pub fn new(ip: IpAddr, tls: bool) -> Peer {
        Peer { ip, tls, shown: ip.to_canonical().to_string().into() }
    }
}

pub struct Client {
    pub ip: IpAddr,
    /// It is the other end of the connection, and on this machine.
    pub is_near: bool,
    /// As the audit log shows it.
    pub shown: Arc<str>,
    /// The browser spoke TLS to us, or to a proxy we trust.
    pub secure: bool,
}

fn text(headers: &HeaderMap, name: impl hyper::header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

impl HttpGuard {
    pub fn new(config: &Config) -> Result<HttpGuard> {
        Ok(HttpGuard {
            trusted: Nets::from(config.trust_proxy.clone()),
            allow: Nets::from(config.ip_allow.clone()),
            deny: Nets::from(config.ip_deny.clone()),
            metrics: Nets::from(config.nets("P_METRICS")),
            metrics_token: config.text("P_METRICS_TOKEN").to_owned(),
            tested_at: (config.test_mode > 0).then(|| config.listen.ip()),
            origins: Origins::parse(&config.cors_origins.join(" "))?.with_local_pages(config.test_mode > 0),
        })
    }

    /// The client behind trusted proxies; None when its address is not welcome.
    pub fn client(&self, peer: &Peer, headers: &HeaderMap) -> Option<Client> {
        let forwarded: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
        let ip = address::client(peer.ip, &forwarded, &self.trusted);
        let welcome = ip.is_loopback()
            || ((self.allow.is_empty() || self.allow.contains(ip)) && !self.deny.contains(ip));
        let shown = match ip == peer.ip.to_canonical() {
            true => peer.shown.clone(),
            false => format!("{ip}; {}", peer.ip).into(),
        };
        let secure = address::is_secure(peer.tls, peer.ip, text(headers, FORWARDED_PROTO), &self.trusted);
        let is_near = ip == peer.ip.to_canonical() && ip.is_loopback();
        welcome.then_some(Client { ip, is_near, shown, secure })
    }

    /// Whether the browser asked for this server. In test mode everybody who reaches it may do anything, and a page may
    /// let its own name lead here; so no name is answered that another could own.
    pub fn knows_host(&self, headers: &HeaderMap) -> bool {
        let (Some(listens), Some(host)) = (self.tested_at, headers.get(HOST)) else { return true };
        let host = host.to_str().unwrap_or_default().trim();
        let named = match list::address_of(list::host_of(host)) {
            // A server that was let out of this machine is called by any of its addresses.
            Some(ip) => ip == listens || !listens.is_loopback(),
            None => false,
        };
        // Names of loopback are on the list of a server in test mode, and those that the operator put there.
        named || ["http", "https"].iter().any(|scheme| self.origins.allows(&format!("{scheme}://{host}")))
    }

    /// Whether a client may read `/metrics`.
    pub fn shows_metrics(&self, client: &Client, headers: &HeaderMap) -> bool {
        let forwarded = PROXIED.iter().any(|name| headers.contains_key(name));
        (self.metrics.contains(client.ip) && metrics::is_itself(client, forwarded))
            || metrics::knows(&self.metrics_token, text(headers, AUTHORIZATION))
    }

    /// Why the request would be refused if it changed something in a visitor's name.
    pub fn cross_site(&self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let asked = Asked {
            writes: true,
            ambient: true,
            secure,
            host: text(headers, HOST),
            origin: text(headers, ORIGIN),
            referer: text(headers, REFERER),
            fetch_site: text(headers, FETCH_SITE),
        };
        match origin::judge(&asked, &self.origins) {
            OriginVerdict::Allow => None,
            OriginVerdict::Refuse(why) => Some(why),
        }
    }

    pub fn cors(&self, method: &Method, headers: &HeaderMap) -> Cors {
        let preflight = (*method == Method::OPTIONS).then(|| Preflight {
            method: text(headers, ACCESS_CONTROL_REQUEST_METHOD).unwrap_or_default(),
            headers: text(headers, ACCESS_CONTROL_REQUEST_HEADERS),
        });
        origin::cors(text(headers, ORIGIN), preflight, &self.origins)
    }
}
