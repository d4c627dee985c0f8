//! `/ws`: the handshake of a WebSocket (RFC 6455), and its messages between a socket and a live connection.

use super::address;
use super::connection_limits::ConnectionPermit;
use super::guard::{Client, HttpGuard};
use super::reply::{Reply, foreign, full, refusal};
use super::run_to_completion::Unbroken;
use super::server::Site;
use super::shutdown::EndSignal;
use crate::live::{Close, Connection, Item, Live, Member, Next, Speaker};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode, Version};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

pub const PATH: &str = "/ws";

/// Bytes read at a time, and bytes written at a time: a connection keeps room for so many, and thousands of them wait.
const READ: usize = 1 << 10;
const WRITE: usize = 4 << 10;
/// How long a client may take to hear that its connection ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// A socket that was handed over by HTTP.
pub struct Upgraded<S> {
    pub stream: S,
    /// What the client sent after its handshake.
    pub ahead: Bytes,
    pub connection: Box<Connection>,
}

/// The answer to a handshake. If it is 101, the connection waits in the site for the socket to be handed over.
pub fn handshake(site: &Site, guard: &HttpGuard, client: &Client, head: &Parts) -> Reply {
    if head.method != Method::GET || head.version != Version::HTTP_11 || !asks_for_websocket(&head.headers) {
        return upgrade_required();
    }
    if head.headers.get(SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes) != Some(b"13") {
        return upgrade_required();
    }
    let Some(accept) = accept_key(&head.headers) else { return bad_handshake() };
    // A page of another site would speak in the name of a visitor, and could read what is answered.
    if guard.cross_site(&head.headers, client.secure).is_some() {
        return foreign();
    }
    let query = head.uri.query().unwrap_or_default();
    let key = address::throttle_key(client.ip);
    let Ok(speaker) = Speaker::of(query, &head.headers, client.shown.clone(), key) else {
        return bad_handshake();
    };
    site.hand_over(site.door.live.open(speaker));
    let mut reply = Response::new(full(""));
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = reply.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    reply
}

fn asks_for_websocket(headers: &HeaderMap) -> bool {
    names(headers, CONNECTION, "upgrade") && names(headers, UPGRADE, "websocket")
}

fn names(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let values = headers.get_all(name);
    let words = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    words.map(str::trim).any(|item| item.eq_ignore_ascii_case(word))
}

/// From a key of 16 bytes in base64.
fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    use base64::Engine;
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let (Some(key), None) = (keys.next(), keys.next()) else { return None };
    let decoded = base64::engine::general_purpose::STANDARD.decode(key.as_bytes()).ok()?;
    (decoded.len() == 16).then(|| derive_accept_key(key.as_bytes())).and_then(|key| key.try_into().ok())
}

fn upgrade_required() -> Reply {
    let mut reply =
        refusal(StatusCode::UPGRADE_REQUIRED, "[1,\"请使用WebSocket\",\"this is for WebSocket\"]\n");
    let headers = reply.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    reply
}

pub fn bad_handshake() -> Reply {
    refusal(StatusCode::BAD_REQUEST, "[1,\"WebSocket握手不正确\",\"a bad handshake of WebSocket\"]\n")
}

/// Serves a socket that was handed over, on a task of its own: the one that spoke HTTP is free with all its room.
pub fn spawn<S>(upgraded: Upgraded<S>, place: ConnectionPermit, end_signal: EndSignal)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        // Held to the end: the connection counts, and the server waits for it when it stops.
        let _held = (place, end_signal);
        let Upgraded { stream, ahead, connection } = upgraded;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(0)
            .max_message_size(Some(connection.member().live.limits.frame))
            .max_frame_size(Some(connection.member().live.limits.frame));
        let socket =
            WebSocketStream::from_partially_read(stream, ahead.into(), Role::Server, Some(config)).await;
        Link::new(socket, connection).serve().await;
    });
}

/// A socket with its connection.
struct Link<S> {
    socket: WebSocketStream<S>,
    member: Arc<Member>,
    /// None while it works on a message.
    connection: Option<Box<Connection>>,
    work: Option<Unbroken<Box<Connection>>>,
    clock: Clock,
}

/// What ends a connection; None when its client or the network did.
type End = Option<Close>;

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    fn new(socket: WebSocketStream<S>, connection: Box<Connection>) -> Link<S> {
        let member = connection.member().clone();
        let clock = Clock::new(&member.live);
        Link { socket, member, connection: Some(connection), work: None, clock }
    }

    async fn serve(mut self) {
        let end = self.speak().await;
        self.member.live.stats.closed(end.as_ref());
        self.member.outbox.leave();
        if let Some(close) = end {
            let _ = timeout(FAREWELL, self.say_goodbye(&close)).await;
        }
    }

    async fn speak(&mut self) -> End {
        loop {
            let member = self.member.clone();
            let event = tokio::select! {
                biased;
                next = poll_fn(|cx| member.outbox.poll_next(cx, WRITE)) => Event::Next(next),
                done = poll_fn(|cx| poll_work(&mut self.work, cx)) => Event::Done(done),
                message = self.socket.next(), if self.work.is_none() => Event::Message(message),
                () = self.clock.tick() => Event::Tick,
            };
            let going_on = match event {
                Event::Next(Next::Send(items)) => self.send(items).await,
                Event::Next(Next::Close(close)) => Err(Some(close)),
                Event::Done(Some(connection)) => {
                    (self.work, self.connection) = (None, Some(connection));
                    Ok(())
                }
                Event::Done(None) => Err(Some(Close::FAULT)),
                Event::Message(message) => self.take(message),
                Event::Tick => self.tick().await,
            };
            if let Err(end) = going_on {
                return end;
            }
        }
    }

    fn take(&mut self, message: Option<Result<Message, WsError>>) -> Result<(), End> {
        match message {
            Some(Ok(Message::Text(text))) => {
                self.clock.heard();
                if let Some(connection) = self.connection.take() {
                    self.work = Some(Unbroken::new(connection.take(text)));
                }
                Ok(())
            }
            Some(Ok(Message::Pong(_) | Message::Ping(_) | Message::Frame(_))) => {
                self.clock.heard();
                Ok(())
            }
            Some(Ok(Message::Binary(_))) => Err(Some(Close::BAD_REQUEST)),
            Some(Err(WsError::Capacity(CapacityError::MessageTooLong { .. }))) => Err(Some(Close::LIMIT)),
            Some(Err(WsError::Protocol(_) | WsError::Utf8(_))) => Err(Some(Close::BAD_REQUEST)),
            // The answer to a close frame is on its way; then the socket ends.
            Some(Ok(Message::Close(_))) => Ok(()),
            Some(Err(_)) | None => Err(None),
        }
    }

    /// Pings, and looks whether the login goes on and whether the client answers.
    async fn tick(&mut self) -> Result<(), End> {
        if !self.member.is_admitted() && self.clock.is_late() {
            return Err(Some(Close::NOT_AUTHENTICATED));
        }
        if !self.member.goes_on() {
            return Err(Some(Close::RIGHTS_ENDED));
        }
        // While it works on a message it hears nothing.
        if self.clock.is_unanswered() && self.work.is_none() {
            return Err(Some(Close::SLOW));
        }
        self.clock.pinged();
        self.write(Message::Ping(Bytes::new())).await
    }

    /// Frames that are ready go together in one message, one in each line; a long one goes in pieces, so that no
    /// connection keeps room for it.
    async fn send(&mut self, items: Vec<Item>) -> Result<(), End> {
        let text = joined(items);
        if text.len() <= WRITE {
            let text = Utf8Bytes::try_from(text).map_err(|_| Some(Close::FAULT))?;
            return self.write(Message::Text(text)).await;
        }
        let mut at = 0;
        while at < text.len() {
            let end = (at + WRITE).min(text.len());
            let data = if at == 0 { Data::Text } else { Data::Continue };
            let frame = Frame::message(text.slice(at..end), OpCode::Data(data), end == text.len());
            self.write(Message::Frame(frame)).await?;
            at = end;
        }
        Ok(())
    }

    /// Writes a message, unless the connection has to end before it is taken.
    async fn write(&mut self, message: Message) -> Result<(), End> {
        let Link { socket, member, clock, .. } = self;
        let mut sent = pin!(socket.send(message));
        loop {
            tokio::select! {
                biased;
                sent = sent.as_mut() => return sent.map_err(|_| None),
                close = poll_fn(|cx| member.outbox.poll_cut(cx)) => return Err(Some(close)),
                () = clock.tick() => match clock.is_unanswered() {
                    true => return Err(Some(Close::SLOW)),
                    // What waits to be taken is as good as a ping.
                    false => clock.pinged(),
                },
            }
        }
    }

    /// Tells why, then listens until the client has heard it.
    async fn say_goodbye(&mut self, close: &Close) {
        let reason = close.reason();
        let frame = CloseFrame { code: close.code.into(), reason: reason.into() };
        if self.socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }
}

/// What a link has to do next.
enum Event {
    Next(Next),
    Done(Option<Box<Connection>>),
    Message(Option<Result<Message, WsError>>),
    Tick,
}

/// Resolves when the work on a message is done; never without work. None when it panicked.
fn poll_work(
    work: &mut Option<Unbroken<Box<Connection>>>,
    cx: &mut std::task::Context<'_>,
) -> std::task::Poll<Option<Box<Connection>>> {
    match work {
        Some(work) => Pin::new(work).poll(cx).map(Result::ok),
        None => std::task::Poll::Pending,
    }
}

fn joined(items: Vec<Item>) -> Bytes {
    let mut items = items.into_iter();
    match (items.next(), items.len()) {
        (Some(first), 0) => first.text,
        (first, _) => {
            let mut text = Vec::with_capacity(WRITE);
            for item in first.into_iter().chain(items) {
                if !text.is_empty() {
                    text.push(b'\n');
                }
                text.extend_from_slice(&item.text);
            }
            text.into()
        }
    }
}

/// When a connection is looked at the next time.
struct Clock {
    sleep: Pin<Box<Sleep>>,
    interval: Duration,
    /// Until when somebody must have logged in.
    login: Instant,
    /// A ping was sent, and nothing came since.
    unanswered: bool,
}

impl Clock {
    fn new(live: &Live) -> Clock {
        let (now, limits) = (Instant::now(), &live.limits);
        let sleep = Box::pin(sleep_until(now + limits.login.min(limits.ping)));
        Clock { sleep, interval: limits.ping, login: now + limits.login, unanswered: false }
    }

    async fn tick(&mut self) {
        self.sleep.as_mut().await;
    }

    fn is_late(&self) -> bool {
        Instant::now() >= self.login
    }

    fn heard(&mut self) {
        self.unanswered = false;
    }

    fn is_unanswered(&self) -> bool {
        self.unanswered
    }

    /// Not all connections are pinged in the same moment, though they were opened in one.
    fn pinged(&mut self) {
        self.unanswered = true;
        let next = self.interval.mul_f64(rand::random_range(0.9..=1.0));
        self.sleep.as_mut().reset(Instant::now() + next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Kind;

    #[test]
    fn words_of_a_handshake_are_found_in_lists_and_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, HeaderValue::from_static("keep-alive, upgrade"));
        headers.append(UPGRADE, HeaderValue::from_static("WebSocket"));
        assert!(asks_for_websocket(&headers));
        headers.insert(UPGRADE, HeaderValue::from_static("h2c"));
        assert!(!asks_for_websocket(&headers));
    }

    #[test]
    fn a_key_is_sixteen_bytes_and_given_once() {
        let mut headers = HeaderMap::new();
        assert!(accept_key(&headers).is_none());
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        assert_eq!(accept_key(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        headers.append(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        assert!(accept_key(&headers).is_none());
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("c2hvcnQ="));
        assert!(accept_key(&headers).is_none());
    }

    #[test]
    fn frames_that_go_together_have_a_line_each() {
        let item = |text: &'static str| Item { text: text.into(), kind: Kind::Kept };
        assert_eq!(joined(vec![item("{}")]), "{}");
        assert_eq!(joined(vec![item("{}"), item("[]"), item("1")]), "{}\n[]\n1");
    }
}
