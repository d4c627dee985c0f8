//! What a crash or a clock set wrong must not do to the log: give an id twice, or make everything old at once.

use crate::app::TestApp;
use crate::login::user;
use jindou::auth::Role;
use jindou::services::LogTable;
use jindou::workers::{jobs, once};
use serde_json::{Value, json};

const SETTINGS: &[(&str, &str)] = &[("P_TEST_MODE", "2"), ("P_AUDIT", "strict"), ("P_SESSION_IDLE", "1h")];
const YEAR_MS: i64 = 366 * 86_400_000;

/// What jobs delete by age, each with something in it.
const KEPT: [&str; 7] = ["ApiLog", "ApiLog1", "ObjLog", "Session", "Token", "Kv", "Attachment"];

fn full() -> TestApp {
    let app = TestApp::with(SETTINGS);
    let client = app.login(Role::User, user(&app, "13800138000"));
    client.ok("batch", json!([{"ac": "Ordr.add", "post": {"dscr": "b"}}]));
    let now = app.server.env.unix_ms();
    let rows = [
        (
            "Token",
            json!({"hash": "ab", "appType": "user", "uid": 1, "createMs": now, "expireMs": now + 86_400_000}),
        ),
        ("Kv", json!({"k": "clock-test", "v": "1", "expireMs": now + 86_400_000})),
        ("Attachment", json!({"path": "upload/x.txt", "orgName": "x.txt", "tm": app.server.env.now_text()})),
    ];
    for (table, row) in rows {
        let Value::Object(row) = row else { unreachable!() };
        app.write(move |tx| tx.insert(table, row));
    }
    std::fs::create_dir_all(app.config().data.join("import")).unwrap();
    std::fs::write(app.config().data.join("import/20260101_000000.csv"), "a\n").unwrap();
    app
}

fn counts(app: &TestApp) -> Vec<i64> {
    KEPT.iter().map(|table| app.cell(&format!("SELECT COUNT(*) FROM {table}")).as_i64().unwrap()).collect()
}

/// Runs every job that deletes by age, to its end.
fn run_all(app: &TestApp) -> usize {
    let mut count = 0;
    for job in jobs(&app.server).filter(|job| job.destroys()) {
        while once(&app.server, job).unwrap() == json!(true) {}
        count += 1;
    }
    count
}

#[test]
fn a_clock_that_is_years_ahead_deletes_nothing_until_it_is_confirmed() {
    let app = full();
    let before = counts(&app);
    assert!(before.iter().all(|n| *n > 0), "{KEPT:?} {before:?}");
    let now = app.server.env.unix_ms();
    app.server.env.clock.set_ms(now + 2 * YEAR_MS);
    assert!(run_all(&app) >= 5);
    assert_eq!(counts(&app), before);
    assert!(app.config().data.join("import/20260101_000000.csv").exists());
    let told = app.call_as(Role::Admin, 1, "Server.info", json!({}), json!(null))[1]["clock"].clone();
    assert!(told["trusted"] == json!(false) && told["aheadSec"].as_i64() > Some(2 * 365 * 86_400), "{told}");
    // What was written meanwhile, and another start, do not make the wrong time a known one.
    app.server.close(true);
    let app = app.restart(SETTINGS);
    let ahead = app.server.env.trusted.believed(&app.server.env.clock).ahead_ms;
    assert_eq!(ahead, 0, "the clock is right again");
    app.server.env.clock.set_ms(now + 2 * YEAR_MS);
    run_all(&app);
    assert!(counts(&app)[0] >= before[0]);
    assert_eq!(app.call_as(Role::Mgr, 1, "Server.confirmClock", json!({}), json!(null))[0], json!(5));
    assert_eq!(app.call_as(Role::Admin, 1, "Server.confirmClock", json!({}), json!(null))[0], json!(0));
    run_all(&app);
    let after = counts(&app);
    // The calls of today say that they are of two years hence.
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog WHERE tm < DATETIME('now', '+1 year')"), json!(0));
    assert_eq!(after[1..], [0; 6]);
    assert!(!app.config().data.join("import/20260101_000000.csv").exists());
}

#[test]
fn a_database_of_before_is_as_late_as_its_newest_call() {
    let app = full();
    app.server.close(true);
    let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
    conn.execute_batch("DELETE FROM AuditMark WHERE note='time'; UPDATE ApiLog SET tm='2020-01-01 00:00:00'")
        .unwrap();
    drop(conn);
    let app = app.restart(SETTINGS);
    let believed = app.server.env.trusted.believed(&app.server.env.clock);
    assert!(believed.ahead_ms > YEAR_MS, "{believed:?}");
    let before = counts(&app);
    run_all(&app);
    assert_eq!(counts(&app), before);
}

#[test]
fn an_id_that_was_told_is_never_told_again() {
    let app = TestApp::with(SETTINGS);
    app.anon().ok("initClient", json!(null));
    // As a crash leaves it: told to clients, never written.
    let told: Vec<i64> = (0..20).map(|_| app.server.env.next_log_id(LogTable::Call)).collect();
    let items = app.server.env.next_log_ids(LogTable::Item, 20);
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("test.db");
    let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
    conn.execute("VACUUM INTO ?", [copy.to_str().unwrap()]).unwrap();
    std::fs::create_dir_all(dir.path().join("data")).unwrap();
    std::fs::copy(app.config().data.join("secret.key"), dir.path().join("data/secret.key")).unwrap();
    let app = TestApp::in_dir(dir, SETTINGS);
    assert!(app.server.env.peek_log_id(LogTable::Call) > told[19]);
    assert!(app.server.env.peek_log_id(LogTable::Item) > items + 19);
    app.anon().call("initClient", json!(null));
    assert_eq!(app.call_as(Role::Admin, 1, "Audit.verify", json!({}), json!(null))[1]["ok"], json!(true));
}

#[test]
fn after_a_clean_end_ids_go_on_without_a_gap() {
    let app = TestApp::with(SETTINGS);
    (0..3).for_each(|_| _ = app.anon().call("whoami", json!(null)));
    let next = app.server.env.peek_log_id(LogTable::Call);
    app.server.close(true);
    let app = app.restart(SETTINGS);
    assert_eq!(app.server.env.peek_log_id(LogTable::Call), next);
}

#[test]
fn blocks_follow_one_another_while_the_server_runs() {
    let app = TestApp::with(SETTINGS);
    let first = app.cell("SELECT seq FROM AuditMark WHERE note='calls'").as_i64().unwrap();
    (0..40_000).for_each(|_| _ = app.server.env.next_log_id(LogTable::Call));
    let reserved = app.cell("SELECT seq FROM AuditMark WHERE note='calls'").as_i64().unwrap();
    assert!(reserved > first && reserved > app.server.env.peek_log_id(LogTable::Call), "{first} {reserved}");
}
