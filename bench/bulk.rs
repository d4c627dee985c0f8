//! Many rows in one call: a table of a million orders exported to csv and to xlsx, and an import.

use crate::data::{self, Store};
use crate::proc::{self, mib};
use crate::server::{Server, jindou};
use crate::table::{self, Column, Side};
use crate::verdict::{Verdicts, grouped};
use crate::{Options, bare, plan, wire};
use std::fmt::Write as _;
use std::io::{BufReader, Read};
use std::path::Path;
use std::time::{Duration, Instant};

const MEMORY_MIB: f64 = 150.0;
const IMPORT_RATE: f64 = 100_000.0;

const COLUMNS: &[Column] = &[
    Column("call", 40, Side::Left),
    Column("rows", 10, Side::Right),
    Column("seconds", 8, Side::Right),
    Column("rows/s", 10, Side::Right),
    Column("CPU µs/row", 10, Side::Right),
    Column("MB", 8, Side::Right),
    Column("peak MB", 8, Side::Right),
];

/// One call: how long it took, and what it needed.
struct Took {
    rows: u64,
    time: Duration,
    cpu: Duration,
    bytes: u64,
    peak_kb: u64,
}

impl Took {
    fn rate(&self) -> f64 {
        self.rows as f64 / self.time.as_secs_f64()
    }
}

pub fn run(options: &Options, store: &Store, verdicts: &mut Verdicts) {
    let rows = options.apart_rows;
    println!("\n## Whole tables · {} orders · {}\n", grouped(rows), proc::machine());
    table::head(COLUMNS);
    let db = store.copy(options, rows, "bulk");
    let mut server = jindou(options, "jindou", &db, "normal");
    data::rest(rows);
    server.log_in();
    for kind in ["csv", "excel"] {
        if !options.wants(&format!("bulk-{kind}")) {
            continue;
        }
        let took = export(&server, kind, rows, store.dir());
        let what = format!("export of {} rows, {kind}", grouped(rows));
        print(&what, &took);
        memory(&format!("{what}: memory"), &took, verdicts);
    }
    if options.wants("bulk-import") {
        let took = import(&server, rows, options.import_rows);
        let what = format!("import of {} rows, csv", grouped(options.import_rows));
        print(&what, &took);
        verdicts.at_least(format!("{what}: rows/s"), took.rate(), IMPORT_RATE, "");
        memory(&format!("{what}: memory"), &took, verdicts);
    }
    drop(server);
    if options.wants("bulk-import") {
        let rate = bare::import(&db, options.import_rows, data::users(rows));
        println!(
            "\nIts rows alone, written by hand without a server: {} rows/s.",
            grouped(rate.round() as u64)
        );
    }
    store.forget("bulk");
}

fn memory(what: &str, took: &Took, verdicts: &mut Verdicts) {
    verdicts.at_most(what, mib(took.peak_kb), MEMORY_MIB, " MiB");
}

fn print(what: &str, took: &Took) {
    table::row(
        COLUMNS,
        &[
            what.to_owned(),
            grouped(took.rows),
            format!("{:.2}", took.time.as_secs_f64()),
            grouped(took.rate() as u64),
            format!("{:.2}", took.cpu.as_secs_f64() * 1e6 / took.rows as f64),
            format!("{:.1}", took.bytes as f64 / 1e6),
            format!("{:.1}", mib(took.peak_kb)),
        ],
    );
}

fn export(server: &Server, kind: &str, rows: u64, dir: &Path) -> Took {
    let path = dir.join(format!("export.{kind}"));
    let mut file = std::fs::File::create(&path).unwrap();
    let mut request = Vec::new();
    plan::get(
        &mut request,
        &format!("/api/Ordr.query?_app=emp&fmt={kind}&pagesz=-1"),
        "empid",
        &server.keys.emp,
    );
    let (mut took, ()) = timed(server, || {
        let head = wire::fetch(server.address, &request, &mut file).expect("the export");
        assert!(head.starts_with("HTTP/1.1 200"), "the export was refused: {head}");
    });
    took.bytes = std::fs::metadata(&path).unwrap().len();
    took.rows = if kind == "csv" { lines_of(&path) } else { rows_of_sheet(&path) } - 1;
    assert_eq!(took.rows, rows, "rows in the {kind} file");
    std::fs::remove_file(&path).unwrap();
    took
}

fn import(server: &Server, rows: u64, count: u64) -> Took {
    let users = data::users(rows);
    let mut table = String::from("userId,amount,dscr,cmt\n");
    for n in 0..count {
        let cents = n * 37 % 20_000;
        writeln!(
            table,
            "{},{}.{:02},three crates of pears,call first",
            n * 7 % users + 1,
            cents / 100,
            cents % 100
        )
        .unwrap();
    }
    let mut request = Vec::new();
    plan::post(&mut request, "/api/Ordr.batchAdd?_app=emp", "empid", &server.keys.emp, "text/csv", &table);
    let (mut took, answer) =
        timed(server, || wire::ask(server.address, &request).expect("the answer to the import"));
    let wanted = format!("\"cnt\":{count}");
    let begin: String = answer.body.chars().take(200).collect();
    assert!(answer.body.starts_with("[0") && begin.replace(": ", ":").contains(&wanted), "{begin}");
    (took.rows, took.bytes) = (count, table.len() as u64);
    took
}

fn timed<T>(server: &Server, work: impl FnOnce() -> T) -> (Took, T) {
    proc::forget_peak(server.pid());
    let (cpu, begun) = (proc::cpu(server.pid()), Instant::now());
    let done = work();
    let time = begun.elapsed();
    let cpu = proc::cpu(server.pid()).saturating_sub(cpu);
    (Took { rows: 0, time, cpu, bytes: 0, peak_kb: proc::memory(server.pid(), "VmHWM") }, done)
}

fn lines_of(path: &Path) -> u64 {
    occurrences(std::fs::File::open(path).unwrap(), b"\n")
}

fn rows_of_sheet(path: &Path) -> u64 {
    let mut book = zip::ZipArchive::new(BufReader::new(std::fs::File::open(path).unwrap())).unwrap();
    occurrences(book.by_name("xl/worksheets/sheet1.xml").unwrap(), b"<row ")
}

/// How often a short word stands in a stream.
fn occurrences(mut stream: impl Read, word: &[u8]) -> u64 {
    let mut buffer = vec![0; 1 << 20];
    let (mut held, mut found) = (0, 0);
    loop {
        let read = stream.read(&mut buffer[held..]).unwrap();
        if read == 0 {
            return found;
        }
        let end = held + read;
        found += buffer[..end].windows(word.len()).filter(|part| *part == word).count() as u64;
        // A word may go on in what comes next.
        held = (word.len() - 1).min(end);
        buffer.copy_within(end - held..end, 0);
    }
}
