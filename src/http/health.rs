//! `/healthz` and `/readyz`: whether the process lives, and whether it should get calls. Both are for supervisors and
//! load balancers, take part in no session and leave no record.

use super::reply::{Reply, add, full};
use crate::db::trouble;
use crate::server::Server;
use hyper::{Method, Response, StatusCode};
use std::path::Path;

/// None when the path is another's.
pub fn answer(server: &Server, method: &Method, path: &str) -> Option<Reply> {
    let fault = match path {
        "/healthz" => None,
        "/readyz" => trouble().or_else(|| disk(server)).or_else(|| start(server)),
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

/// A server that could not write what its start has to write.
fn start(server: &Server) -> Option<&'static str> {
    server.only_reads().then_some("the disk could not be written at the start: the server only reads")
}

/// What is wrong with the disk of the database or of the data folder.
fn disk(server: &Server) -> Option<&'static str> {
    let config = &server.env.config;
    let floor = u64::try_from(config.int("P_DISK_FLOOR_MB")).unwrap_or_default() << 20;
    let database = server.db.path().parent().filter(|folder| !folder.as_os_str().is_empty());
    [database.unwrap_or(Path::new(".")), &config.data].into_iter().find_map(|folder| fault(folder, floor))
}

#[cfg(unix)]
fn fault(folder: &Path, floor: u64) -> Option<&'static str> {
    use rustix::fs::StatVfsMountFlags;
    // A folder that is not made yet has no disk of its own.
    let disk = rustix::fs::statvfs(folder).ok()?;
    match disk.f_bavail.saturating_mul(disk.f_frsize) {
        _ if disk.f_flag.contains(StatVfsMountFlags::RDONLY) => Some("the disk is read-only"),
        free if free < floor => Some("the disk is nearly full"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn fault(_folder: &Path, _floor: u64) -> Option<&'static str> {
    None
}
