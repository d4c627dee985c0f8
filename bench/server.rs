//! The servers under test, as processes of their own on loopback.

use crate::data::{self, Store};
use crate::load::{self, Make, Run};
use crate::plan::{self, Keys};
use crate::report::Line;
use crate::{Options, proc, wire};
use std::net::{SocketAddr, TcpListener};
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
        note(child.id());
        let mut server = Server {
            name,
            address,
            keys: Keys::default(),
            db: db.map(Path::to_owned),
            start: begun.elapsed(),
            child,
        };
        let mut request = Vec::new();
        plan::get(&mut request, "/api/initClient", "", "");
        while wire::ask(address, &request).is_err() {
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

    /// Logs in the user and the employee who measure.
    pub fn log_in(&mut self) {
        self.keys = Keys { user: self.login("user", "user1"), emp: self.login("emp", "staff") };
    }

    fn login(&self, app: &str, uname: &str) -> String {
        let mut request = Vec::new();
        let body = serde_json::json!({"uname": uname, "pwd": data::PASSWORD}).to_string();
        plan::post(&mut request, &format!("/api/login?_app={app}"), "", "", "application/json", &body);
        let answer = wire::ask(self.address, &request).expect("an answer to the login");
        let mark = format!("{app}id=");
        let at = answer.head.find(&mark).unwrap_or_else(|| panic!("no session: {answer:?}"));
        let rest = &answer.head[at + mark.len()..];
        rest[..rest.find([';', '\r']).unwrap_or(rest.len())].to_owned()
    }

    /// One run of a load, after a short one to warm up if it may be repeated.
    pub fn measure(&self, run: &Run<'_>, make: &Make<'_>, warm: bool) -> Line {
        if warm {
            load::run(&Run { seconds: run.seconds / 6.0, ..*run }, make);
        }
        proc::forget_peak(self.pid());
        let before = proc::cpu(self.pid());
        let seen = load::run(run, make);
        // What the run left to be written belongs to it.
        std::thread::sleep(Duration::from_millis(60));
        let cpu = proc::cpu(self.pid()).saturating_sub(before);
        Line::new(self.name, seen, cpu, proc::memory(self.pid(), "VmHWM"))
    }

    /// Bytes of its write-ahead log.
    pub fn wal(&self) -> u64 {
        let Some(db) = &self.db else { return 0 };
        std::fs::metadata(format!("{}-wal", db.display())).map_or(0, |meta| meta.len())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..200 {
            if let Ok(Some(_)) = self.child.try_wait() {
                return forget(self.pid());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        forget(self.pid());
    }
}

/// For the script, which ends what this program could not: a file named by the process.
fn note(pid: u32) {
    let folder = data::room().join("running");
    let _ = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(pid.to_string()), ""));
}

fn forget(pid: u32) {
    let _ = std::fs::remove_file(data::room().join("running").join(pid.to_string()));
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

pub fn jindou(options: &Options, name: &'static str, db: &Path, audit: &str) -> Server {
    jindou_with(options, name, db, audit, &[])
}

/// The same with other settings.
pub fn jindou_with(
    options: &Options,
    name: &'static str,
    db: &Path,
    audit: &str,
    settings: &[(&str, &str)],
) -> Server {
    let address = free_address();
    let mut command = Command::new(&options.jindou);
    command.arg("serve").env("P_LISTEN", address.to_string()).env("P_DB", db);
    command.env("P_DATA", db.with_extension("data"));
    command.env("P_AUTO_UPGRADE", "1").env("P_AUDIT", audit).env("P_LOG", "warn");
    // All of the load comes from one address, and some of it from nobody in particular.
    command.env("P_GUEST_RATE", "0").envs(settings.iter().copied());
    Server::start(name, command, address, Some(db))
}

/// The other build that is to be compared, on a copy of its own.
pub fn other(options: &Options, store: &Store, rows: u64) -> Option<Server> {
    let options = Options { jindou: options.other.clone()?, ..options.clone() };
    Some(jindou(&options, "other", &store.copy(&options, rows, "other"), "normal"))
}

/// One of the two servers that are this program again.
pub fn ours(name: &'static str, db: Option<&Path>) -> Server {
    let address = free_address();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(name).args(db).arg(address.port().to_string());
    Server::start(name, command, address, db)
}

/// Rest before each turn.
const REST: Duration = Duration::from_millis(150);

/// Every server in turn, a round at a time; every other round goes back the way the one before it came, and each turn
/// begins after a rest: the disk is slower just after somebody wrote much, and nobody shall pay for another.
pub fn in_rounds<'a>(
    rounds: u32,
    servers: impl IntoIterator<Item = &'a Server>,
    measure: impl Fn(&Server, u32) -> Option<Line>,
) -> Vec<Line> {
    let mut turns: Vec<&Server> = servers.into_iter().collect();
    let mut lines: Vec<Line> = Vec::new();
    for round in 0..rounds {
        for server in &turns {
            std::thread::sleep(REST);
            measure(server, round).into_iter().for_each(|line| line.join(&mut lines));
        }
        turns.reverse();
    }
    lines
}
