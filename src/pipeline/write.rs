//! A call that changes something: it runs on the lane, with its record in the same transaction, and answers
//! after the commit.

use super::parse::Parsed;
use super::record::{self, Ids, Row};
use super::render;
use super::run::{Written, done, state};
use super::who::Visit;
use crate::audit::{self, Need};
use crate::db::{Aftermath, CallState, Conn, Desk, Note, ObjEntry, Outcome, Tx, no_note};
use crate::error::{Error, Result};
use crate::exec::{self, Answer};
use crate::house::House;
use crate::session;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// What a call writes.
pub enum Writing {
    /// Work that can be run again when what it wrote was undone.
    Again(Repeatable),
    /// Work that is used up.
    Once(exec::Rest),
}

type Repeatable = Box<dyn FnMut(&mut Tx<'_>) -> Result<Answer> + Send>;

/// A write: on the lane, with its record, answered after the commit.
pub async fn write(
    house: &Arc<House>,
    parsed: &Arc<Parsed>,
    visit: &Visit,
    ids: Ids,
    work: Writing,
) -> Written {
    let (call, answer) = OnLane::new(house, parsed, visit, ids);
    let (lane, what) = (&house.db.lane, parsed.clone());
    let queued = match work {
        Writing::Again(mut work) => lane.write_again(what, move |desk| call.run(desk, &mut *work)),
        Writing::Once(work) => lane.write(what, move |desk| call.run(desk, work)),
    };
    answered(house, parsed, visit, ids, queued, answer).await
}

/// Waits for what the lane makes of a call.
pub async fn answered(
    house: &Arc<House>,
    parsed: &Arc<Parsed>,
    visit: &Visit,
    ids: Ids,
    queued: Result<()>,
    answer: oneshot::Receiver<Written>,
) -> Written {
    let result = match queued {
        Ok(()) => answer.await.map_err(|_| Error::server("a write was lost")),
        Err(error) => Err(error),
    };
    match result {
        Ok(written) => written,
        Err(error) => done(house, parsed, visit, ids, Vec::new(), Err(error)).await.into(),
    }
}

/// A call on the lane.
pub struct OnLane {
    pub house: Arc<House>,
    pub parsed: Arc<Parsed>,
    pub visit: Visit,
    pub ids: Ids,
    /// What is known of its row before it runs: not the lane's work.
    pub row: Row,
    pub reply: Reply,
}

/// Where its answer goes. The lane may run a call again, so whichever outcome is kept takes it.
#[derive(Clone)]
pub struct Reply(Arc<Mutex<Option<oneshot::Sender<Written>>>>);

impl Reply {
    pub fn send(self, written: Written) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Whoever hung up meanwhile is not told.
        let _ = sender.map(|sender| sender.send(written));
    }
}

impl OnLane {
    pub fn new(
        house: &Arc<House>,
        parsed: &Arc<Parsed>,
        visit: &Visit,
        ids: Ids,
    ) -> (OnLane, oneshot::Receiver<Written>) {
        let (send, answer) = oneshot::channel();
        let reply = Reply(Arc::new(Mutex::new(Some(send))));
        let row = record::begin(house, parsed, visit, ids);
        let (house, parsed, visit) = (house.clone(), parsed.clone(), visit.clone());
        (OnLane { house, parsed, visit, ids, row, reply }, answer)
    }

    fn run(&self, desk: &Desk<'_>, work: impl FnOnce(&mut Tx<'_>) -> Result<Answer>) -> Outcome {
        let OnLane { house, parsed, visit, ids, row, reply } = self;
        let mut tx = Tx::at(desk, &house.env, visit.caller.clone(), state(parsed, visit, *ids));
        let result = work(&mut tx).and_then(|answer| {
            exec::settle_files(&mut tx)?;
            Ok((answer, session::persist(&mut tx)?))
        });
        let after = tx.caller();
        let mut state = std::mem::take(&mut tx.state);
        let aftermath = std::mem::take(&mut state.aftermath);
        let debug = std::mem::take(&mut state.debug);
        let mut row = row.clone();
        let reply = reply.clone();
        match result {
            Ok((answer, (cookie, entry))) => {
                let (body, code) = render(house, &parsed.view, debug, Ok(answer));
                row.belongs_to(after.id, entry.as_ref().map(|entry| entry.public_name.clone()));
                row.finish(parsed.started, code, &body);
                let objects = std::mem::take(&mut state.objlog);
                if let Some(entry) = entry {
                    let house = house.clone();
                    state.effects.push(Box::new(move |_| house.sessions.remember(entry)));
                }
                let headers = std::mem::take(&mut state.headers);
                let (writer, ids) = (house.clone(), *ids);
                let note = Box::new(move |_: &Conn| {
                    note_change(&writer, row, objects, ids);
                    Ok(())
                });
                settle_kept(house, state, note, move |fate| {
                    if fate.is_ok() {
                        reply.send(Written { body, cookie, headers });
                    }
                })
            }
            Err(error) => failed(house, parsed, row, (error, debug), aftermath, reply),
        }
    }
}

/// The rows that go with a change, unless the log is off.
pub fn note_change(house: &House, row: Row, objects: Vec<ObjEntry>, ids: Ids) {
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
    reply: Reply,
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
        answer: Box::new(move |_| reply.send(body.into())),
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
