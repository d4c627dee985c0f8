//! First run: `serve` makes tables and nothing else; `serve --demo` makes data and logins, shows them once.

use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Running {
    child: Child,
    out: std::path::PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(dir: &Path, args: &[&str], name: &str) -> Running {
    let out = dir.join(name);
    let child = Command::new(env!("CARGO_BIN_EXE_jindou"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("P_LISTEN", "0.0.0.0:0")
        .env("P_LOG", "error")
        .env("P_DB", dir.join("real.db"))
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Running { child, out }
}

impl Running {
    /// What it has printed once the mark is there.
    fn said(&self, mark: &str) -> String {
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(&self.out).unwrap();
            if text.contains(mark) {
                return text;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn address(said: &str) -> String {
    let at = said.split("http://").nth(1).unwrap();
    at.split('/').next().unwrap().to_owned()
}

fn login(at: &str, app: &str, uname: &str, pwd: &str) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = ureq::http::Request::post(format!("http://{at}/api/login?_app={app}"))
        .header("content-type", "application/json")
        .body(json!({"uname": uname, "pwd": pwd}).to_string())
        .unwrap();
    let mut response = agent.run(request).unwrap();
    serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn the_demo_makes_its_own_data_and_shows_the_logins_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = start(dir.path(), &["serve", "--demo"], "first");
    let said = first.said("└");
    let at = address(&said);
    assert!(at.starts_with("127.0.0.1:"), "loopback only: {at}");
    let find = |who: &str| -> (String, String) {
        let line = said.lines().find(|line| line.starts_with(&format!("│ {who} "))).unwrap();
        let mut words = line.split_whitespace().skip(2);
        (words.next().unwrap().to_owned(), words.next().unwrap().to_owned())
    };
    for (who, app) in [("manager", "emp"), ("employee", "emp"), ("user", "user"), ("admin", "admin")] {
        let (uname, pwd) = find(who);
        assert_eq!(login(&at, app, &uname, &pwd)[0], json!(0), "{who}");
    }
    drop(first);
    let db = rusqlite::Connection::open(dir.path().join("data/demo.db")).unwrap();
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let orders = number("SELECT COUNT(*) FROM Ordr");
    assert!((180..=330).contains(&orders), "{orders}");
    assert_eq!(number("SELECT COUNT(*) FROM OrderLog WHERE action='CR'"), orders);
    assert_eq!(number("SELECT COUNT(*) FROM ApiLog WHERE ac='Ordr.add'"), orders);
    assert!(number("SELECT COUNT(*) FROM OrderLog WHERE action='RE' AND empId>0") > 100);
    assert!(number("SELECT julianday(MAX(createTm))-julianday(MIN(createTm)) > 50 FROM Ordr") == 1);
    up_to_now(&number);
    shown_with_pictures(&number);
    let cred = dir.path().join("data/demo/admin.cred");
    assert_eq!(std::fs::metadata(&cred).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!dir.path().join("real.db").exists(), "the real database is not touched");
    assert!(!dir.path().join("data/demo/unfinished").exists());
    let (admin, pwd) = find("admin");
    let second = start(dir.path(), &["serve", "--demo"], "second");
    let again = second.said("└");
    assert!(!again.contains(&pwd) && again.contains("admin.cred"), "{again}");
    assert_eq!(login(&address(&again), "admin", &admin, &pwd)[0], json!(0));
    assert_eq!(number("SELECT COUNT(*) FROM Ordr"), orders);
    assert_eq!((number("SELECT COUNT(*) FROM Circle"), number("SELECT COUNT(*) FROM Plaza")), (3, 9));
}

/// The demo was made within the last minutes, so its newest rows are of the last minutes, too.
fn up_to_now(number: &dyn Fn(&str) -> i64) {
    let recent = |column: &str, minutes: i64| {
        format!("julianday('now')-julianday(MAX({column})) BETWEEN -0.001 AND {minutes}/1440.0")
    };
    for (table, column, minutes) in [("Ordr", "createTm", 10), ("WatchLocate", "tm", 10), ("Plaza", "tm", 40)]
    {
        assert_eq!(number(&format!("SELECT {} FROM {table}", recent(column, minutes))), 1, "{table}");
    }
    let today = "createTm>=date((SELECT MAX(createTm) FROM Ordr))";
    assert!(number(&format!("SELECT COUNT(*) FROM Ordr WHERE {today}")) >= 5);
    assert!(number(&format!("SELECT COUNT(*) FROM Ordr WHERE {today} AND status='RE'")) >= 1);
    assert!(number(&format!("SELECT SUM(amount)>0 FROM Ordr WHERE {today}")) == 1);
    let old = "julianday('now')-julianday(createTm)>3 AND status='CR'";
    assert_eq!(number(&format!("SELECT COUNT(*) FROM Ordr WHERE {old}")), 0, "old orders are done");
    assert_eq!(number("SELECT COUNT(DISTINCT imei) FROM WatchLocate WHERE circleId>0"), 5);
    assert!(number("SELECT MIN(n) FROM (SELECT COUNT(*) n FROM WatchLocate GROUP BY imei)") > 30);
}

/// Everything that people look at has a picture, and whoever may see the row may see the file.
fn shown_with_pictures(number: &dyn Fn(&str) -> i64) {
    let file = |column: &str, kind: &str| {
        format!(
            "EXISTS(SELECT 1 FROM Attachment a WHERE a.id={column} AND a.mime LIKE '{kind}/%' AND a.size>500)"
        )
    };
    for (table, column, kind, wanted) in [
        ("User", "picId", "image", 24),
        ("WatchUser", "picId", "image", 5),
        ("Watch", "picId", "image", 5),
        ("Story", "picId", "image", 6),
        ("Story", "audioId", "audio", 6),
        ("StoryPic", "attId", "image", 16),
        ("Banner", "picId", "image", 2),
        ("AppCategory", "picId", "image", 2),
        ("Medal", "picId", "image", 1),
        ("PlazaPic", "attId", "image", 8),
    ] {
        let found = number(&format!("SELECT COUNT(*) FROM {table} WHERE {}", file(column, kind)));
        assert_eq!(
            (number(&format!("SELECT COUNT(*) FROM {table}")), found),
            (wanted, wanted),
            "{table}.{column}"
        );
    }
    assert!(number("SELECT COUNT(*) FROM OrderAtt") >= 3);
    let unused = "SELECT COUNT(*) FROM Story s WHERE NOT EXISTS(SELECT 1 FROM StorySlice l WHERE l.storyId=s.id AND l.picIdx>0)";
    assert_eq!(number(unused), 0, "each story has lines with pictures");
}

/// Half a demo, whose logins nobody has seen, does not pass for a whole one.
#[test]
fn a_demo_that_was_interrupted_says_what_to_remove() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data/demo");
    std::fs::create_dir_all(&folder).unwrap();
    for file in [dir.path().join("data/demo.db"), folder.join("unfinished")] {
        std::fs::write(file, "").unwrap();
    }
    let ended = Command::new(env!("CARGO_BIN_EXE_jindou"))
        .args(["serve", "--demo"])
        .current_dir(dir.path())
        .env_clear()
        .env("P_LISTEN", "127.0.0.1:0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("interrupted") && said.contains("demo.db"), "{said}");
}

/// A demo of an earlier version, or one that somebody has worked in, is left as it is.
#[test]
fn a_demo_that_has_data_is_not_filled_again() {
    let dir = tempfile::tempdir().unwrap();
    drop_after(start(dir.path(), &["serve", "--demo"], "first"));
    let db = rusqlite::Connection::open(dir.path().join("data/demo.db")).unwrap();
    for sql in ["DELETE FROM Ordr WHERE id>1", "DELETE FROM Story WHERE id>1", "DELETE FROM Plaza WHERE id>1"]
    {
        db.execute(sql, []).unwrap();
    }
    let count = |table: &str| {
        db.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let before = ["Ordr", "Story", "Plaza", "User", "WatchLocate", "Attachment"].map(count);
    drop_after(start(dir.path(), &["serve", "--demo"], "second"));
    assert_eq!(["Ordr", "Story", "Plaza", "User", "WatchLocate", "Attachment"].map(count), before);
}

/// Ends a demo once it is complete.
fn drop_after(running: Running) {
    running.said("└");
}

#[test]
fn a_first_start_makes_tables_and_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), &["serve"], "out");
    let at = address(&running.said("the API")).replace("0.0.0.0", "127.0.0.1");
    for (app, uname, pwd) in
        [("admin", "admin", "admin123"), ("emp", "12345678901", "1234"), ("emp", "admin", "1234")]
    {
        assert_eq!(login(&at, app, uname, pwd)[0], json!(-1), "{app} {uname}");
    }
    let db = rusqlite::Connection::open(dir.path().join("real.db")).unwrap();
    for table in ["User", "Employee", "Ordr", "Cinf"] {
        let count: i64 =
            db.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "{table}");
    }
}
