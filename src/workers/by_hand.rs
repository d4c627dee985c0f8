//! What people do to jobs: run again, cancel, pause a queue, look at the queues.

use super::rows::{release, shown, stand};
use crate::db::{Conn, More, Tx};
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::value::Val;
use serde_json::{Map, Value, json};

const AGAIN: &str = "UPDATE Job SET state = 'waiting', attempt = 0, doneTm = NULL, result = NULL, runMs = ?, runTm = ?, \
     dueMs = ? WHERE id = ? AND state IN ('dead', 'cancelled', 'retry', 'waiting')";
const CANCEL: &str = "UPDATE Job SET state = 'cancelled', doneTm = ?, dueMs = NULL, leaseMs = NULL, leaseTm = NULL \
     WHERE id = ? AND state IN ('waiting', 'retry', 'running')";
const OTHERS: &str =
    "SELECT COUNT(*) FROM Job WHERE queue = ? AND orderKey = ? AND doneTm IS NULL AND id <> ?";
const DEPTHS: &str = "SELECT queue, state, COUNT(*), MIN(dueMs) FROM Job \
     WHERE state IN ('waiting', 'running', 'retry', 'dead') GROUP BY queue, state";

/// A job as its table has it.
struct Found {
    queue: &'static str,
    state: String,
    order: Option<String>,
}

fn find(tx: &mut Tx<'_>, id: i64) -> Result<Found> {
    let row = tx.first("Job", &[("id", id.into())], "queue, state, orderKey")?;
    let text = |name: &str| row.as_ref().and_then(|row| row[name].as_str());
    let queue = text("queue").and_then(|name| tx.env().registry.queue(name));
    match (queue, text("state")) {
        (Some(queue), Some(state)) => Ok(Found {
            queue: queue.name,
            state: state.to_owned(),
            order: text("orderKey").map(str::to_owned),
        }),
        _ => Err(Error::param(format!("not found `Job.id`=`{id}`"))),
    }
}

/// Runs a job that was given up or cancelled again, or one that waits for its next try at once.
pub fn again(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    let found = find(tx, id)?;
    let (env, now) = (tx.env(), tx.env().unix_ms());
    let blocked = match &found.order {
        None => false,
        // One that is ready already waits for nobody.
        Some(order) if found.state != "retry" => {
            let binds = [found.queue.into(), order.as_str().into(), id.into()];
            let mut others = 0;
            tx.each_row(OTHERS, &binds, |row| {
                others = row.cells()?.first().and_then(Val::as_i64).unwrap_or_default();
                Ok(More::Enough)
            })?;
            others > 0
        }
        Some(_) => false,
    };
    let due = if blocked { Val::Null } else { now.into() };
    let binds = vec![now.into(), Val::text(shown(env, now)), due, id.into()];
    match tx.change(AGAIN, binds)? {
        0 => Err(Error::param(format!("job {id} is {}", found.state)).say(
            format!("任务{id}不能重新执行，当前状态为{}", found.state),
            format!("job {id} cannot be run again: it is {}", found.state),
        )),
        _ => stand(tx, id, found.queue),
    }
}

/// Runs all dead jobs of a queue or a kind again; gives their number. Those whose unique key is in use stay dead.
pub fn all_again(tx: &mut Tx<'_>, queue: Option<&str>, kind: Option<&str>) -> Result<usize> {
    let mut by: Vec<(&str, Value)> = vec![("state", json!("dead"))];
    by.extend(queue.map(|queue| ("queue", json!(queue))));
    by.extend(kind.map(|kind| ("kind", json!(kind))));
    let rows = tx.list("Job", &by, "id, queue, uniqueKey", ALL_MAX)?;
    let mut count = 0;
    for row in rows {
        let known = row["queue"].as_str().is_some_and(|name| tx.env().registry.queue(name).is_some());
        let taken = match row["uniqueKey"].as_str() {
            Some(key) => {
                tx.first("Job", &[("uniqueKey", json!(key)), ("doneTm", Value::Null)], "id")?.is_some()
            }
            None => false,
        };
        if known && !taken {
            again(tx, row["id"].as_i64().unwrap_or_default())?;
            count += 1;
        }
    }
    Ok(count)
}

/// Jobs run again by one call.
const ALL_MAX: u64 = 10_000;

/// A job that has not ended will not run, or, if it runs, leaves nothing behind in the database.
pub fn cancel(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    let found = find(tx, id)?;
    let now = Val::text(tx.env().now_text());
    if tx.change(CANCEL, vec![now, id.into()])? == 0 {
        return Err(Error::param(format!("job {id} is {}", found.state)).say(
            format!("任务{id}已结束，当前状态为{}", found.state),
            format!("job {id} has ended: it is {}", found.state),
        ));
    }
    if found.state == "running" {
        tx.after_commit(move |env| env.queues.bell.cancel(id));
    }
    release(tx, found.queue, found.order.as_deref())
}

/// From now on no job of the queue is taken up, or jobs are again; across restarts.
pub fn pause(tx: &mut Tx<'_>, queue: &str, pause: bool) -> Result<()> {
    let env = tx.env();
    let Some(queue) = env.registry.queue(queue) else {
        let names: Vec<&str> = env.registry.queues().map(|queue| queue.name).collect();
        let names = names.join(", ");
        return Err(Error::param(format!("bad param `queue`: there is no queue `{queue}`, but {names}"))
            .say(
                format!("参数`queue`错误：没有队列`{queue}`，可选：{names}"),
                format!("bad param `queue`: there is no queue `{queue}`, but {names}"),
            ));
    };
    let fields = Map::from_iter([
        ("pauseFlag".to_owned(), json!(i64::from(pause))),
        ("tm".to_owned(), json!(tx.now())),
    ]);
    let by = [("name", json!(queue.name))];
    if tx.update("JobQueue", &by, fields.clone())? == 0 {
        let name = [("name".to_owned(), json!(queue.name))];
        tx.insert("JobQueue", fields.into_iter().chain(name))?;
    }
    tx.after_commit(move |env| env.queues.pause(queue.name, pause));
    Ok(())
}

/// Each queue: how many jobs are in which state, and for how long the oldest one that is ready has waited.
pub fn queues(tx: &mut Tx<'_>) -> Result<Vec<Map<String, Value>>> {
    let env = tx.env();
    let now = env.unix_ms();
    let mut out: Vec<Map<String, Value>> = Vec::new();
    for queue in env.registry.queues() {
        out.push(Map::from_iter([
            ("name".to_owned(), json!(queue.name)),
            ("paused".to_owned(), json!(env.queues.is_paused(queue.name))),
            ("waiting".to_owned(), json!(0)),
            ("running".to_owned(), json!(0)),
            ("retry".to_owned(), json!(0)),
            ("dead".to_owned(), json!(0)),
            ("ageSec".to_owned(), json!(0)),
        ]));
    }
    for depth in depths(tx.conn(), now)? {
        let Some(queue) = out.iter_mut().find(|queue| queue["name"] == depth.queue) else { continue };
        if depth.age_sec > queue["ageSec"].as_i64().unwrap_or_default() {
            queue.insert("ageSec".to_owned(), json!(depth.age_sec));
        }
        queue.insert(depth.state, json!(depth.count));
    }
    Ok(out)
}

/// So many jobs of a queue are in a state.
pub struct Depth {
    pub queue: String,
    pub state: String,
    pub count: i64,
    /// For how long the one that was ready first has waited.
    pub age_sec: i64,
}

/// All jobs that have not ended, and those that are dead.
pub fn depths(conn: &Conn, now_ms: i64) -> Result<Vec<Depth>> {
    let rows = conn.rows(&Sql::fixed(DEPTHS, Vec::new()))?;
    let depth = |row: &Vec<Val>| {
        let text = |at: usize| row.get(at).and_then(Val::as_text).unwrap_or_default().to_owned();
        let number = |at: usize| row.get(at).and_then(Val::as_i64);
        let age_sec = number(3).map_or(0, |due| now_ms.saturating_sub(due).max(0) / 1000);
        Depth { queue: text(0), state: text(1), count: number(2).unwrap_or_default(), age_sec }
    };
    Ok(rows.iter().map(depth).collect())
}
