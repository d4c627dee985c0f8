//! The table, and whether each target is met.

use crate::load::Seen;
use crate::plan::Workload;
use crate::servers::Server;
use crate::{Options, proc};
use std::net::TcpStream;
use std::time::Duration;

pub struct Line {
    server: &'static str,
    seen: Seen,
    cpu: Duration,
    peak_kb: u64,
}

impl Line {
    pub fn new(server: &'static str, seen: Seen, cpu: Duration, peak_kb: u64) -> Line {
        Line { server, seen, cpu, peak_kb }
    }

    fn rate(&self) -> f64 {
        self.seen.rate()
    }

    fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.seen.requests.max(1) as f64
    }
}

pub struct Report {
    lines: Vec<Line>,
    verdicts: Vec<(bool, String)>,
}

impl Report {
    pub fn new(rows: u64, options: &Options) -> Report {
        let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
        let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kb: u64 = info.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or_default();
        println!(
            "\n## {rows} orders · {cores} cores shared with the load, {} GB · {} connections, {} s each\n",
            kb >> 20,
            options.connections,
            options.seconds
        );
        println!("| workload | server | req/s | p50 ms | p99 ms | CPU µs | peak MB | ÷ hand | ÷ floor |");
        println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        Report { lines: Vec::new(), verdicts: Vec::new() }
    }

    pub fn begin(&mut self, _workload: &Workload) {
        self.lines.clear();
    }

    pub fn rate(&self, server: &str) -> f64 {
        self.lines.iter().find(|line| line.server == server).map_or(0.0, Line::rate)
    }

    pub fn line(&mut self, workload: &Workload, line: Line) {
        self.print(workload.what, line.server, &line);
        self.lines.push(line);
    }

    fn print(&self, what: &str, server: &str, line: &Line) {
        let ratio = |of: &str| match self.rate(of) {
            0.0 => String::new(),
            rate => format!("{:.2}", line.rate() / rate),
        };
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "| {what} | {server} | {:.0} | {:.2} | {:.2} | {:.1} | {:.1} | {} | {} |",
            line.rate(),
            ms(line.seen.p50),
            ms(line.seen.p99),
            line.cpu_micros(),
            line.peak_kb as f64 / 1024.0,
            ratio("hand"),
            ratio("floor"),
        );
        if let Some(complaint) = &line.seen.complaint {
            eprintln!(
                "{server}: {} of {} answers were wrong, the first: {complaint}",
                line.seen.failed, line.seen.requests
            );
        }
    }

    /// Half the peak rate.
    pub fn half(&mut self, line: Line) {
        self.print("mixed at half its peak rate", line.server, &line);
        let p99 = line.seen.p99.as_secs_f64() * 1e3;
        self.verdict(p99 <= 5.0, format!("mixed at half rate: p99 {p99:.2} ms (≤ 5)"));
    }

    pub fn end(&mut self, workload: &Workload) {
        if let Some(target) = workload.target {
            let ratio = self.rate("jindou") / self.rate("hand").max(1.0);
            self.verdict(ratio >= target, format!("{}: {ratio:.2} of hand (≥ {target:.2})", workload.name));
            let strict = self.rate("strict") / self.rate("jindou").max(1.0);
            self.verdict(strict >= 0.6, format!("{}: strict {strict:.2} of normal (≥ 0.60)", workload.name));
        }
        let wrong: u64 = self.lines.iter().map(|line| line.seen.failed).sum();
        if wrong > 0 {
            self.verdict(false, format!("{}: {wrong} answers were wrong", workload.name));
        }
    }

    /// Just started on a database that exists.
    pub fn rest(&mut self, server: &Server) {
        let start = server.start.as_secs_f64() * 1e3;
        self.verdict(start <= 100.0, format!("start to first answer: {start:.0} ms (≤ 100)"));
        let rest = mib(proc::memory(server.pid(), "VmRSS"));
        self.verdict(rest <= 30.0, format!("memory at rest: {rest:.1} MiB (≤ 30)"));
    }

    pub fn sixty_four(&mut self, line: &Line) {
        self.print("mixed, 64 connections", line.server, line);
        let peak = mib(line.peak_kb);
        self.verdict(peak <= 80.0, format!("memory under 64 connections: {peak:.1} MiB (≤ 80)"));
    }

    pub fn idle(&mut self, server: &Server, kept: &[TcpStream]) {
        let now = mib(proc::memory(server.pid(), "VmRSS"));
        self.verdict(
            now <= 200.0,
            format!("memory with {} idle connections: {now:.1} MiB (≤ 200)", kept.len()),
        );
        if let Some(db) = &server.db {
            let wal = std::fs::metadata(format!("{}-wal", db.display())).map_or(0, |meta| meta.len());
            self.verdict(
                wal < 64 << 20,
                format!("write-ahead log after all writes: {:.1} MiB (< 64)", mib(wal >> 10)),
            );
        }
    }

    fn verdict(&mut self, met: bool, what: String) {
        self.verdicts.push((met, what));
    }

    pub fn finish(self) {
        println!();
        for (met, what) in &self.verdicts {
            println!("- {} {what}", if *met { "met:" } else { "NOT MET:" });
        }
    }
}

fn mib(kb: u64) -> f64 {
    kb as f64 / 1024.0
}
