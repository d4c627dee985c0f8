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
    assert_eq!(number("SELECT COUNT(*) FROM Ordr"), 200);
    assert_eq!(number("SELECT COUNT(*) FROM OrderLog WHERE action='CR'"), 200);
    assert!(number("SELECT COUNT(*) FROM OrderLog WHERE action='RE' AND empId>0") > 50);
    assert!(number("SELECT julianday(MAX(createTm))-julianday(MIN(createTm)) > 50 FROM Ordr") == 1);
    assert!(number("SELECT COUNT(*) FROM ApiLog WHERE ac='Ordr.add'") == 200);
    let tables = ["CircleUser", "WatchLocate", "Story", "Medal", "Plaza", "PlazaComment"];
    let made: Vec<i64> =
        tables.iter().map(|table| number(&format!("SELECT COUNT(*) FROM {table}"))).collect();
    assert_eq!(made, [2, 21, 3, 1, 3, 3], "{tables:?}");
    let cred = dir.path().join("data/demo/admin.cred");
    assert_eq!(std::fs::metadata(&cred).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!dir.path().join("real.db").exists(), "the real database is not touched");
    let (admin, pwd) = find("admin");
    let second = start(dir.path(), &["serve", "--demo"], "second");
    let again = second.said("└");
    assert!(!again.contains(&pwd) && again.contains("admin.cred"), "{again}");
    assert_eq!(login(&address(&again), "admin", &admin, &pwd)[0], json!(0));
    assert_eq!(number("SELECT COUNT(*) FROM Ordr"), 200);
    assert_eq!((number("SELECT COUNT(*) FROM Circle"), number("SELECT COUNT(*) FROM Plaza")), (1, 3));
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
