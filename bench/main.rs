//! The benchmark: the same calls against a constant reply (`floor`), against handlers written by hand for
//! just these calls (`hand`), and against jindou itself through its real API, side by side in one run and on
//! the same data. See `bench/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measuring program stops at the first fault")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is a table for people")]

mod bare;
mod beside;
mod bulk;
mod data;
mod floor;
mod hand;
mod hundred;
mod list;
mod live;
mod load;
mod peer;
mod plan;
mod proc;
mod report;
mod rest;
mod scan;
mod server;
mod size;
mod table;
mod verdict;
mod wal;
mod wire;

use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the command line asks for.
#[derive(Clone)]
pub struct Options {
    pub jindou: PathBuf,
    /// Another build, to be compared.
    pub other: Option<PathBuf>,
    pub rows: Vec<u64>,
    pub seconds: f64,
    pub connections: usize,
    pub peers: bool,
    /// Only workloads and sections whose names begin with one of these.
    pub only: Vec<String>,
    /// Of the long run of writes.
    pub wal_seconds: f64,
    /// Orders in the table that is exported, imported into, reported on and written to for long.
    pub apart_rows: u64,
    pub import_rows: u64,
}

impl Options {
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.starts_with(only.as_str()))
    }
}

const USAGE: &str = "--rows N,N --seconds S --connections N --only NAME,NAME --wal-seconds S --apart-rows N --import-rows N --other FILE --peers";

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
        other: None,
        rows: vec![10_000, 1_000_000],
        seconds: 4.0,
        connections: 32,
        peers: false,
        only: Vec::new(),
        wal_seconds: 20.0,
        apart_rows: 1_000_000,
        import_rows: 200_000,
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--rows" => options.rows = value().split(',').map(number).collect(),
            "--seconds" => options.seconds = value().parse().expect("seconds"),
            "--connections" => options.connections = number(&value()) as usize,
            "--only" => options.only.extend(value().split(',').map(str::to_owned)),
            "--wal-seconds" => options.wal_seconds = value().parse().expect("seconds"),
            "--apart-rows" => options.apart_rows = number(&value()),
            "--import-rows" => options.import_rows = number(&value()),
            "--other" => options.other = Some(value().into()),
            "--peers" => options.peers = true,
            other => panic!("unknown option {other}: {USAGE}"),
        }
    }
    run(&options);
}

fn run(options: &Options) {
    let store = data::Store::new();
    let mut verdicts = verdict::Verdicts::default();
    rest::binary(options, &mut verdicts);
    let mut costs = Vec::new();
    for rows in &options.rows {
        costs.extend(size::run(options, &store, *rows, &mut verdicts));
    }
    if options.wants("get") || options.wants("query") {
        size::growth(&costs, &mut verdicts);
    }
    if options.wants("scan") {
        scan::run(options, &store, &mut verdicts);
    }
    if options.wants("list") {
        list::run(options, &store, &mut verdicts);
    }
    if options.wants("live") {
        live::run(options, &store, &mut verdicts);
    }
    if options.wants("hundred") {
        hundred::run(options, &store, &mut verdicts);
    }
    if options.wants("beside") {
        beside::run(options, &store, &mut verdicts);
    }
    if ["bulk-csv", "bulk-excel", "bulk-import"].iter().any(|part| options.wants(part)) {
        bulk::run(options, &store, &mut verdicts);
    }
    // Last: the disk is slow for minutes after it, and that must not be measured as something else's.
    if options.wants("wal") {
        wal::run(options, &store, &mut verdicts);
    }
    verdicts.print();
}

fn number(text: &str) -> u64 {
    text.replace('_', "").parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

fn port(arg: Option<String>) -> u16 {
    arg.and_then(|port| port.parse().ok()).expect("a port")
}
