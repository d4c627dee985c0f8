//! Channels: rows of an object that are sent as they are written. Rows are the truth: the offset of a message is the id of
//! its row, what a client missed is a query, and a row is sent after its transaction has been committed, in the order of
//! ids, to those who may query it then.
//!
//! The hub follows the writer lane of this process; rows that another process writes are found at the next look.

mod epoch;
mod hub;
mod listen;
mod right;
mod rows;
mod send;
mod state;
mod talk;

pub use hub::Channels;

use super::frame;
use super::source::{Opening, Source, Subscription, Wish};
use crate::call::cond::{Compare, Cond, Literal};
use crate::db::{Budget, CallState, Tx};
use crate::error::{Error, Result};
use crate::plugin::LiveChannel;
use rows::Shown;
use serde_json::{Value, json};
use state::Number;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A subscription to a channel, as long as this lives.
struct Following {
    channels: Arc<Channels>,
    number: Number,
    name: String,
    /// When the second began in which fleeting frames are counted, and how many there were.
    second: Instant,
    said: u32,
}

impl Subscription for Following {
    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn say(&mut self, data: &Value) -> Result<()> {
        if self.second.elapsed() >= Duration::from_secs(1) {
            (self.second, self.said) = (Instant::now(), 0);
        }
        self.said += 1;
        if self.said > SAID_MAX || data.to_string().len() > SAID_LENGTH {
            return Err(Error::busy(format!("{SAID_MAX} frames a second, each of {SAID_LENGTH} bytes")));
        }
        self.channels.say(self.number, data)
    }
}

/// Fleeting frames that one may send in a second, and bytes of each.
const SAID_MAX: u32 = 10;
const SAID_LENGTH: usize = 1 << 10;

fn silent() -> Error {
    Error::forbidden("this channel takes no frames of clients")
        .say("该频道不接收客户端消息", "this channel takes no frames of clients")
}

impl Drop for Following {
    fn drop(&mut self) {
        self.channels.forget(self.number);
    }
}

/// What a subscription begins with.
struct Begin {
    offset: i64,
    /// The rows that were missed; None when there are too many, or when it is another database.
    missed: Option<Vec<Shown>>,
}

impl Source for Arc<Channels> {
    fn takes(&self, what: &Value) -> bool {
        what.is_string()
    }

    fn open(&self, wish: Wish) -> Opening {
        let channels = self.clone();
        Box::pin(async move {
            let opened = tokio::task::spawn_blocking(move || follow(&channels, wish));
            let following = opened.await.map_err(|panic| Error::server(panic.to_string()))??;
            Ok(Box::new(following) as Box<dyn Subscription>)
        })
    }
}

fn follow(channels: &Arc<Channels>, wish: Wish) -> Result<Following> {
    let Wish { member, id, what, since } = wish;
    let name = what.as_str().unwrap_or_default().to_owned();
    let (declared, channel, key) = channels.find(&name)?;
    channels.start();
    let epoch = channels.epoch()?;
    let action = hub::action(channel);
    let caller = member.caller(&action)?;
    let standing = channels.read(&caller, |tx| right::judge(tx, channel, key))?;
    // From here on new rows wait for it, and changes of its rights are noticed.
    let number = channels.state().add(
        (member.clone(), id),
        (declared, key),
        ((caller.app_type.clone(), caller.id), standing),
    );
    let following = Following { channels: channels.clone(), number, name, second: Instant::now(), said: 0 };
    let since = since.map(|since| (since.epoch == epoch).then_some(since.offset));
    let most = member.live.limits.recovered;
    let read = |tx: &mut Tx<'_>| {
        let standing = right::judge(tx, channel, key)?;
        Ok((standing, begin(tx, channel, key, since, most)?))
    };
    let (now, mut begin) = channels.read(&member.caller(&action)?, read)?;
    let mut answer = json!({"epoch": epoch, "offset": begin.offset});
    if since.is_some() {
        let missed = begin.missed.take();
        answer["recovered"] = missed.is_some().into();
        if let Some(missed) = missed {
            answer["data"] = missed.into_iter().map(|(_, row)| Value::Object(row)).collect();
        }
    }
    let mut text = frame::ok(id, &answer);
    if text.len() > member.outbox.most() / 2 {
        // Too much to be waited for on a slow line: the client reads it in pages.
        answer["recovered"] = false.into();
        answer.as_object_mut().map(|answer| answer.shift_remove("data"));
        text = frame::ok(id, &answer);
    }
    if since.is_some() {
        member.live.stats.recovered(answer["recovered"] == true);
    }
    let mut state = channels.state();
    state.stand(number, now);
    match state.begin(number, begin.offset, text) {
        true => Ok(following),
        // They were changed while it was read; whether they are enough shows the next time.
        false => Err(Error::busy("the rights to this channel have just changed")),
    }
}

/// What there is in one snapshot: the offset of the channel, and what was missed since another.
fn begin(
    tx: &mut Tx<'_>,
    channel: &LiveChannel,
    key: i64,
    since: Option<Option<i64>>,
    most: usize,
) -> Result<Begin> {
    let (env, conn) = (tx.env(), tx.conn());
    let offset = rows::top(env, conn, channel, key)?;
    let missed = match since.flatten() {
        Some(since) if rows::after(env, conn, channel, (key, since), most + 1)?.len() <= most => {
            let later = Cond::compare("id", Compare::Gt, Literal::Int(since));
            Some(rows::shown(tx, channel, key, later, most.max(1))?)
        }
        _ => None,
    };
    Ok(Begin { offset, missed })
}

impl Channels {
    /// A read as a caller, in one snapshot.
    fn read<T>(
        &self,
        caller: &Arc<crate::auth::Caller>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        let server = &self.server;
        let limit = Budget::Time(Duration::from_millis(server.env.query_timeout_ms()));
        let read = server.db.read(limit, |conn| {
            work(&mut Tx::new(conn, &server.env, caller.clone(), CallState::default()))
        })?;
        read.ok_or_else(|| Error::busy("a read of a channel was cut off"))
    }
}
