//! The real program over a folder of its own, on a disk and by a clock that the rig holds in its hands.

use crate::http::{Client, Cut, Reply, Request};
use crate::shim::{Control, library};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub const USERS: i64 = 4;

/// Who calls: users by their number, and two of the staff.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Who {
    User(i64),
    Clerk,
    Manager,
}

impl Who {
    pub fn key(self) -> String {
        match self {
            Who::User(id) => format!("torture-key-of-user-{id}"),
            Who::Clerk => "torture-key-of-the-clerk".into(),
            Who::Manager => "torture-key-of-the-manager".into(),
        }
    }

    /// The id that stands in the log.
    pub fn id(self) -> i64 {
        match self {
            Who::User(id) => id,
            Who::Clerk => 101,
            Who::Manager => 102,
        }
    }

    fn all() -> impl Iterator<Item = Who> {
        (1..=USERS).map(Who::User).chain([Who::Clerk, Who::Manager])
    }
}

/// Where a server keeps what it has, and what the rig keeps beside it.
pub struct Place {
    pub dir: PathBuf,
    pub control: Control,
    pub sync: &'static str,
}

impl Place {
    pub fn new(dir: PathBuf, seed: u64, sync: &'static str) -> Place {
        fs::create_dir_all(dir.join("root")).unwrap();
        let control = Control::new(dir.join("control"), seed);
        Place { dir, control, sync }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    pub fn db(&self) -> PathBuf {
        self.root().join("t.db")
    }

    pub fn wal(&self) -> PathBuf {
        self.root().join("t.db-wal")
    }

    pub fn data(&self) -> PathBuf {
        self.root().join("data")
    }

    pub fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.dir.join("log")).unwrap_or_default()).into_owned()
    }

    /// The program over this place, as the shim lets it see it.
    pub fn program(&self) -> Command {
        let mut command = self.plain();
        command
            .env("LD_PRELOAD", library())
            .env("TORTURE_ROOT", self.root())
            .env("TORTURE_CONTROL", &self.control.path)
            .env("TORTURE_JOURNAL", self.journal());
        command
    }

    /// The same on the true disk.
    pub fn plain(&self) -> Command {
        let allowed = ["Ordr.*", "CircleMsg.*", "Attachment.*", "Job.*", "batch", "upload"];
        let keys: Vec<Value> = Who::all()
            .map(|who| {
                let app = if matches!(who, Who::User(_)) { "user" } else { "emp" };
                json!({"authType": "simple", "key": who.key(), "allowedAc": allowed, "app": app, "id": who.id()})
            })
            .collect();
        let binary = std::env::var_os("JINDOU_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_jindou").into());
        let mut command = Command::new(binary);
        command
            .current_dir(self.root())
            .env_clear()
            .env("P_DB", self.db())
            .env("P_DATA", self.data())
            .env("P_LISTEN", "127.0.0.1:0")
            .env("P_TEST_MODE", "2")
            .env("P_SYNC", self.sync)
            .env("P_LOG", "warn")
            .env("P_TZ", "+08:00")
            .env("P_GUEST_RATE", "0")
            .env("P_AUTH_KEYS", json!(keys).to_string());
        command
    }

    /// A new database with the accounts that call.
    pub fn furnish(&self) {
        let made = self.plain().args(["upgrade", "--apply"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let db = rusqlite::Connection::open(self.db()).unwrap();
        for id in 1..=USERS {
            db.execute("INSERT INTO User (id, name, phone) VALUES (?1, 'u', ?1)", [id]).unwrap();
        }
        db.execute("INSERT INTO Employee (id, name, phone, perms) VALUES (101, 'clerk', '1', 'emp')", [])
            .unwrap();
        db.execute("INSERT INTO Employee (id, name, phone, perms) VALUES (102, 'm', '2', 'mgr')", [])
            .unwrap();
        drop(db);
        // Once, so that keys and folders are made.
        let server = Server::start(self).expect("the first start");
        assert!(server.end(self).success());
        crate::journal::forget(&self.journal());
    }
}

pub struct Server {
    pub child: Child,
    pub at: SocketAddr,
    /// From its start to its first answer.
    pub started_in: Duration,
}

impl Server {
    /// Starts it and waits for its first answer. Gives what it said when it does not start.
    pub fn start(place: &Place) -> Result<Server, String> {
        let begun = Instant::now();
        let mut child = Server::spawn(place);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = line.trim_start_matches("http://").split('/').next().unwrap_or_default().parse();
        let Ok(at) = at else {
            let _ = child.kill();
            let status = child.wait().unwrap();
            return Err(format!("{status}: {}", place.log().lines().last().unwrap_or_default()));
        };
        let mut server = Server { child, at, started_in: Duration::ZERO };
        let read = server.call(Who::User(1), "Ordr.query?res=id&pagesz=1", &json!({}));
        server.started_in = begun.elapsed();
        match read {
            Some(answer) if answer[0] == 0 => Ok(server),
            other => {
                let _ = server.child.kill();
                let _ = server.child.wait();
                Err(format!("the first read was answered {other:?}"))
            }
        }
    }

    /// Starts it and waits for nothing.
    pub fn spawn(place: &Place) -> Child {
        crate::journal::trim(&place.journal());
        let log = File::options().create(true).append(true).open(place.dir.join("log")).unwrap();
        place.program().arg("serve").stdout(Stdio::piped()).stderr(log).spawn().unwrap()
    }

    pub fn call(&self, who: Who, target: &str, body: &Value) -> Option<Value> {
        let (key, body) = (who.key(), body.to_string());
        let request = Request { target, key: &key, kind: "application/json", body: body.as_bytes() };
        match Client::new(self.at).send(&request, Cut::No) {
            Reply::Answer(value, _) => Some(value),
            _ => None,
        }
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Whether it has ended by itself (killed by the shim, or worse).
    pub fn is_gone(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// SIGTERM, and waits.
    pub fn end(mut self, place: &Place) -> ExitStatus {
        self.signal("TERM");
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if Instant::now() > until {
                let _ = self.child.kill();
                let _ = self.child.wait();
                panic!("the server did not end within 20 s of SIGTERM: {}", place.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(pid: u32, name: &str) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    let signal = match name {
        "TERM" => rustix::process::Signal::TERM,
        "STOP" => rustix::process::Signal::STOP,
        _ => rustix::process::Signal::CONT,
    };
    let _ = rustix::process::kill_process(pid, signal);
}

/// What an operator asks of the program while the server runs or not.
pub fn verify(place: &Place) -> Result<(), String> {
    let out = place.plain().args(["audit", "verify"]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    match out.status.success() && said.contains("the chain is whole") {
        true => Ok(()),
        false => Err(said),
    }
}

/// A copy of what another place holds.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}
