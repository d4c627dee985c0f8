//! Replies: the pipeline's answer with the protocol's headers around it.

use crate::env::Env;
use crate::error::Error;
use crate::exec::{FileAnswer, FileBody};
use crate::pipeline::{Body, Outgoing};
use crate::render::View;
use crate::session::CookieChange;
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, PRAGMA, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

pub type ReplyBody = BoxBody<Bytes, std::io::Error>;
pub type Reply = Response<ReplyBody>;
const POWERED_BY: HeaderName = HeaderName::from_static("x-powered-by");
const LOG_ID: HeaderName = HeaderName::from_static("x-daca-log-id");

/// Headers that another site's page needs to read our answer.
pub type Cors = Vec<(&'static str, String)>;

pub fn from(env: &Env, outgoing: Outgoing, cors: Cors, secure: bool) -> Reply {
    let mut reply = match outgoing.body {
        Body::Bytes(bytes) => {
            let mut reply = Response::new(full(bytes));
            // As many as there usually are: the map need not grow on its way.
            *reply.headers_mut() = HeaderMap::with_capacity(12);
            put(&mut reply, CONTENT_TYPE, outgoing.content_type);
            reply
        }
        Body::File(file) => from_file(file),
    };
    common(env, reply.headers_mut());
    let headers = reply.headers_mut();
    for (name, value) in cors.into_iter().chain(outgoing.headers) {
        add(headers, name, &value);
    }
    if outgoing.log_id > 0 {
        headers.insert(LOG_ID, outgoing.log_id.into());
    }
    if let Some((name, change)) = outgoing.cookie {
        add(headers, SET_COOKIE.as_str(), &cookie(env, &name, &change, secure));
    }
    reply
}

fn cookie(env: &Env, name: &str, change: &CookieChange, secure: bool) -> String {
    let path = env.url_path();
    let secure = if secure { "; Secure" } else { "" };
    match change {
        CookieChange::Set(key) => format!("{name}={key}; path={path}; HttpOnly; SameSite=Lax{secure}"),
        CookieChange::Clear => format!("{name}=; path={path}; HttpOnly; SameSite=Lax; Max-Age=0{secure}"),
    }
}

/// What every answer of the API says about itself.
fn common(env: &Env, headers: &mut HeaderMap) {
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache, must-revalidate"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(env.powered_by()) {
        headers.insert(POWERED_BY, value);
    }
    if !env.server_rev().is_empty() {
        add(headers, "x-daca-server-rev", env.server_rev());
    }
    if env.test_mode() > 0 {
        add(headers, "x-daca-test-mode", &env.test_mode().to_string());
        if let Some(mode) = env.config.mock.header() {
            add(headers, "x-daca-mock-mode", &mode);
        }
    }
}

pub fn add(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        headers.append(name, value);
    }
}

fn put(reply: &mut Reply, name: HeaderName, value: &'static str) {
    reply.headers_mut().insert(name, HeaderValue::from_static(value));
}

pub fn full(bytes: impl Into<Bytes>) -> ReplyBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

fn from_file(file: FileAnswer) -> Reply {
    let status = StatusCode::from_u16(file.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = match file.body {
        FileBody::Bytes(bytes) => full(bytes),
        FileBody::Stream(write) => super::stream::of(write),
        FileBody::Disk(path, from, length) => super::stream::of_disk(path, from, length),
    };
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    for (name, value) in file.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes()))
        {
            reply.headers_mut().insert(name, value);
        }
    }
    reply
}

/// The answer to a HEAD: what a GET would say about its body, without it. Hyper sends the length that the
/// headers state; what was never streamed is not read.
pub fn headers_only(reply: Reply) -> Reply {
    let (mut parts, body) = reply.into_parts();
    if let Some(length) = hyper::body::Body::size_hint(&body).exact().filter(|length| *length > 0) {
        parts.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(parts, full(""))
}

/// OPTIONS and HEAD: no call, no session, no row.
pub fn empty(env: &Env, cors: Cors) -> Reply {
    let outgoing = Outgoing {
        body: Body::Bytes(Vec::new()),
        content_type: "text/plain; charset=UTF-8",
        log_id: 0,
        cookie: None,
        headers: Vec::new(),
    };
    from(env, outgoing, cors, false)
}

/// A body that could not be read: the protocol's envelope, without a call.
pub fn unread(env: &Env, error: &Error, cors: Cors) -> Reply {
    let mut body = Vec::new();
    let view = View::default();
    crate::render::envelope::failure(&mut body, &view, error, env.test_mode() > 0);
    let mut outgoing = Outgoing {
        body: Body::Bytes(body),
        content_type: crate::render::envelope::content_type(&view),
        log_id: 0,
        cookie: None,
        headers: Vec::new(),
    };
    // The rest of the body is still on its way: this connection is of no further use.
    outgoing.headers.push(("connection", "close".into()));
    from(env, outgoing, cors, false)
}

pub fn panicked(env: &Env, cors: Cors) -> Reply {
    unread(env, &Error::server("a call panicked"), cors)
}

/// What an address on the deny list gets, and nothing else.
pub fn banned() -> Reply {
    let mut reply = Response::new(full("[5,\"OK\"]\n"));
    put(&mut reply, CONTENT_TYPE, "text/plain; charset=UTF-8");
    reply
}
