//! Work that must hold neither a reader nor the writer lane: hashing, pictures, calls to the outside. It may
//! read as often as it likes; what it wants to write it gives back, to be run as one transaction.

use super::Answer;
use crate::auth::Caller;
use crate::db::{Budget, CallState, Headers, Outcome, Tx, no_note};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::house::House;
use crate::session::Draft;
use std::sync::Arc;
use std::time::Duration;

pub struct Stage<'a> {
    house: &'a Arc<House>,
    caller: Arc<Caller>,
    session: Draft,
    log_id: i64,
    headers: Headers,
}

/// The writing that is left to do, as one transaction.
pub type Rest = Box<dyn FnOnce(&mut Tx<'_>) -> Result<Answer> + Send>;

/// What is left of a staged action.
pub enum Prepared {
    Done(Answer),
    Write(Rest),
}

impl Prepared {
    pub fn write(work: impl FnOnce(&mut Tx<'_>) -> Result<Answer> + Send + 'static) -> Prepared {
        Prepared::Write(Box::new(work))
    }
}

impl<'a> Stage<'a> {
    pub fn new(house: &'a Arc<House>, caller: Arc<Caller>, session: Draft) -> Stage<'a> {
        Stage { house, caller, session, log_id: 0, headers: Headers::new() }
    }

    /// The row of the log that this work belongs to.
    pub(crate) fn logged_as(mut self, log_id: i64) -> Stage<'a> {
        self.log_id = log_id;
        self
    }

    pub(crate) fn caller_shared(&self) -> Arc<Caller> {
        self.caller.clone()
    }

    /// Writing that nobody waits for: `then` learns how it ended. It is recorded as part of this call.
    pub fn write_later<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        then: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Result<()> {
        crate::pipeline::write_later(self.house, self.caller.clone(), self.log_id, work, then)
    }

    pub fn env(&self) -> &'a Env {
        &self.house.env
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// A write of its own, committed whatever becomes of the call: what happened outside did happen.
    pub fn write_aside(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send + 'static) -> Result<()> {
        let env = self.house.env.clone();
        let caller = self.caller.clone();
        let (send, receive) = std::sync::mpsc::channel();
        self.house.db.lane.write(Arc::new("a write beside its call"), move |desk| {
            let mut tx = Tx::at(desk, &env, caller, CallState::default());
            let result = work(&mut tx);
            let kept = result.is_ok();
            let answer: crate::db::LaneAnswer = Box::new(move |fate| {
                let _ = send.send(result.and(fate));
            });
            match kept {
                true => Outcome::Keep { note: no_note(), answer },
                false => Outcome::Undo { note: no_note(), answer },
            }
        })?;
        receive.recv().map_err(|_| Error::server("the writer lane dropped a write"))?
    }

    /// A header of the answer.
    pub fn header(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.push((name, value.into()));
    }

    pub(crate) fn headers(self) -> Headers {
        self.headers
    }

    /// What only the framework's own actions look at.
    pub(crate) fn house(&self) -> &'a Arc<House> {
        self.house
    }

    /// A look at the database, as the caller.
    pub fn read<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let limit = Duration::from_millis(self.house.env.query_timeout_ms());
        let state = CallState { session: self.session.clone(), ..CallState::default() };
        let read = self.house.db.read(Budget::Time(limit), |conn| {
            work(&mut Tx::new(conn, &self.house.env, self.caller.clone(), state))
        })?;
        read.ok_or_else(|| Error::server("a read without a budget of steps ran out of it"))
    }
}
