//! Work at moments of the calendar: each moment that is due becomes a job, in one transaction with the note that it did.

use super::desk::Desk;
use crate::api::{Prepared, Stage};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs::{JobRun, NewJob, Overlap, Schedule};
use crate::pipeline::OwnWrite;
use crate::plugin::{Job, Worker, worker};
use crate::server::Server;
use serde_json::{Map, json};
use std::sync::Arc;

/// What runs them.
pub const WORKER: Worker = worker(KIND, run).queue("clock").tries(5).limit_sec(3600);

const KIND: &str = "clock.run";

/// A schedule, and up to when its moments were looked at.
pub struct Planned {
    job: &'static Job,
    schedule: Schedule,
    /// None = the table was not asked yet.
    next: Option<i64>,
}

/// Every schedule of every plugin. What is wrong with one of them has stopped the start.
pub fn planned(server: &Server) -> Vec<Planned> {
    let zone = server.env.zone;
    let all = super::jobs(server).filter_map(|job| {
        let schedule = job.schedule(zone).ok().flatten()?;
        Some(Planned { job, schedule, next: None })
    });
    all.collect()
}

/// Makes jobs of the moments that are due.
pub fn tick(plans: &mut [Planned], desk: &Arc<Desk>) {
    let server = &desk.server;
    for plan in plans {
        let now = server.env.unix_ms();
        if plan.next.is_some_and(|next| now < next) && !turned_back(plan, now) {
            continue;
        }
        match OwnWrite::of_server("jobs").wait_again(server, {
            let (job, schedule) = (plan.job, plan.schedule.clone());
            move |tx| make(tx, job, &schedule, now)
        }) {
            Ok(()) => plan.next = Some(plan.schedule.next(now).unwrap_or(i64::MAX)),
            Err(error) => tracing::error!(%error, job = plan.job.name, "a schedule was not looked at"),
        }
        let next = plan.next;
        server.job_history.write(plan.job.name, |run| run.next = next);
    }
}

/// A clock that was turned back far must not silence a schedule.
fn turned_back(plan: &Planned, now: i64) -> bool {
    plan.schedule.next(now).is_some_and(|next| plan.next.is_some_and(|planned| next < planned))
}

fn make(tx: &mut Tx<'_>, job: &'static Job, schedule: &Schedule, now: i64) -> Result<()> {
    let by = [("name", json!(job.name))];
    let known = tx.first("JobSchedule", &by, "lastMs")?;
    let last = known.as_ref().and_then(|row| row["lastMs"].as_i64());
    // A schedule that is new has missed nothing. A clock that was wrong may have been here before its time.
    let moments = last.map_or_else(Vec::new, |last| schedule.due(last.min(now), now, job.catch_up));
    let seen = Map::from_iter([("lastMs".to_owned(), json!(now))]);
    match known {
        Some(_) => {
            tx.update("JobSchedule", &by, seen)?;
        }
        None => {
            let name = [("name".to_owned(), json!(job.name))];
            tx.insert("JobSchedule", seen.into_iter().chain(name))?;
        }
    }
    for moment in moments {
        let new = NewJob::new(KIND, json!({"name": job.name, "atMs": moment})).at_ms(moment);
        let key = format!("clock.{}", job.name);
        tx.enqueue(match job.overlap {
            Overlap::Skip => new.unique(key),
            Overlap::Queue => new.after(key),
        })?;
    }
    Ok(())
}

fn run(stage: &mut Stage<'_>, run: &JobRun) -> Result<Prepared> {
    let server = stage.server().clone();
    let name = run.args["name"].as_str().unwrap_or_default();
    let job = super::jobs(&server).find(|job| job.name == name && !job.cron.is_empty());
    let Some(job) = job else { return Err(Error::server(format!("there is no schedule {name}"))) };
    let (now, began) = (server.env.unix_ms(), std::time::Instant::now());
    let prepared = job.run(stage);
    let error = prepared.as_ref().err().map(ToString::to_string);
    server.job_history.write(job.name, |last| {
        last.runs += 1;
        last.failures += u64::from(error.is_some());
        (last.last, last.took_ms, last.error) = (Some(now), began.elapsed().as_millis() as u64, error);
    });
    prepared
}
