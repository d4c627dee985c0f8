//! The real program: one process at a time writes a database, by whatever name it is opened, and a database that is
//! replaced under a server ends it.

use crate::kill::{program, start};
use rusqlite::Connection;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

fn ended(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("the process did not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn refusal(command: &mut Command) -> String {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = ended(&mut child);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!status.success(), "it was not refused: {said}");
    said
}

fn indexes(db: &Path) -> Vec<String> {
    let db = Connection::open(db).unwrap();
    let mut names = db
        .prepare("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL ORDER BY name")
        .unwrap();
    names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_second_process_is_refused_under_every_name_and_upgrades_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, _) = start(dir.path());
    let real = dir.path().join("kill.db");
    // Something an upgrade would add.
    let lacking = indexes(&real)[0].clone();
    Connection::open(&real).unwrap().execute_batch(&format!("DROP INDEX \"{lacking}\"")).unwrap();
    let (symbolic, folder) = (dir.path().join("symbolic.db"), dir.path().join("folder"));
    std::os::unix::fs::symlink(&real, &symbolic).unwrap();
    std::os::unix::fs::symlink(dir.path(), &folder).unwrap();
    let commands: [&[&str]; 3] = [&["serve"], &["upgrade", "--apply"], &["call", "Server.info"]];
    let names = [real.clone(), symbolic, folder.join("kill.db"), folder.join("folder/./kill.db")];
    for (name, args) in names.iter().flat_map(|name| commands.map(|args| (name, args))) {
        let said = refusal(program(dir.path()).env("P_DB", name).args(args));
        assert!(said.contains("another jindou process is using it"), "{name:?} {args:?}: {said}");
        assert!(!indexes(&real).contains(&lacking), "{name:?} {args:?} upgraded the database");
    }
    let hard = dir.path().join("hard.db");
    std::fs::hard_link(&real, &hard).unwrap();
    for args in commands {
        let said = refusal(program(dir.path()).env("P_DB", &hard).args(args));
        assert!(said.contains("hard links"), "{args:?}: {said}");
    }
    assert!(!dir.path().join("hard.db-wal").exists(), "the hard link was opened");
    let plan = program(dir.path()).arg("upgrade").output().unwrap();
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(plan.contains("--apply does them"), "the plan is read beside the server: {plan}");
    assert!(!indexes(&real).contains(&lacking), "printing the plan upgraded the database");
    assert!(child.try_wait().unwrap().is_none(), "the first server has gone");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_server_ends_when_its_database_is_replaced_or_removed() {
    for replaced in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, _) = start(dir.path());
        let real = dir.path().join("kill.db");
        if replaced {
            let other = dir.path().join("other.db");
            std::fs::copy(&real, &other).unwrap();
            std::fs::rename(&other, &real).unwrap();
        } else {
            std::fs::remove_file(&real).unwrap();
        }
        assert_eq!(ended(&mut child).code(), Some(1), "replaced: {replaced}");
    }
}
