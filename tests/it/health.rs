//! The real program: what `/healthz` and `/readyz` say, and that a damaged database is noticed.

use crate::kill::program;
use rusqlite::Connection;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Stdio};

/// A server whose log goes to the file `log`; it is ended when this is dropped.
struct Running {
    child: Child,
    at: String,
}

impl Running {
    fn start(dir: &Path, disk_floor: &str) -> Running {
        let log = File::options().create(true).append(true).open(dir.join("log")).unwrap();
        let mut command = program(dir);
        command.env("P_DISK_FLOOR_MB", disk_floor).arg("serve").stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = line.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
        assert!(at.contains(':'), "no address in {line:?}");
        Running { child, at }
    }

    fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.at))
            .header("x-daca-simple", "kill-test-key-1")
            .body(())
            .unwrap();
        let mut answer = agent.run(request).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_sound_server_is_alive_and_ready_and_leaves_no_record_of_being_asked() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "0");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.ask("GET", path), (200, "ok\n".into()), "{path}");
        assert_eq!(server.ask("HEAD", path), (200, String::new()), "{path}");
        assert_eq!(server.ask("DELETE", path).0, 405, "{path}");
    }
    assert_eq!(server.ask("GET", "/readyz/x").0, 404);
    // A call after them is recorded, so theirs would have been.
    server.ask("GET", "/api/Ordr.query");
    let db = Connection::open(dir.path().join("kill.db")).unwrap();
    let actions = || {
        let mut rows = db.prepare("SELECT DISTINCT ac FROM ApiLog").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect::<Vec<String>>()
    };
    let begun = std::time::Instant::now();
    while !actions().iter().any(|ac| ac == "Ordr.query") {
        assert!(begun.elapsed().as_secs() < 20, "the call was not recorded: {:?}", actions());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(!actions().iter().any(|ac| ac.contains("healthz") || ac.contains("readyz")), "{:?}", actions());
}

#[test]
fn a_server_below_its_disk_floor_is_alive_and_not_ready() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "100000000");
    assert_eq!(server.ask("GET", "/healthz").0, 200);
    assert_eq!(
        server.ask("GET", "/readyz"),
        (503, "the disk is nearly full: reads are not recorded\n".into())
    );
}

#[test]
fn a_damaged_table_is_one_error_line_and_ends_readiness() {
    let dir = tempfile::tempdir().unwrap();
    drop(Running::start(dir.path(), "0"));
    let path = dir.path().join("kill.db");
    let db = Connection::open(&path).unwrap();
    db.execute("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')", []).unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u32>(0)).map(u64::from).unwrap();
    let size = number("PRAGMA page_size");
    let mut file = File::options().write(true).open(&path).unwrap();
    // The table and its indexes, whichever the query goes through.
    let mut roots =
        db.prepare("SELECT rootpage FROM sqlite_master WHERE tbl_name='Ordr' AND rootpage>0").unwrap();
    for root in roots.query_map([], |row| row.get::<_, u32>(0)).unwrap() {
        file.seek(SeekFrom::Start((u64::from(root.unwrap()) - 1) * size)).unwrap();
        file.write_all(&vec![0xaa; usize::try_from(size).unwrap()]).unwrap();
    }
    drop(roots);
    drop(db);
    drop(file);
    let server = Running::start(dir.path(), "0");
    for _ in 0..3 {
        let (_, answer) = server.ask("GET", "/api/Ordr.query");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer[0], 3, "the damage was not met: {answer}");
    }
    assert_eq!(server.ask("GET", "/readyz"), (503, "the database is damaged\n".into()));
    assert_eq!(server.ask("GET", "/healthz").0, 200);
    let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
    let lines = log.lines().filter(|line| line.contains("ERROR") && line.contains("in trouble"));
    assert_eq!(lines.count(), 1, "{log}");
}
