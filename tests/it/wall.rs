//! The real program, and a stranger who sends the most hostile bodies there are to every action: it stays small, and
//! others are answered meanwhile.

use crate::app::TestApp;
use crate::permissions;
use jindou::auth::{Caller, Role};
use jindou::authorize::authorize;
use jindou::call::name::Action;
use jindou::call::xparam;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const MEMORY_MAX: u64 = 200 << 20;
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// Near the limit of a request, and just below the limit of an action.
const SIZES: [usize; 2] = [19 << 20, (1 << 20) - 100];
const STRANGERS: usize = 3;

struct Hostile {
    kind: &'static str,
    body: Vec<u8>,
}

/// Bodies of about so many bytes.
fn hostile(size: usize) -> Vec<Hostile> {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    const PARTS: &str = "multipart/form-data; boundary=x";
    let filled = |before: &str, piece: &str, after: &str| {
        let many = piece.repeat((size - before.len() - after.len()) / piece.len());
        [before, &many, after].concat().into_bytes()
    };
    let numbered = |before: &str, after: &str| {
        let mut body = Vec::with_capacity(size + 100);
        for n in 0.. {
            if body.len() + 100 > size {
                break;
            }
            body.extend_from_slice(format!("{before}{n}{after}").as_bytes());
        }
        body
    };
    let zeros = filled("{\"a\":[", "0,", "0]}");
    let plain = &zeros[..size / 4 * 3 - 10];
    let mut keys = numbered("\"k", "\":0,");
    keys.splice(0..0, *b"{");
    keys.extend_from_slice(b"\"z\":0}");
    let field = "\r\n\r\n1\r\n";
    [
        (JSON, filled("[", "0,", "0]")),
        (JSON, filled("{\"a\":[", "[0],", "0]}")),
        (JSON, filled("[", "{\"a\":0},", "0]")),
        (JSON, filled("[{\"ac\":\"initClient\",\"get\":{\"a\":[", "{\"a\":0},", "0]}}]")),
        (JSON, filled("", "[", "")),
        (JSON, filled("", "{\"a\":", "")),
        (JSON, filled("{\"a\":\"", "x", "\"}")),
        (JSON, filled("{\"a\":\"", "\\u4e2d", "\"}")),
        (JSON, vec![0; size]),
        ("application/json; charset=gbk", filled("{\"a\":\"", "\u{7f}", "\"}")),
        (JSON, keys),
        ("application/json;xparam=1", xparam::encode(plain, 5).into_bytes()),
        (FORM, numbered("a", "=1&")),
        (FORM, numbered("a", "[b][b][b][b][b][b][b][b][b][b][b][b]=1&")),
        (FORM, vec![0; size]),
        (PARTS, numbered("--x\r\nContent-Disposition: form-data; name=\"a", &format!("\"{field}"))),
        (PARTS, filled("--x\r\nContent-Disposition: form-data; name=\"", "a", "")),
        (PARTS, filled("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", "a", "")),
        (
            PARTS,
            filled("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\n\r\n", "a", ""),
        ),
        ("text/csv", filled("a,b\n", "1,\n", "")),
        ("application/octet-stream", vec![0; size]),
        (JSON, zeros),
    ]
    .into_iter()
    .map(|(kind, body)| Hostile { kind, body })
    .collect()
}

/// Starts the program as strangers meet it; gives the address it listens on.
fn start(dir: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jindou"))
        .current_dir(dir)
        .env_clear()
        .env("P_DB", dir.join("wall.db"))
        .env("P_DATA", dir.join("data"))
        .env("P_LISTEN", "127.0.0.1:0")
        .env("P_LOG", "error")
        // The rate of strangers would stand before what is tried here.
        .env("P_GUEST_RATE", "0")
        .arg("serve")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let at = line.trim_start_matches("http://").split('/').next().unwrap_or_default().trim().to_owned();
    assert!(at.contains(':'), "no address in {line:?}");
    (child, at)
}

/// The answer to a request; a server that does not want the rest of it may say so before its end.
fn send(at: &str, action: &str, kind: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!(
        "POST /api/{action} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The most memory that a process ever had in use.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn no_body_of_a_stranger_takes_the_servers_memory_or_time() {
    let dir = tempfile::tempdir().unwrap();
    let app = TestApp::production();
    let mut names = permissions::names(&app);
    names.push("batch".into());
    let guest = Caller::of_role(Role::Guest, 0);
    let open = |name: &str| {
        name == "batch" || authorize(&app.server.env.registry, &guest, &Action::parse(name)).is_ok()
    };
    let bodies = SIZES.map(hostile);
    // Every action gets one large body; those that are open to guests get one of each size more, a batch all.
    let mut calls = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let kinds = bodies[0].len();
        match name.as_str() {
            "batch" | "initClient" => calls.extend((0..2 * kinds).map(|n| (name, &bodies[n % 2][n / 2]))),
            _ if open(name) => calls.extend((0..4).map(|n| (name, &bodies[n % 2][(at * 4 + n) % kinds]))),
            _ => calls.push((name, &bodies[0][at % kinds])),
        }
    }
    let (mut child, address) = start(dir.path());
    let next = AtomicUsize::new(0);
    let over = AtomicBool::new(false);
    let slowest = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let answer = send(&address, "initClient", "application/json", b"{}");
                assert!(answer.contains("[0,"), "{answer}");
                slowest = slowest.max(begun.elapsed());
                std::thread::sleep(Duration::from_millis(20));
            }
            slowest
        });
        let strangers: Vec<_> = (0..STRANGERS)
            .map(|_| {
                scope.spawn(|| {
                    while let Some((name, hostile)) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let answer = send(&address, name, hostile.kind, &hostile.body);
                        let size = hostile.body.len();
                        assert!(
                            answer.starts_with("HTTP/1.1 "),
                            "{name} {} {size}: {answer:?}",
                            hostile.kind
                        );
                    }
                })
            })
            .collect();
        let ended: Vec<_> = strangers.into_iter().map(|stranger| stranger.join()).collect();
        over.store(true, Ordering::Relaxed);
        let slowest = other.join();
        ended.into_iter().for_each(|end| end.unwrap());
        slowest.unwrap()
    });
    let peak = peak(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    eprintln!("{} calls, {} MiB, {slowest:?}", calls.len(), peak >> 20);
    assert!(peak < MEMORY_MAX, "{} MiB", peak >> 20);
    assert!(slowest < ANSWER_MAX, "another caller waited {slowest:?}");
}
