//! Jobs across the death of their runs: of the server, of a thread that is stuck, of a run that was cancelled.

use super::lab::{app, count, eventually, has_begun, leave_one, open, state, workers};
use crate::app::TestApp;
use serde_json::json;

/// What the process had in its hands when it died, as the table has it.
fn die_with(app: &TestApp, id: i64, attempt: i64) {
    app.write(move |tx| {
        let fields = json!({"state": "running", "attempt": attempt, "fence": attempt, "dueMs": null,
            "leaseMs": tx.env().session_ms() + 30_000});
        let serde_json::Value::Object(fields) = fields else { unreachable!() };
        tx.update("Job", &[("id", json!(id))], fields).map(|_| ())
    });
}

fn restart(mut app: TestApp) -> TestApp {
    let dir = std::mem::replace(&mut app.dir, tempfile::tempdir().unwrap());
    drop(app);
    TestApp::again(dir, super::lab::PLUGINS)
}

#[test]
fn what_a_dead_server_had_in_its_hands_is_done_at_once_by_the_next() {
    let app = app();
    let id = leave_one(&app, json!({"kind": "lab.mark", "name": "x"}));
    let last = leave_one(&app, json!({"kind": "lab.mark", "name": "y", "tries": 2}));
    die_with(&app, id, 1);
    die_with(&app, last, 2);
    let app = restart(app);
    assert_eq!(state(&app, id), "retry");
    assert_eq!(state(&app, last), "dead", "its last attempt was cut off");
    let workers = workers(&app);
    let started = std::time::Instant::now();
    eventually("it is done", || state(&app, id) == "done");
    assert!(started.elapsed().as_secs() < 5);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Mark"), 1);
    drop(workers);
}

#[test]
fn a_run_that_lost_its_job_leaves_nothing() {
    let app = app();
    let workers = workers(&app);
    let id = leave_one(&app, json!({"kind": "lab.waits", "name": "lost"}));
    eventually("it has begun", || has_begun("lost"));
    app.call_as(jindou::auth::Role::Admin, 1, "Job.cancel", json!({"id": id}), json!(null));
    assert_eq!(state(&app, id), "cancelled");
    open("lost");
    drop(workers);
    assert_eq!((state(&app, id).as_str(), count(&app, "SELECT COUNT(*) FROM Mark")), ("cancelled", 0));
}

#[test]
fn a_job_given_to_another_run_is_done_by_that_one_alone() {
    let app = app();
    let first = workers(&app);
    let id = leave_one(&app, json!({"kind": "lab.waits", "name": "taken"}));
    eventually("it has begun", || has_begun("taken"));
    // As if another process had taken it over.
    app.write(move |tx| {
        let serde_json::Value::Object(fields) = json!({"fence": 2, "attempt": 2}) else { unreachable!() };
        tx.update("Job", &[("id", json!(id))], fields).map(|_| ())
    });
    open("taken");
    drop(first);
    assert_eq!((state(&app, id).as_str(), count(&app, "SELECT COUNT(*) FROM Mark")), ("running", 0));
    // That one is dead, too; its lease ends.
    app.write(move |tx| {
        let serde_json::Value::Object(fields) = json!({"leaseMs": 1}) else { unreachable!() };
        tx.update("Job", &[("id", json!(id))], fields).map(|_| ())
    });
    let second = workers(&app);
    eventually("it is done", || state(&app, id) == "done");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Mark"), 1);
    assert_eq!(count(&app, &format!("SELECT fence FROM Job WHERE id = {id}")), 3);
    drop(second);
}

#[test]
fn a_run_that_takes_too_long_loses_its_job_and_its_thread_is_replaced() {
    let app = app();
    let workers = workers(&app);
    let stuck: Vec<i64> =
        (0..2).map(|_| leave_one(&app, json!({"kind": "lab.stuck", "name": "stuck", "tries": 1}))).collect();
    let next = leave_one(&app, json!({"kind": "lab.waits", "name": "next"}));
    open("next");
    eventually("both are dead", || stuck.iter().all(|id| state(&app, *id) == "dead"));
    let error = app.cell(&format!("SELECT lastError FROM Job WHERE id = {}", stuck[0]));
    assert!(error.as_str().unwrap().starts_with("it took longer than"), "{error}");
    eventually("the queue goes on", || state(&app, next) == "done");
    open("stuck");
    drop(workers);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Mark"), 1);
}

#[test]
fn the_end_of_the_server_waits_for_what_runs_and_takes_up_no_more() {
    let app = app();
    let workers = workers(&app);
    let running = leave_one(&app, json!({"kind": "lab.waits", "name": "drained"}));
    eventually("it has begun", || has_begun("drained"));
    workers.halt();
    let waiting = leave_one(&app, json!({"kind": "lab.mark", "name": "not now"}));
    let opener = std::thread::spawn(|| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        open("drained");
    });
    drop(workers);
    opener.join().unwrap();
    assert_eq!((state(&app, running).as_str(), state(&app, waiting).as_str()), ("done", "waiting"));
}

#[test]
fn a_job_whose_plugin_is_off_waits_until_it_is_on() {
    let app = app();
    let id = leave_one(&app, json!({"kind": "lab.mark", "name": "x"}));
    app.write(move |tx| {
        let serde_json::Value::Object(fields) = json!({"kind": "gone.mark"}) else { unreachable!() };
        tx.update("Job", &[("id", json!(id))], fields).map(|_| ())
    });
    let first = workers(&app);
    eventually("it is put aside", || {
        count(&app, "SELECT COUNT(*) FROM Job WHERE lastError IS NOT NULL") == 1
    });
    drop(first);
    assert_eq!(state(&app, id), "waiting");
    app.write(move |tx| {
        let serde_json::Value::Object(fields) = json!({"kind": "lab.mark"}) else { unreachable!() };
        tx.update("Job", &[("id", json!(id))], fields).map(|_| ())
    });
    let app = restart(app);
    let second = workers(&app);
    eventually("it is done", || state(&app, id) == "done");
    drop(second);
}

#[test]
fn messages_that_an_earlier_version_left_are_sent() {
    let app = app();
    let path = app.server.db.path().to_owned();
    app.write(|_| Ok(()));
    let old = rusqlite::Connection::open(path).unwrap();
    old.execute_batch(
        "CREATE TABLE Outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, svc, op, req, tries, nextMs, createTm, error);
         INSERT INTO Outbox (svc, op, req, tries, nextMs, createTm) VALUES ('gone', 'send', '{\"to\":\"x\"}', 2, 5, '2026-01-01 00:00:00');",
    )
    .unwrap();
    drop(old);
    let app = restart(app);
    assert_eq!(app.cell("SELECT args FROM Job"), json!(r#"{"svc":"gone","op":"send","req":{"to":"x"}}"#));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Outbox"), 0);
    let workers = workers(&app);
    eventually("it is done", || {
        count(&app, "SELECT COUNT(*) FROM Job WHERE state = 'done' AND attempt = 3") == 1
    });
    drop(workers);
}
