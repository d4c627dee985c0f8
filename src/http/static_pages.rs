//! Everything that is not the API: the front ends inside the binary, and the test aid of old clients.

use super::assets::{self, Asset};
use super::reply::{Reply, add, full};
use crate::server::Server;
use hyper::header::{ACCEPT_ENCODING, HeaderMap, IF_NONE_MATCH};
use hyper::{Method, Response, StatusCode};
use std::net::IpAddr;
use std::sync::Arc;

/// Scripts only from here, no frames, no plugins: whatever slips into a page cannot run.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
     script-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

/// What a person sees who built the program alone.
const BARE: &str =
    "This program was built without its front ends; the API is under /api/. `make` builds both.\n";

/// What a page may not do, ours or one that slipped in: these it never needs.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

pub fn answer(
    server: &Arc<Server>,
    assets: &'static [Asset],
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    client: IpAddr,
) -> Reply {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut reply = status(StatusCode::METHOD_NOT_ALLOWED, "");
        add(reply.headers_mut(), "allow", "GET, HEAD");
        return reply;
    }
    if let Some(to) = moved(path) {
        return redirect(&format!("{}{to}", server.env.url_path().trim_end_matches('/')));
    }
    if path == "/tool/log.php" {
        return test_log(server, client);
    }
    match assets::find(assets, path.trim_start_matches('/')) {
        Some(asset) => send(asset, headers, method),
        None if assets.is_empty() => status(StatusCode::NOT_FOUND, BARE),
        None => status(StatusCode::NOT_FOUND, "not found\n"),
    }
}

/// Short addresses that people type.
fn moved(path: &str) -> Option<&'static str> {
    match path {
        "/" | "/m2" | "/m2/" | "/index.html" | "/index.php" | "/index.php/" => Some("/m2/index.html"),
        "/web" | "/web/" | "/store" | "/web/index.html" => Some("/web/store.html"),
        "/adm" | "/admin" => Some("/web/adm.html"),
        "/docs" | "/docs/" => Some("/docs/index.html"),
        _ => None,
    }
}

fn redirect(to: &str) -> Reply {
    let mut reply = status(StatusCode::FOUND, "");
    add(reply.headers_mut(), "location", to);
    reply
}

/// The last simulated messages, where the stock phone page looks for its code: in test mode, to this machine.
fn test_log(server: &Server, client: IpAddr) -> Reply {
    if server.env.test_mode() == 0 || !client.is_loopback() {
        return status(StatusCode::NOT_FOUND, "not found\n");
    }
    let mut reply = Response::new(full(server.env.mock_messages().join("\n")));
    let out = reply.headers_mut();
    add(out, "content-type", "text/plain; charset=UTF-8");
    add(out, "cache-control", "no-store");
    add(out, "x-content-type-options", "nosniff");
    reply
}

fn send(asset: &'static Asset, headers: &HeaderMap, method: &Method) -> Reply {
    // Weak: the compressed forms are the same file in other bytes.
    let etag = format!("W/\"{}\"", asset.etag);
    let sent = |name| {
        headers.get(name).and_then(|v: &hyper::header::HeaderValue| v.to_str().ok()).unwrap_or_default()
    };
    if known(sent(IF_NONE_MATCH), asset.etag) {
        let mut reply = Response::new(full(""));
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        caching(reply.headers_mut(), asset, &etag);
        return reply;
    }
    let accepted = sent(ACCEPT_ENCODING);
    let (bytes, encoding) = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if accepts(accepted, "br") => (bytes, Some("br")),
        (_, Some(bytes)) if accepts(accepted, "gzip") => (bytes, Some("gzip")),
        _ => (asset.identity, None),
    };
    let body = if *method == Method::HEAD { full("") } else { full(bytes) };
    let mut reply = Response::new(body);
    let out = reply.headers_mut();
    add(out, "content-type", asset.mime);
    add(out, "content-length", &bytes.len().to_string());
    caching(out, asset, &etag);
    add(out, "x-content-type-options", "nosniff");
    add(out, "referrer-policy", "same-origin");
    add(out, "content-security-policy", POLICY);
    add(out, "x-frame-options", "DENY");
    add(out, "permissions-policy", PERMISSIONS);
    add(out, "cross-origin-opener-policy", "same-origin");
    add(out, "cross-origin-resource-policy", "same-origin");
    if let Some(encoding) = encoding {
        add(out, "content-encoding", encoding);
    }
    reply
}

/// A hashed name never changes its content; a page must be asked for again.
fn caching(out: &mut HeaderMap, asset: &Asset, etag: &str) {
    add(out, "etag", etag);
    add(out, "vary", "accept-encoding");
    let rule = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    add(out, "cache-control", rule);
}

/// Whether the client has this very content, by one of the tags it names.
fn known(tags: &str, etag: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.trim_start_matches("W/").trim_matches('"') == etag)
}

/// `gzip, br;q=0.9`: named, and not refused.
pub fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        named && weight > 0.0
    })
}

fn status(code: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(full(text));
    *reply.status_mut() = code;
    let out = reply.headers_mut();
    add(out, "content-type", "text/plain; charset=UTF-8");
    add(out, "x-content-type-options", "nosniff");
    reply
}
