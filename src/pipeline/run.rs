//! One call: run it in its place, render it, record it. What changes something goes on in `write`.

use super::Outgoing;
use super::done::{Written, done};
use super::identify::Visit;
use super::low_priority_thread;
use super::once;
use super::parse::Parsed;
use super::record::Ids;
use super::route::{Place, place};
use super::staged::outside;
use super::write::{Writing, write};
use crate::api::{Answer, Journal};
use crate::db::{Budget, CallState, Conn, Headers, Tx, no_note};
use crate::error::{Error, Result};
use crate::server::Server;
use crate::services::LogTable;
use crate::write::passwords::{self, Hashes};
use serde_json::Value;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Machine steps a read may take on a thread that serves others, in thousands: about two milliseconds.
const INLINE_STEPS: i32 = 200;
/// What takes less on a thread of its own need not go to one again.
const SHORT: Duration = Duration::from_millis(1);

pub async fn serve(server: &Arc<Server>, parsed: &Arc<Parsed>, visit: Visit) -> Outgoing {
    let ids = Ids { call: server.env.next_log_id(LogTable::Call), item: None };
    let Written { body, cookie, headers } = serve_as(server, parsed, &visit, ids).await;
    ended(server, parsed, ids);
    Outgoing {
        body,
        content_type: crate::render::envelope::content_type(&parsed.view),
        log_id: told(server, &visit, ids),
        cookie: cookie.map(|change| (parsed.app.cookie(), change)),
        headers,
    }
}

/// Counts a call that has its answer, and says so if it was slow. Values are not logged.
pub fn ended(server: &Server, parsed: &Parsed, ids: Ids) {
    let (time, code) = (parsed.started.elapsed(), parsed.outcome.code());
    server.metrics.calls.ended(&parsed.action, code, time);
    if crate::db::is_slow(time) {
        let ms = time.as_millis() as u64;
        tracing::warn!(action = %parsed, ms, code, call = ids.call, trace = parsed.trace(), "a slow call");
    }
}

/// The number of the call's row in the log. Guests are not told: it is the number of all calls so far.
pub fn told(server: &Server, visit: &Visit, ids: Ids) -> i64 {
    // Nor is one told that no row will have.
    let known = (!visit.caller.is_guest() || server.env.test_mode() > 0) && !server.only_reads();
    if known { ids.call } else { 0 }
}

/// The same for one call of a batch, whose row is another.
pub async fn serve_as(server: &Arc<Server>, parsed: &Arc<Parsed>, visit: &Visit, ids: Ids) -> Written {
    if looks_at_log(server, parsed) {
        Box::pin(settle_log(server)).await;
    }
    let chosen = welcome(server, parsed, visit);
    // A call of a batch shares the batch's parameters, but no key.
    let once = match &chosen {
        Ok(Place::Lane | Place::Outside { reads: false, .. }) if ids.item.is_none() => {
            once::of(parsed, visit)
        }
        _ => Ok(None),
    };
    let keyed;
    let visit = match &once {
        Ok(Some(once)) => {
            keyed = Visit { once: Some(once.clone()), ..visit.clone() };
            &keyed
        }
        _ => visit,
    };
    match once.and(chosen) {
        Ok(Place::Reader) => read(server, parsed, visit, ids).await,
        Ok(Place::Lane) => match Box::pin(hashes(server, parsed)).await {
            Ok(hashes) => {
                let call = parsed.clone();
                let work = move |tx: &mut Tx<'_>| {
                    tx.know_hashes(hashes.clone());
                    crate::dispatch::run(tx, &call.action, &call.args)
                };
                write(server, parsed, visit, ids, Writing::Again(Box::new(work))).await
            }
            Err(error) => done(server, parsed, visit, ids, Vec::new(), Err(error)).await,
        },
        Ok(Place::Outside { work, .. }) => {
            // Waiting here takes no thread; the place is given back when the answer is ready.
            let files =
                server.env.registry.own_action(&parsed.action).is_some_and(|action| action.takes_file);
            let _place = if files { server.intake.acquire().await.ok() } else { None };
            Box::pin(outside(server, parsed, visit, ids, work)).await
        }
        Err(error) => done(server, parsed, visit, ids, Vec::new(), Err(error)).await,
    }
}

/// Whether the caller may make this call, and where it runs then.
pub fn welcome(server: &Server, parsed: &Parsed, visit: &Visit) -> Result<Place> {
    let chosen = place(&server.env, &visit.caller, &parsed.action, parsed.wants_file());
    chosen.and_then(|place| allowed(server, parsed, visit, place))
}

/// Who reads the log sees every call that was answered before.
fn looks_at_log(server: &Server, parsed: &Parsed) -> bool {
    let object = parsed.action.object.as_ref().and_then(|object| server.env.registry.object(object));
    object.is_some_and(|def| matches!(def.decl.table, "ApiLog" | "ApiLog1"))
        || &*parsed.action.name == "execSql"
}

/// Waits for the rows of the log that nobody else waits for.
async fn settle_log(server: &Server) {
    for _ in 0..server.db.lane.rounds_of_notes() {
        let (send, receive) = oneshot::channel();
        let answer = Box::new(move |_| {
            let _ = send.send(());
        });
        if server.db.lane.note(no_note(), answer).is_ok() {
            let _ = receive.await;
        }
    }
    server.db.show_log();
}

/// The hashes a write will store, made on a thread of its own.
async fn hashes(server: &Arc<Server>, parsed: &Parsed) -> Result<Hashes> {
    let def = parsed.action.object.as_ref().and_then(|object| server.env.registry.object(object));
    let found = def.map(|def| passwords::found(def, &parsed.args.post.0)).unwrap_or_default();
    hash_apart(server, found).await
}

pub async fn hash_apart(server: &Arc<Server>, found: Vec<String>) -> Result<Hashes> {
    if found.is_empty() {
        return Ok(Hashes::new());
    }
    let env = server.env.clone();
    let task = tokio::task::spawn_blocking(move || passwords::hash(&env, found));
    task.await.unwrap_or_else(|panic| Err(Error::server(panic.to_string())))
}

/// What browsers do in a visitor's name without asking him: a page of another site may change nothing, and a
/// script element (JSONP) gets nothing that a guest would not get.
fn allowed(server: &Server, parsed: &Parsed, visit: &Visit, place: Place) -> Result<Place> {
    let ambient = visit.session.is_some() || !visit.caller.is_guest() || parsed.action.object.is_none();
    let reads = matches!(place, Place::Reader | Place::Outside { reads: true, .. });
    if let (Some(why), true) = (&parsed.cross_site, ambient) {
        let action = server.env.registry.own_action(&parsed.action);
        if !reads || action.is_some_and(|action| action.own_site) {
            return Err(foreign(why));
        }
    }
    if parsed.view.jsonp.is_some() && (visit.session.is_some() || !visit.caller.is_guest()) {
        return Err(Error::forbidden("_jsonp is for guests only")
            .say("登录后不可使用JSONP", "JSONP is not for logged-in callers"));
    }
    Ok(place)
}

pub fn foreign(why: &str) -> Error {
    Error::forbidden(why).say("拒绝跨站请求", "cross-site request refused")
}

pub fn state(parsed: &Parsed, visit: &Visit, ids: Ids) -> CallState {
    CallState {
        log_id: ids.call,
        log1_id: ids.item,
        session: visit.draft(),
        debug_level: parsed.debug_level,
        ..CallState::default()
    }
}

/// A read: at once under a budget, on a thread of its own when that was not enough, now or when it came before.
async fn read(server: &Arc<Server>, parsed: &Arc<Parsed>, visit: &Visit, ids: Ids) -> Written {
    let is_long = !server.long_reads.is_empty() && server.long_reads.has(mark(parsed, visit));
    let mut journal = Journal::default();
    let tried = match is_long {
        true => Ok(None),
        false => {
            let budget = Budget::Steps(INLINE_STEPS);
            server.db.read(budget, |conn| execute(conn, server, parsed, visit, ids, &mut journal))
        }
    };
    let result = match tried {
        Ok(Some(done)) => Ok(done),
        Ok(None) => {
            if !is_long {
                server.long_reads.put(mark(parsed, visit));
            }
            Box::pin(read_apart(server, parsed, visit, ids, journal)).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok((result, debug, headers)) => {
            let mut written = done(server, parsed, visit, ids, debug, result).await;
            written.headers.extend(headers);
            written
        }
        Err(error) => done(server, parsed, visit, ids, Vec::new(), Err(error)).await,
    }
}

/// A long read, on a thread of its own. Their number is limited: the rest wait, but not for ever.
async fn read_apart(
    server: &Arc<Server>,
    parsed: &Arc<Parsed>,
    visit: &Visit,
    ids: Ids,
    mut journal: Journal,
) -> Result<Read> {
    let limit = Duration::from_millis(server.env.query_timeout_ms());
    let busy = || Error::busy("too many long queries are running");
    let waited = tokio::time::timeout(limit, server.slow_reads.acquire()).await.map_err(|_| busy())?;
    let _permit = waited.map_err(|_| busy())?;
    let (server, parsed, visit) = (server.clone(), parsed.clone(), visit.clone());
    let read = move || {
        let started = Instant::now();
        let read = server
            .db
            .read_long(limit, limit, |conn| execute(conn, &server, &parsed, &visit, ids, &mut journal));
        for statement in crate::db::slow_statements() {
            let (ms, plan) = (statement.ms, statement.plan);
            tracing::warn!(action = %parsed, call = ids.call, ms, plan, "a slow statement");
        }
        if started.elapsed() < SHORT {
            server.long_reads.remove(mark(&parsed, &visit));
        }
        read
    };
    low_priority_thread::run(read).await?
}

/// Stands for a read by this caller in just these words.
fn mark(parsed: &Parsed, visit: &Visit) -> u64 {
    let caller = &visit.caller;
    let words = (&parsed.action, &parsed.args.get.0, &parsed.args.post.0);
    foldhash::fast::FixedState::default().hash_one((words, caller.id, caller.bits))
}

type Read = (Result<Answer>, Vec<Value>, Headers);

/// Plans, lowers and executes a read on a connection. An interruption is left to the caller, who may read again elsewhere.
fn execute(
    conn: &Conn,
    server: &Server,
    parsed: &Parsed,
    visit: &Visit,
    ids: Ids,
    journal: &mut Journal,
) -> Result<Read> {
    let state = CallState { journal: journal.again(), ..state(parsed, visit, ids) };
    let mut tx = Tx::new(conn, &server.env, visit.caller.clone(), state);
    let result = crate::dispatch::run(&mut tx, &parsed.action, &parsed.args);
    match result {
        Err(error) if crate::db::interrupted(&error) => {
            *journal = std::mem::take(&mut tx.state.journal);
            Err(error)
        }
        result => {
            let state = std::mem::take(&mut tx.state);
            Ok((result, state.debug, state.headers))
        }
    }
}
