//! The real program on a disk that is full or read-only when it starts: it reads, says so, refuses writes without doing
//! anything, and takes them as soon as the disk does.

use crate::generation::made;
use crate::kill::program;
use crate::program::{Program, until};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// The program behind a line of shell, which ends in starting it.
fn start(dir: &Path, shell: &str) -> (Program, Arc<Mutex<String>>) {
    let whole = program(dir);
    let mut command = Command::new("/bin/sh");
    command.current_dir(dir).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.envs(whole.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
        .env("D", dir)
        .env("JINDOU", whole.get_program())
        .env("P_DISK_FLOOR_MB", "0")
        .env("P_LOG", "debug");
    command.args(["-c", &format!("{shell}; exec \"$JINDOU\" serve")]);
    let mut server = Program::start_with(&mut command, Stdio::piped());
    let mut log = server.child.stderr.take().unwrap();
    let said = Arc::new(Mutex::new(String::new()));
    let kept = said.clone();
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = log.read(&mut piece) {
            kept.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    });
    (server, said)
}

fn only_reads(server: &Program, said: &Mutex<String>) {
    for _ in 0..3 {
        let orders = server.call("Ordr.query?fmt=array&res=dscr", &json!({}));
        assert_eq!(orders, json!([0, [{"dscr": "one"}]]), "{said:?}");
    }
    let calls = [
        ("Ordr.add", json!({"dscr": "two"})),
        ("Ordr.set?id=1", json!({"dscr": "two"})),
        ("batch", json!([{"ac": "Ordr.add", "post": {"dscr": "two"}}])),
        ("batch?useTrans=1", json!([{"ac": "Ordr.add", "post": {"dscr": "two"}}])),
    ];
    for (target, body) in calls {
        let answer = server.call(target, &body);
        let answer = if answer[0] == json!(0) { &answer[1][0] } else { &answer };
        assert_eq!(answer[0], json!(3), "{target}: {answer}");
        assert!(answer[1].as_str().is_some_and(|text| text.contains("未做任何修改")), "{target}: {answer}");
    }
    assert_eq!(server.get("/healthz").0, 200);
    let (status, why) = server.get("/readyz");
    assert!(status == 503 && why.contains("disk"), "{why}");
    until("the log says it", || said.lock().unwrap().contains("this server only reads"));
}

fn writes_again(server: &Program, said: &Mutex<String>) {
    until("the start is complete", || said.lock().unwrap().contains("the start is complete"));
    assert_eq!(server.get("/readyz").0, 200, "{said:?}");
    let added = server.call("Ordr.add", &json!({"dscr": "three"}));
    assert_eq!(added[0], json!(0), "{added}");
    let orders = server.call("Ordr.query?fmt=array&res=dscr&orderby=id", &json!({}));
    assert_eq!(orders[1], json!([{"dscr": "one"}, {"dscr": "three"}]));
}

fn verified(dir: &Path) {
    let told = program(dir).args(["audit", "verify"]).output().unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("the chain is whole"), "{told}");
}

#[test]
fn a_server_that_can_write_no_file_at_its_start_reads_and_heals() {
    let dir = tempfile::tempdir().unwrap();
    drop(made(dir.path()));
    // No file may grow: neither the database nor its logs, as on a full disk.
    let (server, said) = start(dir.path(), "trap '' XFSZ; ulimit -S -f 0");
    only_reads(&server, &said);
    let pid = server.child.id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:"]).status().unwrap();
    assert!(raised.success());
    writes_again(&server, &said);
    verified(dir.path());
}

/// Puts a line into the list that `make test` shows at its end.
fn skipped(what_and_why: &str) {
    eprintln!("skipped: {what_and_why}");
    let Some(list) = std::env::var_os("JINDOU_SKIPPED") else { return };
    let list = std::fs::OpenOptions::new().append(true).open(list);
    writeln!(list.unwrap(), "{what_and_why}").unwrap();
}

/// Whether a test may mount what it likes where only it sees it.
fn mounts() -> bool {
    let tried = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    let can = tried.is_ok_and(|tried| tried.status.success());
    if !can {
        skipped("standby:: tests of full and broken disks: this user can make no mounts");
    }
    can
}

/// As `start`, in a mount namespace of its own.
fn start_mounted(dir: &Path, mounting: &str) -> (Program, Arc<Mutex<String>>) {
    start(dir, &format!("exec unshare -rm /bin/sh -c '{mounting}; exec \"$JINDOU\" serve'"))
}

#[test]
fn a_server_on_a_read_only_disk_reads_and_heals() {
    if !mounts() {
        return;
    }
    // As a clean stop leaves it, and as a power cut does.
    for clean in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        drop(made(dir.path()));
        let mut kept = None;
        if !clean {
            let server = Program::start(dir.path(), &[]);
            kept = Some(server.call("Ordr.set?id=1", &json!({"dscr": "one"})));
            drop(server);
            assert!(dir.path().join("kill.db-wal").metadata().unwrap().len() > 0);
        }
        assert!(kept.is_none_or(|answer: Value| answer[0] == json!(0)));
        let (server, said) = start_mounted(dir.path(), "mount --bind $D $D && mount -o remount,ro,bind $D");
        only_reads(&server, &said);
        let pid = server.child.id().to_string();
        let mut healing = Command::new("nsenter");
        healing.args(["-t", &pid, "-U", "-m", "--preserve-credentials", "mount", "-o", "remount,rw,bind"]);
        assert!(healing.arg(dir.path()).status().unwrap().success());
        writes_again(&server, &said);
        verified(dir.path());
    }
}

#[test]
fn a_server_on_a_full_disk_reads_and_heals() {
    if !mounts() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    drop(made(dir.path()));
    let mounting = "T=$(mktemp -d) && cp -r $D/. $T/ && \
         mount -t tmpfs -o size=4m none $D && cp -r $T/. $D/ && rm -rf $T && cd $D && \
         { cat /dev/zero > $D/filler; true; } 2>/dev/null";
    let (server, said) = start_mounted(dir.path(), mounting);
    only_reads(&server, &said);
    let filler = format!("/proc/{}/root{}/filler", server.child.id(), dir.path().display());
    std::fs::remove_file(filler).unwrap();
    writes_again(&server, &said);
}
