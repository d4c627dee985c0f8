//! What is told when files of the database are removed, replaced or damaged, and what is kept then.

use crate::kill::program;
use crate::program::{Program, read, until};
use serde_json::{Value, json};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

fn with_a_user(dir: &Path) {
    let db = rusqlite::Connection::open(dir.join("kill.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    db.execute("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')", []).unwrap();
}

fn orders(dir: &Path) -> i64 {
    let db = rusqlite::Connection::open(dir.join("kill.db")).unwrap();
    db.query_row("SELECT COUNT(*) FROM Ordr", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_write_ahead_log_that_is_removed_or_replaced_ends_the_server_and_loses_nothing() {
    for (end, replaced) in [("-wal", false), ("-wal", true), ("-shm", false)] {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Program::start(dir.path(), &[]);
        with_a_user(dir.path());
        let mut acknowledged = 0;
        let mut add = |server: &Program| {
            let headers = [("x-daca-simple", "kill-test-key-1"), ("content-type", "application/json")];
            let body = Some(json!({"dscr": "one"}).to_string());
            let answer = server.send("POST", "/api/Ordr.add", &headers, body);
            let json = answer.ok().and_then(|(_, text)| serde_json::from_str::<Value>(&text).ok());
            let done = json.is_some_and(|answer| answer[0] == 0);
            acknowledged += i64::from(done);
            done
        };
        for _ in 0..20 {
            assert!(add(&server));
        }
        let file = dir.path().join(format!("kill.db{end}"));
        if replaced {
            std::fs::write(dir.path().join("other"), "no log").unwrap();
            std::fs::rename(dir.path().join("other"), &file).unwrap();
        } else {
            std::fs::remove_file(&file).unwrap();
        }
        // Whatever is still acknowledged counts too.
        until("no more is acknowledged", || !add(&server));
        assert_eq!(server.ended().code(), Some(1));
        let log = read(&dir.path().join("log"));
        assert!(log.contains("was replaced or removed under the server"), "{log}");
        let _again = Program::start(dir.path(), &[]);
        // One may have been done whose answer came too late.
        let stored = orders(dir.path());
        assert!(
            (acknowledged..=acknowledged + 1).contains(&stored),
            "{end} {replaced}: {stored} {acknowledged}"
        );
    }
}

#[test]
fn a_log_that_is_broken_in_its_middle_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let server = Program::start(dir.path(), &[]);
    with_a_user(dir.path());
    for _ in 0..20 {
        server.call("Ordr.add", &json!({"dscr": "one"}));
    }
    drop(server);
    let mut wal =
        std::fs::File::options().read(true).write(true).open(dir.path().join("kill.db-wal")).unwrap();
    let middle = wal.metadata().unwrap().len() / 2;
    let mut byte = [0];
    wal.seek(SeekFrom::Start(middle)).unwrap();
    wal.read_exact(&mut byte).unwrap();
    wal.seek(SeekFrom::Start(middle)).unwrap();
    wal.write_all(&[byte[0] ^ 1]).unwrap();
    drop(wal);
    let server = Program::start(dir.path(), &[]);
    assert!(orders(dir.path()) < 20);
    let log = || read(&dir.path().join("log"));
    until("the damage is told", || log().contains("the write-ahead log is broken in its middle"));
    // A whole one is no matter of concern.
    server.call("Ordr.add", &json!({"dscr": "one"}));
    drop(server);
    let file = std::fs::File::create(dir.path().join("log")).unwrap();
    let _server = Program::start_with(program(dir.path()).env("P_LOG", "info"), file.into());
    until("it is told", || log().contains("its write-ahead log is taken over"));
    assert!(!log().contains("broken"), "{}", log());
}
