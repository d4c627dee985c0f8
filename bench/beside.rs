//! A report of two seconds beside cheap calls: the cheap ones must not feel it.

use crate::data::{self, Store};
use crate::load::Run;
use crate::plan;
use crate::report::Report;
use crate::server::{Server, jindou};
use crate::verdict::{Verdicts, grouped};
use crate::{Options, proc, wire};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(2);
/// Terms to begin with.
const SAMPLE: usize = 4;
const TERMS_MAX: usize = 100;

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let rows = options.apart_rows;
    let mut server = jindou(options, "jindou", &store.copy(options, rows, "beside"), "normal");
    data::rest(rows);
    server.log_in();
    let (request, alone) = calibrated(&server);
    println!(
        "\n## A report of {:.1} s beside cheap calls · {} orders · {}\n",
        alone.as_secs_f64(),
        grouped(rows),
        proc::machine()
    );
    Report::head();
    let make = plan::make("mixed", rows, &server.keys);
    let run = |rate: Option<f64>| Run {
        seconds: options.seconds.max(2.0 * LONG.as_secs_f64()),
        rate,
        ..Run::endless(options, server.address)
    };
    let peak = server.measure(&run(None), &*make, true);
    Report::apart("4 get : 1 add, as many as go", &peak);
    // The report takes one core, and the load must leave some of the other to the server.
    for (what, rate) in [("at a quarter of the peak rate", Some(peak.rate() / 4.0)), ("at full speed", None)]
    {
        if rate.is_some() {
            Report::apart(&format!("the same {what}"), &server.measure(&run(rate), &*make, false));
        }
        let (busy, reports) = with_reports(&server, &request, || server.measure(&run(rate), &*make, false));
        Report::apart(&format!("the same, beside {reports} reports"), &busy);
        let p99 = busy.seen.percentile(99).as_secs_f64() * 1e3;
        let target = format!("cheap calls {what} beside a {:.1}-second report: p99", alone.as_secs_f64());
        verdicts.at_most(target, p99, 10.0, " ms");
    }
    drop(make);
    drop(server);
    store.forget("beside");
}

/// A report that takes two seconds or so by itself.
fn calibrated(server: &Server) -> (Vec<u8>, Duration) {
    let mut terms = SAMPLE;
    for _ in 0..4 {
        let request = report(server, terms);
        let took = take(server, &request);
        if took > LONG.mul_f64(0.9) || terms == TERMS_MAX {
            return (request, took);
        }
        let more = terms as f64 * LONG.as_secs_f64() * 1.1 / took.as_secs_f64();
        terms = (more.ceil() as usize).clamp(SAMPLE, TERMS_MAX);
    }
    let request = report(server, terms);
    let took = take(server, &request);
    (request, took)
}

/// Runs `work` while the report is asked for again and again; gives how often it was answered.
fn with_reports<T>(server: &Server, request: &[u8], work: impl FnOnce() -> T) -> (T, usize) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reports = scope.spawn(|| {
            let mut answered = 0;
            while !stop.load(Ordering::Relaxed) {
                take(server, request);
                answered += 1;
            }
            answered
        });
        let done = work();
        stop.store(true, Ordering::Relaxed);
        (done, reports.join().unwrap())
    })
}

/// All orders, grouped, under a condition that no index helps with: the more terms, the longer it takes.
fn report(server: &Server, terms: usize) -> Vec<u8> {
    let terms: Vec<String> = (0..terms).map(|n| format!("dscr+like+'%25pear{n}%25'")).collect();
    let cond = format!("amount%3E199+or+{}", terms.join("+or+"));
    let target =
        format!("/api/Ordr.query?_app=emp&gres=status&res=COUNT(*)+cnt,SUM(amount)+total&cond={cond}");
    let mut request = Vec::new();
    plan::get(&mut request, &target, "empid", &server.keys.emp);
    request
}

fn take(server: &Server, request: &[u8]) -> Duration {
    let begun = Instant::now();
    let answer = wire::ask(server.address, request).expect("the report");
    assert!(answer.body.starts_with("[0"), "the report was refused: {}", answer.body);
    begun.elapsed()
}
