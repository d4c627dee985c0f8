//! What can be followed over a connection. Each kind of subscription has a source that opens them: channels, queries.

use super::frame::Since;
use super::member::Member;
use crate::error::{Error, Result};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A kind of subscriptions.
pub trait Source: Send + Sync {
    /// Whether it understands what a frame `sub` names.
    fn takes(&self, what: &Value) -> bool;

    /// Begins a subscription: puts the frame `ok` into the outbox of the member, then the frames that follow, and
    /// gives the subscription. An error is told to the client, and nothing was begun.
    fn open(&self, wish: Wish) -> Opening;
}

pub type Opening = Pin<Box<dyn Future<Output = Result<Box<dyn Subscription>>> + Send>>;

/// A subscription that a client asks for.
pub struct Wish {
    /// Who asks, and where frames go.
    pub member: Arc<Member>,
    /// The id of the frame `sub`, which names the subscription of this connection.
    pub id: u32,
    /// What it names: the name of a channel, or a call of `query`.
    pub what: Value,
    /// What the client has seen of it.
    pub since: Option<Since>,
}

/// A subscription that is open. It ends when it is dropped: from then on nothing is sent for it.
pub trait Subscription: Send + Sync {
    /// The name by which it may be ended beside its id.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Takes a fleeting frame of the client for all others who follow the same.
    fn say(&mut self, _data: &Value) -> Result<()> {
        Err(Error::forbidden("nobody else hears what is said here")
            .say("此订阅不接收客户端消息", "this subscription takes no frames of clients"))
    }
}
