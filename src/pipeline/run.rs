//! One call: run it in its place, render it, record it. A change and its record are one transaction; the
//! answer leaves after the commit.

use super::apart;
use super::outside::outside;
use super::parse::Parsed;
use super::place::{Place, place};
use super::record::{self, Ids, Row};
use super::who::Visit;
use super::{Body, Outgoing, render};
use crate::audit::{self, Need};
use crate::db::{Aftermath, Budget, CallState, Conn, Headers, Note, Outcome, Tx, no_note};
use crate::env::LogTable;
use crate::error::{Error, Result};
use crate::exec::passwords::{self, Hashes};
use crate::exec::{self, Answer};
use crate::house::House;
use crate::session::{self, CookieChange};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Machine steps a read may take on a thread that serves others, in thousands: about two milliseconds.
const INLINE_STEPS: i32 = 200;

pub async fn serve(house: &Arc<House>, parsed: &Arc<Parsed>, visit: Visit) -> Outgoing {
    let ids = Ids { call: house.env.next_log_id(LogTable::Call), item: None };
    let Written { body, cookie, headers } = serve_as(house, parsed, &visit, ids).await;
    Outgoing {
        body,
        content_type: crate::render::envelope::content_type(&parsed.view),
        log_id: ids.call,
        cookie: cookie.map(|change| (parsed.app.cookie(), change)),
        headers,
    }
}

/// The same for one call of a batch, whose row is another.
pub async fn serve_as(house: &Arc<House>, parsed: &Arc<Parsed>, visit: &Visit, ids: Ids) -> Written {
    if looks_at_log(house, parsed) {
        settle_log(house).await;
    }
    let chosen = place(&house.env, &visit.caller, &parsed.action, parsed.wants_file());
    match chosen.and_then(|place| allowed(parsed, visit, place)) {
        Ok(Place::Reader) => read(house, parsed, visit, ids).await,
        Ok(Place::Lane) => match Box::pin(hashes(house, parsed)).await {
            Ok(hashes) => {
                let call = parsed.clone();
                let work = move |tx: &mut Tx<'_>| {
                    tx.know_hashes(hashes);
                    exec::run(tx, &call.action, &call.args)
                };
                write(house, parsed, visit, ids, work).await
            }
            Err(error) => done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
        },
        Ok(Place::Outside { work, .. }) => {
            // Waiting here takes no thread; the place is given back when the answer is ready.
            let files = house.env.registry.own_action(&parsed.action).is_some_and(|action| action.takes_file);
            let _place = if files { house.intake.acquire().await.ok() } else { None };
            Box::pin(outside(house, parsed, visit, ids, work)).await
        }
        Err(error) => done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
    }
}

/// Who reads the log sees every call that was answered before.
fn looks_at_log(house: &House, parsed: &Parsed) -> bool {
    let object = parsed.action.object.as_ref().and_then(|object| house.env.registry.object(object));
    object.is_some_and(|def| matches!(def.decl.table, "ApiLog" | "ApiLog1"))
        || &*parsed.action.name == "execSql"
}

/// Waits for the rows of the log that nobody else waits for.
async fn settle_log(house: &House) {
    for _ in 0..house.db.lane.rounds_of_notes() {
        let (send, receive) = oneshot::channel();
        let answer = Box::new(move |_| {
            let _ = send.send(());
        });
        if house.db.lane.note(no_note(), answer).is_ok() {
            let _ = receive.await;
        }
    }
}

/// The hashes a write will store, made on a thread of its own.
async fn hashes(house: &Arc<House>, parsed: &Parsed) -> Result<Hashes> {
    let def = parsed.action.object.as_ref().and_then(|object| house.env.registry.object(object));
    let found = def.map(|def| passwords::found(def, &parsed.args.post.0)).unwrap_or_default();
    hash_apart(house, found).await
}

pub async fn hash_apart(house: &Arc<House>, found: Vec<String>) -> Result<Hashes> {
    if found.is_empty() {
        return Ok(Hashes::new());
    }
    let env = house.env.clone();
    let task = tokio::task::spawn_blocking(move || passwords::hash(&env, found));
    task.await.unwrap_or_else(|panic| Err(Error::server(panic.to_string())))
}

/// What browsers do in a visitor's name without asking him: a page of another site may change nothing, and a
/// script element (JSONP) gets nothing that a guest would not get.
fn allowed(parsed: &Parsed, visit: &Visit, place: Place) -> Result<Place> {
    let ambient = visit.session.is_some() || !visit.caller.is_guest() || parsed.action.object.is_none();
    let reads = matches!(place, Place::Reader | Place::Outside { reads: true, .. });
    if let (Some(why), false, true) = (&parsed.cross_site, reads, ambient) {
        return Err(foreign(why));
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

fn state(parsed: &Parsed, visit: &Visit, ids: Ids) -> CallState {
    CallState {
        log_id: ids.call,
        log1_id: ids.item,
        session: visit.draft(),
        debug_level: parsed.debug_level,
        ..CallState::default()
    }
}

/// A read: at once under a budget, on a thread of its own when that was not enough.
async fn read(house: &Arc<House>, parsed: &Arc<Parsed>, visit: &Visit, ids: Ids) -> Written {
    let tried = read_once(house, parsed, visit, ids, Budget::Steps(INLINE_STEPS));
    let result = match tried {
        Ok(Some(done)) => Ok(done),
        Ok(None) => Box::pin(read_apart(house, parsed, visit, ids)).await,
        Err(error) => Err(error),
    };
    match result {
        Ok((result, debug, headers)) => {
            let body = done(house, parsed, visit, ids, debug, result).await;
            Written { headers, ..body.into() }
        }
        Err(error) => done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
    }
}

/// A long read, on a thread of its own. Their number is limited: the rest wait, but not for ever.
async fn read_apart(house: &Arc<House>, parsed: &Arc<Parsed>, visit: &Visit, ids: Ids) -> Result<Read> {
    let limit = Duration::from_millis(house.env.query_timeout_ms());
    let busy = || {
        Error::db("too many long queries are running")
            .say("系统忙，请稍后再试", "the server is busy, please try again")
    };
    let waited = tokio::time::timeout(limit, house.slow_reads.acquire()).await.map_err(|_| busy())?;
    let _permit = waited.map_err(|_| busy())?;
    let (house, parsed, visit) = (house.clone(), parsed.clone(), visit.clone());
    let read = move || read_once(&house, &parsed, &visit, ids, Budget::Time(limit));
    match apart::run(read).await?? {
        Some(done) => Ok(done),
        None => Err(Error::server("a read without a budget of steps ran out of it")),
    }
}

type Read = (Result<Answer>, Vec<Value>, Headers);

fn read_once(
    house: &House,
    parsed: &Parsed,
    visit: &Visit,
    ids: Ids,
    budget: Budget,
) -> Result<Option<Read>> {
    house.db.read(budget, |conn| {
        let mut tx = Tx::new(conn, &house.env, visit.caller.clone(), state(parsed, visit, ids));
        let result = exec::run(&mut tx, &parsed.action, &parsed.args);
        match result {
            // The door must see this one, to move the call to another thread.
            Err(error) if crate::db::interrupted(&error) => Err(error),
            result => {
                let state = std::mem::take(&mut tx.state);
                Ok((result, state.debug, state.headers))
            }
        }
    })
}

/// Renders what changed nothing and records it: before the answer if the log is strict, else soon.
pub async fn done(
    house: &Arc<House>,
    parsed: &Parsed,
    visit: &Visit,
    ids: Ids,
    debug: Vec<Value>,
    result: Result<Answer>,
) -> Body {
    let (body, code) = render(house, &parsed.view, debug, result);
    if !house.env.audit().on() {
        return body;
    }
    let mut row = record::begin(house, parsed, visit, ids);
    row.finish(parsed.started, code, &body);
    note(house, row).await;
    body
}

/// Puts a row of the log in the lane; waits for it when the log is strict, or when the lane is behind with rows.
pub async fn note(house: &Arc<House>, row: Row) {
    let writer = house.clone();
    let note: Note = Box::new(move |_| {
        row.leave(&writer.chain, Need::Read);
        Ok(())
    });
    let queued = match house.env.audit().strict() || house.db.lane.is_behind() {
        true => {
            let (send, receive) = oneshot::channel();
            let answer = Box::new(move |_| {
                let _ = send.send(());
            });
            let queued = house.db.lane.note(note, answer);
            if queued.is_ok() {
                let _ = receive.await;
            }
            queued
        }
        false => house.db.lane.note_later(note),
    };
    if let Err(error) = queued {
        tracing::error!(%error, "a row of the log was not queued");
    }
}

/// A write: on the lane, with its record, answered after the commit.
pub async fn write(
    house: &Arc<House>,
    parsed: &Arc<Parsed>,
    visit: &Visit,
    ids: Ids,
    work: impl FnOnce(&mut Tx<'_>) -> Result<Answer> + Send + 'static,
) -> Written {
    let (send, receive) = oneshot::channel();
    let queued = {
        let (house, parsed, visit) = (house.clone(), parsed.clone(), visit.clone());
        let what = parsed.clone();
        house.clone().db.lane.write(what, move |conn| on_lane(conn, &house, &parsed, &visit, ids, work, send))
    };
    let result = match queued {
        Ok(()) => receive.await.map_err(|_| Error::server("a write was lost")),
        Err(error) => Err(error),
    };
    match result {
        Ok(written) => written,
        Err(error) => done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
    }
}

/// What a call comes to: its body, and what travels in the head of the answer.
pub struct Written {
    pub body: Body,
    pub cookie: Option<CookieChange>,
    pub headers: Headers,
}

impl From<Body> for Written {
    fn from(body: Body) -> Written {
        Written { body, cookie: None, headers: Headers::new() }
    }
}

fn on_lane(
    conn: &Conn,
    house: &Arc<House>,
    parsed: &Arc<Parsed>,
    visit: &Visit,
    ids: Ids,
    work: impl FnOnce(&mut Tx<'_>) -> Result<Answer>,
    send: oneshot::Sender<Written>,
) -> Outcome {
    let mut tx = Tx::new(conn, &house.env, visit.caller.clone(), state(parsed, visit, ids));
    let result = work(&mut tx).and_then(|answer| {
        exec::settle_files(&mut tx)?;
        Ok((answer, session::persist(&mut tx)?))
    });
    let after = tx.caller();
    let mut state = std::mem::take(&mut tx.state);
    let aftermath = std::mem::take(&mut state.aftermath);
    let debug = std::mem::take(&mut state.debug);
    let mut row = record::begin(house, parsed, visit, ids);
    match result {
        Ok((answer, (cookie, entry))) => {
            let (body, code) = render(house, &parsed.view, debug, Ok(answer));
            row.belongs_to(after.id, entry.as_ref().map(|entry| entry.public_name()));
            row.finish(parsed.started, code, &body);
            let objects = std::mem::take(&mut state.objlog);
            if let Some(entry) = entry {
                let house = house.clone();
                state.effects.push(Box::new(move |_| house.sessions.remember(entry)));
            }
            let headers = std::mem::take(&mut state.headers);
            let writer = house.clone();
            let note = Box::new(move |_: &Conn| {
                note_change(&writer, row, objects, ids);
                Ok(())
            });
            settle_kept(house, state, note, move |fate| {
                if fate.is_ok() {
                    let _ = send.send(Written { body, cookie, headers });
                }
            })
        }
        Err(error) => failed(house, parsed, row, (error, debug), aftermath, send),
    }
}

/// The rows that go with a change, unless the log is off.
pub fn note_change(house: &House, row: Row, objects: Vec<crate::db::ObjEntry>, ids: Ids) {
    if house.env.audit().on() {
        for record in audit::objects(objects, ids.call, ids.item) {
            house.chain.leave(record, Need::Change);
        }
        row.leave(&house.chain, Need::Change);
    }
}

/// Undoes the change and records the failure in its place.
fn failed(
    house: &Arc<House>,
    parsed: &Arc<Parsed>,
    mut row: Row,
    (error, debug): (Error, Vec<Value>),
    aftermath: Vec<Aftermath>,
    send: oneshot::Sender<Written>,
) -> Outcome {
    let (body, code) = render(house, &parsed.view, debug, Err(error));
    row.finish(parsed.started, code, &body);
    let writer = house.clone();
    Outcome::Undo {
        note: Box::new(move |conn| {
            outlive(conn, &writer, aftermath)?;
            note_change(&writer, row, Vec::new(), Ids { call: 0, item: None });
            Ok(())
        }),
        answer: Box::new(move |_| {
            let _ = send.send(body.into());
        }),
    }
}

/// Writes what a failed call leaves behind.
pub fn outlive(conn: &Conn, house: &House, aftermath: Vec<Aftermath>) -> Result<()> {
    let system = Arc::new(crate::auth::Caller::of_role(crate::auth::Role::Admin, 0));
    let mut tx = Tx::new(conn, &house.env, system, CallState::default());
    aftermath.into_iter().try_for_each(|work| work(&mut tx))
}

/// After the commit: sessions and accounts are seen anew, effects run, the answer leaves.
pub fn settle_kept(
    house: &Arc<House>,
    state: CallState,
    note: Note,
    answer: impl FnOnce(&Result<()>) + Send + 'static,
) -> Outcome {
    let house = house.clone();
    let answer = Box::new(move |fate: Result<()>| {
        if fate.is_ok() {
            state.forget_sessions.iter().for_each(|hash| house.sessions.forget(hash));
            state.forget_accounts.iter().for_each(|(app, uid)| house.sessions.forget_account(app, *uid));
            if state.accounts_touched {
                house.env.accounts_changed();
            }
            state.effects.into_iter().for_each(|effect| effect(&house.env));
        }
        answer(&fate);
    });
    Outcome::Keep { note, answer }
}

/// The end of a write of our own, which leaves no row in the log.
pub fn settle<T: Send + 'static>(
    house: &Arc<House>,
    state: CallState,
    result: Result<T>,
    answer: impl FnOnce(Result<T>) + Send + 'static,
) -> Outcome {
    match result {
        Ok(value) => settle_kept(house, state, no_note(), move |fate| answer(fate.clone().map(|()| value))),
        Err(error) => Outcome::Undo { note: no_note(), answer: Box::new(move |_| answer(Err(error))) },
    }
}
