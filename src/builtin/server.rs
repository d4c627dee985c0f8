//! `Server.info` and `Audit.verify`: the server about itself, to the administrator.

use super::plugins;
use crate::api::{Answer, Args, Prepared, Stage, long_work};
use crate::audit;
use crate::audit::verify::{Against, verify};
use crate::auth::mask::ADMIN;
use crate::config::Config;
use crate::db::{LaneStats, LongReadStats};
use crate::error::{Error, Result};
use crate::metrics::{BOUNDS, system};
use crate::object::{Object, staged};
use crate::paths::beside;
use crate::server::Server;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub static SERVER: Object = Object::actions_only("Server").actions(&[
    staged("info", ADMIN, info)
        .doc("Version, settings, plugins, database and jobs of this server; `res` names the parts to tell."),
    staged("backup", ADMIN, backup)
        .doc("Begins a backup; gives the `Job.get` id by which its caller follows it."),
    staged("confirmClock", ADMIN, confirm)
        .doc("The clock is right although it is far ahead: what is old by it may be deleted."),
]);

pub static AUDIT: Object = Object::actions_only("Audit")
    .actions(&[staged("verify", ADMIN, check).doc("Whether the chain of the audit log is whole.")]);

/// How long the verification of a log may read.
const VERIFY_MAX: Duration = Duration::from_secs(600);
/// How long it waits for a connection.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// A part of `Server.info`, made only for those who ask for it.
type Part = (&'static str, fn(&Stage<'_>) -> Result<Value>);

const PARTS: &[Part] = &[
    ("version", |_| Ok(json!(env!("CARGO_PKG_VERSION")))),
    ("rev", |stage| Ok(json!(stage.env().server_rev()))),
    ("uptime", |stage| Ok(json!(stage.server().started.elapsed().as_secs()))),
    ("now", |stage| Ok(json!(stage.env().now_text()))),
    ("testMode", |stage| Ok(json!(stage.env().test_mode()))),
    ("plugins", |stage| Ok(json!(plugins::rows(&stage.env().registry)))),
    ("config", |stage| Ok(json!(config(&stage.env().config)))),
    ("db", database),
    ("jobs", |stage| Ok(json!(jobs(stage.server())))),
    ("lane", |stage| Ok(lane(stage.server().db.lane.stats()))),
    ("longReads", |stage| Ok(long_reads(stage.server().db.long_reads()))),
    ("clock", |stage| Ok(clock(stage.server()))),
    ("backup", |stage| Ok(json!(stage.server().backups.show(stage.server())))),
    ("load", |stage| Ok(load(stage.server()))),
];

/// `info`: the parts named in `res`, or all of them.
fn info(stage: &mut Stage<'_>, args: &Args) -> Result<Prepared> {
    let asked = match args.text("res")? {
        None => PARTS.iter().collect(),
        Some(list) => list.split(',').map(part).collect::<Result<Vec<_>>>()?,
    };
    let mut answer = Map::new();
    for (name, make) in asked {
        answer.insert((*name).to_owned(), make(stage)?);
    }
    Ok(Prepared::Done(Value::Object(answer).into()))
}

fn part(name: &str) -> Result<&'static Part> {
    PARTS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        let all = PARTS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        let zh = format!("res 中没有这一部分：{name}，可选：{all}");
        let en = format!("res names no part of this answer: {name} (there are {all})");
        Error::param(format!("bad res: {name}")).say(zh, en)
    })
}

fn database(stage: &Stage<'_>) -> Result<Value> {
    let path = stage.server().db.path();
    Ok(json!({
        "path": path.display().to_string(),
        "size": size(path),
        "walSize": size(&beside(path, "-wal")),
        "tables": tables(stage)?,
    }))
}

/// Counters since the start, memory and disk: cheap enough to be asked every few seconds. Two answers tell what
/// happened between them.
fn load(server: &Server) -> Value {
    let totals = server.metrics.calls.totals();
    let bounds = BOUNDS.iter().map(|micros| Some(*micros as f64 / 1000.0)).chain([None]);
    let times: Vec<Value> = bounds.zip(totals.times).map(|(ms, count)| json!([ms, count])).collect();
    let free = server.disk.free().into_iter().filter_map(|(_, bytes)| bytes).min();
    let (writes, notes) = server.db.lane.waiting();
    let path = server.db.path();
    json!({
        "ms": server.started.elapsed().as_millis() as u64,
        "calls": totals.calls,
        "failed": totals.failed,
        "times": times,
        "memory": system::resident(),
        "dbSize": size(path),
        "walSize": size(&beside(path, "-wal")),
        "diskFree": free,
        "waiting": writes + notes,
    })
}

fn tables(stage: &Stage<'_>) -> Result<Vec<Value>> {
    stage.read(|tx| {
        let names: Vec<String> =
            tx.env().registry.catalogue.tables().iter().map(|t| t.name.to_string()).collect();
        names.into_iter().map(|name| Ok(json!({"name": name, "rows": tx.number_of(&name, &[])?}))).collect()
    })
}

/// Secrets are masked where the rows are made.
fn config(config: &Config) -> Vec<Value> {
    let rows = config.table().into_iter();
    let rows = rows.map(|row| {
        json!({
            "key": row.key,
            "value": row.value,
            "default": row.default,
            "from": row.from,
            "note": format!("{}|{}", row.zh, row.en),
        })
    });
    rows.collect()
}

fn jobs(server: &Server) -> Vec<Value> {
    let plugins = server.env.registry.plugins.iter();
    let zone = &server.env.zone;
    let shown = |at: Option<i64>| at.map(|ms| crate::time::format(zone.from_unix(ms.div_euclid(1000))));
    let jobs = plugins.flat_map(|plugin| plugin.jobs.iter().map(move |job| (plugin.name, job)));
    let rows = jobs.map(|(plugin, job)| {
        let turn = server.job_history.of(job.name);
        json!({
            "name": job.name,
            "plugin": plugin,
            "every": job.every_sec,
            "cron": job.cron,
            "last": shown(turn.last),
            "next": shown(turn.next),
            "ms": turn.last.map(|_| turn.took_ms),
            "error": turn.error,
        })
    });
    rows.collect()
}

fn lane(stats: &LaneStats) -> Value {
    let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    json!({"commits": number(&stats.commits), "writes": number(&stats.writes), "slow": number(&stats.slow)})
}

fn long_reads(stats: LongReadStats) -> Value {
    json!({"open": stats.open, "idle": stats.idle, "most": stats.most})
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// What the witness wrote, if it writes where it can be read again.
fn stored_heads(server: &Server) -> Result<Vec<audit::ChainHead>> {
    let text = match server.env.config.text("P_AUDIT_WITNESS") {
        "store" => audit::stored_heads(server.env.files.as_ref())?,
        _ => return Ok(Vec::new()),
    };
    audit::ChainHead::all_in(&text).map_err(Error::server)
}

/// `backup`: one more, beside those that `P_BACKUP_AT` asks for.
fn backup(stage: &mut Stage<'_>, _args: &Args) -> Result<Prepared> {
    let server = stage.server();
    let job = stage.long_work(100)?;
    let begun = server.backups.start(server, Some(job.clone()));
    if let Err(error) = &begun {
        long_work::ended(server, &job, Err(error.clone()), false);
    }
    begun.map(|()| Prepared::Done(json!({"job": job.id}).into()))
}

/// `confirmClock`: the clock is right, however far it is ahead of what was known.
fn confirm(stage: &mut Stage<'_>, _args: &Args) -> Result<Prepared> {
    let env = stage.env();
    env.trusted.known(env.session_ms());
    Ok(Prepared::write(|tx| {
        let env = tx.env();
        audit::put_time(tx.conn(), env.audit_keys.current(), env.trusted.believed(&env.clock).ms)?;
        Ok(json!({"now": tx.now()}).into())
    }))
}

/// Whether things are deleted by the clock, or by an earlier time that is known to be right.
fn clock(server: &Server) -> Value {
    let env = &server.env;
    let believed = env.trusted.believed(&env.clock);
    let shown = crate::time::format(env.zone.from_unix(believed.ms.div_euclid(1000)));
    json!({"trusted": believed.ahead_ms == 0, "deletesBy": shown, "aheadSec": believed.ahead_ms / 1000})
}

fn check(stage: &mut Stage<'_>, _args: &Args) -> Result<Prepared> {
    let server = stage.server();
    let heads = stored_heads(server)?;
    let against = Against { keys: server.chain.keys(), heads: &heads, last_key_only: false };
    let report = server.db.read_long(VERIFY_MAX, WAIT_MAX, |conn| verify(conn, &against))?;
    let mut answer = json!({
        "ok": report.broken.is_none() && report.has_key,
        "rows": report.rows,
        "unkeyed": report.unkeyed,
        "witnessed": report.witnessed,
    });
    if let Some(at) = report.broken {
        answer["firstBad"] = json!(at.seq);
        answer["broken"] = json!({"seq": at.seq, "table": at.table, "id": at.id, "what": at.what});
    }
    Ok(Prepared::Done(Answer::Json(answer)))
}
