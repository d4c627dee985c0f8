//! `/metrics`, for Prometheus. It is shown to the addresses of `P_METRICS` and to who knows `P_METRICS_TOKEN`; for all
//! others it is a page that does not exist.

use super::guard::Client;
use super::health;
use super::reply::{Reply, add, full};
use crate::jobs::QueueMeter;
use crate::live::Live;
use crate::metrics::{Text, system};
use crate::paths::beside;
use crate::server::Server;
use crate::workers::by_hand;
use hyper::Response;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

pub const PATH: &str = "/metrics";

/// The page, to a client that may read it.
pub fn answer(server: &Server, connections: usize, live: &Live) -> Reply {
    let mut reply = Response::new(full(text(server, connections, live)));
    let out = reply.headers_mut();
    add(out, "content-type", "text/plain; version=0.0.4; charset=utf-8");
    add(out, "cache-control", "no-store");
    add(out, "x-content-type-options", "nosniff");
    reply
}

/// Whether a header proves that the token is known.
pub fn knows(token: &str, authorization: Option<&str>) -> bool {
    use subtle::ConstantTimeEq;
    let sent = authorization.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    !token.is_empty() && bool::from(sent.as_bytes().ct_eq(token.as_bytes()))
}

/// Whether the client is who its address says: on this machine a proxy that nobody trusts may speak for anybody.
pub fn is_itself(client: &Client, forwarded: bool) -> bool {
    !(client.is_near && forwarded)
}

fn text(server: &Server, connections: usize, live: &Live) -> String {
    let mut out = Text::default();
    let metrics = &server.metrics;
    metrics.calls.write(&mut out);
    out.one(
        "jindou_refused_total",
        "counter",
        "requests refused before they became a call",
        metrics.refused.load(Relaxed) as f64,
    );
    out.one("jindou_connections", "gauge", "open connections", connections as f64);
    live.stats.write(&mut out);
    lane(server, &mut out);
    disk(server, &mut out);
    jobs(server, &mut out);
    queues(server, &mut out);
    out.one(
        "jindou_log_dropped_total",
        "counter",
        "lines of the program's log that could not be written",
        crate::log::dropped() as f64,
    );
    out.one(
        "jindou_ready",
        "gauge",
        "1 = /readyz says yes",
        f64::from(u8::from(health::why_not(server).is_none())),
    );
    out.one(
        "jindou_only_reads",
        "gauge",
        "1 = the disk could not be written at the start",
        f64::from(u8::from(server.only_reads())),
    );
    out.one("jindou_uptime_seconds", "gauge", "time since the start", server.started.elapsed().as_secs_f64());
    if let Some(bytes) = system::resident() {
        out.one("process_resident_memory_bytes", "gauge", "memory that the process holds", bytes as f64);
    }
    if let Some(age) = server.backups.age_sec(server.env.unix_ms()) {
        out.one(
            "jindou_backup_age_seconds",
            "gauge",
            "time since the last backup that was found whole",
            age as f64,
        );
    }
    out.family("jindou_info", "gauge", "what runs here");
    out.value(
        "jindou_info",
        &[("version", env!("CARGO_PKG_VERSION")), ("rev", server.env.server_rev())],
        1.0,
    );
    out.into_string()
}

fn lane(server: &Server, out: &mut Text) {
    let (stats, (writes, notes)) = (server.db.lane.stats(), server.db.lane.waiting());
    out.one("jindou_lane_waiting", "gauge", "writes that wait for their turn", writes as f64);
    out.one("jindou_audit_waiting", "gauge", "rows of the audit log that wait to be written", notes as f64);
    out.one(
        "jindou_lane_commits_total",
        "counter",
        "transactions of the writer",
        stats.commits.load(Relaxed) as f64,
    );
    out.one("jindou_lane_writes_total", "counter", "writes in them", stats.writes.load(Relaxed) as f64);
    out.one(
        "jindou_lane_slow_total",
        "counter",
        "writes that held the writer for more than 50 ms",
        stats.slow.load(Relaxed) as f64,
    );
    out.family("jindou_lane_wait_seconds", "histogram", "how long calls waited for the writer");
    out.histogram("jindou_lane_wait_seconds", &[], &stats.waits);
}

fn disk(server: &Server, out: &mut Text) {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len()) as f64;
    let path = server.db.path();
    out.one("jindou_database_bytes", "gauge", "size of the database", size(path));
    out.one("jindou_wal_bytes", "gauge", "size of its write-ahead log", size(&beside(path, "-wal")));
    out.family("jindou_disk_free_bytes", "gauge", "what is free on the disks of P_DB and P_DATA");
    for (name, free) in server.disk.free() {
        if let Some(free) = free {
            out.value("jindou_disk_free_bytes", &[("of", name)], free as f64);
        }
    }
}

/// A family, what it counts, and where it is counted.
type Counter = (&'static str, &'static str, fn(&QueueMeter) -> u64);

/// Queues of jobs.
fn queues(server: &Server, out: &mut Text) {
    let now = server.env.unix_ms();
    let depths = server.look(|conn| by_hand::depths(conn, now)).unwrap_or_default();
    out.family(
        "jindou_queue_jobs",
        "gauge",
        "jobs of each queue by their state: waiting, running, retry, dead",
    );
    for depth in &depths {
        let labels = [("queue", depth.queue.as_str()), ("state", depth.state.as_str())];
        out.value("jindou_queue_jobs", &labels, depth.count as f64);
    }
    out.family("jindou_queue_age_seconds", "gauge", "how long the job that is ready first has waited");
    for queue in server.env.registry.queues() {
        let of = depths.iter().filter(|depth| depth.queue == queue.name);
        let age = of.map(|depth| depth.age_sec).max().unwrap_or_default();
        out.value("jindou_queue_age_seconds", &[("queue", queue.name)], age as f64);
    }
    let meters = server.env.queues.meter.all();
    let counters: [Counter; 3] = [
        ("jindou_queue_done_total", "jobs that were done", |meter| meter.done.load(Relaxed)),
        ("jindou_queue_retries_total", "attempts that failed and are followed by another", |meter| {
            meter.retries.load(Relaxed)
        }),
        ("jindou_queue_dead_total", "jobs that were given up", |meter| meter.dead.load(Relaxed)),
    ];
    for (name, help, read) in counters {
        out.family(name, "counter", help);
        meters.iter().for_each(|(queue, meter)| out.value(name, &[("queue", queue)], read(meter) as f64));
    }
    out.family(
        "jindou_queue_wait_seconds",
        "histogram",
        "from the moment a job was due until it was taken up",
    );
    meters.iter().for_each(|(queue, meter)| {
        out.histogram("jindou_queue_wait_seconds", &[("queue", queue)], &meter.waits)
    });
    out.family("jindou_queue_run_seconds", "histogram", "how long attempts took");
    meters.iter().for_each(|(queue, meter)| {
        out.histogram("jindou_queue_run_seconds", &[("queue", queue)], &meter.runs)
    });
}

fn jobs(server: &Server, out: &mut Text) {
    let turns: Vec<_> =
        crate::workers::jobs(server).map(|job| (job.name, server.job_history.of(job.name))).collect();
    out.family("jindou_job_runs_total", "counter", "runs of jobs");
    turns
        .iter()
        .for_each(|(name, turn)| out.value("jindou_job_runs_total", &[("job", name)], turn.runs as f64));
    out.family("jindou_job_failures_total", "counter", "runs of jobs that failed");
    turns.iter().for_each(|(name, turn)| {
        out.value("jindou_job_failures_total", &[("job", name)], turn.failures as f64)
    });
    out.family("jindou_job_last_seconds", "gauge", "how long the last run took");
    turns.iter().for_each(|(name, turn)| {
        out.value("jindou_job_last_seconds", &[("job", name)], turn.took_ms as f64 / 1e3)
    });
}
