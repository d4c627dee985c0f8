//! The channels of a server: which there are, who follows them, and the task that listens to the change feed for them.

use super::listen::{Ear, News};
use super::right;
use super::state::{Number, State};
use super::talk::Said;
use crate::db::{FeedEvent, Follow};
use crate::error::{Error, Result};
use crate::live::Live;
use crate::plugin::LiveChannel;
use crate::server::Server;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Notify;
use tokio::time::{Instant, interval_at};

/// The channels of a server, with all that is followed of them.
pub struct Channels {
    pub(super) server: Arc<Server>,
    pub(super) live: Weak<Live>,
    pub(super) declared: Vec<Declared>,
    pub(super) state: Mutex<State>,
    pub(super) started: AtomicBool,
    /// Fleeting frames that are to be passed on.
    pub(super) said: Mutex<Vec<Said>>,
    pub(super) wake: Arc<Notify>,
}

/// A declared channel, with the tables that its rights rest on.
pub struct Declared {
    pub(super) channel: &'static LiveChannel,
    pub(super) table: &'static str,
    pub(super) rules: Vec<&'static str>,
}

/// The call whose right is the right to a channel.
pub(super) fn action(channel: &LiveChannel) -> String {
    format!("{}.query", channel.object)
}

/// The session table: who is logged in.
const SESSIONS: &str = "Session";

impl Channels {
    pub fn new(live: &Arc<Live>) -> Arc<Channels> {
        let server = live.server.clone();
        let declared = server.env.registry.channels().filter_map(|channel| {
            let def = server.env.registry.object(channel.object)?;
            Some(Declared { channel, table: def.decl.table, rules: right::tables_of_rules(def).collect() })
        });
        Arc::new(Channels {
            declared: declared.collect(),
            live: Arc::downgrade(live),
            state: Mutex::default(),
            started: AtomicBool::new(false),
            said: Mutex::default(),
            wake: Arc::default(),
            server,
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget(&self, number: Number) {
        let gone = self.state().remove(number);
        // Outside of the lock: it may be the last that holds its connection.
        drop(gone);
    }

    /// The channel of a name: `circle:7`.
    pub(super) fn find(&self, name: &str) -> Result<(usize, &'static LiveChannel, i64)> {
        let unknown =
            || Error::param("`sub` names no channel").say("没有这个频道", "there is no such channel");
        let (kind, key) = name.split_once(':').ok_or_else(unknown)?;
        let found = self.declared.iter().enumerate().find(|(_, declared)| declared.channel.name == kind);
        let (at, declared) = found.ok_or_else(unknown)?;
        let number: i64 = key.parse().map_err(|_| unknown())?;
        // One name for one channel.
        (number.to_string() == key).then_some((at, declared.channel, number)).ok_or_else(unknown)
    }

    /// The name of the database in which the offsets are.
    pub(super) fn epoch(&self) -> Result<String> {
        let live = self.live.upgrade().ok_or_else(|| Error::server("the server has ended"))?;
        if let Some(epoch) = live.epoch.get() {
            return Ok(epoch.clone());
        }
        let epoch = super::epoch::of(&self.server)?;
        Ok(live.epoch.get_or_init(|| epoch).clone())
    }

    /// Follows the feed from the first subscription on.
    pub(super) fn start(self: &Arc<Channels>) {
        if !self.started.swap(true, Ordering::AcqRel) {
            let tables = self
                .declared
                .iter()
                .flat_map(|declared| declared.rules.iter().copied().chain([declared.table]));
            let accounts = self.server.env.registry.logins().map(|login| login.table);
            let all = tables.chain(accounts).chain([SESSIONS]).filter(|table| !table.is_empty());
            let follow = self.server.db.lane.feed().follow(all);
            tokio::spawn(go_on(Arc::downgrade(self), follow));
        }
    }

    /// A round has failed: all come again and read what was missed, by another one who follows the feed.
    fn fail(&self) {
        self.started.store(false, Ordering::Release);
        let all: Vec<Number> = self.state().subs.keys().copied().collect();
        let error = Error::busy("the channels are begun anew");
        all.into_iter().for_each(|number| self.end(number, &error));
    }
}

/// Why a round begins.
enum Woken {
    Told(FeedEvent),
    Said,
    /// Now and then it is looked whether rows came without a word of the feed.
    Look,
}

/// Goes on as long as the server does.
async fn go_on(channels: Weak<Channels>, follow: Follow) {
    let Some((wake, mut look, mut ear)) = channels.upgrade().and_then(|channels| {
        let every = channels.live.upgrade()?.limits.ping;
        let look = interval_at(Instant::now() + every, every);
        Some((channels.wake.clone(), look, Ear { seen: channels.seen(), follow, news: News::default() }))
    }) else {
        return;
    };
    loop {
        let woken = tokio::select! {
            told = ear.follow.next() => Woken::Told(told),
            () = wake.notified() => Woken::Said,
            _ = look.tick() => Woken::Look,
        };
        if matches!(woken, Woken::Told(FeedEvent::End)) {
            return;
        }
        let Some(here) = channels.upgrade() else { return };
        let round = tokio::task::spawn_blocking(move || {
            match woken {
                Woken::Told(told) => here.take(&mut ear.news, told),
                Woken::Said => {}
                Woken::Look => ear.news = here.overdue(),
            }
            here.round(&mut ear);
            ear
        });
        match round.await {
            Ok(kept) => ear = kept,
            Err(error) => {
                tracing::error!(%error, "a round of the channels failed");
                return channels.upgrade().map_or((), |channels| channels.fail());
            }
        }
    }
}
