//! The benchmark: the same calls against a constant reply (`floor`), against handlers written by hand for
//! just these calls (`hand`), and against jindou itself through its real API, side by side in one run and on
//! the same data. See `bench/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measuring program stops at the first fault")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is a table for people")]

mod data;
mod floor;
mod hand;
mod load;
mod peer;
mod plan;
mod proc;
mod report;
mod servers;

use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the command line asks for.
pub struct Options {
    pub jindou: PathBuf,
    pub rows: Vec<u64>,
    pub seconds: f64,
    pub connections: usize,
    pub peers: bool,
    /// Only workloads whose names begin so.
    pub only: Option<String>,
}

fn main() {
    let mut args = std::env::args().skip(1).peekable();
    // The two servers of our own are this program again.
    match args.peek().map(String::as_str) {
        Some("floor") => return floor::serve(port(args.nth(1))),
        Some("hand") => {
            let db = args.nth(1).expect("a database");
            return hand::serve(db.as_ref(), port(args.next()));
        }
        _ => {}
    }
    let mut options = Options {
        jindou: std::env::var_os("JINDOU_BIN").map_or("target/release/jindou".into(), PathBuf::from),
        rows: vec![10_000, 1_000_000],
        seconds: 3.0,
        connections: 32,
        peers: false,
        only: None,
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--rows" => {
                options.rows = value().split(',').map(|n| n.parse().expect("a number of rows")).collect()
            }
            "--seconds" => options.seconds = value().parse().expect("seconds"),
            "--connections" => options.connections = value().parse().expect("a number"),
            "--only" => options.only = Some(value()),
            "--peers" => options.peers = true,
            other => {
                panic!("unknown option {other}: --rows N,N --seconds S --connections N --only NAME --peers")
            }
        }
    }
    servers::run(&options);
}

fn port(arg: Option<String>) -> u16 {
    arg.and_then(|port| port.parse().ok()).expect("a port")
}
