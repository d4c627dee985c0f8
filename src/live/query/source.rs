//! Subscriptions to queries over a connection: `{"sub":{"ac":"Ordr.query","get":{…}}}`. The query is first made as the call that
//! it is, so that it is judged, limited and recorded like any other.

use super::run::{followable, no_format};
use super::{Holder, LiveQueries, LiveQuery, LiveRequest};
use crate::api::Args;
use crate::auth::Caller;
use crate::call::name::Action as Name;
use crate::call::params::Params;
use crate::error::{Code, Error, Result};
use crate::live::{Kind, Member, Opening, Source, Subscription, Wish};
use crate::pipeline::{self, Body, Content, Head};
use crate::server::Server;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The source of live queries.
pub struct Queries(Arc<LiveQueries>);

impl Queries {
    pub fn new(server: &Arc<Server>) -> Arc<Queries> {
        Arc::new(Queries(LiveQueries::new(server)))
    }
}

/// What a frame `sub` names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    ac: String,
    #[serde(default)]
    get: Map<String, Value>,
}

impl Source for Queries {
    fn takes(&self, what: &Value) -> bool {
        what.is_object()
    }

    fn open(&self, wish: Wish) -> Opening {
        let engine = self.0.clone();
        Box::pin(async move {
            let Wish { member, id, what, since: _ } = wish;
            let call: Call = serde_json::from_value(what).map_err(|_| {
                Error::param("`sub` of a query has `ac` and `get`")
                    .say("`sub`应为{\"ac\":…,\"get\":{…}}", "`sub` of a query is {\"ac\":…,\"get\":{…}}")
            })?;
            let name = Name::parse(&call.ac);
            // Before the call is made: what is no query must not be done.
            followable(&member.live.server.env, &name)?;
            made(&member, &call).await?;
            let begin = move || -> Result<Box<dyn Subscription>> {
                // The parameters as the call has them, with those of the handshake.
                let get = member.speaker().incoming(&call.ac, Params(call.get), false, None)?.params;
                let args = Args::new(&member.live.server.env, get.unwrap_or_default(), Params::default());
                let asked = LiveRequest { name, args };
                let answer = move |data: &Value, offset| {
                    json!({"id": id, "ok": {"q": id, "offset": offset, "data": data}})
                        .to_string()
                        .into_bytes()
                };
                let holder = Arc::new(Connected { member, ac: call.ac });
                let query = engine.subscribe(holder, id, asked, answer)?;
                Ok(Box::new(Open { _query: query }))
            };
            let begun = tokio::task::spawn_blocking(begin).await;
            begun.map_err(|error| Error::server(error.to_string()))?
        })
    }
}

/// Makes the call; gives its refusal.
async fn made(member: &Arc<Member>, call: &Call) -> Result<()> {
    let server = &member.live.server;
    let incoming = member.speaker().incoming(&call.ac, Params(call.get.clone()), false, None)?;
    let head = Head::new(&server.env, incoming);
    if head.gives_file(&server.env) {
        return Err(no_format());
    }
    let outgoing = pipeline::serve(server, head, Content::of_bytes(Vec::new())).await;
    let Body::Bytes(bytes) = outgoing.body else { return Err(no_format()) };
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    match answer[0].as_i64().and_then(|code| i32::try_from(code).ok()) {
        Some(0) => Ok(()),
        code => {
            let text = answer[1].as_str().unwrap_or_default().to_owned();
            let detail = answer[2].as_str().unwrap_or_default();
            Err(Error::new(Code(code.unwrap_or(Code::SERVER.0)), detail).say(text.clone(), text))
        }
    }
}

struct Open {
    _query: LiveQuery,
}

impl Subscription for Open {}

/// A connection as the engine sees it.
struct Connected {
    member: Arc<Member>,
    /// The action, by which a key of a program is judged.
    ac: String,
}

impl Holder for Connected {
    fn caller(&self) -> Result<Arc<Caller>> {
        if let Some(caller) = self.member.caller_now()? {
            return Ok(caller);
        }
        let incoming = self.member.speaker().incoming(&self.ac, Params::default(), false, None)?;
        Ok(pipeline::identify_by_head(&self.member.live.server, incoming)?.caller)
    }

    fn send(&self, frame: Vec<u8>) {
        self.member.send(frame.into(), Kind::Kept);
        self.member.live.stats.delivered(1);
    }
}
