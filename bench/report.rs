//! The table of one size: a line per workload and server.

use crate::load::Seen;
use crate::plan::Workload;
use crate::proc::mib;
use crate::table::{self, Column, Side};
use crate::verdict::{Verdicts, grouped};
use std::time::Duration;

#[derive(Clone)]
pub struct Line {
    pub server: &'static str,
    pub seen: Seen,
    pub cpu: Duration,
    pub peak_kb: u64,
    /// The 99th percentile of each turn.
    turns: Vec<Duration>,
}

impl Line {
    /// One turn.
    pub fn new(server: &'static str, seen: Seen, cpu: Duration, peak_kb: u64) -> Line {
        let turns = vec![seen.percentile(99)];
        Line { server, seen, cpu, peak_kb, turns }
    }

    /// The 99th percentile of a turn in the middle of them all.
    pub fn usual_p99(&self) -> Duration {
        let mut turns = self.turns.clone();
        turns.sort_unstable();
        turns[turns.len() / 2]
    }

    pub fn rate(&self) -> f64 {
        self.seen.rate()
    }

    /// Takes another run of the same load to be the same run.
    pub fn add(&mut self, other: Line) {
        self.seen.add(other.seen);
        self.cpu += other.cpu;
        self.peak_kb = self.peak_kb.max(other.peak_kb);
        self.turns.extend(other.turns);
    }

    /// Puts it with what its server did before.
    pub fn join(self, lines: &mut Vec<Line>) {
        match lines.iter_mut().find(|before| before.server == self.server) {
            Some(before) => before.add(self),
            None => lines.push(self),
        }
    }

    pub fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.seen.requests.max(1) as f64
    }
}

const COLUMNS: &[Column] = &[
    Column("workload", 40, Side::Left),
    Column("server", 10, Side::Left),
    Column("req/s", 9, Side::Right),
    Column("p50 ms", 8, Side::Right),
    Column("p99 ms", 8, Side::Right),
    Column("CPU µs", 8, Side::Right),
    Column("peak MB", 7, Side::Right),
    Column("÷ hand", 6, Side::Right),
    Column("÷ floor", 7, Side::Right),
];

/// What one workload came to on each server.
#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
}

impl Report {
    pub fn head() {
        table::head(COLUMNS);
    }

    pub fn begin(&mut self) {
        self.lines.clear();
    }

    pub fn of(&self, server: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.server == server)
    }

    pub fn rate(&self, server: &str) -> f64 {
        self.of(server).map_or(0.0, Line::rate)
    }

    pub fn line(&mut self, what: &str, line: Line) {
        let ratio = |of: &str| match self.rate(of) {
            0.0 => String::new(),
            rate => format!("{:.2}", line.rate() / rate),
        };
        print(what, &line, [ratio("hand"), ratio("floor")]);
        self.lines.push(line);
    }

    /// What is no rival of `hand`: another load than it had.
    pub fn apart(what: &str, line: &Line) {
        print(what, line, Default::default());
    }

    /// What the workload says of the targets.
    pub fn judge(&self, workload: &Workload, rows: u64, verdicts: &mut Verdicts) {
        let name = format!("{} at {} orders", workload.name, grouped(rows));
        if let Some(target) = workload.target {
            let ratio = self.rate("jindou") / self.rate("hand").max(1.0);
            verdicts.at_least(format!("{name}: rate ÷ that of hand"), ratio, target, "");
            let strict = self.rate("strict") / self.rate("jindou").max(1.0);
            verdicts.at_least(format!("{name}: rate of strict ÷ that of normal"), strict, 0.6, "");
        }
        let wrong: u64 = self.lines.iter().map(|line| line.seen.failed).sum();
        if wrong > 0 {
            verdicts.add(format!("{name}: wrong answers"), grouped(wrong), "none", false);
        }
    }
}

fn print(what: &str, line: &Line, [hand, floor]: [String; 2]) {
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
    table::row(
        COLUMNS,
        &[
            what.to_owned(),
            line.server.to_owned(),
            grouped(line.rate().round() as u64),
            ms(line.seen.percentile(50)),
            ms(line.seen.percentile(99)),
            format!("{:.1}", line.cpu_micros()),
            format!("{:.1}", mib(line.peak_kb)),
            hand,
            floor,
        ],
    );
    if let Some(complaint) = &line.seen.complaint {
        let (failed, requests) = (line.seen.failed, line.seen.requests);
        eprintln!("{}: {failed} of {requests} answers were wrong, the first: {complaint}", line.server);
    }
}
