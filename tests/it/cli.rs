//! The program itself: help, every command, every way to start it wrong, and a quiet end.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(dir: &Path, settings: &[(&str, &str)], words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jindou"));
    command.env_clear().env("TZ", "UTC").current_dir(dir).args(words);
    command.envs(settings.iter().copied());
    command
}

/// Runs to its end; gives exit code, standard output, standard error.
fn run(dir: &Path, settings: &[(&str, &str)], words: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command(dir, settings, words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A server of its own, ended with the test.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(dir: &Path, settings: &[(&str, &str)]) -> Running {
        let mut all = vec![("P_LISTEN", "127.0.0.1:0")];
        all.extend_from_slice(settings);
        let mut child =
            command(dir, &all, &["serve"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split('/').nth(2).unwrap_or_else(|| panic!("no address in `{line}`")).to_owned();
        Running { child, address }
    }

    fn get(&self, target: &str) -> Value {
        let url = format!("http://{}/api/{target}", self.address);
        let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn terminate(&mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn ended(&mut self) -> i32 {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.code().unwrap(),
                None if Instant::now() > until => panic!("the server does not end"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn help_names_every_command() {
    let dir = folder();
    let (code, out, err) = run(dir.path(), &[], &["--help"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for word in ["serve", "upgrade", "schema", "config", "call", "audit", "jindou.toml", "--config"] {
        assert!(out.contains(word), "{word}: {out}");
    }
    for name in ["serve", "upgrade", "schema", "config", "call", "audit"] {
        let (code, out, _) = run(dir.path(), &[], &[name, "--help"]);
        assert!(code == 0 && out.lines().count() > 4, "{name}: {out}");
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{name}: {out}");
    }
    let (code, out, _) = run(dir.path(), &[], &["--version"]);
    assert_eq!((code, out.trim()), (0, concat!("jindou ", env!("CARGO_PKG_VERSION"))));
    assert_eq!(run(dir.path(), &[], &["serve", "--frobnicate"]).0, 2);
    // Help and refusals leave nothing behind.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_start_is_one_clear_line() {
    let dir = folder();
    let file = dir.path().join("text.db");
    std::fs::write(&file, "this is a text and no database of any kind".repeat(9)).unwrap();
    let (text, as_folder) = (file.display().to_string(), dir.path().display().to_string());
    for (settings, says) in [
        (vec![("P_LISTEN", "abc")], "P_LISTEN: bad value `abc`"),
        (vec![("P_AUDIT", "sometimes")], "P_AUDIT: bad value `sometimes`"),
        (vec![("P_QUERY_TIMEOUT_MS", "soon")], "P_QUERY_TIMEOUT_MS: bad value `soon`"),
        (vec![("P_TEST_MODE", "1"), ("P_LISTEN", "0.0.0.0:0")], "P_ALLOW_REMOTE_TEST"),
        (vec![("P_PLUGINS", "ordr")], "there is no plugin ordr, did you mean order?"),
        (vec![("P_PLUGINS", "story")], "plugin story needs plugin watch, which is off"),
        (vec![("P_PLUGINS", "+exampel")], "there is no plugin exampel, did you mean example?"),
        (vec![("P_PLUGINS", "+example,account")], "either all names have a + in front or none"),
        (vec![("P_PLUGINS", "account,account")], "plugin account is listed twice"),
        (vec![("P_PLUGINS", "rtest")], "plugin rtest runs in test mode only (P_TEST_MODE=1)"),
        (vec![("P_PLUGINS", "rtest,account"), ("P_TEST_MODE", "1")], "plugin rtest must run alone"),
        (vec![("P_DB", text.as_str())], "cannot be opened: file is not a database"),
        (vec![("P_DB", as_folder.as_str())], "cannot be opened: it is a folder"),
        (vec![("P_DB", "/proc/nowhere/x.db")], "P_DB: the folder /proc/nowhere cannot be made"),
        (vec![("P_DB", "postgres://u:secret@127.0.0.1/x")], "P_DB: this build serves SQLite databases"),
    ] {
        let mut all = vec![("P_LISTEN", "127.0.0.1:0")];
        all.extend(settings.clone());
        let (code, out, err) = run(dir.path(), &all, &["serve"]);
        assert_eq!((code, out.as_str()), (1, ""), "{settings:?}: {err}");
        let lines: Vec<&str> = err.lines().filter(|line| line.starts_with("jindou: ")).collect();
        assert_eq!(lines.len(), 1, "{settings:?}: {err}");
        assert!(lines[0].contains(says), "{settings:?}: {err}");
        assert!(!err.contains("secret") && !err.contains("PRAGMA"), "{err}");
    }
    let (code, _, err) = run(dir.path(), &[], &["--config", "none.toml", "config"]);
    assert_eq!((code, err.contains("configuration file none.toml")), (1, true), "{err}");
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_name() {
    let dir = folder();
    let mut running = command(dir.path(), &[("P_LISTEN", "127.0.0.1:0"), ("P_LISTN", "x")], &["serve"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    running.kill().unwrap();
    let out = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        said.contains("unknown configuration key P_LISTN") && said.contains("did you mean P_LISTEN?"),
        "{said}"
    );
    assert!(line.starts_with("http://127.0.0.1:"), "{line}");
}

#[test]
fn a_port_in_use_is_told_and_the_first_server_goes_on() {
    let dir = folder();
    let first = Running::start(dir.path(), &[]);
    let settings = [("P_LISTEN", first.address.as_str()), ("P_DB", "other/second.db")];
    let (code, _, err) = run(dir.path(), &settings, &["serve"]);
    assert_eq!(code, 1);
    assert!(err.contains(&format!("P_LISTEN: {} is in use by another program", first.address)), "{err}");
    assert!(!dir.path().join("other").exists(), "nothing is made before the port is had");
    assert_eq!(first.get("initClient")[0], 0);
}

#[test]
fn an_open_call_ends_well_when_the_server_is_told_to_stop() {
    let dir = folder();
    let mut server = Running::start(dir.path(), &[("P_TEST_MODE", "1")]);
    assert_eq!(server.get("initClient")[0], 0);
    let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<4000000) SELECT count(*) FROM n";
    let url = format!(
        "http://{}/api/execSql?fmt=one&sql={}",
        server.address,
        slow.replace(' ', "%20").replace('<', "%3C").replace('+', "%2B")
    );
    let caller =
        std::thread::spawn(move || ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap());
    std::thread::sleep(Duration::from_millis(250));
    assert!(!caller.is_finished(), "the call was too quick to prove anything");
    server.terminate();
    let answer: Value = serde_json::from_str(&caller.join().unwrap()).unwrap();
    assert_eq!(answer, json!([0, 4_000_000]));
    assert_eq!(server.ended(), 0);
    // Everything that was answered is on disk, the record of the last call too.
    let (code, out, err) = run(dir.path(), &[], &["audit", "verify"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("the chain is whole"), "{out}");
    let calls =
        run(dir.path(), &[], &["call", "ApiLog.query", "cond=ac='execSql'", "res=retval", "fmt=array"]);
    assert_eq!(calls.1.trim(), "[0,[{\"retval\":0}]]");
}

#[test]
fn upgrade_plans_first_and_applies_when_told() {
    let dir = folder();
    let (code, out, _) = run(dir.path(), &[], &["upgrade"]);
    assert!(code == 0 && out.contains("does not exist yet"), "{out}");
    assert!(!dir.path().join("data/jindou.db").exists());
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let (code, out, err) = run(dir.path(), &[], &["upgrade", "--apply"]);
    assert!(code == 0 && out.contains("steps done"), "{out}{err}");
    assert_eq!(run(dir.path(), &[], &["upgrade"]).1.trim(), "the database is up to date");
    // A column less: the plan names it, and a server that may not upgrade refuses to start.
    let conn = rusqlite::Connection::open(dir.path().join("data/jindou.db")).unwrap();
    conn.execute_batch("ALTER TABLE Ordr DROP COLUMN cmt").unwrap();
    drop(conn);
    let (_, out, _) = run(dir.path(), &[], &["upgrade"]);
    assert!(out.contains("Ordr") && out.contains("cmt") && out.contains("--apply"), "{out}");
    let (code, _, err) = run(dir.path(), &[("P_AUTO_UPGRADE", "0"), ("P_LISTEN", "127.0.0.1:0")], &["serve"]);
    assert!(code == 1 && err.contains("`jindou upgrade`"), "{err}");
    assert_eq!(run(dir.path(), &[], &["upgrade", "--apply"]).0, 0);
    assert_eq!(run(dir.path(), &[], &["upgrade"]).1.trim(), "the database is up to date");
}

#[test]
fn config_shows_everything_but_secrets() {
    let dir = folder();
    std::fs::write(dir.path().join("jindou.toml"), "P_SERVER_REV = \"abc123\"\n").unwrap();
    let (code, out, err) = run(dir.path(), &[("P_ADMIN_CRED", "boss:golden-cloud-7")], &["config"]);
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains("golden-cloud-7") && out.contains("****"), "{out}");
    let line = out.lines().find(|line| line.starts_with("P_SERVER_REV")).unwrap();
    assert!(line.contains("abc123"), "{line}");
    assert!(out.lines().count() > 30);
}

#[test]
fn schema_speaks_three_dialects() {
    let dir = folder();
    for (dialect, word) in
        [("sqlite", "AUTOINCREMENT"), ("postgres", "GENERATED"), ("mysql", "AUTO_INCREMENT")]
    {
        let (code, out, _) = run(dir.path(), &[], &["schema", "--dialect", dialect]);
        assert!(code == 0 && out.contains("Ordr") && out.contains(word), "{dialect}");
        assert!(!out.contains("rtest"), "{dialect}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "it needs no database");
}

#[test]
fn calls_from_the_command_line_obey_the_same_rules() {
    let dir = folder();
    let call = |words: &[&str]| run(dir.path(), &[("P_TZ", "UTC")], &[&["call"], words].concat());
    let (code, out, err) = call(&["User.add", "--post", "phone=13800138000", "name=李雷"]);
    assert_eq!((code, out.as_str()), (0, "[0,1]\n"), "{err}");
    let (code, out, _) = call(&["User.get", "id=1", "res=phone,name"]);
    assert_eq!((code, out.as_str()), (0, "[0,{\"phone\":\"13800138000\",\"name\":\"李雷\"}]\n"));
    let (code, out, err) = call(&["User.query", "--as", "guest"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("[2,") && err.contains("the call failed"), "{out}{err}");
    let (code, out, _) = call(&["User.get", "res=id", "--as", "user:1"]);
    assert_eq!((code, out.as_str()), (0, "[0,{\"id\":1}]\n"));
    let (code, _, err) = call(&["User.get", "--as", "king"]);
    assert!(code == 1 && err.contains("--as king"), "{err}");
    let (code, _, err) = call(&["User.get", "nonsense"]);
    assert!(code == 1 && err.contains("nonsense: expected name=value"), "{err}");
    // They are in the log like all others.
    let (_, out, _) = call(&["ApiLog.query", "res=ac,addr", "fmt=array", "cond=ac='User.add'"]);
    assert_eq!(out, "[0,[{\"ac\":\"User.add\",\"addr\":\"local\"}]]\n");
}

#[test]
fn a_log_that_was_touched_is_found_out() {
    let dir = folder();
    for _ in 0..3 {
        assert_eq!(run(dir.path(), &[], &["call", "initClient"]).0, 0);
    }
    let (code, out, _) = run(dir.path(), &[], &["audit", "verify"]);
    assert!(code == 0 && out.contains("the chain is whole"), "{out}");
    let conn = rusqlite::Connection::open(dir.path().join("data/jindou.db")).unwrap();
    conn.execute_batch("UPDATE ApiLog SET addr='elsewhere' WHERE id=2").unwrap();
    drop(conn);
    let (code, _, err) = run(dir.path(), &[], &["audit", "verify"]);
    assert!(code == 1 && err.contains("ApiLog id 2") && err.contains("altered"), "{err}");
    let (code, _, err) = run(dir.path(), &[("P_DB", "nowhere.db")], &["audit", "verify"]);
    assert!(code == 1 && err.contains("nowhere.db cannot be opened"), "{err}");
    assert!(!dir.path().join("nowhere.db").exists());
}

#[test]
fn verify_says_what_it_was_held_against_and_which_key_is_missing() {
    let dir = folder();
    let store = [("P_AUDIT_WITNESS", "store")];
    let verify = |settings: &[(&str, &str)], more: &[&str]| {
        run(dir.path(), settings, &[&["audit", "verify"], more].concat())
    };
    for _ in 0..3 {
        assert_eq!(run(dir.path(), &store, &["call", "initClient"]).0, 0);
    }
    let (code, out, err) = verify(&[], &["--anchor", "store"]);
    assert!(code == 0 && out.contains("3 rows, the chain is whole") && out.contains("3 heads"), "{out}{err}");
    // Any file in which such lines stand will do.
    let heads: String = (1..=3)
        .map(|n| std::fs::read_to_string(dir.path().join(format!("data/audit/head-{n:08}.txt"))).unwrap())
        .map(|head| format!("2026-01-01 INFO jindou: {head}"))
        .collect();
    std::fs::write(dir.path().join("server.log"), heads).unwrap();
    let (code, out, err) = verify(&[], &["--anchor", "server.log"]);
    assert!(code == 0 && out.contains("3 heads"), "{out}{err}");
    let (code, _, err) = verify(&[("P_AUDIT_KEY", "another-secret-of-this-log")], &[]);
    assert!(code == 0, "the key of the data folder is known: {err}");
    std::fs::rename(dir.path().join("data/secret.key"), dir.path().join("away")).unwrap();
    let (code, _, err) = verify(&[("P_AUDIT_KEY", "another-secret-of-this-log")], &[]);
    assert!(code == 1 && err.contains("sealed by key") && err.contains("P_AUDIT_OLD_KEYS"), "{err}");
    let (code, _, err) = verify(&[], &[]);
    assert!(code == 1 && err.contains("there is no key for the audit chain"), "{err}");
    std::fs::rename(dir.path().join("away"), dir.path().join("data/secret.key")).unwrap();
    let conn = rusqlite::Connection::open(dir.path().join("data/jindou.db")).unwrap();
    conn.execute_batch("DELETE FROM ApiLog WHERE id=3; UPDATE sqlite_sequence SET seq=2").unwrap();
    let (code, out, _) = verify(&[], &[]);
    assert!(code == 0 && out.contains("2 rows"), "{out}");
    let (code, _, err) = verify(&[], &["--anchor", "server.log"]);
    assert!(code == 1 && err.contains("the witness saw rows up to number 3"), "{err}");
    conn.execute_batch("DELETE FROM AuditMark").unwrap();
    drop(conn);
    let (code, _, err) = verify(&[], &[]);
    assert!(code == 1 && err.contains("the mark that says by which key was removed"), "{err}");
}

#[test]
fn a_revision_beside_the_program_is_taken() {
    let dir = folder();
    std::fs::write(dir.path().join("revision.txt"), "a1b2c3d4e5\nbuilt today\n").unwrap();
    let revision = |settings: &[(&str, &str)]| {
        let (code, out, _) = run(dir.path(), settings, &["config"]);
        assert_eq!(code, 0, "{out}");
        out.lines().find(|line| line.contains("P_SERVER_REV")).unwrap().to_owned()
    };
    assert!(revision(&[]).contains("a1b2c3d4e5"));
    assert!(revision(&[("P_SERVER_REV", "other")]).contains("other"));
}
