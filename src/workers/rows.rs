//! The statements over the table of jobs: taken up, ended, given another try, taken back. Each is a step between two
//! states, and each but the first holds only while the run has the job's fence.

use crate::db::{More, Tx};
use crate::error::{Error, Result};
use crate::jobs::{JobRun, Shelf, backoff};
use crate::plugin::Worker;
use crate::services::Services;
use crate::time::format;
use crate::value::Val;
use std::sync::Arc;

/// How long a run holds its job without a sign of life.
pub const LEASE_MS: i64 = 30_000;
/// Between two pieces of work that has more to do, so that calls get their turn.
const BREATH_MS: i64 = 50;
/// So many runs that were cut off are followed by another at once.
const AT_ONCE: i64 = 4;
/// What is kept of a result or an error.
const TEXT_MAX: usize = 16_000;

const READY: &str = "SELECT id, kind, args, attempt, maxAttempt, fence, orderKey, dueMs FROM Job \
     WHERE queue = ? AND priority = ? AND dueMs <= ? ORDER BY dueMs, id LIMIT ?";
const TAKE: &str = "UPDATE Job SET state = 'running', attempt = ?, fence = ?, dueMs = NULL, leaseMs = ?, leaseTm = ? \
     WHERE id = ?";
const PARK: &str =
    "UPDATE Job SET dueMs = NULL, lastError = 'no plugin in use does jobs of this kind' WHERE id = ?";
const NEXT: &str = "SELECT MIN(dueMs) FROM Job WHERE queue = ? AND priority = ? AND dueMs IS NOT NULL";
const ALL_NEXT: &str =
    "SELECT queue, priority, MIN(dueMs) FROM Job WHERE dueMs IS NOT NULL GROUP BY queue, priority";
const DONE: &str = "UPDATE Job SET state = 'done', doneTm = ?, result = ?, lastError = NULL, leaseMs = NULL, \
     leaseTm = NULL WHERE id = ? AND fence = ? AND state = 'running'";
const GO_ON: &str = "UPDATE Job SET state = 'waiting', attempt = 0, dueMs = ?, lastError = NULL, leaseMs = NULL, \
     leaseTm = NULL WHERE id = ? AND fence = ? AND state = 'running'";
const RETRY: &str = "UPDATE Job SET state = 'retry', dueMs = ?, runMs = ?, runTm = ?, lastError = ?, leaseMs = NULL, \
     leaseTm = NULL WHERE id = ? AND fence = ? AND state = 'running'";
const DEAD: &str = "UPDATE Job SET state = 'dead', doneTm = ?, lastError = ?, leaseMs = NULL, leaseTm = NULL \
     WHERE id = ? AND fence = ? AND state = 'running'";
const RENEW: &str =
    "UPDATE Job SET leaseMs = ?, leaseTm = ? WHERE id = ? AND fence = ? AND state = 'running'";
/// Whether a look at `EXPIRED` finds anything.
pub const ANY_EXPIRED: &str =
    "SELECT COUNT(*) FROM Job WHERE state = 'running' AND (leaseMs IS NULL OR leaseMs < ?)";
const EXPIRED: &str = "SELECT id, queue, kind, attempt, maxAttempt, fence, orderKey FROM Job \
     WHERE state = 'running' AND (leaseMs IS NULL OR leaseMs < ?) LIMIT 1000";
/// The first unfinished job of an order key becomes ready.
const RELEASE: &str = "UPDATE Job SET dueMs = runMs WHERE id = (SELECT MIN(id) FROM Job WHERE queue = ? AND orderKey = ? \
     AND doneTm IS NULL) AND dueMs IS NULL AND state IN ('waiting', 'retry') RETURNING priority, dueMs";
/// What was parked while its plugin was off, and whatever else waits for nothing, becomes ready.
const READY_AGAIN: &str = "UPDATE Job SET dueMs = runMs WHERE dueMs IS NULL AND state IN ('waiting', 'retry') \
     AND (orderKey IS NULL OR id = (SELECT MIN(f.id) FROM Job f WHERE f.queue = Job.queue AND f.orderKey = Job.orderKey \
     AND f.doneTm IS NULL))";

/// A clock that was ahead made these.
const OF_THE_FUTURE: &str = "UPDATE Job SET dueMs = ?, runMs = ? WHERE dueMs > ? AND createTm > ?";
const FORGET: &str =
    "DELETE FROM Job WHERE id IN (SELECT id FROM Job WHERE state = ? AND doneTm < ? LIMIT 2000)";

/// A moment as people read it.
pub fn shown(env: &Services, ms: i64) -> String {
    format(env.zone.from_unix(ms.div_euclid(1000)))
}

fn now_text(env: &Services) -> Val {
    Val::text(env.now_text())
}

fn kept(text: &str) -> Val {
    Val::text(text.chars().take(TEXT_MAX).collect::<String>())
}

/// Leases run by the time that was waited: a clock that a test moves on ends none.
fn lease(env: &Services) -> (i64, Val) {
    let ms = env.session_ms().saturating_add(LEASE_MS);
    (ms, Val::text(shown(env, ms)))
}

/// Jobs with what does them, and when the next one of their shelf is due.
pub type Taken = (Vec<(JobRun, &'static Worker)>, Option<i64>);

/// Takes up so many jobs that are ready; gives them with the moment at which the next one of the shelf is due.
pub fn take(tx: &mut Tx<'_>, shelf: Shelf, most: usize) -> Result<Taken> {
    let (env, now) = (tx.env(), tx.env().unix_ms());
    let binds = [shelf.0.into(), i64::from(shelf.1).into(), now.into(), (most as i64).into()];
    let mut ready = Vec::new();
    tx.each_row(READY, &binds, |row| {
        ready.push(row.cells()?);
        Ok(More::Wanted)
    })?;
    let (lease_ms, lease_tm) = lease(env);
    let mut taken = Vec::with_capacity(ready.len());
    for row in ready {
        let number = |at: usize| row.get(at).and_then(Val::as_i64).unwrap_or_default();
        let text = |at: usize| row.get(at).and_then(Val::as_text);
        let id = number(0);
        let worker =
            text(1).and_then(|kind| env.registry.worker(kind)).filter(|known| known.queue == shelf.0);
        let Some(worker) = worker else {
            tx.change(PARK, vec![id.into()])?;
            continue;
        };
        let run = JobRun {
            id,
            kind: worker.kind,
            args: text(2).and_then(|args| serde_json::from_str(args).ok()).unwrap_or_default(),
            attempt: number(3) + 1,
            max_attempt: number(4),
            queue: worker.queue,
            fence: number(5) + 1,
            order: text(6).map(Into::into),
            waited_ms: now - number(7),
            lost: Arc::default(),
        };
        tx.change(
            TAKE,
            vec![run.attempt.into(), run.fence.into(), lease_ms.into(), lease_tm.clone(), id.into()],
        )?;
        taken.push((run, worker));
    }
    let mut next = None;
    tx.each_row(NEXT, &binds[..2], |row| {
        next = row.cells()?.first().and_then(Val::as_i64);
        Ok(More::Enough)
    })?;
    Ok((taken, next))
}

/// Every shelf with jobs that are ready now or later.
pub fn shelves(tx: &mut Tx<'_>) -> Result<Vec<(Shelf, i64)>> {
    let env = tx.env();
    let mut found = Vec::new();
    tx.each_row(ALL_NEXT, &[], |row| {
        let row = row.cells()?;
        let number = |at: usize| row.get(at).and_then(Val::as_i64);
        let queue = row.first().and_then(Val::as_text).and_then(|name| env.registry.queue(name));
        let priority = number(1).and_then(|priority| u8::try_from(priority).ok());
        if let (Some(queue), Some(priority), Some(due)) = (queue, priority, number(2)) {
            found.push(((queue.name, priority), due));
        }
        Ok(More::Wanted)
    })?;
    Ok(found)
}

/// The run is over and its job is done, or, when the result is `true`, is to be gone on with soon; refused if the run has
/// lost it.
pub fn done(tx: &mut Tx<'_>, run: &JobRun, result: &serde_json::Value) -> Result<()> {
    if *result == true {
        let due = tx.env().unix_ms().saturating_add(BREATH_MS);
        return match tx.change(GO_ON, vec![due.into(), run.id.into(), run.fence.into()])? {
            0 => Err(lost(run)),
            _ => stand(tx, run.id, run.queue),
        };
    }
    let result = if result.is_null() { Val::Null } else { kept(&result.to_string()) };
    let binds = vec![now_text(tx.env()), result, run.id.into(), run.fence.into()];
    match tx.change(DONE, binds)? {
        0 => Err(lost(run)),
        _ => release(tx, run.queue, run.order.as_deref()),
    }
}

/// What a run is told that has lost its job.
fn lost(run: &JobRun) -> Error {
    run.lose();
    Error::server(format!("job {} was taken from this run: cancelled, or given to another", run.id))
}

/// The run has failed: another try after a pause, or none. Gives whether the job is dead; None = it was not the run's.
pub fn failed(tx: &mut Tx<'_>, run: &JobRun, why: &str) -> Result<Option<bool>> {
    again(tx, run, why, backoff::pause_ms(run.attempt, rand::random()))
}

fn again(tx: &mut Tx<'_>, run: &JobRun, why: &str, pause_ms: i64) -> Result<Option<bool>> {
    let env = tx.env();
    let dead = run.attempt >= run.max_attempt;
    let changed = if dead {
        tx.change(DEAD, vec![now_text(env), kept(why), run.id.into(), run.fence.into()])?
    } else {
        let due = env.unix_ms().saturating_add(pause_ms);
        let shown = Val::text(shown(env, due));
        tx.change(RETRY, vec![due.into(), due.into(), shown, kept(why), run.id.into(), run.fence.into()])?
    };
    if changed == 0 {
        return Ok(None);
    }
    match dead {
        true => release(tx, run.queue, run.order.as_deref())?,
        false => stand(tx, run.id, run.queue)?,
    }
    Ok(Some(dead))
}

/// A sign of life; false = the run has lost its job.
pub fn renew(tx: &mut Tx<'_>, run: &JobRun) -> Result<bool> {
    let (ms, shown) = lease(tx.env());
    Ok(tx.change(RENEW, vec![ms.into(), shown, run.id.into(), run.fence.into()])? > 0)
}

/// Tells whoever runs jobs of one that is ready or will be.
pub fn stand(tx: &mut Tx<'_>, id: i64, queue: &'static str) -> Result<()> {
    let row = tx.first("Job", &[("id", id.into())], "priority, dueMs")?;
    let number = |name: &str| row.as_ref().and_then(|row| row[name].as_i64());
    if let (Some(priority), Some(due), false) = (number("priority"), number("dueMs"), queue.is_empty()) {
        tx.state.jobs_due.push(((queue, u8::try_from(priority).unwrap_or_default()), due));
    }
    Ok(())
}

/// A job of this order key has ended: the next one may run.
pub fn release(tx: &mut Tx<'_>, queue: &'static str, order: Option<&str>) -> Result<()> {
    let Some(order) = order else { return Ok(()) };
    let mut rung = None;
    tx.each_row(RELEASE, &[queue.into(), order.into()], |row| {
        let row = row.cells()?;
        let number = |at: usize| row.get(at).and_then(Val::as_i64).unwrap_or_default();
        rung = Some(((queue, u8::try_from(number(0)).unwrap_or_default()), number(1)));
        Ok(More::Wanted)
    })?;
    tx.state.jobs_due.extend(rung);
    Ok(())
}

/// Runs whose lease ended before this moment and which nobody here goes on with: each counts as an attempt that failed.
pub fn rescue(tx: &mut Tx<'_>, before: i64, alive: &dyn Fn(i64) -> bool, why: &str) -> Result<usize> {
    let env = tx.env();
    let mut runs = Vec::new();
    tx.each_row(EXPIRED, &[before.into()], |row| {
        runs.push(row.cells()?);
        Ok(More::Wanted)
    })?;
    let mut count = 0;
    for row in runs {
        let number = |at: usize| row.get(at).and_then(Val::as_i64).unwrap_or_default();
        let text = |at: usize| row.get(at).and_then(Val::as_text);
        if alive(number(0)) {
            continue;
        }
        let queue = text(1).and_then(|name| env.registry.queue(name)).map_or("", |queue| queue.name);
        let run = JobRun {
            id: number(0),
            kind: "",
            args: serde_json::Value::Null,
            attempt: number(3),
            max_attempt: number(4),
            queue,
            fence: number(5),
            order: text(6).map(Into::into),
            waited_ms: 0,
            lost: Arc::default(),
        };
        // It is not the work that failed. Work that ends the server again and again has to wait all the same.
        let pause = if run.attempt < AT_ONCE { 0 } else { backoff::pause_ms(run.attempt, rand::random()) };
        count += usize::from(again(tx, &run, why, pause)?.is_some());
    }
    Ok(count)
}

/// At the start: what the last server had in its hands is given another try, and all that can be ready is.
pub fn recover(tx: &mut Tx<'_>) -> Result<()> {
    while rescue(tx, i64::MAX, &|_| false, "interrupted: the server stopped while it ran")? > 0 {}
    tx.change(READY_AGAIN, Vec::new())?;
    clock_went_back(tx)
}

/// Jobs that were made by a clock that was ahead are ready now: nobody meant them to wait until it is there again.
pub fn clock_went_back(tx: &mut Tx<'_>) -> Result<()> {
    let now = tx.env().unix_ms();
    tx.change(OF_THE_FUTURE, vec![now.into(), now.into(), now.into(), now_text(tx.env())]).map(|_| ())
}

/// Removes some jobs that ended before this time; gives their number.
pub fn forget(tx: &mut Tx<'_>, before: &str) -> Result<usize> {
    let mut count = 0;
    for state in ["done", "cancelled", "dead"] {
        count += tx.change(FORGET, vec![state.into(), before.into()])?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let Val::Text(text) = kept(&"误".repeat(TEXT_MAX + 1)) else { panic!("a text") };
        assert_eq!(text.chars().count(), TEXT_MAX);
    }
}
