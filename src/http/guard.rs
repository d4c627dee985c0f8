//! What HTTP knows of a request before the pipeline sees it: the client's address, whether another site
//! sent it, what other sites may read.

use super::reply::Cors;
use crate::env::Env;
use hyper::Method;
use hyper::header::{HOST, HeaderMap, ORIGIN};
use std::net::IpAddr;

pub struct Client {
    pub ip: IpAddr,
    /// As the audit log shows it.
    pub shown: String,
    /// The browser spoke TLS, to us or to a proxy we trust.
    pub secure: bool,
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

pub fn client(_env: &Env, peer: IpAddr, _headers: &HeaderMap) -> Option<Client> {
    Some(Client { ip: peer, shown: peer.to_string(), secure: false })
}

pub fn cross_site(env: &Env, _method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    if allowed_origin(env, headers) {
        return None;
    }
    match text(headers, "sec-fetch-site") {
        "cross-site" => Some("Sec-Fetch-Site says cross-site"),
        "" if !text(headers, ORIGIN.as_str()).is_empty() => Some("Origin is another site"),
        _ => None,
    }
}

/// Our own origin, or one of the list.
fn allowed_origin(env: &Env, headers: &HeaderMap) -> bool {
    let origin = text(headers, ORIGIN.as_str());
    let host = text(headers, HOST.as_str());
    let same = origin.split_once("://").is_some_and(|(_, origin_host)| origin_host == host);
    same || env.config.cors_origins.iter().any(|allowed| allowed == origin)
}

pub fn cors(env: &Env, headers: &HeaderMap) -> Cors {
    let origin = text(headers, ORIGIN.as_str());
    if origin.is_empty() || !allowed_origin(env, headers) {
        return Vec::new();
    }
    vec![
        ("access-control-allow-origin", origin.to_owned()),
        ("access-control-allow-credentials", "true".to_owned()),
        ("access-control-expose-headers", "X-Daca-Server-Rev, X-Daca-Test-Mode, X-Daca-Mock-Mode".to_owned()),
        ("vary", "origin".to_owned()),
    ]
}
