//! Jobs that tidy up the tables of the framework, and running any job by hand in test mode.

use crate::api::{Args, Prepared, Stage};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::notify;
use crate::plugin::Job;
use crate::time::trusted::Age;
use crate::write::import;
use serde_json::{Map, json};

pub static JOBS: &[Job] = &[
    Job::destroying("sessions", 60, sessions),
    Job::destroying("jobs", 3600, jobs_kept),
    Job::new("notify", 2, notify::deliver),
    Job::destroying("notifyLog", 3600, notify::forget),
    Job::destroying("kept", 3600, kept),
    Job::destroying("imports", 3600, imports),
    Job::new("backup", 10, backup),
    Job::new("statistics", 6 * 3600, statistics),
];

/// How old the table's knowledge of a session in use may be.
const LATE_MS: i64 = 180_000;

/// Writes down when sessions were last used; removes what is over.
fn sessions(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let env = stage.env();
    env.limiter.sweep();
    env.codes.sweep();
    env.logins.sweep();
    env.keys.sweep();
    let stale = stage.server().sessions.stale();
    Ok(Prepared::write(move |tx| {
        for (id, seen) in &stale {
            let fields = Map::from_iter([("seenMs".to_owned(), json!(seen))]);
            tx.update("Session", &[("id", json!(id))], fields)?;
        }
        let removed = over(tx, age)?;
        Ok(json!({"seen": stale.len(), "removed": removed}).into())
    }))
}

/// Values whose time is over.
fn kept(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    stage.env().kv.sweep();
    Ok(Prepared::write(move |tx| {
        let keys = tx.delete_older("CallKey", "createMs", age.now_ms() - crate::pipeline::KEY_LIFE_MS)?;
        // Rows of the log that retention has removed are named no more.
        let oldest = tx.conn().number("SELECT MIN(id) FROM ApiLog", Vec::new())?.unwrap_or_default();
        let works = tx.delete_older("CallWork", "workId", oldest)?;
        Ok(json!({"removed": tx.stored_kv().sweep(age.now_ms())? + keys + works}).into())
    }))
}

/// Jobs that ended long ago.
fn jobs_kept(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let limit = age.days_ago(stage.env().config.int("P_JOB_KEEP_DAYS"));
    Ok(Prepared::write(move |tx| {
        tx.delete_older("WebhookLog", "tm", limit.as_str())?;
        Ok(json!(crate::workers::rows::forget(tx, &limit)? > 0).into())
    }))
}

/// Begins a backup when it is time for one.
fn backup(stage: &mut Stage<'_>) -> Result<Prepared> {
    let server = stage.server();
    server.backups.tick(server)?;
    Ok(Prepared::Done(json!({}).into()))
}

/// What the database's planner knows of tables and indexes is of samples that were taken when they held less.
fn statistics(_stage: &mut Stage<'_>) -> Result<Prepared> {
    Ok(Prepared::write(|tx| {
        tx.refresh_statistics()?;
        Ok(json!({}).into())
    }))
}

/// The data of imports that was kept long enough.
fn imports(stage: &mut Stage<'_>, age: Age) -> Result<Prepared> {
    let config = &stage.env().config;
    let (days, most) = (config.int("P_IMPORT_KEEP_DAYS"), config.int("P_IMPORT_MAX_MB"));
    let removed = import::tidy(stage.env(), age, days, most)?;
    Ok(Prepared::Done(json!({"removed": removed}).into()))
}

fn over(tx: &mut Tx<'_>, age: Age) -> Result<usize> {
    let env = tx.env();
    let now = age.session_ms();
    // The table hears of a use a little later than the memory.
    let idle = tx.delete_older("Session", "seenMs", now - env.session_idle_ms() - LATE_MS)?;
    let old = tx.delete_older("Session", "createMs", now - env.session_max_ms())?;
    Ok(idle + old + tx.delete_older("Token", "expireMs", age.now_ms())?)
}

/// `runJob(name)`: one piece of a job of the clock, or what is ready in a queue, now.
pub fn run_job(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let name = args.need_text("name")?;
    let jobs = || stage.env().registry.plugins.iter().flat_map(|plugin| plugin.jobs);
    // Tests of clients know the queue of messages by its old name.
    let queue = if name == "outbox" { "out" } else { &name };
    if let Some(queue) = stage.env().registry.queue(queue) {
        let count = crate::workers::run_ready(stage.server(), queue.name)?;
        return Ok(Prepared::Done(json!({"jobs": count}).into()));
    }
    match jobs().find(|job| job.name == name) {
        Some(job) => job.run(stage),
        None => {
            let queues = stage.env().registry.queues().map(|queue| queue.name);
            let names: Vec<&str> = jobs().map(|job| job.name).chain(queues).collect();
            Err(Error::param(format!("bad param `name`: there is no job `{name}`, but {}", names.join(", "))))
        }
    }
}
