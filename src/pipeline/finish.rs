//! The end of every write on the lane, whichever door it came through: a call, a batch, an import that goes on after
//! its call, a job, a write beside a call. Released files and the session are written in its transaction, its records go
//! with it, effects run after the commit, and records of a refusal are written although its changes are undone.

use super::record::{CallRow, Ids};
use crate::api::{Fate, Journal};
use crate::audit::{self, Need};
use crate::auth::{Caller, Role};
use crate::db::{Aftermath, CallState, Conn, Effect, Headers, ObjEntry, Outcome, Tx};
use crate::design::Ident;
use crate::error::{Code, Result};
use crate::integrations::subscriptions;
use crate::server::Server;
use crate::session::{self, CookieChange, Entry};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// A write that has run and is not kept or undone yet.
pub struct Ending {
    /// Whom the call made of its caller.
    pub caller: Arc<Caller>,
    pub cookie: Option<CookieChange>,
    pub headers: Headers,
    pub debug: Vec<Value>,
    pub objects: Vec<ObjEntry>,
    /// Of new rows, if they may be told although the write is undone: see `CallState::tells_ids`.
    pub ids: Vec<(Ident, i64)>,
    journal: Journal,
    entry: Option<Arc<Entry>>,
    state: CallState,
}

impl Ending {
    /// Writes what belongs to the end of the transaction, unless the work failed.
    pub fn of<T>(tx: &mut Tx<'_>, result: Result<T>) -> (Result<T>, Ending) {
        let result = result.and_then(|value| {
            crate::write::file_columns::settle(tx)?;
            subscriptions::tell(tx)?;
            Ok((value, session::persist(tx)?))
        });
        let (result, (cookie, entry)) = match result {
            Ok((value, session)) => (Ok(value), session),
            Err(error) => (Err(error), (None, None)),
        };
        let mut state = std::mem::take(&mut tx.state);
        let ending = Ending {
            caller: tx.caller(),
            cookie,
            headers: std::mem::take(&mut state.headers),
            debug: std::mem::take(&mut state.debug),
            objects: std::mem::take(&mut state.objlog),
            ids: std::mem::take(&mut state.new_ids),
            journal: std::mem::take(&mut state.journal),
            entry,
            state,
        };
        (result, ending)
    }

    /// The session the write began or changed, as logs name it.
    pub fn session_name(&self) -> Option<Arc<str>> {
        self.entry.as_ref().map(|entry| entry.public_name.clone())
    }

    /// Keeps the changes together with their records. `answer` hears whether they were committed.
    pub fn keep(
        self,
        server: &Arc<Server>,
        records: impl FnOnce(&Server) + Send + 'static,
        answer: impl FnOnce(Result<()>) + Send + 'static,
    ) -> Outcome {
        let Ending { entry, state, journal, .. } = self;
        let (writer, server) = (server.clone(), server.clone());
        Outcome::Keep {
            note: Box::new(move |_| {
                records(&writer);
                Ok(())
            }),
            answer: Box::new(move |fate| {
                journal.end(&server.env, if fate.is_ok() { Fate::Kept } else { Fate::Lost });
                match &fate {
                    Ok(()) => after_commit(&server, state, entry),
                    // Perhaps it was done: what its effects hold, such as a file that has no row yet, must not be
                    // given up before that is known.
                    Err(error) if error.code == Code::UNKNOWN => std::mem::forget(state.effects),
                    Err(_) => {}
                }
                answer(fate);
            }),
        }
    }

    /// What the write has asked of the memory that calls share, for another run of it.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Whether something is to be written although the write is refused.
    pub fn has_aftermath(&self) -> bool {
        !self.state.aftermath.is_empty()
    }

    /// Undoes the changes and writes the records of the refusal, and its aftermath (`Tx::even_if_refused`), whose changes are
    /// recorded under `ids`.
    pub fn undo(
        self,
        server: &Arc<Server>,
        ids: Ids,
        records: impl FnOnce(&Server) + Send + 'static,
        answer: impl FnOnce(Result<()>) + Send + 'static,
    ) -> Outcome {
        let (works, journal) = (self.state.aftermath, self.journal);
        let (writer, server) = (server.clone(), server.clone());
        if works.is_empty() {
            let note = Box::new(move |_: &Conn| {
                records(&writer);
                Ok(())
            });
            let answer = Box::new(move |fate: Result<()>| {
                journal.end(&server.env, Fate::Refused);
                answer(fate);
            });
            return Outcome::Undo { note, answer };
        }
        let left = Arc::new(Mutex::new(None));
        let filled = left.clone();
        Outcome::Undo {
            note: Box::new(move |conn| {
                let state = although_refused(conn, &writer, works, ids)?;
                records(&writer);
                *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
                Ok(())
            }),
            answer: Box::new(move |fate| {
                journal.end(&server.env, Fate::Refused);
                let state = left.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let (Ok(()), Some(state)) = (&fate, state) {
                    after_commit(&server, state, None);
                }
                answer(fate);
            }),
        }
    }
}

/// Runs what a refused write leaves to be written. It ends as all writes do, but for a session: it has none.
fn although_refused(conn: &Conn, server: &Server, works: Vec<Aftermath>, ids: Ids) -> Result<CallState> {
    let system = Arc::new(Caller::of_role(Role::Admin, 0));
    let mut tx = Tx::new(conn, &server.env, system, CallState { log_id: ids.call, ..CallState::default() });
    works.into_iter().try_for_each(|work| work(&mut tx))?;
    crate::write::file_columns::settle(&mut tx)?;
    let mut state = std::mem::take(&mut tx.state);
    record_objects(server, std::mem::take(&mut state.objlog), ids);
    Ok(state)
}

/// Sessions and accounts are seen anew, then effects run.
fn after_commit(server: &Server, state: CallState, entry: Option<Arc<Entry>>) {
    state.forget_sessions.iter().for_each(|hash| server.sessions.forget(hash));
    state.forget_accounts.iter().for_each(|(app, uid)| server.sessions.forget_account(app, *uid));
    if state.accounts_touched {
        server.env.accounts_changed();
    }
    if state.grants_touched {
        server.env.grants_changed();
    }
    state.effects.into_iter().for_each(|effect: Effect| effect(&server.env));
    if !state.jobs_due.is_empty() {
        server.env.queues.bell.ring(state.jobs_due);
    }
    if let Some(entry) = entry {
        server.sessions.remember(entry);
    }
}

/// Leaves the rows of a change to be written with it, unless the log is off.
pub fn record(server: &Server, row: CallRow, objects: Vec<ObjEntry>, ids: Ids) {
    if server.env.audit().on() {
        record_objects(server, objects, ids);
        row.leave(&server.chain, Need::Change);
    }
}

fn record_objects(server: &Server, objects: Vec<ObjEntry>, ids: Ids) {
    if server.env.audit().on() {
        for record in audit::objects(objects, ids.call, ids.item) {
            server.chain.leave(record, Need::Change);
        }
    }
}
