//! The outbox: messages that are sent once the call is committed, and only then. Each is a job of the queue `out`, made in the
//! transaction of the call; it is tried again and again with growing pauses, and given up after a day.

use super::{Service, ServiceMode, mock, mode, sealed};
use crate::api::{Answer, Prepared, Stage};
use crate::db::Tx;
use crate::error::Result;
use crate::jobs::{JobRun, NewJob};
use crate::plugin::{Worker, worker};
use crate::sql::Sql;
use serde_json::{Value, json};

/// What sends messages.
pub const WORKER: Worker = worker(KIND, send).queue("out").tries(TRIES).limit_sec(60);

const KIND: &str = "out.send";
/// Then it is too late to be of use.
const TRIES: u32 = 30;
/// After a first try beside the call.
const PAUSE_SEC: i64 = 10;

impl Tx<'_> {
    /// Sends something after this call's commit; what it answers is not waited for.
    pub fn send_later(&mut self, service: &dyn Service, op: &str, req: Value) -> Result<()> {
        self.send(service, op, req, None)
    }

    /// The same, after everything that was sent under this key before.
    pub fn send_in_order(&mut self, service: &dyn Service, op: &str, req: Value, key: &str) -> Result<()> {
        self.send(service, op, req, Some(key))
    }

    fn send(&mut self, service: &dyn Service, op: &str, req: Value, key: Option<&str>) -> Result<()> {
        let env = self.env();
        match (mode(env, service), key) {
            (ServiceMode::Off, _) => Ok(()),
            (ServiceMode::Real, _) | (ServiceMode::Mock, Some(_)) => self.put(service, op, &req, key, 0),
            (ServiceMode::Mock, None) => {
                let asked = || (env.mock_answers.next(service.name(), op), None);
                let told = self.state.journal.ask(format!("mock {} {op}", service.name()), asked);
                let (answer, row) = mock::answer(env, service, op, &req, told);
                self.insert("MockLog", row)?;
                if answer.is_err() { self.put(service, op, &req, None, 1) } else { Ok(()) }
            }
        }
    }

    fn put(
        &mut self,
        service: &dyn Service,
        op: &str,
        req: &Value,
        key: Option<&str>,
        tried: u32,
    ) -> Result<()> {
        let req = sealed::close(self.env(), service, req)?;
        let mut job = NewJob::new(KIND, json!({"svc": service.name(), "op": op, "req": req}));
        if tried > 0 {
            job = job.tried(tried).in_sec(PAUSE_SEC);
        }
        if let Some(key) = key {
            job = job.after(key);
        }
        self.enqueue(job).map(|_| ())
    }
}

fn send(stage: &mut Stage<'_>, run: &JobRun) -> Result<Prepared> {
    let env = stage.env();
    let text = |name: &str| run.args[name].as_str().unwrap_or_default();
    let service = env.registry.services().find(|service| service.name() == text("svc"));
    // Without the plugin nobody wants it any more.
    if let Some(service) = service {
        let req = sealed::open(env, service, run.args["req"].clone())?;
        stage.ask(service, text("op"), req)?;
    }
    Ok(Prepared::Done(Answer::ok()))
}

const OLD_TABLE: &str = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'Outbox'";
const TAKE_OVER: &str = "INSERT INTO Job (queue, kind, args, priority, runTm, attempt, maxAttempt, state, fence, createTm, \
     runMs, dueMs) SELECT 'out', 'out.send', json_object('svc', svc, 'op', op, 'req', json(req)), 5, createTm, \
     COALESCE(tries, 0), 30, 'retry', 0, createTm, nextMs, nextMs FROM Outbox ORDER BY id";

/// What waited in the table `Outbox`, which earlier versions had, becomes jobs.
pub fn take_over(tx: &mut Tx<'_>) -> Result<()> {
    let conn = tx.conn();
    if conn.number(OLD_TABLE, Vec::new())?.unwrap_or_default() > 0
        && conn.number("SELECT COUNT(*) FROM Outbox", Vec::new())?.unwrap_or_default() > 0
    {
        conn.run(&Sql::fixed(TAKE_OVER, Vec::new()))?;
        conn.run(&Sql::fixed("DELETE FROM Outbox", Vec::new()))?;
    }
    Ok(())
}
