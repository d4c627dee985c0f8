//! A server that is killed between a file and its row leaves no file behind, and takes none away that has one.

use crate::kill::program;
use crate::program::{Program, read, until};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

const KEY: &str = "a-key-that-uploads";

fn uploading(dir: &Path) -> Command {
    let keys = json!([{"authType": "simple", "key": KEY, "allowedAc": ["upload", "Attachment.*"], "app": "emp", "id": 1}]);
    let mut command = program(dir);
    command.env("P_AUTH_KEYS", keys.to_string());
    command
}

fn start(dir: &Path) -> Program {
    let log = std::fs::File::options().create(true).append(true).open(dir.join("log")).unwrap();
    Program::start_with(&mut uploading(dir), Stdio::from(log))
}

fn upload(server: &Program) -> Option<Value> {
    let headers = [("x-daca-simple", KEY), ("content-type", "text/plain")];
    let path = "/api/upload?fmt=raw&f=a.txt&_app=emp";
    let (_, text) = server.send("POST", path, &headers, Some("some text".into())).ok()?;
    serde_json::from_str(&text).ok()
}

/// Paths below the folder of uploads.
fn stored(dir: &Path) -> Vec<String> {
    fn walk(folder: &Path, out: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => walk(&entry.path(), out),
                false => out.push(entry.path().display().to_string()),
            }
        }
    }
    let mut out = Vec::new();
    walk(&dir.join("data/upload"), &mut out);
    out
}

#[test]
fn no_file_stays_that_no_row_names() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path());
    let db = rusqlite::Connection::open(dir.path().join("kill.db")).unwrap();
    db.busy_timeout(crate::program::PATIENCE).unwrap();
    db.execute("INSERT INTO Employee (id, name, phone, perms) VALUES (1, 'Li', '1', 'emp')", []).unwrap();
    let answer = upload(&server).unwrap();
    assert_eq!(answer[0], 0, "{answer}");
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM AttachmentGone"), 0, "the note goes with the row");
    let kept = stored(dir.path());
    // While others upload, the database is held now and then: until a file is there whose row cannot be written.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| while upload(&server).is_some() {});
        }
        until("a file is caught without its row", || {
            db.execute_batch("BEGIN IMMEDIATE").unwrap();
            let rows = count("SELECT COUNT(*) FROM Attachment");
            let begun = std::time::Instant::now();
            let mut caught = false;
            while !caught && begun.elapsed().as_millis() < 100 {
                caught = stored(dir.path()).len() as i64 > rows;
            }
            if caught {
                server.signal("-KILL");
            }
            db.execute_batch("ROLLBACK").unwrap();
            caught
        });
    });
    drop(server);
    let rows = count("SELECT COUNT(*) FROM Attachment");
    assert!(stored(dir.path()).len() as i64 > rows);
    assert!(count("SELECT COUNT(*) FROM AttachmentGone") > 0);
    let _again = start(dir.path());
    until("the job has removed them", || stored(dir.path()).len() as i64 == rows);
    until("and their notes", || count("SELECT COUNT(*) FROM AttachmentGone") == 0);
    assert!(kept.iter().all(|path| Path::new(path).exists()), "{}", read(&dir.path().join("log")));
}
