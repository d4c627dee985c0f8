//! What people do to jobs: look, run again, cancel, pause.

use super::lab::{app, ask, count, eventually, leave_one, state, workers};
use crate::app::TestApp;
use jindou::auth::Role;
use serde_json::{Value, json};

fn manage(app: &TestApp, action: &str, get: Value) -> Value {
    app.call_as(Role::Admin, 1, action, get, json!(null))
}

#[test]
fn dead_jobs_run_again_one_or_all() {
    let app = app();
    let workers = workers(&app);
    let ids: Vec<i64> = (0..3).map(|_| leave_one(&app, json!({"kind": "lab.never", "tries": 1}))).collect();
    eventually("all are dead", || ids.iter().all(|id| state(&app, *id) == "dead"));
    let sum = "SELECT SUM(fence) FROM Job";
    assert_eq!(count(&app, sum), 3);
    assert_eq!(manage(&app, "Job.again", json!({"id": ids[0]}))[0], json!(0));
    eventually("one ran again", || count(&app, sum) == 4 && state(&app, ids[0]) == "dead");
    assert_eq!(manage(&app, "Job.allAgain", json!({"queue": "out"}))[1], json!(0));
    assert_eq!(manage(&app, "Job.allAgain", json!({"kind": "lab.never"}))[1], json!(3));
    eventually("all ran again", || count(&app, sum) == 7);
    eventually("all are dead", || ids.iter().all(|id| state(&app, *id) == "dead"));
    // What is done is done.
    let done = leave_one(&app, json!({"kind": "lab.mark", "name": "x"}));
    eventually("it is done", || state(&app, done) == "done");
    assert_eq!(manage(&app, "Job.again", json!({"id": done}))[0], json!(1));
    assert_eq!(manage(&app, "Job.cancel", json!({"id": done}))[0], json!(1));
    assert_eq!(manage(&app, "Job.again", json!({"id": 999_999}))[0], json!(1));
    // Each is in the log.
    assert_eq!(app.cell("SELECT COUNT(*) FROM ApiLog WHERE ac LIKE 'Job.%gain' AND retval = 0"), json!(3));
    drop(workers);
}

#[test]
fn one_that_waits_for_another_try_can_be_run_at_once() {
    let app = app();
    let workers = workers(&app);
    let id = leave_one(&app, json!({"kind": "lab.secondTry", "name": "x"}));
    eventually("it waits", || state(&app, id) == "retry");
    manage(&app, "Job.again", json!({"id": id}));
    // Its attempts are counted anew, so it fails once more.
    eventually("it waits again", || {
        state(&app, id) == "retry" && count(&app, &format!("SELECT fence FROM Job WHERE id = {id}")) == 2
    });
    drop(workers);
}

#[test]
fn a_cancelled_job_makes_way_for_the_next_of_its_key() {
    let app = app();
    let first = leave_one(&app, json!({"kind": "lab.mark", "name": "1", "after": "k"}));
    let second = leave_one(&app, json!({"kind": "lab.mark", "name": "2", "after": "k"}));
    assert_eq!(manage(&app, "Job.cancel", json!({"id": first}))[0], json!(0));
    let workers = workers(&app);
    eventually("the second is done", || state(&app, second) == "done");
    assert_eq!(app.cell("SELECT group_concat(name) FROM Mark"), json!("2"));
    // Run again, it comes after all that were made meanwhile and have not ended.
    manage(&app, "Job.again", json!({"id": first}));
    eventually("the first is done", || state(&app, first) == "done");
    drop(workers);
}

#[test]
fn a_paused_queue_begins_nothing_also_after_a_restart() {
    let app = app();
    let first = workers(&app);
    assert_eq!(manage(&app, "Job.pause", json!({"queue": "default"}))[0], json!(0));
    let refused = manage(&app, "Job.pause", json!({"queue": "nowhere"}));
    assert!(refused[0] == json!(1) && refused.to_string().contains("default"), "{refused}");
    let held = leave_one(&app, json!({"kind": "lab.mark", "name": "held"}));
    let other = leave_one(&app, json!({"kind": "lab.markStaged", "name": "other"}));
    eventually("another queue goes on", || state(&app, other) == "done");
    assert_eq!(state(&app, held), "waiting");
    drop(first);
    app.server.env.queues.pause("default", false);
    let second = workers(&app);
    let again = leave_one(&app, json!({"kind": "lab.markStaged", "name": "again"}));
    eventually("another queue goes on", || state(&app, again) == "done");
    assert_eq!(state(&app, held), "waiting", "the table says so");
    let shown = manage(&app, "Job.queues", json!({}))[1].clone();
    let default = shown.as_array().unwrap().iter().find(|queue| queue["name"] == "default").unwrap();
    assert_eq!((&default["paused"], &default["waiting"]), (&json!(true), &json!(1)), "{shown}");
    manage(&app, "Job.resume", json!({"queue": "default"}));
    eventually("it is done", || state(&app, held) == "done");
    drop(second);
}

#[test]
fn tests_run_what_is_ready_by_hand() {
    let app = app();
    ask(&app, "leave", json!({"kind": "lab.mark", "name": "a"}));
    ask(&app, "leave", json!({"kind": "lab.mark", "name": "b"}));
    ask(&app, "leave", json!({"kind": "lab.mark", "name": "later", "inSec": 60}));
    assert_eq!(app.anon().ok("runJob", json!({"name": "default"})), json!({"jobs": 2}));
    assert_eq!(app.cell("SELECT group_concat(name) FROM Mark"), json!("a,b"));
}
