//! What the tests of backups share: the real program with orders and files, under load if that is wanted.

use crate::kill;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub const KEY: &str = "backup-test-key-1";

/// Waits for something that a server does by itself.
#[track_caller]
pub fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server of its own, ended with the value.
pub struct House {
    pub dir: tempfile::TempDir,
    settings: Vec<(String, String)>,
    running: Option<(Child, String)>,
}

impl House {
    pub fn new(settings: &[(&str, &str)]) -> House {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut house =
            House { dir: tempfile::tempdir().unwrap(), settings: settings.collect(), running: None };
        house.start();
        house.sql("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')");
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn db(&self) -> PathBuf {
        self.path("kill.db")
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let keys = json!([{"authType": "simple", "key": KEY, "allowedAc": ["*"], "app": "user", "id": 1}]);
        let mut command = kill::program(self.dir.path());
        command.env("P_AUTH_KEYS", keys.to_string());
        command.envs(self.settings.iter().map(|(name, value)| (name, value))).args(args);
        command
    }

    pub fn start(&mut self) {
        let mut command = self.command(&["serve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let at = kill::address(&mut child);
        self.running = Some((child, at));
    }

    pub fn kill(&mut self) {
        let (mut child, _) = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Runs a command to its end; gives whether it went well and all that it said.
    pub fn run(&self, args: &[&str]) -> (bool, String) {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    }

    #[track_caller]
    pub fn well(&self, args: &[&str]) -> String {
        let (good, said) = self.run(args);
        assert!(good, "{args:?}: {said}");
        said
    }

    #[track_caller]
    pub fn refused(&self, args: &[&str], why: &str) -> String {
        let (good, said) = self.run(args);
        assert!(!good && said.contains(why), "{args:?}: {said}");
        said
    }

    pub fn sql(&self, sql: &str) {
        let db = Connection::open(self.db()).unwrap();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        db.execute_batch(sql).unwrap();
    }

    pub fn at(&self) -> &str {
        &self.running.as_ref().unwrap().1
    }

    pub fn send(&self, target: &str, kind: &str, body: Vec<u8>) -> Option<Value> {
        send(self.at(), target, kind, body)
    }

    /// An order; gives its id.
    #[track_caller]
    pub fn order(&self, dscr: &str) -> i64 {
        let answer = self.send("Ordr.add", "application/json", json!({"dscr": dscr}).to_string().into());
        let answer = answer.unwrap();
        answer[1].as_i64().unwrap_or_else(|| panic!("{answer}"))
    }

    /// A file; gives its key in the store.
    #[track_caller]
    pub fn upload(&self, bytes: &[u8]) -> String {
        let answer = upload(self.at(), bytes).unwrap();
        answer[1][0]["path"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Orders and files come and go while `work` is done; gives how many orders were acknowledged before it began.
    pub fn under_load<T>(&self, work: impl FnOnce() -> T) -> (i64, T) {
        let stop = AtomicBool::new(false);
        let at = self.at();
        std::thread::scope(|scope| {
            let stop = &stop;
            let stopped = move || stop.load(Ordering::Relaxed);
            for _ in 0..4 {
                scope.spawn(move || {
                    while !stopped() {
                        let body = json!({"dscr": "x".repeat(500)}).to_string();
                        send(at, "Ordr.add", "application/json", body.into());
                    }
                });
            }
            scope.spawn(move || {
                // There is a limit for one user and a day.
                for _ in 0..200 {
                    if stopped() {
                        return;
                    }
                    let answer = upload(at, b"some text").unwrap();
                    assert!(answer[1][0]["id"].is_i64(), "{answer}");
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
            std::thread::sleep(Duration::from_millis(300));
            let begun = count(&self.db(), "Ordr");
            let done = work();
            stop.store(true, Ordering::Relaxed);
            (begun, done)
        })
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn send(at: &str, target: &str, kind: &str, body: Vec<u8>) -> Option<Value> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into();
    let request = ureq::http::Request::post(format!("http://{at}/api/{target}"))
        .header("content-type", kind)
        .header("x-daca-simple", KEY)
        .body(body)
        .unwrap();
    let mut response = agent.run(request).ok()?;
    serde_json::from_str(&response.body_mut().read_to_string().ok()?).ok()
}

fn upload(at: &str, bytes: &[u8]) -> Option<Value> {
    let mut body = b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--b--\r\n");
    send(at, "upload", "multipart/form-data; boundary=b", body)
}

/// Rows of a table of any database.
pub fn count(db: &Path, table: &str) -> i64 {
    let db = Connection::open(db).unwrap();
    db.busy_timeout(Duration::from_secs(10)).unwrap();
    db.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// The folders of whole backups in a place.
pub fn backups(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| ["", ".sealed"].iter().any(|e| path.join(format!("manifest.json{e}")).exists()))
        .collect();
    found.retain(|path| !path.to_string_lossy().ends_with(".part"));
    found.sort();
    found
}
