//! The real program, killed again and again in the middle of its work: what it acknowledged is there, with
//! exactly one row of the log, and nothing is there without one.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const KILLS: usize = 50;
const CALLS: usize = 2000;
const CLIENTS: usize = 8;
pub const KEY: &str = "kill-test-key-1";

pub fn program(dir: &Path) -> Command {
    let keys = json!([{"authType": "simple", "key": KEY, "allowedAc": ["Ordr.*"], "app": "user", "id": 1}]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_jindou"));
    command
        .current_dir(dir)
        .env_clear()
        .env("P_DB", dir.join("kill.db"))
        .env("P_DATA", dir.join("data"))
        .env("P_LISTEN", "127.0.0.1:0")
        .env("P_TEST_MODE", "2")
        .env("P_LOG", "warn")
        .env("P_TZ", "+08:00")
        .env("P_AUTH_KEYS", keys.to_string());
    command
}

/// A program that serves, and its address; killed when this is dropped.
pub struct Running(pub Child, pub SocketAddr);

impl Running {
    pub fn start(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = line.trim_start_matches("http://").split('/').next().unwrap_or_default().parse().unwrap();
        Running(child, at)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it; gives the address it listens on.
pub fn start(dir: &Path) -> (Child, String) {
    let mut child = program(dir).arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let at = address(&mut child);
    (child, at)
}

/// The address that a server says first.
pub fn address(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let at = line.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
    assert!(at.contains(':'), "no address in {line:?}");
    at
}

/// One call; None when the answer did not come.
fn call(agent: &ureq::Agent, at: &str, target: &str, body: &Value) -> Option<Value> {
    let request = ureq::http::Request::post(format!("http://{at}/api/{target}"))
        .header("content-type", "application/json")
        .header("x-daca-simple", KEY)
        .body(body.to_string())
        .unwrap();
    let mut response = agent.run(request).ok()?;
    serde_json::from_str(&response.body_mut().read_to_string().ok()?).ok()
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into()
}

/// Clients add and change orders until their share of this round is done or the server is gone.
fn load(at: &str, counter: &AtomicUsize, upto: usize, acknowledged: &Mutex<Vec<(usize, i64)>>) {
    let agent = agent();
    loop {
        let n = counter.fetch_add(1, Ordering::SeqCst);
        if n >= upto {
            return;
        }
        let dscr = json!({"dscr": format!("call-{n}-")});
        let answer = match n % 4 {
            // Every fourth comes in a batch, alone or in a transaction.
            0 => {
                call(&agent, at, "batch", &json!([{"ac": "Ordr.add", "post": dscr}])).map(|a| a[1][0].clone())
            }
            1 => call(&agent, at, "batch?useTrans=1", &json!([{"ac": "Ordr.add", "post": dscr}]))
                .map(|a| a[1][0].clone()),
            _ => call(&agent, at, "Ordr.add", &dscr),
        };
        match answer {
            Some(answer) if answer[0] == json!(0) => {
                acknowledged.lock().unwrap().push((n, answer[1].as_i64().unwrap()));
            }
            Some(answer) => panic!("{n}: {answer}"),
            None => return,
        }
    }
}

fn count(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn check(dir: &Path, acknowledged: &[(usize, i64)]) {
    let db = Connection::open(dir.join("kill.db")).unwrap();
    for (n, id) in acknowledged {
        let found = count(&db, &format!("SELECT COUNT(*) FROM Ordr WHERE id={id} AND dscr='call-{n}-'"));
        assert_eq!(found, 1, "call {n} was acknowledged as order {id} and is gone");
    }
    let lonely = count(
        &db,
        "SELECT COUNT(*) FROM Ordr o WHERE 1 <> (SELECT COUNT(*) FROM ObjLog l JOIN ApiLog c ON c.id=l.apiLogId \
         WHERE l.obj='Ordr' AND l.objId=o.id)",
    );
    assert_eq!(lonely, 0, "orders without exactly one row of the log");
    let hollow = count(
        &db,
        "SELECT COUNT(*) FROM ObjLog l WHERE l.obj='Ordr' AND NOT EXISTS (SELECT 1 FROM Ordr o WHERE o.id=l.objId)",
    );
    assert_eq!(hollow, 0, "rows of the log without their order");
    let empty = count(
        &db,
        "SELECT COUNT(*) FROM ApiLog c WHERE c.ac='Ordr.add' AND c.retval=0 AND 1 <> (SELECT COUNT(*) FROM ObjLog l WHERE l.apiLogId=c.id)",
    );
    assert_eq!(empty, 0, "successful calls without their change");
    let orphans = count(
        &db,
        "SELECT COUNT(*) FROM ApiLog1 i WHERE NOT EXISTS (SELECT 1 FROM ApiLog c WHERE c.id=i.apiLogId)",
    );
    assert_eq!(orphans, 0, "items of batches without the batch");
    let twice = count(&db, "SELECT COUNT(*) FROM (SELECT dscr FROM Ordr GROUP BY dscr HAVING COUNT(*) > 1)");
    assert_eq!(twice, 0, "calls that were carried out twice");
}

#[test]
fn killed_fifty_times_nothing_acknowledged_is_lost_and_nothing_is_unrecorded() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut at) = start(dir.path());
    let setup = Connection::open(dir.path().join("kill.db")).unwrap();
    setup.busy_timeout(Duration::from_secs(5)).unwrap();
    setup.execute("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')", []).unwrap();
    drop(setup);
    let (counter, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    for round in 1..=KILLS {
        let share = CALLS / KILLS;
        let begun = counter.load(Ordering::SeqCst);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| load(&at, &counter, begun + 2 * share, &acknowledged));
            }
            // This round's share of calls has been sent; some are on their way.
            while counter.load(Ordering::SeqCst) < begun + share {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(300 * (round as u64 % 11)));
            child.kill().unwrap();
            child.wait().unwrap();
        });
        (child, at) = start(dir.path());
        let verified = program(dir.path()).args(["audit", "verify"]).output().unwrap();
        let said = String::from_utf8_lossy(&verified.stdout).into_owned()
            + &String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success() && said.contains("the chain is whole"), "round {round}: {said}");
        check(dir.path(), &acknowledged.lock().unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let done = acknowledged.lock().unwrap().len();
    let sent = counter.load(Ordering::SeqCst);
    assert!(sent >= CALLS && done > CALLS / 2 && done < sent, "{done} of {sent} calls were acknowledged");
}

/// The calls of a batch are committed one by one. Killed between them, the batch still says who sent it.
#[test]
fn a_batch_that_was_cut_off_names_its_sender() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, at) = start(dir.path());
    let db = Connection::open(dir.path().join("kill.db")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db.execute("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')", []).unwrap();
    let items: Vec<Value> =
        (0..1000).map(|n| json!({"ac": "Ordr.add", "post": {"dscr": format!("part {n}")}})).collect();
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| call(&agent(), &at, "batch", &json!(items)));
        while count(&db, "SELECT COUNT(*) FROM Ordr") < 5 {
            assert!(!answer.is_finished(), "the batch was over before it was cut off");
            std::thread::sleep(Duration::from_micros(100));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(answer.join().unwrap().is_none(), "the batch was over before it was cut off");
    });
    (child, _) = start(dir.path());
    let orders = count(&db, "SELECT COUNT(*) FROM Ordr");
    let said: (i64, i64, String, String, i64) = db
        .query_row(
            "SELECT userId, retval, addr, ac, length(req) FROM ApiLog WHERE id=(SELECT apiLogId FROM ApiLog1 LIMIT 1)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
        )
        .unwrap();
    assert_eq!((said.0, said.1, said.2.as_str()), (1, -100, "127.0.0.1"), "{said:?}");
    assert!(said.3.starts_with(&format!("batch:{orders},Ordr.add")) && said.4 > 0, "{said:?}");
    assert_eq!(count(&db, "SELECT COUNT(*) FROM BatchBegun"), 0);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Killed at any moment, also between the commit and the answer: the call is sent again under its key and done once.
#[test]
fn a_call_with_a_key_is_done_once_whenever_the_server_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut at) = start(dir.path());
    let db = Connection::open(dir.path().join("kill.db")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db.execute("INSERT INTO User (name, phone) VALUES ('Li', '13800138000')", []).unwrap();
    let (mut sent, mut repeated) = (0, 0);
    for round in 0..12_u64 {
        let from = sent;
        let pid = &mut child;
        let (answers, tried) = std::thread::scope(|scope| {
            let calls = scope.spawn(|| {
                let (agent, mut answers, mut n) = (agent(), Vec::new(), from);
                loop {
                    let answer = keyed(&agent, &at, n);
                    let cut = answer.is_none();
                    answers.push(answer);
                    n += 1;
                    if cut {
                        return (answers, n);
                    }
                }
            });
            std::thread::sleep(Duration::from_millis(20) + Duration::from_micros(370 * round));
            pid.kill().unwrap();
            pid.wait().unwrap();
            calls.join().unwrap()
        });
        sent = tried;
        (child, at) = start(dir.path());
        let agent = agent();
        for (n, answer) in (from..).zip(answers) {
            let before = count(&db, &format!("SELECT COUNT(*) FROM Ordr WHERE dscr='keyed-{n}-'"));
            let again = keyed(&agent, &at, n).unwrap();
            assert_eq!(again[0], json!(0), "{n}: {again}");
            assert!(answer.is_none_or(|answer| answer == again), "{n}");
            repeated += before;
            assert_eq!(count(&db, &format!("SELECT COUNT(*) FROM Ordr WHERE dscr='keyed-{n}-'")), 1, "{n}");
        }
    }
    assert!(repeated > 0);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// An order under a key of its own.
fn keyed(agent: &ureq::Agent, at: &str, n: usize) -> Option<Value> {
    call(agent, at, &format!("Ordr.add?_key=k{n}"), &json!({"dscr": format!("keyed-{n}-")}))
}
