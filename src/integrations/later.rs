//! The outbox: messages that are sent once the call is committed, and only then. It is a row of the same
//! transaction; a job sends it, again and again with growing pauses, and gives up after a day.

use super::{Service, ServiceMode, mock, mode, sealed};
use crate::api::{Answer, Find, Prepared, Stage};
use crate::call::cond::{Compare, Cond, Literal};
use crate::db::Tx;
use crate::error::Result;
use serde_json::{Map, Value, json};

/// Rows sent in one run of the job.
const AT_ONCE: i64 = 50;
const FIRST_PAUSE_MS: i64 = 10_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;
/// Then it is too late to be of use.
const TRIES: i64 = 30;

impl Tx<'_> {
    /// Sends something after this call's commit; what it answers is not waited for.
    pub fn send_later(&mut self, service: &dyn Service, op: &str, req: Value) -> Result<()> {
        let env = self.env();
        match mode(env, service) {
            ServiceMode::Off => Ok(()),
            ServiceMode::Real => self.put(service, op, &req, 0),
            ServiceMode::Mock => {
                let asked = || (env.tolds.next(service.name(), op), None);
                let told = self.state.journal.ask(format!("mock {} {op}", service.name()), asked);
                let (answer, row) = mock::answer(env, service, op, &req, told);
                self.insert("MockLog", row)?;
                if answer.is_err() { self.put(service, op, &req, 1) } else { Ok(()) }
            }
        }
    }

    fn put(&mut self, service: &dyn Service, op: &str, req: &Value, tries: i64) -> Result<()> {
        let fields = Map::from_iter([
            ("svc".to_owned(), json!(service.name())),
            ("op".to_owned(), json!(op)),
            ("req".to_owned(), json!(sealed::close(self.env(), service, req)?.to_string())),
            ("tries".to_owned(), json!(tries)),
            ("nextMs".to_owned(), json!(self.env().unix_ms() + tries * FIRST_PAUSE_MS)),
            ("createTm".to_owned(), json!(self.now())),
        ]);
        self.insert("Outbox", fields).map(|_| ())
    }
}

/// Sends what is due.
pub fn deliver(stage: &mut Stage<'_>) -> Result<Prepared> {
    let now = stage.env().unix_ms();
    let due = Cond::compare("nextMs", Compare::Le, Literal::Int(now));
    let rows = stage.read(|tx| tx.find("Outbox", Find::by(due).order("id").limit(AT_ONCE)))?;
    let mut done: Vec<(i64, Result<()>, i64)> = Vec::new();
    for row in &rows {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let req = serde_json::from_str(text("req")).unwrap_or_default();
        let services = stage.env().registry.services().find(|service| service.name() == text("svc"));
        let sent = match services {
            Some(service) => sealed::open(stage.env(), service, req)
                .and_then(|req| stage.ask(service, text("op"), req))
                .map(|_| ()),
            // The plugin was switched off: nobody wants it any more.
            None => Ok(()),
        };
        done.push((row["id"].as_i64().unwrap_or_default(), sent, row["tries"].as_i64().unwrap_or_default()));
    }
    Ok(Prepared::write(move |tx| {
        for (id, sent, tries) in done {
            settle(tx, id, sent, tries + 1)?;
        }
        Ok(Answer::ok())
    }))
}

fn settle(tx: &mut Tx<'_>, id: i64, sent: Result<()>, tries: i64) -> Result<()> {
    let by = [("id", json!(id))];
    let Err(error) = sent else { return tx.delete("Outbox", &by).map(|_| ()) };
    if tries >= TRIES {
        tracing::error!(%error, id, "an outside service never took what was sent");
        return tx.delete("Outbox", &by).map(|_| ());
    }
    let pause = FIRST_PAUSE_MS.saturating_mul(1 << tries.min(20)).min(LONGEST_PAUSE_MS);
    let why: String = error.to_string().chars().take(255).collect();
    let fields = json!({"tries": tries, "nextMs": tx.env().unix_ms() + pause, "error": why});
    if let Value::Object(fields) = fields {
        tx.update("Outbox", &by, fields)?;
    }
    Ok(())
}
