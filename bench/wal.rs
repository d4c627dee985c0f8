//! Single-row writes at full speed for a while: the write-ahead log must not grow with them.

use crate::Options;
use crate::data::Store;
use crate::load::{self, Run};
use crate::plan;
use crate::proc::{self, mib};
use crate::report::{Line, Report};
use crate::server::{Server, jindou};
use crate::verdict::{Verdicts, grouped};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const MOST_MIB: f64 = 64.0;

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let rows = options.apart_rows;
    let mut server = jindou(options, "jindou", &store.copy(options, rows, "wal"), "normal");
    server.log_in();
    println!("\n## Single rows · {} orders · {}\n", grouped(rows), proc::machine());
    Report::head();
    let (line, peak) = sustained(options, &server, rows);
    Report::apart(&format!("Ordr.add for {} s", options.wal_seconds), &line);
    let what = format!("write-ahead log in {} s of single-row writes: most", options.wal_seconds);
    verdicts.at_most(what, mib(peak >> 10), MOST_MIB, " MiB");
    let size = server.db.as_ref().and_then(|db| std::fs::metadata(db).ok()).map_or(0, |meta| meta.len());
    println!(
        "\nThe database has grown to {:.0} MiB, its write-ahead log to {:.1} MiB at most.",
        mib(size >> 10),
        mib(peak >> 10)
    );
    drop(server);
    store.forget("wal");
}

/// The line, and the bytes of the log at its largest.
fn sustained(options: &Options, server: &Server, rows: u64) -> (Line, u64) {
    let make = plan::make("add", rows, &server.keys);
    let run = Run { seconds: options.wal_seconds, ..Run::endless(options, server.address) };
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !stop.load(Ordering::Relaxed) {
                peak = peak.max(server.wal());
                std::thread::sleep(Duration::from_millis(20));
            }
            peak
        });
        let before = proc::cpu(server.pid());
        proc::forget_peak(server.pid());
        let seen = load::run(&run, &*make);
        let cpu = proc::cpu(server.pid()).saturating_sub(before);
        stop.store(true, Ordering::Relaxed);
        let line = Line::new(server.name, seen, cpu, proc::memory(server.pid(), "VmHWM"));
        (line, watch.join().unwrap())
    })
}
