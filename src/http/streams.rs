//! The requests of one HTTP/2 connection. They are bounded as if each had come over a connection of its own: how many an
//! address may have at once, how slowly answers may be taken, how long a connection may be idle.
//!
//! A request is open from its first byte until its call has ended and the last piece of its answer was written. A
//! client that takes a request back ends neither: its call runs on and keeps its place, so opening and taking back
//! cannot bring more work than other requests can.

use super::connection_limits::{ConnectionLimits, ConnectionPermit};
use super::head_timeout::{HEAD_TIME, idle_time};
use super::reply::ReplyBody;
use super::taking::{Pace, Taking};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Requests at once on one connection.
pub const MOST: usize = 100;
/// Bytes that are handed to a connection at a time, so that it is seen how a client takes them.
const PIECE: usize = 16 << 10;
/// How often a connection is looked at, at least and at most.
const LOOK: std::ops::RangeInclusive<Duration> = Duration::from_millis(20)..=Duration::from_secs(5);
/// How long a client may take to end a connection that it was told to end.
const LEAVE: Duration = Duration::from_secs(2);

pub struct Streams {
    limits: Arc<ConnectionLimits>,
    ip: IpAddr,
    keepalive: Duration,
    pace: Pace,
    open: Mutex<Open>,
}

struct Open {
    by_id: HashMap<u64, Answer>,
    /// Requests so far.
    count: u64,
    /// Since when no request is open.
    idle: Instant,
    /// The client was told to end the connection.
    leaving: bool,
    /// It went on opening requests when it had too many.
    abusive: bool,
}

/// What is known of the answer to an open request.
#[derive(Default)]
struct Answer {
    /// Bytes that were handed to the connection and not written yet.
    held: u64,
    taking: Taking,
}

/// One open request.
pub struct Stream {
    streams: Arc<Streams>,
    id: u64,
    /// The first one has that of its connection.
    _place: Option<ConnectionPermit>,
}

/// What a connection should do.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tell the client to end it.
    Leave,
    /// End it at once.
    End,
}

impl Streams {
    pub fn new(limits: Arc<ConnectionLimits>, ip: IpAddr, keepalive: Duration, pace: Pace) -> Arc<Streams> {
        let open =
            Open { by_id: HashMap::new(), count: 0, idle: Instant::now(), leaving: false, abusive: false };
        Arc::new(Streams { limits, ip, keepalive, pace, open: Mutex::new(open) })
    }

    /// Takes up a request; None when there are too many of its connection or of its address.
    pub fn begin(self: &Arc<Streams>) -> Option<Arc<Stream>> {
        let mut open = self.lock();
        if open.by_id.len() >= MOST {
            open.abusive = true;
            return None;
        }
        let place = match open.by_id.is_empty() {
            true => None,
            false => Some(self.limits.share(self.ip)?),
        };
        open.count += 1;
        let id = open.count;
        open.by_id.insert(id, Answer::default());
        drop(open);
        Some(Arc::new(Stream { streams: self.clone(), id, _place: place }))
    }

    /// Resolves when the connection should be ended.
    pub async fn verdict(&self) -> Verdict {
        let look = (self.pace.window / 4).clamp(*LOOK.start(), *LOOK.end());
        loop {
            let now = Instant::now();
            match self.judge(now) {
                Ok(next) => sleep_until(next.min(now + look)).await,
                Err(verdict) => return verdict,
            }
        }
    }

    /// When to judge again at the latest, or that it is time to end.
    fn judge(&self, now: Instant) -> Result<Instant, Verdict> {
        let mut open = self.lock();
        if open.abusive {
            return Err(Verdict::End);
        }
        if open.by_id.is_empty() {
            let allowed = match (open.leaving, open.count) {
                (true, _) => LEAVE,
                (false, 0) => HEAD_TIME,
                (false, _) => idle_time(&self.limits, self.keepalive),
            };
            let end = open.idle + allowed;
            return match (end <= now, open.leaving) {
                (false, _) => Ok(end),
                (true, true) => Err(Verdict::End),
                (true, false) => {
                    (open.leaving, open.idle) = (true, now);
                    Err(Verdict::Leave)
                }
            };
        }
        if self.pace.rate == 0 {
            return Ok(now + *LOOK.end());
        }
        let waiting = open.by_id.values().filter(|answer| answer.taking.is_waiting()).count();
        let judged = open.by_id.values_mut().map(|answer| answer.taking.judge(self.pace, waiting, now));
        judged.min().flatten().ok_or(Verdict::End)
    }

    /// The server ends: the client was told to leave.
    pub fn leave(&self) {
        let mut open = self.lock();
        (open.leaving, open.idle) = (true, Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    fn gave(&self, bytes: usize) {
        if let Some(answer) = self.streams.lock().by_id.get_mut(&self.id) {
            answer.held += bytes as u64;
            answer.taking.waits(Instant::now());
        }
    }

    fn wrote(&self, bytes: usize) {
        if let Some(answer) = self.streams.lock().by_id.get_mut(&self.id) {
            let now = Instant::now();
            answer.held = answer.held.saturating_sub(bytes as u64);
            answer.taking.took(bytes as u64, now);
            if answer.held > 0 {
                answer.taking.waits(now);
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.by_id.remove(&self.id);
        if open.by_id.is_empty() {
            open.idle = Instant::now();
        }
    }
}

/// An answer on its way to a connection, in pieces that are counted when they were written.
pub struct Counted {
    body: ReplyBody,
    rest: Bytes,
    /// None for an answer to a request that was not taken up.
    stream: Option<Arc<Stream>>,
}

impl Counted {
    pub fn new(body: ReplyBody, stream: Option<Arc<Stream>>) -> Counted {
        Counted { body, rest: Bytes::new(), stream }
    }

    fn piece(&mut self) -> Bytes {
        let bytes = self.rest.split_to(self.rest.len().min(PIECE));
        match &self.stream {
            Some(stream) => {
                stream.gave(bytes.len());
                Bytes::from_owner(Piece { bytes, stream: stream.clone() })
            }
            None => bytes,
        }
    }
}

/// Dropped by the connection when it was written, or never will be.
struct Piece {
    bytes: Bytes,
    stream: Arc<Stream>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.stream.wrote(self.bytes.len());
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => self.rest = bytes,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(self.piece()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(most) = body.upper() {
            hint.set_upper(most + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::full;
    use super::*;
    use http_body_util::BodyExt;

    const PACE: Pace = Pace { rate: 1000, window: Duration::from_secs(10) };

    fn streams() -> Arc<Streams> {
        Streams::new(Arc::default(), IpAddr::from([192, 0, 2, 1]), Duration::from_secs(60), PACE)
    }

    fn after(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[test]
    fn a_connection_may_be_idle_as_long_as_any_other() {
        let streams = streams();
        assert!(streams.judge(after(10)).is_ok());
        assert_eq!(streams.judge(after(16)), Err(Verdict::Leave), "the first request has the time of a head");
        assert_eq!(streams.judge(after(30)), Err(Verdict::End), "it did not leave");
        let served = self::streams();
        let request = served.begin();
        assert!(served.judge(after(1000)).is_ok(), "the server may take its time");
        drop(request);
        assert!(served.judge(after(50)).is_ok());
        assert_eq!(served.judge(after(70)), Err(Verdict::Leave));
    }

    #[test]
    fn requests_that_were_taken_back_keep_their_places_while_their_calls_run() {
        let streams = streams();
        let mut calls: Vec<_> = (0..MOST).filter_map(|_| streams.begin()).collect();
        assert_eq!(calls.len(), MOST);
        assert!(streams.judge(after(0)).is_ok());
        calls.pop();
        assert!(streams.begin().is_some());
        let _all = (calls, streams.begin());
        assert!(streams.begin().is_none());
        assert_eq!(streams.judge(after(0)), Err(Verdict::End));
    }

    #[tokio::test]
    async fn an_answer_is_handed_over_in_pieces_that_must_be_taken() {
        let streams = streams();
        let mut body = Counted::new(full(vec![7; 3 * PIECE + 1]), streams.begin());
        assert_eq!(body.size_hint().exact(), Some(3 * PIECE as u64 + 1));
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            pieces.push(frame.unwrap().into_data().unwrap());
        }
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [PIECE, PIECE, PIECE, 1]);
        assert!(body.is_end_stream());
        drop(body);
        assert!(streams.judge(after(9)).is_ok());
        assert_eq!(streams.judge(after(11)), Err(Verdict::End), "nothing was taken");
        let other = self::streams();
        let mut body = Counted::new(full(vec![7; 10]), other.begin());
        let piece = body.frame().await;
        drop(body);
        assert_eq!(other.lock().by_id.len(), 1);
        drop(piece);
        assert!(other.lock().by_id.is_empty(), "all of it is written");
        assert!(other.judge(after(11)).is_ok());
    }
}
