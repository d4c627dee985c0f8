//! Connections: the one host that a request names, how long they may be idle, how many an address may have, how slowly an
//! answer may be taken.

use crate::app::TestApp;
use crate::kill::{Running, program};
use crate::login::{employee, user};
use jindou::auth::Role;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

const ENOUGH: Duration = Duration::from_secs(20);

fn connect(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(ENOUGH)).unwrap();
    stream
}

fn written(at: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = connect(at);
    stream.write_all(bytes.as_bytes()).unwrap();
    stream
}

/// All that comes until the server closes the connection; None if it does not in time.
fn rest(mut stream: TcpStream) -> Option<String> {
    let mut got = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Some(String::from_utf8_lossy(&got).into_owned()),
            Ok(n) => got.extend_from_slice(&piece[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                return Some(String::from_utf8_lossy(&got).into_owned());
            }
            Err(_) => return None,
        }
    }
}

/// An answer without a body, whose connection stays open.
fn head(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let mut byte = [0];
    while !got.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        got.push(byte[0]);
    }
    String::from_utf8_lossy(&got).into_owned()
}

#[test]
fn a_request_names_exactly_one_host() {
    let app = TestApp::production();
    let status = |lines: &str| {
        let answer = rest(written(app.address, &format!("{lines}Connection: close\r\n\r\n"))).unwrap();
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let get =
        |target: &str, version: &str, hosts: &str| status(&format!("GET {target} HTTP/{version}\r\n{hosts}"));
    for path in ["/api/initClient", "/api/nosuch", "/m2/index.html", "/", "/healthz", "/api/att?id=1"] {
        assert_ne!(get(path, "1.1", "Host: shop.example.test\r\n"), "400", "{path}");
        assert_ne!(get(path, "1.0", ""), "400", "{path}");
        for (version, hosts) in [
            ("1.1", ""),
            ("1.1", "Host: a\r\nHost: b\r\n"),
            ("1.1", "Host: a\r\nhOST: a\r\n"),
            ("1.0", "Host: a\r\nHost: a\r\n"),
            ("1.1", "Host:\r\n"),
            ("1.0", "Host:\r\n"),
            ("1.1", "Host: a b\r\n"),
            ("1.1", "Host: a,b\r\n"),
            ("1.1", "Host: a/b\r\n"),
            ("1.1", "Host: user@a\r\n"),
            ("1.1", "Host: a:port\r\n"),
            ("1.1", "Host: [::1\r\n"),
            ("1.1", "Host: \u{4e2d}\r\n"),
        ] {
            assert_eq!(get(path, version, hosts), "400", "{path} {version} {hosts:?}");
        }
    }
    assert_eq!(get("http://other/api/initClient", "1.1", "Host: shop\r\n"), "400");
    assert_eq!(get("http://shop/api/initClient", "1.1", "Host: shop\r\n"), "200");
    for method in ["POST", "HEAD", "OPTIONS", "PUT"] {
        assert_eq!(
            status(&format!("{method} /api/initClient HTTP/1.1\r\nContent-Length: 0\r\n")),
            "400",
            "{method}"
        );
    }
    // What follows such a request on its connection may be somebody else's: it is not answered.
    let two =
        "GET /api/initClient HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = rest(written(app.address, two)).unwrap();
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[test]
fn a_connection_may_be_idle_as_long_as_it_is_told() {
    let idle = "OPTIONS /api/initClient HTTP/1.1\r\nHost: a\r\n\r\n";
    let short = TestApp::with(&[("P_KEEPALIVE", "1")]);
    let mut stream = written(short.address, idle);
    assert!(head(&mut stream).starts_with("HTTP/1.1 200"));
    let begun = Instant::now();
    assert_eq!(rest(stream).as_deref(), Some(""));
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    // A head that has begun has the time that a head has.
    let mut stream = written(short.address, idle);
    head(&mut stream);
    stream.write_all(b"OPTIONS /api/initClient HTTP/1.1\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    stream.write_all(b"Host: a\r\n\r\n").unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 200"));
}

#[test]
fn an_address_has_so_many_connections_and_a_proxy_as_many_as_there_are() {
    let app = TestApp::with(&[("P_CONN_PER_ADDR", "5")]);
    let request = "OPTIONS /api/initClient HTTP/1.1\r\nHost: a\r\n\r\n";
    let open = |at| {
        let mut stream = written(at, request);
        head(&mut stream).starts_with("HTTP/1.1 200").then_some(stream)
    };
    let mut held: Vec<TcpStream> = (0..5).filter_map(|_| open(app.address)).collect();
    assert_eq!(held.len(), 5);
    let refused = rest(written(app.address, request)).unwrap();
    assert!(refused.is_empty() || refused.contains("503") && refused.contains("Retry-After"), "{refused}");
    held.pop();
    let begun = Instant::now();
    while open(app.address).is_none() {
        assert!(begun.elapsed() < ENOUGH, "a place that was left is not given to the next");
    }
    let proxied = TestApp::with(&[("P_CONN_PER_ADDR", "5"), ("P_TRUST_PROXY", "1")]);
    assert_eq!((0..20).filter_map(|_| open(proxied.address)).count(), 20);
}

/// The program under limits that a shell sets before.
fn limited(dir: &std::path::Path, limits: &str) -> Running {
    let plain = program(dir);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("{limits}; exec \"$0\" serve")])
        .arg(plain.get_program())
        .current_dir(dir)
        .env_clear();
    for (name, value) in plain.get_envs() {
        shell.env(name, value.unwrap());
    }
    Running::start(shell)
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_takes_as_many_descriptors_as_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let server = limited(dir.path(), "ulimit -S -n 256; ulimit -H -n 700");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.0.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().filter(|word| *word == "700").count(), 2, "{line}");
    // More connections than that are refused one by one, and those that are there go on.
    let request = "OPTIONS /api/initClient HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..750 {
        let mut stream = written(server.1, request);
        if head(&mut stream).starts_with("HTTP/1.1 200") {
            held.push(stream);
        }
    }
    assert_eq!(held.len(), 700 - 128);
    let mut first = held.swap_remove(0);
    first
        .write_all(
            b"GET /api/Ordr.query HTTP/1.1\r\nHost: localhost\r\nx-daca-simple: kill-test-key-1\r\n\r\n",
        )
        .unwrap();
    assert!(head(&mut first).starts_with("HTTP/1.1 200"), "files have no descriptors left");
}

#[test]
fn a_file_that_grows_beyond_its_limit_is_an_error_and_not_the_end() {
    let dir = tempfile::tempdir().unwrap();
    // Made without the limit, which is too small for it.
    drop(Running::start({
        let mut command = program(dir.path());
        command.arg("serve");
        command
    }));
    // Blocks of 512 bytes: what there is, and little more.
    let size = std::fs::metadata(dir.path().join("kill.db")).unwrap().len();
    let mut server = limited(dir.path(), &format!("ulimit -f {}", size / 512 + 600));
    let body = json!({"dscr": "x".repeat(200_000)}).to_string();
    let add = format!(
        "POST /api/Ordr.add HTTP/1.1\r\nHost: localhost\r\nx-daca-simple: kill-test-key-1\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut refused = 0;
    for _ in 0..12 {
        let answer = rest(written(server.1, &add)).unwrap();
        refused += usize::from(!answer.contains("\r\n\r\n[0"));
        assert!(server.0.try_wait().unwrap().is_none(), "the server ended: {answer}");
    }
    assert!(refused > 0, "the limit was not met");
    let alive =
        rest(written(server.1, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    assert!(alive.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")));
}

/// An export that nobody takes keeps its snapshot, and the log of the database grows for as long.
#[test]
fn a_log_that_grows_too_long_ends_the_read_that_holds_it() {
    let app = TestApp::with(&[("P_WAL_MAX", "64M"), ("P_SEND_RATE", "0"), ("P_SYNC", "normal")]);
    let boss = app.login(Role::Emp, employee(&app, "boss", "emp,mgr"));
    let cookie = boss.cookie("empid").unwrap();
    let add = |rows: usize, text: &str| {
        let text = text.to_owned();
        app.write(move |tx| {
            (0..rows).try_for_each(|_| {
                let fields = json!({"userId": 1, "amount": 1, "dscr": text});
                tx.insert("Ordr", fields.as_object().cloned().unwrap()).map(|_| ())
            })
        });
    };
    // More than the buffers of a connection take.
    let fill = "INSERT INTO Ordr(userId, amount, dscr) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) \
         SELECT 1, 1, printf('%0250d', i) FROM n";
    let other = rusqlite::Connection::open(app.server.db.path()).unwrap();
    other.execute_batch(fill).unwrap();
    // The log begins anew, empty.
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(other);
    let export = format!(
        "GET /api/Ordr.query?fmt=csv&pagesz=-1&_app=emp HTTP/1.1\r\nHost: localhost\r\nCookie: empid={cookie}\r\n\r\n"
    );
    let mut stream = written(app.address, &export);
    assert!(head(&mut stream).starts_with("HTTP/1.1 200"));
    let wal = || std::fs::metadata(format!("{}-wal", app.server.db.path().display())).unwrap().len();
    let begun = Instant::now();
    while wal() < 70 << 20 {
        assert!(begun.elapsed() < 3 * ENOUGH, "the log does not grow: {}", wal());
        add(10_000, &"y".repeat(250));
    }
    // It goes on until it sees that it was cut off, and its body is not whole then.
    let mut body = Vec::new();
    let _ = stream.read_to_end(&mut body);
    assert!(body.len() < 40_000_000 && !body.ends_with(b"0\r\n\r\n"), "{} bytes", body.len());
    let begun = Instant::now();
    while wal() > 64 << 20 {
        assert!(begun.elapsed() < 3 * ENOUGH, "the log does not begin anew: {}", wal());
        add(10_000, &"y".repeat(250));
    }
    // A read that is short goes on as ever.
    boss.ok("Ordr.query", json!(null));
}

/// Slow heads, slow bodies, answers that nobody takes and idle connections, some hundreds at once, beside callers who
/// mean it.
#[test]
fn honest_callers_are_answered_beside_slow_ones() {
    let app = TestApp::with(&[
        ("P_TEST_MODE", "2"),
        ("P_KEEPALIVE", "1"),
        ("P_SEND_WINDOW", "1"),
        ("P_SEND_RATE", "64K"),
    ]);
    let customer = app.login(Role::User, user(&app, "13800138000"));
    let boss = app.login(Role::Emp, employee(&app, "boss", "emp,mgr"));
    let cookie = boss.cookie("empid").unwrap();
    let long = "x".repeat(250);
    let rows =
        format!("userId,amount,dscr\n{}", (0..36_000).map(|_| format!("1,1,{long}\n")).collect::<String>());
    let added = boss.send("POST", "Ordr.batchAdd", &[("content-type", "text/csv")], Some(rows.into())).json();
    assert_eq!(added[1]["cnt"], 36_000, "{added}");
    let export = format!(
        "GET /api/Ordr.query?fmt=csv&pagesz=-1&_app=emp HTTP/1.1\r\nHost: localhost\r\nCookie: empid={cookie}\r\n\r\n"
    );
    let body = "POST /api/Ordr.add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n{";
    let mut slow = Vec::new();
    for n in 0..300 {
        slow.push(match n % 3 {
            0 => written(app.address, "GET /api/initClient HTTP/1.1\r\nHo"),
            1 => written(app.address, body),
            _ => written(app.address, "OPTIONS /api/initClient HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        });
    }
    let downloads: Vec<TcpStream> = (0..2).map(|_| written(app.address, &export)).collect();
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    while begun.elapsed() < Duration::from_secs(4) {
        let called = Instant::now();
        customer.ok("Ordr.query", json!(null));
        customer.ok("Ordr.add", json!({"dscr": "meant"}));
        longest = longest.max(called.elapsed());
    }
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    // The answers that nobody took are given up, and with them the snapshots that they held.
    for mut stream in downloads {
        let mut got = 0;
        let mut piece = vec![0; 1 << 16];
        while let Ok(n @ 1..) = stream.read(&mut piece) {
            got += n;
        }
        assert!(got < 9_000_000, "all of an answer waited for a client that did not take it");
    }
    let begun = Instant::now();
    while app.server.exports.available() < 8 {
        assert!(begun.elapsed() < ENOUGH, "an export goes on for a client that was given up");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Idle ones are closed.
    assert_eq!(rest(slow.swap_remove(2)).map(|text| text.starts_with("HTTP/1.1 200")), Some(true));
}
