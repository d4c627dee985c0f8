//! One size: every workload on every server in turn, several rounds of it, so that a noisy second is noisy for all.

use crate::data::{self, Store};
use crate::load::Run;
use crate::plan::{self, Workload};
use crate::proc::{self, mib};
use crate::report::{Line, Report};
use crate::server::{Server, in_rounds, jindou, other, ours};
use crate::verdict::{Verdicts, grouped};
use crate::{Options, peer, rest};

/// What `get` and a page cost at this size, to be held against other sizes.
pub struct Cost {
    pub rows: u64,
    pub workload: &'static str,
    pub line: Line,
}

/// Each workload is split into so many rounds over all servers.
const ROUNDS: u32 = 8;
/// At half the peak rate there are more of them, of a second each.
const SECONDS: u32 = 16;
/// Workloads whose cost must not grow with the table.
const STEADY: &[&str] = &["get", "query"];

pub fn run(options: &Options, store: &Store, rows: u64, verdicts: &mut Verdicts) -> Vec<Cost> {
    let wanted: Vec<&Workload> = plan::ALL.iter().filter(|workload| options.wants(workload.name)).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    println!(
        "\n## {} orders · {} shared with the load · {} connections, {} s each\n",
        grouped(rows),
        proc::machine(),
        options.connections,
        options.seconds
    );
    Report::head();
    let mut servers = vec![
        ours("floor", None),
        ours("hand", Some(&store.copy(options, rows, "hand"))),
        jindou(options, "jindou", &store.copy(options, rows, "jindou"), "normal"),
        jindou(options, "strict", &store.copy(options, rows, "strict"), "strict"),
    ];
    servers.extend(other(options, store, rows));
    rest::just_started(&servers[2], rows, verdicts);
    data::rest(rows);
    for server in &mut servers[2..] {
        server.log_in();
    }
    if options.peers {
        servers.push(peer::start(store.dir(), rows));
    }
    let mut costs = Vec::new();
    let mut report = Report::default();
    for workload in wanted {
        report.begin();
        let share = Options { seconds: options.seconds / f64::from(ROUNDS), ..options.clone() };
        in_rounds(ROUNDS, &servers, |server, round| measure(&share, server, workload, rows, round))
            .into_iter()
            .for_each(|line| report.line(workload.what, line));
        report.judge(workload, rows, verdicts);
        if workload.name == "mixed" {
            mixed(options, &servers, workload, rows, &report, verdicts);
        }
        if STEADY.contains(&workload.name)
            && let Some(line) = report.of("jindou")
        {
            costs.push(Cost { rows, workload: workload.name, line: line.clone() });
        }
    }
    if options.wants("memory") {
        rest::idle(&servers[2], rows, verdicts);
    }
    drop(servers);
    ["hand", "jindou", "strict", "other"].iter().for_each(|name| store.forget(name));
    data::rest(rows);
    costs
}

fn measure(options: &Options, server: &Server, workload: &Workload, rows: u64, round: u32) -> Option<Line> {
    if server.name == "pocketbase" {
        return peer::measure(server, options, workload, rows);
    }
    let share = (rows - 1) / u64::from(ROUNDS);
    let (first, most) = if workload.consumes { (u64::from(round) * share, share) } else { (0, u64::MAX) };
    let expect: &[u8] = if workload.name == "static" { b"" } else { b"[0" };
    let run = Run { first, most, expect, ..Run::endless(options, server.address) };
    Some(server.measure(&run, &*plan::make(workload.name, rows, &server.keys), !workload.consumes))
}

/// The mixed load again: at half its peak rate, and from twice as many connections. What is written by hand gets the
/// same number of calls, to show what this machine makes of them. At half the rate what counts is the usual second: now
/// and then the disk of a virtual machine stands still for a tenth of one, whoever writes.
fn mixed(
    options: &Options,
    servers: &[Server],
    workload: &Workload,
    rows: u64,
    report: &Report,
    verdicts: &mut Verdicts,
) {
    let at = format!("at {} orders", grouped(rows));
    let server = &servers[2];
    let rate = Some(report.rate("jindou") / 2.0);
    let alike = servers.iter().filter(|one| ["hand", "jindou", "other"].contains(&one.name));
    let lines = in_rounds(SECONDS, alike, |one, _| {
        let half = Run { rate, seconds: 1.0, ..Run::endless(options, one.address) };
        Some(one.measure(&half, &*plan::make(workload.name, rows, &one.keys), false))
    });
    for line in lines {
        let usual = line.usual_p99().as_secs_f64() * 1e3;
        Report::apart(&format!("half that rate, p99 mostly {usual:.2}"), &line);
        if line.server == "jindou" {
            let target = format!("mixed {at}, half its peak rate: p99 of the usual second");
            verdicts.at_most(target, usual, 5.0, " ms");
        }
    }
    let make = plan::make(workload.name, rows, &server.keys);
    let many = Run { connections: 64, ..Run::endless(options, server.address) };
    let line = server.measure(&many, &*make, true);
    Report::apart("the same, 64 connections", &line);
    let peak = mib(line.peak_kb);
    verdicts.at_most(format!("mixed {at}, 64 connections: memory"), peak, 80.0, " MiB");
}

/// Whether a call costs about the same in the largest table as in the smallest.
pub fn growth(costs: &[Cost], verdicts: &mut Verdicts) {
    for name in STEADY {
        let mut of: Vec<&Cost> = costs.iter().filter(|cost| cost.workload == *name).collect();
        of.sort_by_key(|cost| cost.rows);
        let what = format!("{name}: cost as the table grows");
        let (Some(small), Some(large)) = (of.first(), of.last()) else {
            verdicts.open(&what, "with two sizes", "≤ 1.30 x");
            continue;
        };
        if small.rows == large.rows {
            verdicts.open(&what, "with two sizes", "≤ 1.30 x");
            continue;
        }
        let cpu = large.line.cpu_micros() / small.line.cpu_micros().max(0.001);
        let time = small.line.rate() / large.line.rate().max(0.001);
        let what = format!("{name}: cost at {} orders ÷ at {}", grouped(large.rows), grouped(small.rows));
        let figure = format!("CPU {cpu:.2} x, time {time:.2} x");
        verdicts.add(what, figure, "≤ 1.30 x", cpu <= 1.3 && time <= 1.3);
    }
}
