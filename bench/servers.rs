//! One run: makes the data, starts the servers, measures every workload on each of them in turn, so that a
//! noisy minute is noisy for all.

use crate::load::{self, Run, Seen};
use crate::plan::{self, Keys, Workload};
use crate::report::{Line, Report};
use crate::{Options, data, peer, proc};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server under test. It ends with the value.
pub struct Server {
    pub name: &'static str,
    pub address: SocketAddr,
    pub keys: Keys,
    pub db: Option<PathBuf>,
    /// From its start to its first answer.
    pub start: Duration,
    child: Child,
}

impl Server {
    pub fn start(name: &'static str, mut command: Command, address: SocketAddr, db: Option<&Path>) -> Server {
        let begun = Instant::now();
        let child =
            command.stdout(Stdio::null()).spawn().unwrap_or_else(|e| panic!("{name} does not start: {e}"));
        let mut server = Server {
            name,
            address,
            keys: Keys::default(),
            db: db.map(Path::to_owned),
            start: begun.elapsed(),
            child,
        };
        while server.ask("/api/initClient").is_none() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{name} does not answer");
            assert!(server.child.try_wait().unwrap().is_none(), "{name} has ended");
            std::thread::sleep(Duration::from_millis(1));
        }
        server.start = begun.elapsed();
        server
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The head and beginning of one answer, if the server can be reached.
    fn ask(&self, target: &str) -> Option<String> {
        let mut request = Vec::new();
        plan::get(&mut request, target, "", "");
        self.send(&request)
    }

    fn send(&self, request: &[u8]) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        stream.write_all(request).ok()?;
        let mut answer = vec![0; 8192];
        let n = stream.read(&mut answer).ok().filter(|n| *n > 0)?;
        Some(String::from_utf8_lossy(&answer[..n]).into_owned())
    }

    fn log_in(&self, app: &str, uname: &str) -> String {
        let mut request = Vec::new();
        let body = serde_json::json!({"uname": uname, "pwd": data::PASSWORD}).to_string();
        plan::post(&mut request, &format!("/api/login?_app={app}"), "", "", "application/json", &body);
        let answer = self.send(&request).expect("an answer to the login");
        let mark = format!("{app}id=");
        let at = answer.find(&mark).unwrap_or_else(|| panic!("no session in: {answer}"));
        let rest = &answer[at + mark.len()..];
        rest[..rest.find([';', '\r']).unwrap_or(rest.len())].to_owned()
    }

    fn measure(&self, options: &Options, workload: &Workload, rows: u64, rate: Option<f64>) -> Line {
        let make = plan::make(workload.name, rows, &self.keys);
        let most = if workload.consumes { rows - 1 } else { u64::MAX };
        let expect: &[u8] = if workload.name == "static" || self.name == "pocketbase" { b"" } else { b"[0" };
        let mut run = Run {
            address: self.address,
            connections: options.connections,
            seconds: options.seconds / 6.0,
            most,
            rate,
            expect,
        };
        if !workload.consumes && rate.is_none() {
            load::run(&run, &*make);
        }
        run.seconds = options.seconds;
        proc::forget_peak(self.pid());
        let before = proc::cpu(self.pid());
        let seen = load::run(&run, &*make);
        // What the run left to be written belongs to it.
        std::thread::sleep(Duration::from_millis(60));
        let cpu = proc::cpu(self.pid()).saturating_sub(before);
        Line::new(self.name, seen, cpu, proc::memory(self.pid(), "VmHWM"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..200 {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

fn jindou(options: &Options, name: &'static str, dir: &Path, db: &Path, audit: &str) -> Server {
    let address = free_address();
    let mut command = Command::new(&options.jindou);
    command.arg("serve").env("P_LISTEN", address.to_string()).env("P_DB", db).env("P_DATA", dir.join("data"));
    command.env("P_AUTO_UPGRADE", "1").env("P_AUDIT", audit).env("P_LOG", "warn");
    Server::start(name, command, address, Some(db))
}

fn ours(name: &'static str, db: Option<&Path>) -> Server {
    let address = free_address();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(name).args(db).arg(address.port().to_string());
    Server::start(name, command, address, db)
}

pub fn run(options: &Options) {
    let dir = std::env::temp_dir().join(format!("jindou-bench-{}", std::process::id()));
    for rows in &options.rows {
        std::fs::create_dir_all(&dir).unwrap();
        size(options, &dir, *rows);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

fn size(options: &Options, dir: &Path, rows: u64) {
    let first = dir.join("jindou.db");
    drop(jindou(options, "jindou", dir, &first, "normal"));
    data::fill(&first, rows);
    let copy = |name: &str| {
        let path = dir.join(name);
        std::fs::copy(&first, &path).unwrap();
        path
    };
    let (by_hand, strict) = (copy("hand.db"), copy("strict.db"));
    let mut servers = vec![
        ours("floor", None),
        ours("hand", Some(&by_hand)),
        jindou(options, "jindou", dir, &first, "normal"),
        jindou(options, "strict", dir, &strict, "strict"),
    ];
    let mut report = Report::new(rows, options);
    report.rest(&servers[2]);
    for server in &mut servers[2..] {
        server.keys = Keys { user: server.log_in("user", "user1"), emp: server.log_in("emp", "staff") };
    }
    if options.peers {
        servers.push(peer::start(dir, rows));
    }
    for workload in plan::ALL
        .iter()
        .filter(|w| options.only.as_ref().is_none_or(|only| w.name.starts_with(only.as_str())))
    {
        report.begin(workload);
        for server in &servers {
            if server.name != "pocketbase" {
                report.line(workload, server.measure(options, workload, rows, None));
            } else if let Some(seen) = peer::measure(server, options, workload, rows) {
                report.line(workload, seen);
            }
        }
        if workload.name == "mixed" {
            let peak = report.rate("jindou");
            let line = servers[2].measure(options, workload, rows, Some(peak / 2.0));
            report.half(line);
        }
        report.end(workload);
    }
    if options.only.is_none() {
        let many = Options {
            connections: 64,
            rows: Vec::new(),
            jindou: options.jindou.clone(),
            only: None,
            ..*options
        };
        let mixed = plan::ALL.iter().find(|w| w.name == "mixed").unwrap();
        let line = servers[2].measure(&many, mixed, rows, None);
        report.sixty_four(&line);
        report.idle(&servers[2], &hold(&servers[2], 10_000));
    }
    report.finish();
}

/// Connections that were used once and are kept.
fn hold(server: &Server, n: usize) -> Vec<TcpStream> {
    let mut request = Vec::new();
    plan::get(&mut request, "/api/initClient", "", "");
    let mut kept = Vec::new();
    let mut answer = [0; 4096];
    while kept.len() < n {
        let Ok(mut stream) = TcpStream::connect(server.address) else { break };
        if stream.write_all(&request).is_err() || stream.read(&mut answer).is_err() {
            break;
        }
        kept.push(stream);
    }
    kept
}

pub fn seen_line(server: &Server, run: &Run<'_>, make: &load::Make<'_>) -> Line {
    load::run(&Run { seconds: run.seconds / 6.0, ..*run }, make);
    proc::forget_peak(server.pid());
    let before = proc::cpu(server.pid());
    let seen: Seen = load::run(run, make);
    Line::new(
        server.name,
        seen,
        proc::cpu(server.pid()).saturating_sub(before),
        proc::memory(server.pid(), "VmHWM"),
    )
}
