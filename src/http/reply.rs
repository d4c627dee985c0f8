//! Replies: the pipeline's answer with the protocol's headers around it.

use crate::api::{FileAnswer, FileBody};
use crate::db::Headers;
use crate::error::Error;
use crate::pipeline::{Body, Outgoing};
use crate::render::View;
use crate::services::Services;
use crate::session::CookieChange;
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, PRAGMA,
    RETRY_AFTER, SET_COOKIE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use std::sync::Arc;

pub type ReplyBody = BoxBody<Bytes, std::io::Error>;
pub type Reply = Response<ReplyBody>;
/// A client that came over TLS uses nothing else for a year.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
const LOG_ID: HeaderName = HeaderName::from_static("x-daca-log-id");

/// Headers that another site's page needs to read our answer.
pub type Cors = Vec<(&'static str, String)>;

/// Writes the replies of one server.
pub struct Replies {
    env: Arc<Services>,
    /// What every answer of the API says about itself: the same each time, so it is put together once. The
    /// content type and the log's id stand in it already, for a map that need not grow.
    usual: HeaderMap,
    /// Headers of answers to clients that came over TLS.
    secured: HeaderMap,
}

impl Replies {
    pub fn new(env: Arc<Services>) -> Replies {
        let usual = usual(&env);
        let mut secured = usual.clone();
        secured.insert(STRICT_TRANSPORT_SECURITY, TLS_ONLY);
        Replies { env, usual, secured }
    }

    pub fn from(&self, outgoing: Outgoing, cors: Cors, secure: bool) -> Reply {
        let usual = if secure { &self.secured } else { &self.usual };
        let mut reply = match outgoing.body {
            Body::Bytes(bytes) => {
                let mut reply = Response::new(full(bytes));
                *reply.headers_mut() = usual.clone();
                put(&mut reply, CONTENT_TYPE, outgoing.content_type);
                reply
            }
            Body::File(file) => {
                let mut reply = from_file(file);
                complete(reply.headers_mut(), usual);
                reply
            }
        };
        let headers = reply.headers_mut();
        for (name, mut value) in cors.into_iter().chain(outgoing.headers) {
            if secure && name == SET_COOKIE.as_str() {
                value.push_str("; Secure");
            }
            add(headers, name, &value);
        }
        match outgoing.log_id {
            0 => headers.remove(LOG_ID),
            id => headers.insert(LOG_ID, id.into()),
        };
        if let Some((name, change)) = outgoing.cookie {
            add(headers, SET_COOKIE.as_str(), &cookie(&self.env, &name, &change, secure));
        }
        reply
    }

    /// OPTIONS and HEAD: no call, no session, no row.
    pub fn empty(&self, cors: Cors) -> Reply {
        self.without_call(Vec::new(), "text/plain; charset=UTF-8", Vec::new(), cors)
    }

    /// A body that could not be read: the protocol's envelope, without a call.
    pub fn unread(&self, error: &Error, cors: Cors) -> Reply {
        let mut body = Vec::new();
        let view = View::default();
        crate::render::envelope::failure(&mut body, &view, error, self.env.test_mode() > 0);
        // The rest of the body is still on its way: this connection is of no further use.
        let mut headers = crate::pipeline::retry_header(error);
        headers.push(("connection", "close".into()));
        self.without_call(body, crate::render::envelope::content_type(&view), headers, cors)
    }

    /// An answer to a request whose body was not taken: the connection is of no further use.
    pub fn last(&self, mut outgoing: Outgoing, cors: Cors, secure: bool) -> Reply {
        outgoing.headers.push(("connection", "close".into()));
        self.from(outgoing, cors, secure)
    }

    pub fn panicked(&self, cors: Cors) -> Reply {
        self.unread(&Error::server("a call panicked"), cors)
    }

    fn without_call(&self, body: Vec<u8>, content_type: &'static str, headers: Headers, cors: Cors) -> Reply {
        let body = Body::Bytes(body);
        self.from(Outgoing { body, content_type, log_id: 0, cookie: None, headers }, cors, false)
    }
}

/// A file says itself what it is, and perhaps how long it may be kept.
fn complete(headers: &mut HeaderMap, usual: &HeaderMap) {
    let kept = headers.contains_key(CACHE_CONTROL);
    for (name, value) in usual {
        let own = *name == CONTENT_TYPE || (kept && (*name == CACHE_CONTROL || *name == PRAGMA));
        if !own {
            headers.insert(name, value.clone());
        }
    }
}

fn cookie(env: &Services, name: &str, change: &CookieChange, secure: bool) -> String {
    let path = env.url_path();
    let secure = if secure { "; Secure" } else { "" };
    match change {
        CookieChange::Set(key) => format!("{name}={key}; path={path}; HttpOnly; SameSite=Lax{secure}"),
        CookieChange::Clear => format!("{name}=; path={path}; HttpOnly; SameSite=Lax; Max-Age=0{secure}"),
    }
}

fn usual(env: &Services) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(""));
    headers.insert(LOG_ID, HeaderValue::from_static(""));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache, must-revalidate"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    add(&mut headers, "x-powered-by", env.powered_by());
    if !env.server_rev().is_empty() {
        add(&mut headers, "x-daca-server-rev", env.server_rev());
    }
    if env.test_mode() > 0 {
        add(&mut headers, "x-daca-test-mode", &env.test_mode().to_string());
        if let Some(mode) = env.config.mock.header() {
            add(&mut headers, "x-daca-mock-mode", &mode);
        }
    }
    headers
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

/// A reply to a client that came over TLS.
pub fn tls_only(mut reply: Reply) -> Reply {
    reply.headers_mut().entry(STRICT_TRANSPORT_SECURITY).or_insert(TLS_ONLY);
    reply
}

/// A short answer of HTTP itself, to a request that does not become a call.
pub fn refusal(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(full(text));
    *reply.status_mut() = status;
    put(&mut reply, CONTENT_TYPE, "text/plain; charset=UTF-8");
    reply
}

/// For one request more than its connection or its address may have at once.
pub fn one_too_many() -> Reply {
    let mut reply = refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "[3,\"系统忙，请稍后再试\",\"too many requests at once\"]\n",
    );
    put(&mut reply, RETRY_AFTER, "1");
    reply
}

/// For a request with more headers than anybody needs.
pub fn too_many_headers() -> Reply {
    refusal(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "[1,\"请求头过多\",\"too many headers\"]\n")
}

/// For another server, by its name (RFC 9110, 421).
pub fn misdirected() -> Reply {
    let text = "[5,\"测试模式下只接受以本机名称访问\",\"in test mode this server answers to the names of its own machine only\"]\n";
    refusal(StatusCode::MISDIRECTED_REQUEST, text)
}

/// For a request that names no host, two, or none that there can be (RFC 9112, 3.2). It may be the beginning of somebody
/// else's: nothing more is read from its connection.
pub fn without_host() -> Reply {
    let mut reply =
        refusal(StatusCode::BAD_REQUEST, "[1,\"请求须指明唯一的主机名\",\"a request must name one host\"]\n");
    put(&mut reply, CONNECTION, "close");
    reply
}

/// For a page of another site that would listen in the name of a visitor.
pub fn foreign() -> Reply {
    refusal(StatusCode::FORBIDDEN, "[5,\"拒绝跨站请求\",\"cross-site request refused\"]\n")
}

/// What an address on the deny list gets, and nothing else.
pub fn banned() -> Reply {
    refusal(StatusCode::OK, "[5,\"OK\"]\n")
}
