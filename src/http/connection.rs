//! One connection: plain HTTP/1, or TLS with HTTP/1 or HTTP/2 inside, until it ends by itself, by a bound, or with the
//! server.

use super::connection_limits::ConnectionPermit;
use super::guard::Peer;
use super::head_timeout::{HEAD_TIME, HeadTimeout};
use super::reply::{self, Reply};
use super::server::{Gate, HttpServer, Site, answer};
use super::shutdown::EndSignal;
use super::socket::Socket;
use super::streams::{self, Counted, Stream, Streams, Verdict};
use super::tls::is_h2;
use super::websocket::{self, Upgraded};
use hyper::body::Incoming as HyperBody;
use hyper::header::{HOST, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Bytes read ahead and held back for one connection, and the most that the head of a request may have.
const BUFFER: usize = 64 << 10;
/// Of HTTP/2: headers of a request (as many as hyper takes of HTTP/1), bytes of bodies that may come before they are
/// read, requests taken back before they were looked at, and how often an open connection must show that it lives.
const HEADERS: usize = 100;
const WINDOW: u32 = 256 << 10;
const RESETS: usize = 50;
const PING: Duration = Duration::from_secs(30);
/// What a connection gets that is one too many.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/// What a client gets that does not speak TLS where it is spoken.
const NO_TLS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=UTF-8\r\n\
    Content-Length: 30\r\n\r\nuse https: this port needs it\n";
/// The first byte of TLS.
const HANDSHAKE: u8 = 22;

/// Serves a client that has just come.
pub fn open(http_server: &HttpServer, gate: &Gate, stream: TcpStream, peer: SocketAddr) {
    let Some(place) = gate.door.limits.enter(peer.ip()) else {
        let _ = stream.try_write(TOO_MANY);
        return;
    };
    let _ = stream.set_nodelay(true);
    let tls = gate.tls.as_ref().map(|tls| tls.acceptor());
    let (server, assets, door) = (http_server.server.clone(), http_server.assets, gate.door.clone());
    let site = Arc::new(Site::new(server, assets, door, Peer::new(peer.ip(), tls.is_some())));
    let head_timeout = HeadTimeout::new(gate.door.limits.clone(), gate.keepalive);
    let mut end_signal = gate.shutdown.signal();
    let keepalive = gate.keepalive;
    match tls {
        None => {
            let socket = Socket::new(stream, head_timeout.shared(), gate.pace);
            tokio::spawn(async move {
                let served = http1(site, socket, head_timeout, keepalive, &mut end_signal).await;
                ended(served, place, end_signal);
            });
        }
        Some(tls) => {
            let streams = Streams::new(gate.door.limits.clone(), peer.ip(), keepalive, gate.pace);
            let secured = Secured { site, head_timeout, streams, keepalive };
            let pace = gate.pace;
            tokio::spawn(async move {
                let served = secured.serve(stream, tls, pace, &mut end_signal).await;
                ended(served, place, end_signal);
            });
        }
    }
}

/// How HTTP on a socket ended: with the socket, or with a socket that goes on as a WebSocket.
type Served<S> = hyper::Result<Option<Upgraded<S>>>;

fn ended<S>(served: Served<S>, place: ConnectionPermit, end_signal: EndSignal)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match served {
        Ok(Some(upgraded)) => websocket::spawn(upgraded, place, end_signal),
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "a connection ended early"),
    }
}

async fn http1<S>(
    site: Arc<Site>,
    stream: S,
    head_timeout: HeadTimeout,
    keepalive: Duration,
    end_signal: &mut EndSignal,
) -> Served<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let here = site.clone();
    let service = service_fn(move |request| {
        let site = here.clone();
        // Boxed: a connection that waits for its next request then holds no room for one.
        Box::pin(async move { Ok::<_, Infallible>(sealed(&site, answer(&site, request, ()).await)) })
    });
    let mut connection = http1::Builder::new()
        .timer(head_timeout)
        .header_read_timeout(keepalive)
        // Hyper's own limit of headers, 100, is right: to name it would make it fill in a hundred places each time.
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let early = tokio::select! {
        biased;
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => Some(ended),
        () = end_signal.wait() => None,
    };
    match early {
        Some(ended) => ended?,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await?;
        }
    }
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    if let Some(connection) = site.handed_over() {
        return Ok(Some(Upgraded { stream, ahead: parts.read_buf, connection }));
    }
    // A client that is gone already cannot be told.
    let _ = stream.shutdown().await;
    Ok(None)
}

/// A connection for TLS.
struct Secured {
    site: Arc<Site>,
    head_timeout: HeadTimeout,
    streams: Arc<Streams>,
    keepalive: Duration,
}

impl Secured {
    async fn serve(
        self,
        stream: TcpStream,
        tls: TlsAcceptor,
        pace: super::taking::Pace,
        end_signal: &mut EndSignal,
    ) -> Served<TlsStream<Socket<TcpStream>>> {
        let shared = self.head_timeout.shared();
        let handshake = async {
            if !speaks_tls(&stream).await? {
                return refuse_plain(stream).await.map(|()| None);
            }
            tls.accept(Socket::new(stream, shared, pace)).await.map(Some)
        };
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(HEAD_TIME, handshake) => shaken,
            () = end_signal.wait() => return Ok(None),
        };
        match shaken {
            Ok(Ok(Some(stream))) if is_h2(stream.get_ref().1) => {
                http2(self.site, stream, self.streams, end_signal).await.map(|()| None)
            }
            Ok(Ok(Some(stream))) => {
                http1(self.site, stream, self.head_timeout, self.keepalive, end_signal).await
            }
            Ok(Ok(None)) | Err(_) => Ok(None),
            Ok(Err(error)) => {
                tracing::debug!(%error, "no TLS came about");
                Ok(None)
            }
        }
    }
}

async fn speaks_tls(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    // A client that goes away at once is left to the handshake, which ends as well.
    Ok(stream.peek(&mut first).await? == 0 || first == [HANDSHAKE])
}

async fn refuse_plain(mut stream: TcpStream) -> io::Result<()> {
    // What came is read first: with bytes left behind the end of the connection would overtake the answer.
    let _ = stream.try_read(&mut [0; 4096]);
    stream.write_all(NO_TLS).await?;
    stream.shutdown().await
}

async fn http2<S>(
    site: Arc<Site>,
    stream: S,
    streams: Arc<Streams>,
    end_signal: &mut EndSignal,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let begin = streams.clone();
    let service = service_fn(move |request| {
        let (site, stream) = (site.clone(), begin.begin());
        Box::pin(async move { Ok::<_, Infallible>(answer_stream(&site, request, stream).await) })
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams::MOST as u32)
        .max_header_list_size(BUFFER as u32)
        .max_pending_accept_reset_streams(RESETS)
        .max_send_buf_size(BUFFER)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut leaving = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            () = end_signal.wait(), if !leaving => {
                leaving = true;
                streams.leave();
                connection.as_mut().graceful_shutdown();
            }
            verdict = streams.verdict() => match verdict {
                Verdict::Leave => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
                Verdict::End => return Ok(()),
            },
        }
    }
}

/// One request of an HTTP/2 connection; without a `stream` it is one too many.
async fn answer_stream(
    site: &Arc<Site>,
    mut request: Request<HyperBody>,
    stream: Option<Arc<Stream>>,
) -> Response<Counted> {
    let reply = match &stream {
        None => reply::one_too_many(),
        Some(_) if request.headers().len() > HEADERS => reply::too_many_headers(),
        Some(stream) => {
            name_host(&mut request);
            answer(site, request, Some(stream.clone())).await
        }
    };
    sealed(site, reply).map(|body| Counted::new(body, stream))
}

/// HTTP/2 tells the host in the address of a request; a header that tells it too must agree, which is looked at later.
fn name_host(request: &mut Request<HyperBody>) {
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().entry(HOST).or_insert(host);
    }
}

/// What goes out over TLS asks for nothing else in future.
fn sealed(site: &Site, reply: Reply) -> Reply {
    if site.peer.tls { reply::tls_only(reply) } else { reply }
}
