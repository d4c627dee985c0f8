//! `/sse`: channels as a stream of events, for clients that only listen. The id of an event tells how far its client is in
//! every channel; with it (`Last-Event-ID`) the browser goes on where it was.

use super::address;
use super::guard::Client;
use super::reply::{self, Cors, Replies, Reply};
use super::server::Site;
use crate::error::{Error, Result};
use crate::live::{Close, Connection, Item, Kind, Member, Next, Since, Speaker};
use crate::pipeline;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

pub const PATH: &str = "/sse";

/// Bytes of frames that are written at a time.
const WRITE: usize = 16 << 10;

/// The stream, or why there is none. A browser does not ask again for what is no stream of events.
pub async fn answer(site: &Site, replies: &Replies, client: &Client, head: &Parts, cors: Cors) -> Reply {
    if head.method != Method::GET {
        return reply::refusal(StatusCode::METHOD_NOT_ALLOWED, "[1,\"请使用GET\",\"only GET\"]\n");
    }
    match begin(site, client, head).await {
        Ok(events) => {
            let mut reply = Response::new(events.boxed());
            let headers = reply.headers_mut();
            reply::add(headers, "content-type", "text/event-stream; charset=utf-8");
            reply::add(headers, "cache-control", "no-store");
            reply::add(headers, "x-content-type-options", "nosniff");
            // A proxy that gathers what it passes on would keep events back.
            reply::add(headers, "x-accel-buffering", "no");
            cors.into_iter().for_each(|(name, value)| reply::add(headers, name, &value));
            reply
        }
        Err(error) => replies.from(pipeline::refusal(&site.server, &error), cors, client.secure),
    }
}

async fn begin(site: &Site, client: &Client, head: &Parts) -> Result<Events> {
    let query = head.uri.query().unwrap_or_default();
    let names = names(query);
    if names.is_empty() {
        return Err(Error::missing("sub"));
    }
    let key = address::throttle_key(client.ip);
    let speaker = Speaker::of(query, &head.headers, client.shown.clone(), key)?;
    let last = head.headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let since = last.and_then(|last| places(last, names.len()));
    let connection = site.door.live.open(speaker);
    // From here on it counts as one that has ended when it is dropped.
    let mut events = Events::new(connection, names.len());
    for (at, name) in (0_u32..).zip(names) {
        let place = since.as_ref().and_then(|since| since.get(at as usize)).cloned();
        if let Some(connection) = &mut events.connection {
            connection.subscribe(at, Value::String(name), place).await?;
        }
    }
    Ok(events)
}

/// `sub=circle:1&sub=circle:2`
fn names(query: &str) -> Vec<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let subs = pairs.filter(|(name, value)| *name == "sub" && !value.is_empty());
    subs.map(|(_, value)| percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned())
        .collect()
}

/// The places that an id of ours tells: `epoch:offset,offset`.
fn places(id: &str, count: usize) -> Option<Vec<Since>> {
    let (epoch, offsets) = id.split_once(':')?;
    let since = |offset: &str| Some(Since { epoch: epoch.to_owned(), offset: offset.parse().ok()? });
    offsets.split(',').map(since).collect::<Option<Vec<_>>>().filter(|places| places.len() == count)
}

/// The body of the answer.
struct Events {
    member: Arc<Member>,
    /// What it follows; None when it has ended.
    connection: Option<Box<Connection>>,
    /// How far the client is in each channel.
    offsets: Vec<i64>,
    sleep: Pin<Box<Sleep>>,
    end: Option<Close>,
}

impl Events {
    fn new(connection: Box<Connection>, channels: usize) -> Events {
        let member = connection.member().clone();
        let sleep = Box::pin(sleep_until(Instant::now() + member.live.limits.ping));
        Events { member, connection: Some(connection), offsets: vec![0; channels], sleep, end: None }
    }

    fn written(&mut self, items: Vec<Item>) -> Bytes {
        let mut out = BytesMut::with_capacity(items.iter().map(|item| item.text.len() + 64).sum());
        for Item { text, kind } in items {
            if let Kind::Offset { sub, offset } = kind
                && let Some(place) = self.offsets.get_mut(sub as usize)
            {
                *place = offset;
                let epoch = self.member.live.epoch.get().map_or("", String::as_str);
                let offsets: Vec<String> = self.offsets.iter().map(i64::to_string).collect();
                out.extend_from_slice(format!("id: {epoch}:{}\n", offsets.join(",")).as_bytes());
            }
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(&text);
            out.extend_from_slice(b"\n\n");
        }
        out.freeze()
    }

    /// The last event: why, and when to come again.
    fn farewell(&mut self, close: Close) -> Bytes {
        self.connection = None;
        let delay = close.delay_ms.map(|delay| format!("retry: {delay}\n")).unwrap_or_default();
        let text =
            format!("{delay}event: close\ndata: {{\"code\":{},\"why\":\"{}\"}}\n\n", close.code, close.why);
        self.end = Some(close);
        text.into()
    }

    fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        std::task::ready!(self.sleep.as_mut().poll(cx));
        let interval: Duration = self.member.live.limits.ping;
        self.sleep.as_mut().reset(Instant::now() + interval);
        // Registers the alarm anew; it has just been set into the future.
        let _ = self.sleep.as_mut().poll(cx);
        Poll::Ready(match self.member.goes_on() {
            true => Bytes::from_static(b":\n\n"),
            false => self.farewell(Close::RIGHTS_ENDED),
        })
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.end.is_some() {
            return Poll::Ready(None);
        }
        let piece = match self.member.clone().outbox.poll_next(cx, WRITE) {
            Poll::Ready(Next::Send(items)) => self.written(items),
            Poll::Ready(Next::Close(close)) => self.farewell(close),
            Poll::Pending => match self.poll_tick(cx) {
                Poll::Ready(piece) => piece,
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.member.live.stats.closed(self.end.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_places_are_read() {
        assert_eq!(names("_app=user&sub=circle%3A1&sub=circle:2&sub="), ["circle:1", "circle:2"]);
        assert!(names("").is_empty() && names("subs=a").is_empty());
        let place = |offset| Since { epoch: "k3".into(), offset };
        assert_eq!(places("k3:41,7", 2), Some(vec![place(41), place(7)]));
        for bad in ["", "k3", "k3:41", "k3:41,7,8", "k3:a,b", "k3:41,"] {
            assert_eq!(places(bad, 2), None, "{bad}");
        }
    }
}
