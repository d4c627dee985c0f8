//! The real program's own log: nobody waits for it, it is rotated, and SIGHUP changes what may change in a running
//! server.

use crate::kill::program;
use crate::program::{Program, read, until};
use serde_json::{Value, json};
use std::process::Stdio;

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // Several lines for each call, into a pipe that takes 64 KiB and then no more.
    let mut server = Program::start_with(program(dir.path()).env("P_LOG", "trace"), Stdio::piped());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..100 {
                    let answer = server.call("Ordr.add", &json!({"dscr": format!("order {n}")}));
                    assert!(answer[0].is_i64(), "{answer}");
                    assert_eq!(server.get("/healthz").0, 200);
                }
            });
        }
    });
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(0));
}

/// Neither does the last word of a server that ends by itself.
#[test]
fn a_server_that_ends_by_itself_does_not_wait_for_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Program::start_with(program(dir.path()).env("P_LOG", "trace"), Stdio::piped());
    (0..200).for_each(|_| assert_eq!(server.get("/healthz").0, 200));
    std::fs::remove_file(dir.path().join("kill.db")).unwrap();
    assert_eq!(server.ended().code(), Some(1));
}

#[test]
fn a_log_file_is_opened_anew_at_a_signal() {
    let dir = tempfile::tempdir().unwrap();
    let [log, old] = ["own.log", "own.log.1"].map(|name| dir.path().join(name));
    let settings = [("P_LOG_FILE", log.to_str().unwrap()), ("P_LOG", "info")];
    let mut server = Program::start(dir.path(), &settings);
    until("the start is logged", || read(&log).contains("\"serving\""));
    let line = read(&log).lines().find(|line| line.contains("\"serving\"")).unwrap().to_owned();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["level"], &line["address"]), (&json!("INFO"), &json!(server.at)), "{line}");
    assert_eq!(read(&dir.path().join("log")), "", "standard error has lines of the log");
    std::fs::rename(&log, &old).unwrap();
    server.signal("-USR1");
    until("the file is there again", || log.exists());
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert!(read(&log).contains("\"stopping\"") && !read(&old).contains("\"stopping\""));
}

#[test]
fn text_is_written_where_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let server = Program::start(dir.path(), &[("P_LOG_FORMAT", "text"), ("P_LOG", "info")]);
    let log = dir.path().join("log");
    until("the start is logged", || read(&log).contains(" INFO serving "));
    assert!(!read(&log).contains(['\u{1b}', '{']), "colours or JSON: {}", read(&log));
    drop(server);
}

#[test]
fn a_log_file_that_cannot_be_written_is_said_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = dir.path().join("none").join("own.log");
    let ended = program(dir.path()).env("P_LOG_FILE", &wrong).arg("serve").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.code() == Some(1) && said.contains("P_LOG_FILE"), "{said}");
    assert!(!dir.path().join("kill.db").exists(), "the database was touched");
}

#[test]
fn a_hangup_reads_the_configuration_again_and_never_ends_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jindou.toml");
    std::fs::write(&file, "P_LOG = 'warn'\n").unwrap();
    let mut command = program(dir.path());
    let log = dir.path().join("log");
    let stderr = std::fs::File::create(&log).unwrap();
    let server = Program::start_with(command.env_remove("P_LOG").env("P_TRUST_PROXY", "1"), stderr.into());
    let seen_from = |address: &str| {
        let headers = [("x-forwarded-for", address)];
        let (_, text) = server.send("GET", "/api/initClient", &headers, None).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()[0] == json!(0)
    };
    assert!(seen_from("192.0.2.7"));

    std::fs::write(&file, "P_LOG = 'info'\nP_IP_DENY = '192.0.2.0/24'\nP_PWD_MIN = 12\n").unwrap();
    server.signal("-HUP");
    until("the new level is in force", || read(&log).contains("\"the configuration was read again\""));
    assert!(read(&log).contains("P_LOG P_IP_DENY"), "{}", read(&log));
    until("the restart is asked for", || read(&log).contains("\"keys\":\"P_PWD_MIN\""));
    assert!(!seen_from("192.0.2.7") && seen_from("198.51.100.7"));

    // A fault anywhere: all stays as it is.
    std::fs::write(&file, "P_LOG = 'off'\nP_IP_DENY = 'nonsense'\n").unwrap();
    server.signal("-HUP");
    until("the fault is said", || read(&log).contains("the configuration stays as it is"));
    assert!(read(&log).contains("P_IP_DENY: bad value") && !seen_from("192.0.2.7"));

    std::fs::remove_file(&file).unwrap();
    (0..20).for_each(|_| server.signal("-HUP"));
    until("the address is welcome again", || seen_from("192.0.2.7"));
}
