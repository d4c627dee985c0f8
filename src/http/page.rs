//! Everything that is not the API: the front ends inside the binary, and the test aid of old clients.

use super::assets::{self, Asset};
use super::reply::{Reply, add, full};
use crate::house::House;
use hyper::header::{ACCEPT_ENCODING, HeaderMap, IF_NONE_MATCH};
use hyper::{Method, Response, StatusCode};
use std::net::IpAddr;
use std::sync::Arc;

/// Scripts only from here, no frames, no plugins: whatever slips into a page cannot run.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
     script-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

pub fn answer(house: &Arc<House>, method: &Method, path: &str, headers: &HeaderMap, client: IpAddr) -> Reply {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    if let Some(to) = moved(path) {
        return redirect(to);
    }
    if path == "/tool/log.php" {
        return test_log(house, client);
    }
    match assets::find(path.trim_start_matches('/')) {
        Some(asset) => send(asset, headers, method),
        None => status(StatusCode::NOT_FOUND),
    }
}

/// Short addresses that people type.
fn moved(path: &str) -> Option<&'static str> {
    match path {
        "/" | "/m2" | "/m2/" | "/index.html" => Some("/m2/index.html"),
        "/web" | "/web/" | "/store" | "/web/index.html" => Some("/web/store.html"),
        "/adm" | "/admin" => Some("/web/adm.html"),
        _ => None,
    }
}

fn redirect(to: &str) -> Reply {
    let mut reply = status(StatusCode::FOUND);
    add(reply.headers_mut(), "location", to);
    reply
}

/// The last simulated messages, where the stock phone page looks for its code: in test mode, to this machine.
fn test_log(house: &House, client: IpAddr) -> Reply {
    if house.env.test_mode() == 0 || !client.is_loopback() {
        return status(StatusCode::NOT_FOUND);
    }
    let mut reply = Response::new(full(house.env.mock_messages().join("\n")));
    add(reply.headers_mut(), "content-type", "text/plain; charset=UTF-8");
    reply
}

fn send(asset: &'static Asset, headers: &HeaderMap, method: &Method) -> Reply {
    let etag = format!("\"{}\"", asset.etag);
    if headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(&etag)) {
        let mut reply = status(StatusCode::NOT_MODIFIED);
        add(reply.headers_mut(), "etag", &etag);
        return reply;
    }
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (bytes, encoding) = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if accepted.contains("br") => (bytes, Some("br")),
        (_, Some(bytes)) if accepted.contains("gzip") => (bytes, Some("gzip")),
        _ => (asset.identity, None),
    };
    let body = if *method == Method::HEAD { full("") } else { full(bytes) };
    let mut reply = Response::new(body);
    let out = reply.headers_mut();
    add(out, "content-type", asset.mime);
    add(out, "etag", &etag);
    add(out, "vary", "accept-encoding");
    add(out, "x-content-type-options", "nosniff");
    add(out, "referrer-policy", "same-origin");
    add(out, "content-security-policy", POLICY);
    add(out, "x-frame-options", "DENY");
    // A hashed name never changes its content; a page must be asked for again.
    add(
        out,
        "cache-control",
        if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" },
    );
    if let Some(encoding) = encoding {
        add(out, "content-encoding", encoding);
    }
    reply
}

fn status(code: StatusCode) -> Reply {
    let mut reply = Response::new(full(""));
    *reply.status_mut() = code;
    reply
}
