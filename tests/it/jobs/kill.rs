//! SIGKILL while jobs are made, taken up, run and completed: whatever the moment, each job that was acknowledged is done
//! exactly once, and those of one key in their order. `JOBS_ROUNDS=500` for more rounds, `JOBS_SEED` for others.

use super::lab::{LAB, PLUGINS};
use crate::app::TestApp;
use jindou::plugin::NewJob;
use jindou::workers::Workers;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "JOBS_KILL_FOLDER";
const ROUND: &str = "JOBS_KILL_ROUND";
const KINDS: [&str; 3] = ["lab.mark", "lab.markStaged", "lab.secondTry"];

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A server over a folder that outlives it.
fn app_over(folder: &Path) -> TestApp {
    let path = |name: &str| folder.join(name).display().to_string();
    TestApp::with_plugins(PLUGINS, &[("P_DB", &path("test.db")), ("P_DATA", &path("data"))])
}

/// The server that is killed: makes jobs one by one and says each that is committed.
#[test]
#[ignore = "the victim of the test below"]
fn victim() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let round = number(ROUND, 0);
    let app = app_over(&folder);
    let _workers = Workers::start(app.server.clone()).unwrap();
    let mut out = std::io::stdout();
    for n in 0_u64.. {
        let name = format!("r{round}n{n}");
        let kind = LAB.workers.iter().find(|worker| worker.kind == KINDS[(n % 3) as usize]).unwrap().kind;
        let mut job = NewJob::new(kind, json!({"name": name}));
        if n % 2 == 0 {
            job = job.after(format!("key{}", n % 3));
        }
        app.write(move |tx| tx.enqueue(job));
        writeln!(out, "made {name}").unwrap();
        out.flush().unwrap();
        if n % 50 == 49 {
            // Tries that failed come again.
            app.server.env.clock.skip_ms(15_000);
        }
    }
}

fn live_and_die(folder: &Path, round: u64, life: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "jobs::kill::victim", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (send, made) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some((_, name)) = line.split_once("made ") {
                let _ = send.send(name.to_owned());
            }
        }
    });
    let first = made.recv_timeout(Duration::from_secs(60)).expect("the victim makes a job");
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    std::iter::once(first).chain(made.try_iter()).collect()
}

#[test]
fn each_job_is_done_exactly_once_whenever_the_server_is_killed() {
    let (rounds, seed) = (number("JOBS_ROUNDS", 6), number("JOBS_SEED", 1));
    let mut rng = StdRng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let life = Duration::from_micros(rng.random_range(0..150_000));
        acknowledged.extend(live_and_die(dir.path(), round, life));
    }
    let app = app_over(dir.path());
    let workers = Workers::start(app.server.clone()).unwrap();
    let started = Instant::now();
    while app.cell("SELECT COUNT(*) FROM Job WHERE doneTm IS NULL") != json!(0) {
        assert!(started.elapsed() < Duration::from_secs(120), "not all jobs came to an end");
        app.server.env.clock.skip_ms(15_000);
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(workers);
    let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    // What the calendar marks besides comes each hour of the clock, which is moved.
    let mut select = conn.prepare("SELECT name FROM Mark WHERE name LIKE 'r%' ORDER BY id").unwrap();
    for name in select.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        *count.entry(name.unwrap()).or_default() += 1;
    }
    let lost: Vec<_> = acknowledged.iter().filter(|name| !count.contains_key(*name)).collect();
    assert!(lost.is_empty(), "seed {seed}: made and never done: {lost:?}");
    let again: Vec<_> = count.iter().filter(|(_, times)| **times != 1).collect();
    assert!(again.is_empty(), "seed {seed}: done more than once: {again:?}");
    let out_of_order = "SELECT COUNT(*) FROM (SELECT jobId, LAG(jobId) OVER (PARTITION BY orderKey ORDER BY m.id) before \
         FROM Mark m JOIN Job ON Job.id = m.jobId WHERE orderKey IS NOT NULL) WHERE jobId < before";
    assert_eq!(app.cell(out_of_order), json!(0), "seed {seed}");
    assert_eq!(app.cell("SELECT COUNT(*) FROM Job WHERE state <> 'done'"), json!(0), "seed {seed}");
    println!("{} jobs acknowledged, {} done, in {rounds} lives", acknowledged.len(), count.len());
}
