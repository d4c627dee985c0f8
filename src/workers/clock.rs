//! Work done by the clock: the jobs of all plugins, each no more often than it asks for and never twice at once. Time is
//! the server's logical clock. What a job did is in the server's log.

use super::calendar::{self, Planned};
use super::desk::Desk;
use super::pool::Pool;
use crate::api::{Answer, Prepared, Stage};
use crate::auth::{Caller, Role};
use crate::error::{Error, Result};
use crate::plugin::Job;
use crate::server::Server;
use crate::session::Draft;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The first run comes this long after the start, when a job's own span is longer.
const FIRST_MS: i64 = 5_000;
/// Between two pieces of a job that has more to do, so that calls get their turn.
const BREATH: Duration = Duration::from_millis(50);
/// Pieces of one job in a row.
const PIECES_MAX: usize = 10_000;
/// Jobs of the clock at once.
const WIDTH: usize = 2;

/// When each job of the clock is due, and the threads that run them.
pub struct ByClock {
    due: Vec<(&'static Job, i64)>,
    by_calendar: Vec<Planned>,
    running: Arc<Mutex<Names>>,
    pool: Pool,
}

impl ByClock {
    pub fn new(desk: &Desk) -> ByClock {
        let server = &desk.server;
        let due: Vec<(&'static Job, i64)> = jobs(server)
            .filter(|job| job.cron.is_empty())
            .map(|job| (job, server.env.unix_ms() + FIRST_MS.min(span(job))))
            .collect();
        due.iter().for_each(|(job, at)| server.job_history.write(job.name, |run| run.next = Some(*at)));
        let by_calendar = calendar::planned(server);
        ByClock { due, by_calendar, running: Arc::default(), pool: Pool::new("clock", WIDTH) }
    }

    /// Begins what is due. A job that still runs is passed over.
    pub fn tick(&mut self, desk: &Arc<Desk>) {
        calendar::tick(&mut self.by_calendar, desk);
        for (job, at) in &mut self.due {
            let now = desk.server.env.unix_ms();
            // A clock that was turned back must not silence a job for long.
            if now < *at && *at - now <= span(job) {
                continue;
            }
            *at = now + span(job);
            let next = *at;
            desk.server.job_history.write(job.name, |run| run.next = Some(next));
            if !lock(&self.running).insert(job.name) {
                continue;
            }
            let (desk, running, job) = (desk.clone(), self.running.clone(), *job);
            self.pool.run(Box::new(move || {
                run(&desk, job);
                lock(&running).remove(job.name);
            }));
        }
    }
}

type Names = HashSet<&'static str>;

fn lock(running: &Mutex<Names>) -> MutexGuard<'_, Names> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tries to complete the start of a server that only reads.
pub fn has_begun(server: &Arc<Server>) -> bool {
    match server.begin() {
        Ok(()) => {
            crate::db::disk_is_back();
            tracing::warn!("the disk can be written again: the start is complete");
        }
        Err(error) => tracing::debug!(%error, "the server still only reads"),
    }
    !server.only_reads()
}

fn span(job: &Job) -> i64 {
    i64::from(job.every_sec) * 1000
}

/// Every job of every plugin.
pub fn jobs(server: &Server) -> impl Iterator<Item = &'static Job> + use<'_> {
    server.env.registry.plugins.iter().flat_map(|plugin| plugin.jobs)
}

/// Runs a job to its end.
fn run(desk: &Desk, job: &Job) {
    let server = &desk.server;
    let started = Instant::now();
    let now = server.env.unix_ms();
    let error = pieces(desk, job, started).err().map(|error| error.to_string());
    let took_ms = started.elapsed().as_millis() as u64;
    server.job_history.write(job.name, |run| {
        run.runs += 1;
        run.failures += u64::from(error.is_some());
        (run.last, run.took_ms, run.error) = (Some(now), took_ms, error);
    });
}

fn pieces(desk: &Desk, job: &Job, started: Instant) -> Result<()> {
    for piece in 1..=PIECES_MAX {
        match once(&desk.server, job) {
            // A job that answers `true` has more to do.
            Ok(Value::Bool(true)) if desk.is_stopping() => return Ok(()),
            Ok(Value::Bool(true)) => std::thread::sleep(BREATH),
            Ok(answer) => {
                let ms = started.elapsed().as_millis() as u64;
                match piece == 1 && did_nothing(&answer) {
                    true => tracing::debug!(job = job.name, ms, "a job found nothing to do"),
                    false => tracing::info!(job = job.name, ms, pieces = piece, %answer, "a job has run"),
                }
                return Ok(());
            }
            Err(error) => {
                tracing::error!(job = job.name, %error, "a job failed");
                return Err(error);
            }
        }
    }
    tracing::warn!(job = job.name, "a job did not come to its end and goes on at its next turn");
    Ok(())
}

/// A job answers how much it did.
fn did_nothing(answer: &Value) -> bool {
    match answer {
        // `"OK"` tells of nothing.
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(count) => count.as_f64() == Some(0.0),
        Value::Array(list) => list.iter().all(did_nothing),
        Value::Object(map) => map.values().all(did_nothing),
    }
}

/// One piece of a job, with its own transaction if it writes.
pub fn once(server: &Arc<Server>, job: &Job) -> Result<Value> {
    let system = Arc::new(Caller::of_role(Role::Admin, 0));
    let name = format!("job:{}", job.name);
    let mut stage = Stage::new(server, system, Draft::default()).of_call(0, name.clone());
    let work = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job.run(&mut stage)));
    match work.unwrap_or_else(|_| Err(Error::server("the job panicked")))? {
        Prepared::Done(answer) => Ok(answer.into_value()),
        Prepared::Write(rest) => server.write_as(&name, move |tx| rest(tx).map(Answer::into_value)),
    }
}
