//! The server: accepts connections, answers each request, ends gracefully.

use super::assets::Asset;
use super::body::{self, Unread};
use super::connection_limits::ConnectionLimits;
use super::guard::{HttpGuard, Peer};
use super::reply::{self, Replies, Reply};
use super::run_to_completion::{Panicked, Unbroken};
use super::shutdown::Shutdown;
use super::taking::Pace;
use super::tls::Tls;
use super::{address, connection, events, health, host, metrics, squeeze, static_pages, websocket};
use crate::call::headers::Headers;
use crate::call::name::Verb;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::live::query::Queries;
use crate::live::{Channels, Connection, Live};
use crate::log::Seldom;
use crate::pipeline::{self, Content, Head, Incoming};
use crate::server::Server;
use arc_swap::ArcSwap;
use hyper::body::{Body as _, Incoming as HyperBody};
use hyper::{Method, Request};
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub struct HttpServer {
    pub listener: TcpListener,
    pub server: Arc<Server>,
    /// The front ends: `assets::ASSETS`, sorted by path.
    pub assets: &'static [Asset],
}

/// What every request passes on its way in and out.
pub struct Door {
    /// Another one takes its place when the configuration has changed.
    guard: ArcSwap<HttpGuard>,
    replies: Replies,
    pub limits: Arc<ConnectionLimits>,
    pub live: Arc<Live>,
}

/// What every connection passes before its first request.
pub struct Gate {
    pub door: Arc<Door>,
    pub tls: Option<Arc<Tls>>,
    pub keepalive: Duration,
    pub pace: Pace,
    pub shutdown: Shutdown,
    /// Connections that could not be accepted.
    failed: Seldom,
}

impl Gate {
    fn new(config: &Config, door: Door, tls: Option<Tls>) -> Gate {
        let span = |name| Duration::from_millis(config.int(name).unsigned_abs());
        Gate {
            door: Arc::new(door),
            tls: tls.map(Arc::new),
            shutdown: Shutdown::new(),
            keepalive: span("P_KEEPALIVE"),
            pace: Pace { rate: config.int("P_SEND_RATE").unsigned_abs(), window: span("P_SEND_WINDOW") },
            failed: Seldom::new(Duration::from_secs(1)),
        }
    }
}

/// What a connection's requests need. Each connection has its own: were it shared, the threads would take its count
/// from each other with every request.
pub struct Site {
    pub server: Arc<Server>,
    pub assets: &'static [Asset],
    pub door: Arc<Door>,
    pub peer: Peer,
    /// What goes on over the socket of this connection when its handshake was answered.
    handed: Mutex<Option<Box<Connection>>>,
}

impl Site {
    pub fn new(server: Arc<Server>, assets: &'static [Asset], door: Arc<Door>, peer: Peer) -> Site {
        Site { server, assets, door, peer, handed: Mutex::default() }
    }

    /// The socket is to be handed over once the answer is sent.
    pub fn hand_over(&self, connection: Box<Connection>) {
        *self.handed.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    pub fn handed_over(&self) -> Option<Box<Connection>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// How long nobody is accepted when the process has no descriptor left, and others may close theirs.
const RECOVERY: Duration = Duration::from_millis(50);
/// How often the disks are looked at.
const DISK_LOOK: Duration = Duration::from_millis(500);
/// Serves until `stop` resolves, then lets open calls finish.
pub async fn serve(http_server: HttpServer, stop: impl Future<Output = ()>) -> Result<()> {
    let env = &http_server.server.env;
    let guard = ArcSwap::from_pointee(HttpGuard::new(&env.config)?);
    let limits = Arc::new(ConnectionLimits::new(&env.config));
    let tls = Tls::of(&env.config).map_err(Error::server)?;
    let live = Live::new(http_server.server.clone());
    live.add_source(Queries::new(&http_server.server));
    live.add_source(Arc::new(Channels::new(&live)));
    let gate = Gate::new(
        &env.config,
        Door { guard, replies: Replies::new(env.clone()), limits, live: live.clone() },
        tls,
    );
    let mut watches = JoinSet::new();
    watches.spawn(watch_disk(http_server.server.clone()));
    if let Some(tls) = &gate.tls {
        watches.spawn(tls.clone().watch());
    }
    // Weakly: the door leads to the server, which must not hold itself.
    let (door, tls) = (Arc::downgrade(&gate.door), gate.tls.clone());
    http_server.server.reload.tell_me(move |config| {
        let Some(door) = door.upgrade() else { return Ok(()) };
        door.guard.store(Arc::new(HttpGuard::new(config).map_err(|error| error.to_string())?));
        match &tls {
            Some(tls) => tls.renew(config),
            None if config.text("P_TLS_CERT").is_empty() => Ok(()),
            None => Err("P_TLS_CERT: to serve with TLS the server must be started anew".to_owned()),
        }
    });
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = http_server.listener.accept() => match accepted {
                Ok((stream, peer)) => connection::open(&http_server, &gate, stream, peer),
                Err(error) => gate.recover(&error).await,
            },
            () = &mut stop => break,
        }
    }
    drop(watches);
    drop(http_server.listener);
    live.end();
    let grace = Duration::from_millis(env.config.int("P_GRACE").unsigned_abs());
    let all_ended = tokio::select! {
        () = gate.shutdown.tell() => true,
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

/// The answer to one request. `held` is kept until the call has ended, even if its client is gone.
pub async fn answer(site: &Arc<Site>, request: Request<HyperBody>, held: impl Send + 'static) -> Reply {
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
    if path == websocket::PATH {
        // What follows a handshake is for the connection, no body.
        return match stream.is_end_stream() {
            true => websocket::handshake(site, &guard, &client, &head),
            false => websocket::bad_handshake(),
        };
    }
    if path == events::PATH {
        if guard.cross_site(&head.headers, client.secure).is_some() {
            return reply::foreign();
        }
        let cors = guard.cors(&head.method, &head.headers);
        drop(guard);
        return Box::pin(events::answer(site, replies, &client, &head, cors)).await;
    }
    let routed = server.env.registry.route(path).map(|action| Some(action.to_owned()));
    let Some(path) = routed.or_else(|| api_path(path)) else {
        if path == metrics::PATH && head.method == Method::GET && guard.shows_metrics(&client, &head.headers)
        {
            return metrics::answer(server, door.limits.len(), &door.live);
        }
        return health::answer(server, &head.method, path).unwrap_or_else(|| {
            let page =
                static_pages::answer(server, site.assets, &head.method, path, &head.headers, client.ip);
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
        Unbroken::new(async move {
            let _held = held;
            pipeline::serve(&site.server, head, content).await
        })
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
