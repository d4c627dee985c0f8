//! Writes that no client waits for: those of jobs and of the start, those that go on after their call, and those beside a
//! call that are kept whatever becomes of it. They end as calls do, and what they change has a row of its own in ApiLog.

use super::finish::{Ending, record};
use super::record::{CallRow, Ids};
use crate::api::{Journal, Standing};
use crate::audit::{CallRecord, Words};
use crate::auth::{Caller, Role};
use crate::db::{CallState, Outcome, Tx, WriterConn};
use crate::error::{Error, Result};
use crate::server::Server;
use crate::services::LogTable;
use crate::session::Draft;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What a run of a write leaves to the next, which the lane may ask for.
#[derive(Default)]
struct Runs {
    /// Of its row in ApiLog; 0 = it has none yet.
    id: i64,
    journal: Journal,
}

/// Such a write, as its record names it.
pub struct OwnWrite {
    /// Its action in ApiLog: `job:sessions`, or the action of the call it belongs to.
    pub name: String,
    pub caller: Arc<Caller>,
    /// The session of the call it belongs to.
    pub session: Draft,
    /// The ApiLog row of that call; 0 = it belongs to none.
    pub call: i64,
    /// Whether it is what that call was made for (`async=1`): then an undo of the call finds it.
    pub goes_on: bool,
    /// Asked before it runs.
    pub standing: Standing,
}

impl OwnWrite {
    /// Of the server itself.
    pub fn of_server(name: impl Into<String>) -> OwnWrite {
        OwnWrite {
            name: name.into(),
            caller: Arc::new(Caller::of_role(Role::Admin, 0)),
            session: Draft::default(),
            call: 0,
            goes_on: false,
            standing: Standing::default(),
        }
    }

    /// Queues the write; `then` hears how it ended.
    pub fn start<T: Send + 'static>(
        self,
        server: &Arc<Server>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        then: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Result<()> {
        let (owner, mut runs) = (server.clone(), Runs::default());
        let what = Arc::new(self.name.clone());
        server.db.lane.write(what, move |writer| self.run(writer, &owner, &mut runs, work, then))
    }

    /// Queues a write that can be run again when what it wrote was undone, which is cheaper for everybody.
    pub fn start_again<T: Send + 'static>(
        self,
        server: &Arc<Server>,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        then: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Result<()> {
        let (owner, mut runs) = (server.clone(), Runs::default());
        let what = Arc::new(self.name.clone());
        // Whichever outcome is kept takes it.
        let then = Arc::new(Mutex::new(Some(then)));
        server.db.lane.write_again(what, move |writer| {
            let then = then.clone();
            let told = move |result| {
                let then = then.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(then) = then {
                    then(result);
                }
            };
            self.run(writer, &owner, &mut runs, &mut work, told)
        })
    }

    /// Queues the write and waits for its end.
    pub fn wait<T: Send + 'static>(
        self,
        server: &Arc<Server>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (send, receive) = std::sync::mpsc::channel();
        self.start(server, work, move |result| {
            let _ = send.send(result);
        })?;
        receive.recv().map_err(|_| Error::server("the writer lane dropped a write"))?
    }

    /// Queues a write that can be run again, and waits for its end.
    pub fn wait_again<T: Send + 'static>(
        self,
        server: &Arc<Server>,
        work: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (send, receive) = std::sync::mpsc::channel();
        self.start_again(server, work, move |result| {
            let _ = send.send(result);
        })?;
        receive.recv().map_err(|_| Error::server("the writer lane dropped a write"))?
    }

    fn run<T: Send + 'static>(
        &self,
        writer: &WriterConn<'_>,
        server: &Arc<Server>,
        runs: &mut Runs,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T>,
        then: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Outcome {
        let started = Instant::now();
        let state = CallState {
            log_id: self.call,
            session: self.session.clone(),
            journal: runs.journal.again(),
            ..CallState::default()
        };
        let mut tx = Tx::at(writer, &server.env, self.caller.clone(), state);
        if self.call != 0 && runs.id == 0 {
            runs.id = server.env.next_log_id(LogTable::Call);
        }
        let id = runs.id;
        let result = self.standing.check().and_then(|()| work(&mut tx)).and_then(|value| {
            if self.goes_on && !tx.state.objlog.is_empty() {
                tx.insert("CallWork", [("callId", json!(self.call)), ("workId", json!(id))])?;
            }
            Ok(value)
        });
        let (result, mut ending) = Ending::of(&mut tx, result);
        runs.journal = ending.journal();
        let result = match ending.cookie {
            Some(_) => Err(Error::server("only a call can begin or end a session")),
            None => result,
        };
        let objects = if result.is_ok() { std::mem::take(&mut ending.objects) } else { Vec::new() };
        // The call it belongs to has answered and knows nothing of this end, so an end of its own is told always.
        let told = runs.id != 0 || !objects.is_empty() || ending.has_aftermath();
        if told && runs.id == 0 {
            runs.id = server.env.next_log_id(LogTable::Call);
        }
        let id = runs.id;
        let ids = Ids { call: id, item: None };
        let code = result.as_ref().err().map_or(0, |error| error.code.0);
        let row = told.then(|| self.row(server, id, started, code));
        let records = move |server: &Server| {
            if let Some(row) = row {
                record(server, row, objects, ids);
            }
        };
        match result {
            Ok(value) => ending.keep(server, records, move |fate| then(fate.map(|()| value))),
            Err(error) => ending.undo(server, ids, records, move |_| then(Err(error))),
        }
    }

    fn row(&self, server: &Server, id: i64, started: Instant, code: i32) -> CallRow {
        let call = self.call;
        let words = Words::new(&[&self.name], |out| {
            if call != 0 {
                let _ = write!(out, "apiLogId={call}");
            }
        });
        CallRow::Call(CallRecord {
            id,
            tm: server.env.now_shared(),
            user_id: self.caller.id,
            caller: self.caller.clone(),
            millis: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
            code,
            words,
            server_rev: server.env.server_rev().to_owned(),
            ..CallRecord::default()
        })
    }
}
