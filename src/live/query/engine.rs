//! The engine of live queries: it begins subscriptions, runs those again that are due, and sends what differs.

use super::Holder;
use super::index::SubNumber;
use super::look::{LastLook, follow_feed};
use super::run::{LiveRequest, Ran, run};
use super::state::{LiveState, LiveSub, RunDue, SLOW_TICK};
use super::window::Window;
use crate::auth::Caller;
use crate::db::{Budget, Conn, FeedEvent};
use crate::error::{Code, Error, Result};
use crate::live::frame::told;
use crate::server::Server;
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Subscriptions that are run again before commits are looked at again.
const AT_ONCE: usize = 32;
/// A query that fails for a passing reason is tried so often.
const TRIES: u32 = 5;

/// The live queries of a server.
pub struct LiveQueries {
    server: Weak<Server>,
    state: Mutex<LiveState>,
    pub(super) wake: Notify,
    running: AtomicBool,
    runs: AtomicU64,
    pub(super) looked: Mutex<LastLook>,
}

/// A subscription; it ends when this is dropped, and nothing is sent for it from then on.
pub struct LiveQuery {
    engine: Arc<LiveQueries>,
    number: SubNumber,
}

impl Drop for LiveQuery {
    fn drop(&mut self) {
        self.engine.lock().remove(self.number);
    }
}

impl LiveQueries {
    pub fn new(server: &Arc<Server>) -> Arc<LiveQueries> {
        Arc::new(LiveQueries {
            server: Arc::downgrade(server),
            state: Mutex::default(),
            wake: Notify::new(),
            running: AtomicBool::new(false),
            runs: AtomicU64::new(0),
            looked: Mutex::new(LastLook::at_start()),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, LiveState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn server(&self) -> Result<Arc<Server>> {
        self.server.upgrade().ok_or_else(|| Error::server("the server has ended"))
    }

    /// Subscriptions that are open.
    pub fn count(&self) -> usize {
        self.lock().subs.len()
    }

    /// How often queries were run again.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Begins a subscription: `begun` makes the frame of the answer from the snapshot and its offset; it is sent before any
    /// other frame of the subscription. It reads, so it must not be called on a thread that serves others; the runtime of
    /// the engine is that of the first caller.
    pub fn subscribe(
        self: &Arc<LiveQueries>,
        holder: Arc<dyn Holder>,
        q: u32,
        asked: LiveRequest,
        begun: impl FnOnce(&Value, i64) -> Vec<u8>,
    ) -> Result<LiveQuery> {
        let server = self.server()?;
        self.start(&server);
        let caller = holder.caller()?;
        let feed = server.db.lane.feed();
        let mut interest = feed.interest();
        let asked = Arc::new(asked);
        loop {
            let (version, seen, started) = (feed.version(), self.lock().seen, Instant::now());
            let ran = self.read(&server, |conn| run(&server.env, conn, &caller, &asked))?;
            let tables = ran.filed.beside.iter().chain([&ran.filed.main]);
            let new = tables.filter(|table| interest.add(table)).count();
            // Perhaps they were not followed when it was read: changes since then were not told.
            if new > 0 && feed.version() != version {
                continue;
            }
            same_rights(&*holder, &caller)?;
            let data = serde_json::to_value(&ran.grid).unwrap_or_default();
            let took = started.elapsed();
            let mut state = self.lock();
            holder.send(begun(&data, ran.offset));
            let sub = LiveSub {
                holder,
                q,
                asked,
                caller,
                window: ran.window,
                offset: ran.offset,
                filed: ran.filed,
                filter: ran.filter,
                grouped: ran.grouped,
                interest,
                due: RunDue::No,
                took,
                apart: false,
                again: false,
                failures: 0,
            };
            let number = state.add(sub);
            // Commits that were looked at after the snapshot and before now did not find it.
            if state.seen != seen {
                state.touch(number);
                self.wake.notify_one();
            }
            drop(state);
            return Ok(LiveQuery { engine: self.clone(), number });
        }
    }

    pub(super) fn read<T>(&self, server: &Server, work: impl FnOnce(&Conn) -> Result<T>) -> Result<T> {
        let limit = Duration::from_millis(server.env.query_timeout_ms());
        let read = server.db.read(Budget::Time(limit), work)?;
        read.ok_or_else(|| Error::busy("a live query was cut off"))
    }

    fn start(self: &Arc<LiveQueries>, server: &Arc<Server>) {
        if self.running.swap(true, Ordering::AcqRel) {
            return;
        }
        let accounts = server.env.registry.logins().map(|login| login.table);
        let follow = server.db.lane.feed().follow(accounts);
        tokio::spawn(follow_feed(Arc::downgrade(self), follow));
    }

    /// One round: looks at what was told, then runs what is due.
    pub(super) fn round(&self, told: &[FeedEvent]) {
        let Ok(server) = self.server() else { return };
        if !told.is_empty()
            && let Err(error) = self.look_at(&server, told)
        {
            tracing::error!(%error, "changes could not be looked at: every live query is run again");
            self.lock().touch_all();
        }
        self.look_now_and_then(&server);
        let due = self.lock().take_due(AT_ONCE);
        for number in due {
            self.run_again(&server, number);
        }
    }

    /// A round for a query that takes long, beside the others.
    pub(super) fn round_apart(&self, number: SubNumber) {
        if let Ok(server) = self.server() {
            self.run_again(&server, number);
        }
        self.lock().ran_apart(number);
        self.wake.notify_one();
    }

    fn run_again(&self, server: &Server, number: SubNumber) {
        let found = {
            let state = self.lock();
            let sub = state.subs.get(&number);
            sub.map(|sub| (sub.holder.clone(), sub.asked.clone(), sub.caller.clone()))
        };
        let Some((holder, asked, before)) = found else { return };
        self.runs.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let ran = same_rights(&*holder, &before).and_then(|caller| {
            let ran = self.read(server, |conn| run(&server.env, conn, &caller, &asked))?;
            // Rights that ended while it was read.
            same_rights(&*holder, &before).map(|_| ran)
        });
        match ran {
            Ok(ran) => self.send(number, ran, started.elapsed()),
            Err(error) => self.failed(number, &error),
        }
    }

    fn send(&self, number: SubNumber, ran: Ran, took: Duration) {
        let Ran { grid, window, offset, filed, filter, grouped } = ran;
        let mut state = self.lock();
        state.refile(number, filed);
        let Some(sub) = state.subs.get_mut(&number) else { return };
        (sub.filter, sub.grouped, sub.failures, sub.took) = (filter, grouped, 0, took);
        let before: Window = std::mem::replace(&mut sub.window, window);
        if let Some(frame) = before.frame(&sub.window, &grid) {
            sub.offset = sub.offset.max(offset);
            sub.holder.send(framed(sub.q, Some(sub.offset), frame));
        }
        state.rest(number, took);
    }

    /// A passing fault is tried again; any other ends the subscription.
    fn failed(&self, number: SubNumber, error: &Error) {
        let passing = error.code == Code::DB;
        let mut state = self.lock();
        if let Some(sub) = state.subs.get_mut(&number)
            && passing
            && sub.failures < TRIES
        {
            sub.failures += 1;
            state.touch_at(number, Instant::now() + SLOW_TICK);
            return;
        }
        drop(state);
        self.end(number, error);
    }

    pub(super) fn end(&self, number: SubNumber, error: &Error) {
        let mut state = self.lock();
        if let Some(sub) = state.remove(number) {
            let mut frame = Map::new();
            frame.insert("err".into(), told(error, sub.caller.lang));
            sub.holder.send(framed(sub.q, None, frame));
        }
    }

    pub(super) fn idle_for(&self) -> Option<Duration> {
        self.lock().idle_for()
    }
}

/// The caller now, if the account and its rights are those of before.
pub(super) fn same_rights(holder: &dyn Holder, before: &Caller) -> Result<Arc<Caller>> {
    let now = holder.caller()?;
    let rights =
        |caller: &Caller| (caller.id, caller.bits, caller.app_type.clone(), caller.narrowing.clone());
    if rights(&now) == rights(before) {
        return Ok(now);
    }
    Err(match now.is_guest() && !before.is_guest() {
        true => Error::no_auth("the login has ended"),
        false => Error::forbidden("the caller's rights have changed")
            .say("权限已变更，请重新查询", "your rights have changed: ask again")
            .retry_after(1),
    })
}

fn framed(q: u32, offset: Option<i64>, frame: Map<String, Value>) -> Vec<u8> {
    let mut out = Map::new();
    out.insert("q".into(), q.into());
    out.extend(offset.map(|offset| ("offset".to_owned(), offset.into())));
    out.extend(frame);
    Value::Object(out).to_string().into_bytes()
}
