//! Work that must hold neither a reader nor the writer lane: hashing, pictures, calls to the outside. It may
//! read as often as it likes; what it wants to write it gives back, to be run as one transaction.

use super::Answer;
use crate::auth::Caller;
use crate::db::{CallState, Headers, Tx};
use crate::error::{Error, Result};
use crate::pipeline::OwnWrite;
use crate::server::Server;
use crate::services::Services;
use crate::session::Draft;
use crate::throttle::limiter::{Key, Limiter, Wait};
use std::sync::Arc;
use std::time::Duration;

/// Work outside a transaction: it may read, call outside services and take its time, and leaves what is to be written to the end.
pub struct Stage<'a> {
    server: &'a Arc<Server>,
    caller: Arc<Caller>,
    session: Draft,
    log_id: i64,
    /// What the log calls it.
    name: String,
    standing: Standing,
    once: bool,
    headers: Headers,
}

/// Whether the caller still has the rights with which the call began: asked again where time has passed.
#[derive(Clone, Default)]
pub struct Standing(Option<Ask>);

type Ask = Arc<dyn Fn() -> Result<()> + Send + Sync>;

impl Standing {
    pub(crate) fn new(ask: impl Fn() -> Result<()> + Send + Sync + 'static) -> Standing {
        Standing(Some(Arc::new(ask)))
    }

    /// Refuses if the login has ended or its rights are not the same. The server's own work is always allowed.
    pub fn check(&self) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |ask| ask())
    }
}

/// The writing that is left to do, as one transaction.
pub type Rest = Box<dyn FnOnce(&mut Tx<'_>) -> Result<Answer> + Send>;

/// What is left of a staged action.
pub enum Prepared {
    /// All is done; this is the answer.
    Done(Answer),
    /// This is left to be written; it gives the answer.
    Write(Rest),
}

impl Prepared {
    /// Leaves a transaction to be run.
    pub fn write(work: impl FnOnce(&mut Tx<'_>) -> Result<Answer> + Send + 'static) -> Prepared {
        Prepared::Write(Box::new(work))
    }
}

impl<'a> Stage<'a> {
    /// For the pipeline, the clock and tests.
    pub fn new(server: &'a Arc<Server>, caller: Arc<Caller>, session: Draft) -> Stage<'a> {
        let (name, standing) = (String::new(), Standing::default());
        Stage { server, caller, session, log_id: 0, name, standing, once: false, headers: Headers::new() }
    }

    /// The row of the log that this work belongs to, and its action there.
    pub(crate) fn of_call(self, log_id: i64, name: String) -> Stage<'a> {
        Stage { log_id, name, ..self }
    }

    pub(crate) fn judged_by(self, standing: Standing) -> Stage<'a> {
        Stage { standing, ..self }
    }

    /// The call came with a key: it must be done once.
    pub(crate) fn done_once(self, once: bool) -> Stage<'a> {
        Stage { once, ..self }
    }

    /// For work that goes on for long: whether it still may.
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }

    /// What the log calls it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn caller_shared(&self) -> Arc<Caller> {
        self.caller.clone()
    }

    /// Writing that nobody waits for: `then` learns how it ended. It has a row of its own in the log, and its caller must
    /// have the same rights still when it begins.
    pub fn write_later<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        then: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Result<()> {
        if self.once {
            return Err(Error::param("param `_key`: what goes on after its call has no answer to be kept")
                .say("异步操作不支持`_key`", "an asynchronous call cannot have a `_key`"));
        }
        let own = OwnWrite { standing: self.standing.clone(), goes_on: true, ..self.own_write() };
        own.start(self.server, work, then)
    }

    fn own_write(&self) -> OwnWrite {
        OwnWrite {
            name: self.name.clone(),
            caller: self.caller.clone(),
            session: self.session.clone(),
            call: self.log_id,
            goes_on: false,
            standing: Standing::default(),
        }
    }

    /// What calls share: configuration, clock, registry.
    pub fn env(&self) -> &'a Services {
        &self.server.env
    }

    /// At most `n` times in any `seconds` seconds.
    pub fn limit(&self, key: &Key, n: u32, seconds: u32) -> Result<(), Wait> {
        self.env().limiter.limit(key, n, seconds)
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// A write of its own, committed whatever becomes of the call: what happened outside did happen. What it changes has
    /// a row of its own in the log.
    pub fn write_aside(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send + 'static) -> Result<()> {
        self.own_write().wait(self.server, work)
    }

    /// A note of the server itself in a table without a log, committed before this returns, whatever becomes of the call.
    pub fn note<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        OwnWrite { call: 0, ..self.own_write() }.wait(self.server, work)
    }

    /// A header of the answer.
    pub fn header(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.push((name, value.into()));
    }

    pub(crate) fn headers(self) -> Headers {
        self.headers
    }

    /// What only the framework's own actions look at.
    pub(crate) fn server(&self) -> &'a Arc<Server> {
        self.server
    }

    /// A look at the database, as the caller. If it shows staff private data, the log tells of it when this returns.
    pub fn read<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let limit = Duration::from_millis(self.server.env.query_timeout_ms());
        let state = CallState { session: self.session.clone(), ..CallState::default() };
        let (value, seen) = self.server.db.read_long(limit, limit, |conn| {
            let mut tx = Tx::new(conn, &self.server.env, self.caller.clone(), state);
            let value = work(&mut tx)?;
            Ok((value, std::mem::take(&mut tx.state.objlog)))
        })?;
        if !seen.is_empty() {
            self.write_aside(move |tx| {
                tx.state.objlog.extend(seen);
                Ok(())
            })?;
        }
        Ok(value)
    }
}
