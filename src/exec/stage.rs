//! Work that must hold neither a reader nor the writer lane: hashing, pictures, calls to the outside. It may
//! read as often as it likes; what it wants to write it gives back, to be run as one transaction.

use super::Answer;
use crate::auth::Caller;
use crate::db::{Budget, CallState, Tx};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::house::House;
use crate::session::Draft;
use std::sync::Arc;
use std::time::Duration;

pub struct Stage<'a> {
    house: &'a House,
    caller: Arc<Caller>,
    session: Draft,
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
    pub fn new(house: &'a House, caller: Arc<Caller>, session: Draft) -> Stage<'a> {
        Stage { house, caller, session }
    }

    pub fn env(&self) -> &'a Env {
        &self.house.env
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Sessions that were used since the database last heard of it: row and time.
    pub fn stale_sessions(&self) -> Vec<(i64, i64)> {
        self.house.sessions.stale()
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
