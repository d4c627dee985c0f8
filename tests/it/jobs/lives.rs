//! Jobs across the death of their runs: of the server, of a thread that is stuck, of a run that was cancelled.

use super::lab::{app, count, eventually, has_begun, leave_one, open, state, workers};
use crate::app::TestApp;
use crate::login::employee;
use jindou::auth::Role;
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
    app.let_go();
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
    app.call_as(Role::Admin, 1, "Job.cancel", json!({"id": id}), json!(null));
    assert_eq!(state(&app, id), "cancelled");
    assert_eq!(app.cell(&format!("SELECT progress FROM Job WHERE id = {id}")), json!("waiting at the gate"));
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

/// What a call that goes on afterwards leaves in the table while it runs, as the table has it when the server dies.
#[test]
fn long_work_that_a_restart_cut_off_says_so_to_its_caller_alone() {
    let app = TestApp::new();
    let (emp, other) = (employee(&app, "ann", "emp"), employee(&app, "berta", "emp"));
    let id = app.write(move |tx| {
        let fields = json!({"queue": "call", "kind": "Ordr.batchAdd", "state": "running", "attempt": 1, "maxAttempt": 1,
            "fence": 1, "leaseMs": i64::MAX - 1, "progress": "7",
            "args": json!({"app": "emp", "id": emp}).to_string()});
        let serde_json::Value::Object(fields) = fields else { unreachable!() };
        tx.insert("Job", fields)
    });
    let running =
        |app: &TestApp| app.login(jindou::auth::Role::Emp, 1).ok(&format!("Job.get?id={id}"), json!(null));
    assert_eq!(running(&app)["state"], "running");
    let app = app.restart(&[("P_TEST_MODE", "2")]);
    let shown = running(&app);
    assert_eq!(
        (&shown["state"], &shown["total"], &shown["done"]),
        (&json!("interrupted"), &json!(7), &json!(0))
    );
    assert!(shown["errors"][0].as_str().unwrap().contains("中断"), "{shown}");
    assert_eq!(app.login(Role::Emp, other).fails(&format!("Job.get?id={id}"), json!(null)).0, 1);
}

#[test]
fn a_clock_that_was_ahead_and_is_set_right_holds_no_job_back() {
    let app = app();
    let workers = workers(&app);
    app.server.env.queues.pause("default", true);
    app.server.env.clock.advance_ms(400 * 86_400_000);
    let id = leave_one(&app, json!({"kind": "lab.mark", "name": "x"}));
    // Whoever runs jobs has seen the clock when the schedules have moved with it.
    let ahead = app.server.env.unix_ms() - 86_400_000;
    eventually("the clock was seen", || app.server.job_history.of("labNone").next > Some(ahead));
    app.server.env.clock.advance_ms(-400 * 86_400_000);
    app.server.env.queues.pause("default", false);
    eventually("it is done", || state(&app, id) == "done");
    drop(workers);
    // Also when nobody looked meanwhile.
    app.server.env.clock.advance_ms(400 * 86_400_000);
    let id = leave_one(&app, json!({"kind": "lab.mark", "name": "y"}));
    let app = restart(app);
    let workers = super::lab::workers(&app);
    eventually("it is done", || state(&app, id) == "done");
    drop(workers);
}
