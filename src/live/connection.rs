//! One live connection: it takes the frames of its client one after the other, as they come, and answers through its
//! outbox. How bytes travel is the business of `http`.

use super::close::Close;
use super::frame::{self, Asked, Call, Frame, Since};
use super::hub::{AddressPermit, Live};
use super::member::Member;
use super::outbox::Kind;
use super::source::{Subscription, Wish};
use super::speaker::Speaker;
use crate::call::params::Params;
use crate::error::{Error, Result};
use crate::pipeline::{self, Body, Content, Head, Outgoing};
use crate::session::CookieChange;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::Arc;

pub struct Connection {
    member: Arc<Member>,
    subs: Vec<Open>,
    /// A call of its own has ended the login that it lived by.
    logged_out: bool,
    _address: Option<AddressPermit>,
}

/// An open subscription, by the id of its frame.
struct Open {
    id: u32,
    sub: Box<dyn Subscription>,
    live: Arc<Live>,
}

/// The action by which a token becomes a login, as on the wire.
const LOGIN: &str = "login";

impl Connection {
    pub(super) fn new(member: Arc<Member>, address: Option<AddressPermit>) -> Connection {
        Connection { member, subs: Vec::new(), logged_out: false, _address: address }
    }

    pub fn member(&self) -> &Arc<Member> {
        &self.member
    }

    /// Takes a message of the client: frames, one in each line. It comes back when all are answered.
    pub async fn take(mut self: Box<Self>, text: impl AsRef<str> + Send) -> Box<Self> {
        for line in text.as_ref().split('\n').filter(|line| !line.trim().is_empty()) {
            if self.member.outbox.is_closing() {
                break;
            }
            if let Err(close) = self.frame(line).await {
                self.member.outbox.close(close);
            }
        }
        self
    }

    async fn frame(&mut self, line: &str) -> Result<(), Close> {
        let (id, asked) = match Frame::parse(line) {
            Ok(parsed) => parsed,
            // A client that names its frame is told what is wrong with it.
            Err(Some(id)) => {
                self.refuse(id, &frame::unknown());
                return Ok(());
            }
            Err(None) => return Err(Close::BAD_REQUEST),
        };
        match asked {
            Asked::Auth(auth) => return self.auth(id, auth).await,
            Asked::Call(call) => {
                self.call(id, call).await?;
                if self.logged_out {
                    return Err(Close::RIGHTS_ENDED);
                }
            }
            Asked::Sub { what, since } => {
                if let Err(error) = self.subscribe(id, what, since).await {
                    self.refuse(id, &error);
                }
            }
            Asked::Unsub(which) => {
                let ended = self.unsubscribe(&which);
                self.answer(frame::ok(id, &Value::Bool(ended)));
            }
            Asked::Send { channel, data } => match self.say(&channel, &data) {
                Ok(()) => self.answer(frame::ok(id, &Value::Bool(true))),
                Err(error) => self.refuse(id, &error),
            },
        }
        Ok(())
    }

    fn answer(&self, text: Bytes) {
        self.member.send(text, Kind::Kept);
    }

    fn refuse(&self, id: u32, error: &Error) {
        self.answer(frame::err(id, error, self.member.lang()));
    }

    /// A login by a token, as the app that the frame names.
    async fn auth(&mut self, id: u32, mut auth: Map<String, Value>) -> Result<(), Close> {
        let app = match auth.remove("app") {
            Some(Value::String(app)) => app,
            None => self.member.speaker().app.name.to_string(),
            Some(_) => return Err(Close::BAD_REQUEST),
        };
        if self.member.account().is_some() {
            let error = Error::param("somebody is logged in already").say("已登录", "logged in already");
            self.refuse(id, &error);
            return Ok(());
        }
        let speaker = match (*self.member.speaker()).clone().as_app(&app) {
            Ok(speaker) => speaker,
            Err(error) => {
                self.refuse(id, &error);
                return Ok(());
            }
        };
        self.member.become_speaker(speaker)?;
        let call = Call { ac: LOGIN.to_owned(), get: Map::new(), post: Some(Value::Object(auth)), key: None };
        let body = self.run(call).await?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if answer[0] == 0 && self.member.account().is_some() {
            self.answer(frame::ok(id, &answer[1]));
            return Ok(());
        }
        let told =
            serde_json::json!({"id": id, "err": {"code": answer[0], "msg": answer[1], "temporary": false}});
        self.answer(told.to_string().into());
        Err(Close::NOT_AUTHENTICATED)
    }

    /// A call through the pipeline, as a request of its own would make it.
    async fn call(&mut self, id: u32, call: Call) -> Result<(), Close> {
        let body = self.run(call).await?;
        let text = frame::re(id, &body);
        if text.len() > self.member.outbox.most() {
            let (length, most) = (text.len(), self.member.outbox.most());
            let error = Error::param(format!(
                "the answer has {length} bytes, a live connection takes {most}"
            ))
            .say("应答过大，请分页或改用HTTP调用", "the answer is too large: ask for pages, or over HTTP");
            self.refuse(id, &error);
            return Ok(());
        }
        self.answer(text);
        Ok(())
    }

    /// The body of an answer. What the call did to its session holds for the connection.
    async fn run(&mut self, call: Call) -> Result<Vec<u8>, Close> {
        let live = self.member.live.clone();
        let speaker = self.member.speaker();
        let posted = call.post.as_ref().map(|post| post.to_string().into_bytes());
        let incoming = speaker.incoming(&call.ac, Params(call.get), posted.is_some(), call.key.as_deref());
        let outgoing = match incoming {
            Ok(incoming) => {
                let head = Head::new(&live.server.env, incoming);
                match head.gives_file(&live.server.env) {
                    true => pipeline::refusal(&live.server, &no_files()),
                    false => {
                        let content = Content::of_bytes(posted.unwrap_or_default());
                        pipeline::serve(&live.server, head, content).await
                    }
                }
            }
            Err(error) => pipeline::refusal(&live.server, &error),
        };
        let Outgoing { body, cookie, .. } = outgoing;
        if let Some((_, change)) = cookie {
            self.follow_session(&speaker, change)?;
        }
        Ok(match body {
            Body::Bytes(bytes) => bytes,
            Body::File(_) => match pipeline::refusal(&live.server, &no_files()).body {
                Body::Bytes(bytes) => bytes,
                Body::File(_) => Vec::new(),
            },
        })
    }

    /// The call has begun another session, or ended the one that the connection lives by.
    fn follow_session(&mut self, speaker: &Speaker, change: CookieChange) -> Result<(), Close> {
        let before = self.member.account();
        let key = match &change {
            CookieChange::Set(key) => Some(key.as_str()),
            CookieChange::Clear => None,
        };
        self.member.become_speaker(speaker.clone().with_session(key))?;
        // What another account follows is its own business.
        if before.is_some() && before != self.member.account() {
            self.subs.clear();
        }
        self.logged_out = before.is_some() && change == CookieChange::Clear;
        Ok(())
    }

    /// Begins a subscription, which this id names.
    pub async fn subscribe(&mut self, id: u32, what: Value, since: Option<Since>) -> Result<()> {
        let member = self.member.clone();
        if !member.is_admitted() {
            return Err(Error::no_auth("log in before you subscribe"));
        }
        if self.subs.iter().any(|open| open.id == id) {
            return Err(Error::param(format!("`{id}` names a subscription already"))
                .say("该id已用于订阅", "this id names a subscription already"));
        }
        if self.subs.len() >= member.live.limits.subs {
            return Err(Error::param("P_LIVE_SUBS: too many subscriptions on one connection")
                .say("订阅过多", "too many subscriptions"));
        }
        let source = member.live.source_of(&what).ok_or_else(|| {
            Error::param("`sub` names neither a channel nor a query")
                .say("`sub`应为频道名或查询", "`sub` is the name of a channel or a query")
        })?;
        let sub = source.open(Wish { member: member.clone(), id, what, since }).await?;
        member.live.stats.subscribed();
        self.subs.push(Open { id, sub, live: member.live.clone() });
        Ok(())
    }

    fn unsubscribe(&mut self, which: &Value) -> bool {
        let is_meant = |open: &Open| match which {
            Value::Number(id) => id.as_u64() == Some(open.id.into()),
            Value::String(name) => open.sub.name() == Some(name),
            _ => false,
        };
        let before = self.subs.len();
        self.subs.retain(|open| !is_meant(open));
        before != self.subs.len()
    }

    /// A fleeting frame to all others who follow a channel that this connection follows.
    fn say(&mut self, channel: &str, data: &Value) -> Result<()> {
        let open = self.subs.iter_mut().find(|open| open.sub.name() == Some(channel));
        let open = open.ok_or_else(|| {
            Error::param(format!("`{channel}` is not followed over this connection"))
                .say("请先订阅该频道", "subscribe to the channel first")
        })?;
        open.sub.say(data)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.live.stats.unsubscribed();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.member.outbox.leave();
        self.member.live.left(self.member.number);
    }
}

fn no_files() -> Error {
    Error::param("files are given over HTTP")
        .say("文件请通过HTTP下载", "files are not given over a live connection: use HTTP")
}
