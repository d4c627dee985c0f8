//! `Tx::enqueue`: a job for later, written with everything else of the transaction. It exists if and only if that does. And
//! `Stage::progress`, how far a job is.

use super::Stage;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs::{Due, JobRun, NewJob};
use crate::time::format;
use serde_json::{Map, Value, json};

/// Arguments of a job, as text, at most.
const ARGS_MAX: usize = 65_535;
/// A key is kept in a column of so many characters.
const KEY_MAX: usize = 64;

impl Tx<'_> {
    /// Leaves a job to be done after this transaction; gives its id. If an unfinished job has the same unique key, it
    /// gives the id of that one and leaves none.
    pub fn enqueue(&mut self, job: NewJob) -> Result<i64> {
        let env = self.env();
        let worker = env.registry.worker(job.kind);
        let worker = worker.ok_or_else(|| Error::server(format!("no worker for jobs `{}`", job.kind)))?;
        for key in [&job.unique, &job.after].into_iter().flatten() {
            if key.is_empty() || key.chars().count() > KEY_MAX {
                return Err(Error::server(format!("a key of a job has 1 to {KEY_MAX} letters, not `{key}`")));
            }
        }
        let args = job.args.to_string();
        if args.len() > ARGS_MAX {
            return Err(Error::server(format!("the arguments of job `{}` are too long", job.kind)));
        }
        if let Some(key) = &job.unique
            && let Some(same) =
                self.first("Job", &[("uniqueKey", json!(key)), ("doneTm", Value::Null)], "id")?
        {
            return Ok(same["id"].as_i64().unwrap_or_default());
        }
        let blocked = match &job.after {
            None => false,
            Some(key) => {
                let by = [("queue", json!(worker.queue)), ("orderKey", json!(key)), ("doneTm", Value::Null)];
                self.first("Job", &by, "id")?.is_some()
            }
        };
        let now = env.unix_ms();
        let due = match job.due {
            Due::Now => now,
            Due::In(ms) => now.saturating_add(ms),
            Due::At(ms) => ms,
        };
        let shown = |ms: i64| format(env.zone.from_unix(ms.div_euclid(1000)));
        let fields = [
            ("queue", json!(worker.queue)),
            ("kind", json!(job.kind)),
            ("args", json!(args)),
            ("uniqueKey", json!(job.unique)),
            ("priority", json!(job.priority)),
            ("runTm", json!(shown(due))),
            ("attempt", json!(job.tried)),
            ("maxAttempt", json!(job.tries.unwrap_or(worker.tries).max(1))),
            ("state", json!(if job.tried > 0 { "retry" } else { "waiting" })),
            ("fence", json!(0)),
            ("createTm", json!(shown(now))),
            ("orderKey", json!(job.after)),
            ("runMs", json!(due)),
            ("dueMs", if blocked { Value::Null } else { json!(due) }),
        ];
        let fields: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let id = self.insert("Job", fields)?;
        if !blocked {
            self.state.jobs_due.push(((worker.queue, job.priority), due));
        }
        Ok(id)
    }
}

impl Stage<'_> {
    /// Tells how far the job of this run is, for whoever looks at it; refused when the run has lost its job, so that it can
    /// stop.
    pub fn progress(&self, run: &JobRun, far: &str) -> Result<()> {
        let by = [("id", json!(run.id)), ("fence", json!(run.fence)), ("state", json!("running"))];
        let fields =
            Map::from_iter([("progress".to_owned(), json!(far.chars().take(FAR_MAX).collect::<String>()))]);
        match self.note(move |tx| tx.update("Job", &by, fields))? {
            0 => Err(Error::server(format!("job {} was taken from this run", run.id))),
            _ => Ok(()),
        }
    }
}

/// Letters of a progress at most.
const FAR_MAX: usize = 255;
