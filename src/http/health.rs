//! `/healthz` and `/readyz`: whether the process lives, and whether it should get calls. Both are for supervisors and
//! load balancers, take part in no session and leave no record.

use super::reply::{Reply, add, full};
use crate::db::trouble;
use crate::server::Server;
use hyper::{Method, Response, StatusCode};

/// None when the path is another's.
pub fn answer(server: &Server, method: &Method, path: &str) -> Option<Reply> {
    let fault = match path {
        "/healthz" => None,
        "/readyz" => why_not(server),
        _ => return None,
    };
    let (code, text) = match (matches!(*method, Method::GET | Method::HEAD), fault) {
        (false, _) => (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD"),
        (true, None) => (StatusCode::OK, "ok"),
        (true, Some(fault)) => (StatusCode::SERVICE_UNAVAILABLE, fault),
    };
    let mut reply = Response::new(full(format!("{text}\n")));
    *reply.status_mut() = code;
    let out = reply.headers_mut();
    add(out, "content-type", "text/plain; charset=UTF-8");
    add(out, "cache-control", "no-store");
    add(out, "x-content-type-options", "nosniff");
    if code == StatusCode::METHOD_NOT_ALLOWED {
        add(out, "allow", "GET, HEAD");
    }
    Some(reply)
}

/// Why this server should get no calls, if it should not.
pub fn why_not(server: &Server) -> Option<&'static str> {
    trouble().or_else(|| server.disk.look()).or_else(|| start(server))
}

/// A server that could not write what its start has to write.
fn start(server: &Server) -> Option<&'static str> {
    server.only_reads().then_some("the disk could not be written at the start: the server only reads")
}
