//! What the framework tidies up by the clock, and running any job by hand in test mode.

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::exec::{Args, Prepared, Stage};
use crate::outside;
use crate::plugin::Job;
use serde_json::{Map, json};

pub static JOBS: &[Job] = &[
    Job { name: "sessions", every_sec: 60, run: sessions },
    Job { name: "outbox", every_sec: 10, run: outside::deliver },
    Job { name: "kept", every_sec: 3600, run: kept },
];

/// How old the table's knowledge of a session in use may be.
const LATE_MS: i64 = 180_000;

/// Writes down when sessions were last used; removes what is over.
fn sessions(stage: &mut Stage<'_>) -> Result<Prepared> {
    let env = stage.env();
    env.limiter.sweep();
    env.codes.sweep();
    let stale = stage.house().sessions.stale();
    Ok(Prepared::write(move |tx| {
        for (id, seen) in &stale {
            let fields = Map::from_iter([("seenMs".to_owned(), json!(seen))]);
            tx.update("Session", &[("id", json!(id))], fields)?;
        }
        let removed = over(tx)?;
        Ok(json!({"seen": stale.len(), "removed": removed}).into())
    }))
}

/// Values whose time is over.
fn kept(stage: &mut Stage<'_>) -> Result<Prepared> {
    stage.env().kv.sweep();
    Ok(Prepared::write(|tx| Ok(json!({"removed": tx.kept().sweep()?}).into())))
}

fn over(tx: &mut Tx<'_>) -> Result<usize> {
    let env = tx.env();
    let now = env.session_ms();
    // The table hears of a use a little later than the memory.
    let idle = tx.delete_older("Session", "seenMs", now - env.session_idle_ms() - LATE_MS)?;
    let old = tx.delete_older("Session", "createMs", now - env.session_max_ms())?;
    Ok(idle + old + tx.delete_older("Token", "expireMs", env.unix_ms())?)
}

/// `runJob(name)`: one piece of a job, now.
pub fn run_job(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let name = args.need_text(stage.env(), "name")?;
    let jobs = || stage.env().registry.plugins.iter().flat_map(|plugin| plugin.jobs);
    match jobs().find(|job| job.name == name) {
        Some(job) => (job.run)(stage),
        None => {
            let names: Vec<&str> = jobs().map(|job| job.name).collect();
            Err(Error::param(format!("bad param `name`: there is no job `{name}`, but {}", names.join(", "))))
        }
    }
}
