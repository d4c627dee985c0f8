//! What a server takes that has nothing to do: disk, start, memory.

use crate::proc::{self, mib};
use crate::server::Server;
use crate::verdict::{Verdicts, grouped};
use crate::{Options, plan};
use std::io::{Read, Write};
use std::net::TcpStream;

const IDLE: usize = 10_000;

pub fn binary(options: &Options, verdicts: &mut Verdicts) {
    let bytes = std::fs::metadata(&options.jindou).map_or(0, |meta| meta.len());
    verdicts.at_most("size of the binary, pages included", bytes as f64 / 1e6, 30.0, " MB");
}

/// Just started on a database that exists.
pub fn just_started(server: &Server, rows: u64, verdicts: &mut Verdicts) {
    let on = format!("on {} orders", grouped(rows));
    let start = server.start.as_secs_f64() * 1e3;
    verdicts.at_most(format!("start to first answer {on}"), start, 100.0, " ms");
    let rest = mib(proc::memory(server.pid(), "VmRSS"));
    verdicts.at_most(format!("memory at rest {on}"), rest, 30.0, " MiB");
}

/// Ten thousand connections that were used once and are kept, after all the load.
pub fn idle(server: &Server, rows: u64, verdicts: &mut Verdicts) {
    let kept = hold(server, IDLE);
    let now = mib(proc::memory(server.pid(), "VmRSS"));
    let what =
        format!("memory with {} idle connections, {} orders", grouped(kept.len() as u64), grouped(rows));
    verdicts.add(what, format!("{now:.1} MiB"), "≤ 200 MiB", now <= 200.0 && kept.len() == IDLE);
}

fn hold(server: &Server, n: usize) -> Vec<TcpStream> {
    let mut request = Vec::new();
    plan::get(&mut request, "/api/initClient", "", "");
    let mut kept = Vec::new();
    let mut answer = [0; 4096];
    while kept.len() < n {
        let Ok(mut stream) = TcpStream::connect(server.address) else { break };
        if stream.write_all(&request).is_err() || stream.read(&mut answer).is_err() {
            break;
        }
        kept.push(stream);
    }
    kept
}
