//! Long work that goes on after its call and that its caller follows by `Job.get`: a row of the table `Job` beside what the
//! process knows, so that a server that was stopped in the middle says so afterwards.

use super::Stage;
use crate::auth::Caller;
use crate::db::Tx;
use crate::error::{Code, Error, Result};
use crate::jobs::progress::LongJob;
use crate::pipeline::OwnWrite;
use crate::server::Server;
use crate::time::format;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The queue of work that no worker takes up.
pub(crate) const QUEUE: &str = "call";
/// What is kept of a result.
const RESULT_MAX: usize = 16_000;
/// Its lease ends with the process.
const FOR_EVER: i64 = i64::MAX - 1;

impl Stage<'_> {
    /// Begins long work of this call, with so many steps to do.
    pub(crate) fn long_work(&self, total: u64) -> Result<Arc<LongJob>> {
        let (server, caller) = (self.server(), self.caller_shared());
        let jobs = &server.env.jobs;
        if server.only_reads() {
            return Ok(jobs.begin(jobs.unwritten(), &caller, total));
        }
        let (owner, name) = (caller.clone(), self.name().to_owned());
        let id = self.note(move |tx| tx.put_long_work(&owner, &name, "running", total))?;
        Ok(jobs.begin(id, &caller, total))
    }
}

impl Tx<'_> {
    /// A row of long work; gives its id.
    pub(crate) fn put_long_work(
        &mut self,
        owner: &Caller,
        name: &str,
        state: &str,
        total: u64,
    ) -> Result<i64> {
        let now = self.env().unix_ms();
        let ended = (state != "running").then(|| self.now());
        let fields = [
            ("queue", json!(QUEUE)),
            ("kind", json!(name.chars().take(64).collect::<String>())),
            ("args", json!(json!({"app": &*owner.app_type, "id": owner.id}).to_string())),
            ("priority", json!(0)),
            ("runTm", json!(format(self.env().zone.from_unix(now.div_euclid(1000))))),
            ("runMs", json!(now)),
            ("attempt", json!(1)),
            ("maxAttempt", json!(1)),
            ("fence", json!(1)),
            ("state", json!(state)),
            ("leaseMs", json!(FOR_EVER)),
            ("progress", json!(total.to_string())),
            ("createTm", json!(self.now())),
            ("doneTm", json!(ended)),
        ];
        self.insert("Job", fields)
    }

    /// Long work has ended well, if what this transaction writes is kept.
    pub(crate) fn long_work_done(&mut self, job: &LongJob, result: &Value) -> Result<()> {
        let shown: String = result.to_string().chars().take(RESULT_MAX).collect();
        end(self, job.id, "done", ("result", json!(shown)))
    }
}

fn end(tx: &mut Tx<'_>, id: i64, state: &str, (name, value): (&str, Value)) -> Result<()> {
    let fields = [
        ("state".to_owned(), json!(state)),
        ("doneTm".to_owned(), json!(tx.now())),
        ("leaseMs".to_owned(), Value::Null),
        (name.to_owned(), value),
    ];
    tx.update("Job", &[("id", json!(id))], Map::from_iter(fields)).map(|_| ())
}

/// Long work has ended. Its success may be written already, with what it did.
pub(crate) fn ended(server: &Arc<Server>, job: &LongJob, result: Result<Value>, written: bool) {
    let (id, told) = (job.id, result.clone());
    let write = move |tx: &mut Tx<'_>| match &told {
        Ok(value) => end(tx, id, "done", ("result", json!(value.to_string()))),
        Err(error) => end(tx, id, "dead", ("lastError", json!(shown(error)))),
    };
    // What the table says of a commit of unknown outcome, the next start will find.
    let known = match &result {
        Ok(_) => written,
        Err(error) => error.code == Code::UNKNOWN,
    };
    if !known && let Err(error) = OwnWrite::of_server("jobs").start_again(server, write, |_| ()) {
        tracing::warn!(%error, job = id, "the end of long work was not written");
    }
    job.finish(result);
}

/// Both faces, for whoever asks after a restart.
fn shown(error: &Error) -> String {
    let text = json!({"zh": error.text.zh, "en": error.text.en}).to_string();
    if text.len() > RESULT_MAX { json!({"zh": "失败", "en": "failed"}).to_string() } else { text }
}

/// What the table knows of the caller's own long work.
pub(crate) fn of_table(tx: &mut Tx<'_>, caller: &Caller, id: i64, in_english: bool) -> Result<Value> {
    let row = tx.first(
        "Job",
        &[("id", json!(id)), ("queue", json!(QUEUE))],
        "args, state, progress, result, lastError",
    )?;
    let owner = json!({"app": &*caller.app_type, "id": caller.id}).to_string();
    let mine = row.filter(|row| row["args"].as_str() == Some(&owner));
    let Some(row) = mine else { return Err(Error::param(format!("not found `Job.id`=`{id}`"))) };
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let total: u64 = text("progress").parse().unwrap_or_default();
    let mut out = json!({"id": id, "total": total, "done": 0, "errors": [], "state": "running"});
    match text("state") {
        "done" => {
            out["state"] = json!("done");
            out["done"] = json!(total);
            out["result"] = serde_json::from_str(text("result")).unwrap_or_default();
        }
        "dead" => {
            let told: Option<Value> = serde_json::from_str(text("lastError")).ok();
            let told = told.as_ref().and_then(|both| both[if in_english { "en" } else { "zh" }].as_str());
            out["state"] = json!(if told.is_some() { "failed" } else { "interrupted" });
            let interrupted = match in_english {
                true => "interrupted: the server stopped before it was done, and nothing of it was kept",
                false => "服务重启，任务中断，未做任何修改",
            };
            out["errors"] = told.unwrap_or(interrupted).lines().map(Value::from).collect();
        }
        _ => {}
    }
    Ok(out)
}
