//! The real program under the eyes of its operators: `/metrics`, slow calls, what systemd is told, how it ends.

use crate::kill::program;
use crate::program::{Program, read, until};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The value of one line of `/metrics`.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

#[test]
fn metrics_count_calls_by_action_and_code_in_a_list_that_no_caller_can_lengthen() {
    let dir = tempfile::tempdir().unwrap();
    let server = Program::start(dir.path(), &[]);
    let db = rusqlite::Connection::open(dir.path().join("kill.db")).unwrap();
    db.busy_timeout(Duration::from_secs(20)).unwrap();
    db.execute("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')", []).unwrap();
    for n in 0..5 {
        server.call("Ordr.add", &json!({"dscr": "one"}));
        server.call("Ordr.query", &json!({}));
        server.get(&format!("/api/Nothing{n}.atAll"));
        server.get(&format!("/api/nothing{n}"));
    }
    server.call("Ordr.get?id=99", &json!({}));
    server.call("batch", &json!([{"ac": "Ordr.query"}, {"ac": "Ordr.query"}]));
    server.call("batch?useTrans=1", &json!([{"ac": "Ordr.query"}]));
    let (status, text) = server.get("/metrics");
    assert_eq!(status, 200);
    assert_eq!(value(&text, "jindou_calls_total{action=\"Ordr.add\",code=\"0\"}"), 5.0);
    assert_eq!(value(&text, "jindou_calls_total{action=\"Ordr.query\",code=\"0\"}"), 7.0);
    assert_eq!(value(&text, "jindou_calls_total{action=\"Ordr.get\",code=\"1\"}"), 1.0);
    assert_eq!(value(&text, "jindou_calls_total{action=\"batch\",code=\"0\"}"), 2.0);
    let others: Vec<_> =
        text.lines().filter(|line| line.starts_with("jindou_calls_total{action=\"other\"")).collect();
    assert!(!others.is_empty() && !text.contains("othing"), "{others:?}");
    assert_eq!(value(&text, "jindou_call_seconds_count{action=\"Ordr.add\"}"), 5.0);
    assert_eq!(value(&text, "jindou_call_seconds_bucket{action=\"Ordr.add\",le=\"+Inf\"}"), 5.0);
    for name in [
        "jindou_connections",
        "jindou_database_bytes",
        "jindou_uptime_seconds",
        "process_resident_memory_bytes",
    ] {
        assert!(value(&text, name) > 0.0, "{name}");
    }
    assert!(value(&text, "jindou_disk_free_bytes{of=\"database\"}") > 0.0);
    assert!(value(&text, "jindou_lane_wait_seconds_count") >= 5.0);
    assert_eq!(value(&text, "jindou_ready"), 1.0);
    assert_eq!(value(&text, "jindou_job_runs_total{job=\"sessions\"}"), 0.0);
    assert!(!text.contains("jindou_backup_age_seconds"), "there was no backup");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn metrics_are_shown_to_their_readers_alone() {
    let dir = tempfile::tempdir().unwrap();
    let ask =
        |server: &Program, headers: &[(&str, &str)]| server.send("GET", "/metrics", headers, None).unwrap().0;
    let server = Program::start(dir.path(), &[]);
    assert_eq!(ask(&server, &[]), 200);
    // A proxy that nobody told us to trust speaks for anybody.
    assert_eq!(ask(&server, &[("x-forwarded-for", "192.0.2.1")]), 404);
    for header in [
        ("forwarded", "for=192.0.2.1"),
        ("x-real-ip", "192.0.2.1"),
        ("via", "1.1 proxy"),
        ("x-forwarded-host", "shop.example.test"),
        ("x-forwarded-proto", "https"),
    ] {
        assert_eq!(ask(&server, &[header]), 404, "{header:?}");
    }
    drop(server);
    let token = "a-token-of-some-length";
    let settings =
        [("P_METRICS", "192.0.2.0/24"), ("P_METRICS_TOKEN", token), ("P_TRUST_PROXY", "127.0.0.1")];
    let server = Program::start(dir.path(), &settings);
    assert_eq!(ask(&server, &[]), 404);
    assert_eq!(ask(&server, &[("x-forwarded-for", "192.0.2.1")]), 200);
    assert_eq!(ask(&server, &[("x-forwarded-for", "198.51.100.1")]), 404);
    assert_eq!(ask(&server, &[("authorization", &format!("Bearer {token}"))]), 200);
    for wrong in ["Bearer ", "Bearer a-token-of-some-lengt", token, "Basic YTpi"] {
        assert_eq!(ask(&server, &[("authorization", wrong)]), 404, "{wrong}");
    }
    assert_eq!(server.send("POST", "/metrics", &[], Some(String::new())).unwrap().0, 405);
    drop(server);
    let server = Program::start(dir.path(), &[("P_METRICS", "none")]);
    assert_eq!(ask(&server, &[]), 404);
}

#[test]
fn a_slow_call_is_logged_with_its_trace_and_plan_and_without_values() {
    let dir = tempfile::tempdir().unwrap();
    let server = Program::start(dir.path(), &[("P_SLOW_MS", "1"), ("P_QUERY_TIMEOUT_MS", "60000")]);
    let db = rusqlite::Connection::open(dir.path().join("kill.db")).unwrap();
    db.busy_timeout(Duration::from_secs(20)).unwrap();
    db.execute_batch(
        "INSERT INTO User (name, phone) VALUES ('Li', '13800138000');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
         INSERT INTO Ordr (userId, status, dscr) SELECT 1, 'CR', 'text ' || i FROM n",
    )
    .unwrap();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let headers = [("x-daca-simple", "kill-test-key-1"), ("traceparent", &parent)];
    let target = "/api/Ordr.query?cond=dscr%20like%20%27%25secret-value%25%27&orderby=dscr";
    let (_, answer) = server.send("GET", target, &headers, None).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&answer).unwrap()[0], json!(0), "{answer}");
    let log = dir.path().join("log");
    until("the call is logged", || read(&log).contains("\"a slow call\""));
    until("its statement is logged", || read(&log).contains("\"a slow statement\""));
    let text = read(&log);
    let line = |what: &str| text.lines().find(|line| line.contains(what)).unwrap().to_owned();
    let call = line("\"a slow call\"");
    assert!(call.contains(trace) && call.contains("Ordr.query"), "{call}");
    let statement = line("\"a slow statement\"");
    assert!(statement.contains("SCAN") || statement.contains("SEARCH"), "{statement}");
    assert!(!text.contains("secret-value"), "{text}");
}

#[test]
fn systemd_is_told_when_the_server_is_ready_alive_and_stopping() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(crate::program::PATIENCE)).unwrap();
    let hear = || {
        let mut bytes = [0; 200];
        let read = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..read]).trim().to_owned()
    };
    let mut command = program(dir.path());
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "300000");
    let mut server = Program::start_with(&mut command, Stdio::null());
    assert_eq!(hear(), "READY=1");
    assert_eq!(server.get("/healthz").0, 200);
    assert_eq!([hear(), hear(), hear()], ["WATCHDOG=1"; 3]);
    server.signal("-TERM");
    while hear() != "STOPPING=1" {}
    assert_eq!(server.ended().code(), Some(0));
}

/// A request that never comes to its end.
fn half_a_call(server: &Program) -> TcpStream {
    let mut stream = TcpStream::connect(&server.at).unwrap();
    stream
        .write_all(b"POST /api/Ordr.add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        .unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    // The server has the head by now, and waits.
    assert!(stream.read(&mut [0; 10]).is_err());
    stream
}

#[test]
fn the_end_waits_for_open_calls_no_longer_than_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Program::start(dir.path(), &[("P_GRACE", "1s")]);
    let _open = half_a_call(&server);
    let told = Instant::now();
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert!(told.elapsed() >= Duration::from_millis(900), "{:?}", told.elapsed());
    assert!(read(&dir.path().join("log")).contains("some connections did not end in time"));
    // Told twice, it does not wait.
    let mut server = Program::start(dir.path(), &[("P_GRACE", "1h")]);
    let _open = half_a_call(&server);
    server.signal("-TERM");
    until("it is stopping", || TcpStream::connect(&server.at).is_err());
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(1));
}
