//! The server: accepts connections, answers each request, ends gracefully.

use super::assets::Asset;
use super::body::{self, Unread};
use super::crowd::Crowd;
use super::guard::{Guard, Peer};
use super::patience::Patience;
use super::reply::{self, Replies, Reply};
use super::socket::{Pace, Socket};
use super::unbroken::{Panicked, Unbroken};
use super::{address, health, host, metrics, page, squeeze};
use crate::call::headers::Headers;
use crate::call::name::Verb;
use crate::config::Config;
use crate::error::Result;
use crate::log::Seldom;
use crate::pipeline::{self, Content, Head, Incoming};
use crate::server::Server;
use arc_swap::ArcSwap;
use hyper::body::{Body as _, Incoming as HyperBody};
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

pub struct HttpServer {
    pub listener: TcpListener,
    pub server: Arc<Server>,
    /// The front ends: `assets::ASSETS`, sorted by path.
    pub assets: &'static [Asset],
}

/// What every request passes on its way in and out.
struct Door {
    /// Another one takes its place when the configuration has changed.
    guard: ArcSwap<Guard>,
    replies: Replies,
    crowd: Arc<Crowd>,
}

/// What every connection passes before its first request.
struct Gate {
    door: Arc<Door>,
    keepalive: Duration,
    pace: Pace,
    /// Connections that could not be accepted.
    failed: Seldom,
}

impl Gate {
    fn new(config: &Config, door: Door) -> Gate {
        let span = |name| Duration::from_millis(config.int(name).unsigned_abs());
        Gate {
            door: Arc::new(door),
            keepalive: span("P_KEEPALIVE"),
            pace: Pace { rate: config.int("P_SEND_RATE").unsigned_abs(), window: span("P_SEND_WINDOW") },
            failed: Seldom::new(Duration::from_secs(1)),
        }
    }
}

/// What a connection's requests need. Each connection has its own: were it shared, the threads would take its count
/// from each other with every request.
struct Site {
    server: Arc<Server>,
    assets: &'static [Asset],
    door: Arc<Door>,
    peer: Peer,
}

/// Bytes read ahead and held back for one connection, and the most that the head of a request may have.
const BUFFER: usize = 64 << 10;
/// How long nobody is accepted when the process has no descriptor left, and others may close theirs.
const RECOVERY: Duration = Duration::from_millis(50);
/// How often the disks are looked at.
const DISK_LOOK: Duration = Duration::from_millis(500);
/// What a connection gets that is one too many.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Serves until `stop` resolves, then lets open calls finish.
pub async fn serve(http_server: HttpServer, stop: impl Future<Output = ()>) -> Result<()> {
    let env = &http_server.server.env;
    let guard = ArcSwap::from_pointee(Guard::new(&env.config)?);
    let crowd = Arc::new(Crowd::new(&env.config));
    let gate = Gate::new(&env.config, Door { guard, replies: Replies::new(env.clone()), crowd });
    let watch = tokio::spawn(watch_disk(http_server.server.clone()));
    let renewed = gate.door.clone();
    http_server.server.reload.tell_me(move |config| {
        renewed.guard.store(Arc::new(Guard::new(config).map_err(|error| error.to_string())?));
        Ok(())
    });
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = http_server.listener.accept() => match accepted {
                Ok((stream, peer)) => connection(&http_server, &gate, stream, peer, &graceful),
                Err(error) => gate.recover(&error).await,
            },
            () = &mut stop => break,
        }
    }
    watch.abort();
    drop(http_server.listener);
    let grace = Duration::from_millis(env.config.int("P_GRACE").unsigned_abs());
    let all_ended = tokio::select! {
        () = graceful.shutdown() => true,
        () = tokio::time::sleep(grace) => {
            tracing::warn!("some connections did not end in time");
            false
        }
    };
    http_server.server.close(all_ended);
    Ok(())
}

/// Looks how much room the disks have, often enough that nobody fills them in between.
async fn watch_disk(server: Arc<Server>) {
    loop {
        server.disk.look();
        tokio::time::sleep(DISK_LOOK).await;
    }
}

impl Gate {
    /// After a connection that could not be accepted.
    async fn recover(&self, error: &io::Error) {
        if let Some(times) = self.failed.due() {
            tracing::warn!(%error, times, "connections could not be accepted");
        }
        // A client that went away before it was accepted is nobody else's matter.
        if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            tokio::time::sleep(RECOVERY).await;
        }
    }
}

fn connection(
    http_server: &HttpServer,
    gate: &Gate,
    stream: TcpStream,
    peer: SocketAddr,
    graceful: &GracefulShutdown,
) {
    let Some(place) = gate.door.crowd.enter(peer.ip()) else {
        let _ = stream.try_write(TOO_MANY);
        return;
    };
    let _ = stream.set_nodelay(true);
    let (server, assets, door) = (http_server.server.clone(), http_server.assets, gate.door.clone());
    let site = Arc::new(Site { server, assets, door, peer: peer.ip().into() });
    let service = service_fn(move |request| {
        let site = site.clone();
        // Boxed: a connection that waits for its next request then holds no room for one.
        Box::pin(async move { Ok::<_, Infallible>(answer(&site, request).await) })
    });
    let patience = Patience::new(gate.door.crowd.clone(), gate.keepalive);
    let socket = Socket::new(stream, patience.shared(), gate.pace);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(patience)
        .header_read_timeout(gate.keepalive)
        // Hyper's own limit of headers, 100, is right: to name it would make it fill in a hundred places each time.
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(socket), service);
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        let _place = place;
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

async fn answer(site: &Arc<Site>, request: Request<HyperBody>) -> Reply {
    let Site { server, door, .. } = &**site;
    let Door { guard, replies, .. } = &**door;
    let guard = guard.load();
    let (head, stream) = request.into_parts();
    let path = below(server.env.url_path(), head.uri.path());
    let Some(client) = guard.client(&site.peer, &head.headers) else { return reply::banned() };
    if !host::is_named_well(head.version, &head.uri, &head.headers) {
        return reply::without_host();
    }
    if !guard.knows_host(&head.headers) {
        return reply::misdirected();
    }
    let routed = server.env.registry.route(path).map(|action| Some(action.to_owned()));
    let Some(path) = routed.or_else(|| api_path(path)) else {
        if path == metrics::PATH && head.method == Method::GET && guard.shows_metrics(&client, &head.headers)
        {
            return metrics::answer(server, door.crowd.len());
        }
        return health::answer(server, &head.method, path).unwrap_or_else(|| {
            let page = page::answer(server, site.assets, &head.method, path, &head.headers, client.ip);
            if client.secure { reply::tls_only(page) } else { page }
        });
    };
    let cors = guard.cors(&head.method, &head.headers);
    let cross_site = guard.cross_site(&head.headers, client.secure);
    // Few may be held at a time without a count that threads share.
    drop(guard);
    if head.method == Method::OPTIONS {
        return replies.empty(cors);
    }
    let headless = head.method == Method::HEAD;
    let query = head.uri.query().unwrap_or_default().to_owned();
    let headers = Headers::from(head.headers);
    let incoming = Incoming {
        verb: if headless { Verb::Get } else { Verb::parse(head.method.as_str()) },
        path,
        query,
        cross_site,
        headers: headers.clone(),
        address: client.shown,
        throttle_key: address::throttle_key(client.ip),
        params: None,
    };
    let head = Head::new(&server.env, incoming);
    if headless && !head.gives_file(&server.env) {
        return replies.empty(cors);
    }
    let read = match stream.is_end_stream() {
        true => Ok(Content::default()),
        // Boxed, as all that most requests do without: they hold no room for it.
        false => Box::pin(body::read(server, &head, &headers, stream)).await,
    };
    let content = match read {
        Ok(content) => content,
        Err(Unread::Failed(error)) => return replies.unread(&error, cors),
        Err(Unread::Refused(outgoing)) => return replies.last(outgoing, cors, client.secure),
    };
    let call = {
        let site = site.clone();
        Unbroken::new(async move { pipeline::serve(&site.server, head, content).await })
    };
    match call.await {
        Ok(outgoing) if headless => reply::headers_only(replies.from(outgoing, cors, client.secure)),
        Ok(outgoing) if squeeze::worth(&outgoing, &headers) => {
            replies.from(Box::pin(squeeze::squeeze(outgoing)).await, cors, client.secure)
        }
        Ok(outgoing) => replies.from(outgoing, cors, client.secure),
        Err(Panicked) => {
            tracing::error!("a call panicked");
            replies.panicked(cors)
        }
    }
}

/// The path below the place where the site is mounted, whether or not a proxy took that off already.
fn below<'p>(base: &str, path: &'p str) -> &'p str {
    match path.strip_prefix(base.trim_end_matches('/')) {
        Some(rest) if rest.starts_with('/') => rest,
        Some("") => "/",
        _ => path,
    }
}

/// The action's part of an API path; None when the path is not the API's.
fn api_path(path: &str) -> Option<Option<String>> {
    // The oldest clients know one script for pages and calls.
    let rest = path.strip_prefix("/index.php").filter(|rest| rest.len() > 1);
    let rest = rest.or_else(|| ["/api.php", "/api"].iter().find_map(|prefix| path.strip_prefix(prefix)))?;
    match rest.strip_prefix('/') {
        Some(action) if !action.is_empty() => {
            let decoded = percent_encoding::percent_decode_str(action).decode_utf8_lossy().into_owned();
            Some(Some(decoded))
        }
        Some(_) => Some(None),
        None if rest.is_empty() => Some(None),
        None => None,
    }
}
