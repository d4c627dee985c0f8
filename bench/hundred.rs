//! One transaction of a hundred creates after the other, from one client; and what their rows take by themselves.

use crate::data::{self, Store};
use crate::load::Run;
use crate::proc;
use crate::report::Report;
use crate::server::{Server, in_rounds, jindou, other};
use crate::verdict::{Verdicts, grouped};
use crate::{Options, bare, plan};

const MOST_MS: f64 = 2.0;

/// Turns that the servers take, if there is another build: a machine has its moods, but not within one turn.
const TURNS: u32 = 12;

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let rows = options.apart_rows;
    println!("\n## A hundred creates at once · {} orders · {}\n", grouped(rows), proc::machine());
    let db = store.copy(options, rows, "hundred");
    let mut servers = vec![jindou(options, "jindou", &db, "normal")];
    servers.extend(other(options, store, rows));
    data::rest(rows);
    servers.iter_mut().for_each(Server::log_in);
    let turns = if servers.len() > 1 { TURNS } else { 1 };
    let lines = in_rounds(turns, &servers, |server, turn| {
        let run = Run {
            connections: 1,
            seconds: options.seconds / f64::from(turns),
            ..Run::endless(options, server.address)
        };
        let make = plan::make("hundred", rows, &server.keys);
        Some(server.measure(&run, &*make, turn == 0))
    });
    drop(servers);
    Report::head();
    for line in &lines {
        Report::apart("batch of 100 adds, 1 connection", line);
    }
    let p50 = lines[0].seen.percentile(50).as_secs_f64() * 1e3;
    verdicts.at_most("batch of 100 creates in one transaction: p50", p50, MOST_MS, " ms");
    let (p50, cpu) = bare::hundred(&db, options.seconds);
    println!(
        "\nTheir rows alone, written by hand without a server: p50 {:.2} ms, {:.0} µs of processor time.",
        p50.as_secs_f64() * 1e3,
        cpu.as_secs_f64() * 1e6
    );
    store.forget("hundred");
    store.forget("other");
}
