//! One transaction of a hundred creates after the other, from one client; and what their rows take by themselves.

use crate::data::Store;
use crate::load::Run;
use crate::proc;
use crate::report::Report;
use crate::server::jindou;
use crate::verdict::{Verdicts, grouped};
use crate::{Options, bare, plan};

const MOST_MS: f64 = 2.0;

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let rows = options.apart_rows;
    println!("\n## A hundred creates at once · {} orders · {}\n", grouped(rows), proc::machine());
    let db = store.copy(options, rows, "hundred");
    let mut server = jindou(options, "jindou", &db, "normal");
    server.log_in();
    Report::head();
    let run = Run { connections: 1, ..Run::endless(options, server.address) };
    let line = server.measure(&run, &*plan::make("hundred", rows, &server.keys), true);
    drop(server);
    Report::apart("batch of 100 adds, 1 connection", &line);
    let p50 = line.seen.percentile(50).as_secs_f64() * 1e3;
    verdicts.at_most("batch of 100 creates in one transaction: p50", p50, MOST_MS, " ms");
    let (p50, cpu) = bare::hundred(&db, options.seconds);
    println!(
        "\nTheir rows alone, written by hand without a server: p50 {:.2} ms, {:.0} µs of processor time.",
        p50.as_secs_f64() * 1e3,
        cpu.as_secs_f64() * 1e6
    );
    store.forget("hundred");
}
