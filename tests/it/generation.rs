//! Whose database it is: one of another program or of a later version is refused in one sentence, by every command and
//! with nothing changed; those of earlier versions open and are upgraded.

use crate::kill::program;
use crate::program::Program;
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;

/// A database with rows and a log, as a server left it.
pub fn made(dir: &Path) -> Connection {
    let mut server = Program::start(dir, &[]);
    let conn = open(dir);
    conn.execute("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')", []).unwrap();
    assert_eq!(server.call("Ordr.add", &json!({"dscr": "one"}))[0], json!(0));
    server.signal("-TERM");
    assert!(server.ended().success());
    conn
}

fn open(dir: &Path) -> Connection {
    let conn = Connection::open(dir.join("kill.db")).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    conn
}

/// What each command says that opens the database.
fn refusals(dir: &Path) -> Vec<String> {
    let commands: [&[&str]; 5] =
        [&["serve"], &["upgrade"], &["upgrade", "--apply"], &["call", "Ordr.query"], &["audit", "verify"]];
    let refusal = |words: &&[&str]| {
        let ended = program(dir).args(*words).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(1) && ended.stdout.is_empty(), "{words:?} {said}");
        let said: Vec<_> = said.lines().filter(|line| line.starts_with("jindou:")).collect();
        assert_eq!(said.len(), 1, "{words:?} {said:?}");
        said[0].to_owned()
    };
    commands.iter().map(refusal).collect()
}

#[test]
fn a_database_of_a_later_version_or_another_program_is_left_alone() {
    let faults = [
        ("PRAGMA user_version=2", "a newer jindou has written it (generation 2"),
        ("PRAGMA application_id=1196444487", "it is another program's"),
        ("PRAGMA application_id=0; PRAGMA user_version=999", "it is another program's"),
        ("ALTER TABLE Ordr ADD COLUMN later TEXT", ""),
        ("ALTER TABLE ApiLog DROP COLUMN hash", "the column ApiLog.hash is missing"),
        ("ALTER TABLE ObjLog RENAME COLUMN seq TO number", "the column ObjLog.seq is missing"),
        (
            "PRAGMA application_id=0; PRAGMA user_version=0; ALTER TABLE ApiLog DROP COLUMN hash",
            "ApiLog.hash is missing",
        ),
        ("ALTER TABLE ApiLog DROP COLUMN reqsz", "the column ApiLog.reqsz is missing"),
        ("DROP TABLE ObjLog", "the table ObjLog of its audit log is missing"),
        (
            "CREATE TABLE U AS SELECT * FROM Cinf; DROP TABLE Cinf; CREATE TABLE Cinf (id INTEGER PRIMARY KEY, \
             name TEXT, value TEXT, must INTEGER NOT NULL)",
            "its column must is needed",
        ),
    ];
    let whole = tempfile::tempdir().unwrap();
    drop(made(whole.path()));
    for (fault, expected) in faults {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        for file in ["kill.db", "data/secret.key"] {
            std::fs::copy(whole.path().join(file), dir.path().join(file)).unwrap();
        }
        let conn = open(dir.path());
        conn.execute_batch(fault).unwrap();
        conn.close().unwrap();
        let before = std::fs::read(dir.path().join("kill.db")).unwrap();
        if expected.is_empty() {
            let server = Program::start(dir.path(), &[]);
            assert_eq!(server.call("Ordr.add", &json!({"dscr": "two"}))[0], json!(0), "{fault}");
            continue;
        }
        for said in refusals(dir.path()) {
            assert!(said.contains("is refused: ") && said.contains(expected), "{fault}: {said}");
        }
        assert!(
            before == std::fs::read(dir.path().join("kill.db")).unwrap(),
            "{fault}: the file has changed"
        );
    }
}

#[test]
fn a_database_with_strange_tables_only_is_another_programs() {
    for mode in ["WAL", "DELETE"] {
        let dir = tempfile::tempdir().unwrap();
        let conn = open(dir.path());
        conn.execute_batch(&format!(
            "PRAGMA journal_mode={mode}; CREATE TABLE Notes (id INTEGER, text TEXT)"
        ))
        .unwrap();
        conn.close().unwrap();
        let before = std::fs::read(dir.path().join("kill.db")).unwrap();
        for said in refusals(dir.path()) {
            assert!(said.contains("no ApiLog"), "{said}");
        }
        assert!(before == std::fs::read(dir.path().join("kill.db")).unwrap(), "{mode}: the file has changed");
    }
}

#[test]
fn a_new_database_says_whose_it_is() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("kill.db"), "").unwrap();
    let conn = made(dir.path());
    assert_eq!(marks(&conn), (0x4A69_6E64, 1));
}

fn marks(conn: &Connection) -> (i64, i64) {
    let read = |name| conn.pragma_query_value(None, name, |row| row.get(0)).unwrap();
    (read("application_id"), read("user_version"))
}

/// `tests/it/old/*.sql` are what databases of earlier versions held, as `.dump` wrote it.
#[test]
fn databases_of_earlier_versions_are_upgraded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/old");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        let dir = tempfile::tempdir().unwrap();
        let conn = open(dir.path());
        conn.execute_batch(&std::fs::read_to_string(&name).unwrap())
            .unwrap_or_else(|e| panic!("{name:?}: {e}"));
        let name = name.display();
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let logged = count("SELECT count(*) FROM ApiLog");
        assert!(logged > 3, "{name}");
        let key = [("P_ENC_KEY", "a-key-of-the-old-server"), ("P_LOG", "info")];
        let mut server = Program::start(dir.path(), &key);
        let orders = server.call("Ordr.query?fmt=array&orderby=id&res=id,dscr,status", &json!({}));
        assert_eq!(orders[1][0]["dscr"], json!("an old order"), "{name}: {orders}");
        let added = server.call("Ordr.add", &json!({"dscr": "a new order"}));
        assert_eq!(added[0], json!(0), "{name}: {added}");
        server.signal("-TERM");
        assert!(server.ended().success());
        assert_eq!(marks(&conn), (0x4A69_6E64, 1), "{name}");
        assert_eq!(count("SELECT count(*) FROM ApiLog WHERE ac IN ('Ordr.query', 'Ordr.add')"), 4, "{name}");
        assert!(count("SELECT count(*) FROM ApiLog") > logged, "{name}");
        let told = program(dir.path()).envs(key).args(["audit", "verify", "--unkeyed"]).output().unwrap();
        let said = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.success() && said.contains("the chain is whole"), "{name}: {said} {told:?}");
        let plan = program(dir.path()).envs(key).arg("upgrade").output().unwrap();
        let said = String::from_utf8_lossy(&plan.stdout).into_owned();
        assert!(said.contains("the database is up to date"), "{name}: {said}");
    }
}
