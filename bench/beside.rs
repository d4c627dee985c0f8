//! A report of two seconds beside cheap calls: the cheap ones must not feel it.

use crate::data::Store;
use crate::load::Run;
use crate::plan;
use crate::report::Report;
use crate::server::{Server, jindou};
use crate::verdict::{Verdicts, grouped};
use crate::{Options, proc, wire};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(2);
/// So many terms are taken to learn what one costs.
const SAMPLE: usize = 4;
const TERMS_MAX: usize = 100;

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let rows = options.apart_rows;
    let mut server = jindou(options, "jindou", &store.copy(options, rows, "beside"), "normal");
    server.log_in();
    let sample = take(&server, &report(&server, SAMPLE));
    let terms = (SAMPLE as f64 * LONG.as_secs_f64() * 1.05 / sample.as_secs_f64()).ceil() as usize;
    let report_request = report(&server, terms.clamp(SAMPLE, TERMS_MAX));
    let alone = take(&server, &report_request);
    println!(
        "\n## A report of {:.1} s beside cheap calls · {} orders · {}\n",
        alone.as_secs_f64(),
        grouped(rows),
        proc::machine()
    );
    Report::head();
    let make = plan::make("mixed", rows, &server.keys);
    let run = |rate: Option<f64>| Run {
        address: server.address,
        connections: options.connections,
        seconds: options.seconds,
        most: u64::MAX,
        rate,
        expect: b"[0",
    };
    let peak = server.measure(&run(None), &*make, true);
    Report::apart("4 get : 1 add, as many as go", &peak);
    let half = run(Some(peak.rate() / 2.0));
    let calm = server.measure(&half, &*make, false);
    Report::apart("half of that", &calm);
    let (busy, reports) = with_reports(&server, &report_request, || {
        server.measure(&Run { seconds: half.seconds.max(2.0 * LONG.as_secs_f64()), ..half }, &*make, false)
    });
    Report::apart(&format!("half of that, beside {reports} reports"), &busy);
    let p99 = busy.seen.p99.as_secs_f64() * 1e3;
    verdicts.at_most("cheap calls at half the peak rate beside a 2-second report: p99", p99, 10.0, " ms");
    if alone < LONG.mul_f64(0.75) {
        verdicts.open(
            "a report of two seconds",
            &format!("it took {:.1} s only", alone.as_secs_f64()),
            "2 s",
        );
    }
    drop(make);
    drop(server);
    store.forget("beside");
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
