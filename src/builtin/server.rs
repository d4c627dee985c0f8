//! `Server.info` and `Audit.verify`: the server about itself, to the administrator.

use super::plugins;
use crate::audit::verify::verify;
use crate::auth::mask::ADMIN;
use crate::config::Config;
use crate::db::LaneStats;
use crate::error::Result;
use crate::exec::{Answer, Args, Prepared, Stage};
use crate::house::House;
use crate::object::{Object, staged};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub static SERVER: Object = Object::actions_only("Server").actions(&[
    staged("info", ADMIN, info).doc("Version, settings, plugins, database and jobs of this server.")
]);

pub static AUDIT: Object = Object::actions_only("Audit")
    .actions(&[staged("verify", ADMIN, check).doc("Whether the chain of the audit log is whole.")]);

fn info(stage: &mut Stage<'_>, _args: &Args) -> Result<Prepared> {
    let house = stage.house();
    let env = &house.env;
    let tables = tables(stage)?;
    let path = house.db.path();
    let answer = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "rev": env.server_rev(),
        "uptime": house.started.elapsed().as_secs(),
        "now": env.now_text(),
        "testMode": env.test_mode(),
        "plugins": plugins::rows(&env.registry),
        "config": config(&env.config),
        "db": {
            "path": path.display().to_string(),
            "size": size(path),
            "walSize": size(&beside(path, "-wal")),
            "tables": tables,
        },
        "jobs": jobs(house),
        "lane": lane(house.db.lane.stats()),
    });
    Ok(Prepared::Done(answer.into()))
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

fn jobs(house: &House) -> Vec<Value> {
    let plugins = house.env.registry.plugins.iter();
    let zone = &house.env.zone;
    let shown = |at: Option<i64>| at.map(|ms| crate::time::format(zone.from_unix(ms.div_euclid(1000))));
    let jobs = plugins.flat_map(|plugin| plugin.jobs.iter().map(move |job| (plugin.name, job)));
    let rows = jobs.map(|(plugin, job)| {
        let turn = house.diary.of(job);
        json!({
            "name": job.name,
            "plugin": plugin,
            "every": job.every_sec,
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

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn check(stage: &mut Stage<'_>, _args: &Args) -> Result<Prepared> {
    let report = stage.house().look(verify)?;
    let mut answer = json!({"ok": report.broken.is_none(), "rows": report.rows});
    if let Some(at) = report.broken {
        answer["firstBad"] = json!(at.seq);
        answer["broken"] = json!({"seq": at.seq, "table": at.table, "id": at.id, "what": at.what});
    }
    Ok(Prepared::Done(Answer::Json(answer)))
}
