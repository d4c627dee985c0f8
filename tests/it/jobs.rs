//! Jobs: made with a write and only with it, done once, in their order, however often they fail or the server dies.

mod by_hand;
mod calendar;
mod kill;
mod lab;
mod lives;
mod speed;

use crate::app::TestApp;
use jindou::auth::Role;
use lab::{app, ask, count, eventually, state, workers};
use serde_json::{Value, json};

#[test]
fn a_job_is_there_if_and_only_if_its_write_is() {
    let app = app();
    assert_eq!(ask(&app, "leave", json!({"kind": "lab.mark", "name": "kept"}))[0], json!(0));
    assert_eq!(ask(&app, "leaveAndFail", json!({"kind": "lab.mark", "name": "undone"}))[0], json!(1));
    // In a batch each item stands for itself; in a transaction of calls all or none.
    let item = |action: &str| json!({"ac": action, "post": {"kind": "lab.mark", "name": "batch"}});
    app.anon().call("batch?useTrans=1", json!([item("leave"), item("leaveAndFail")]));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Job"), 1);
    app.anon().call("batch", json!([item("leaveAndFail"), item("leave")]));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Job"), 2);
    let workers = workers(&app);
    eventually("both are done", || count(&app, "SELECT COUNT(*) FROM Job WHERE state = 'done'") == 2);
    assert_eq!(app.cell("SELECT group_concat(name) FROM Mark"), json!("kept,batch"));
    // Nobody looks for it: the commit tells.
    ask(&app, "leave", json!({"kind": "lab.mark", "name": "while they run"}));
    eventually("a third is done", || count(&app, "SELECT COUNT(*) FROM Mark") == 3);
    drop(workers);
}

#[test]
fn what_a_failed_attempt_wrote_is_undone_and_the_next_one_does_it_once() {
    for kind in ["lab.secondTry", "lab.secondTryStaged"] {
        let app = app();
        let workers = workers(&app);
        let id = ask(&app, "leave", json!({"kind": kind, "name": "x"}))[1].as_i64().unwrap();
        eventually("it waits for another try", || state(&app, id) == "retry");
        assert_eq!(count(&app, "SELECT COUNT(*) FROM Mark"), 0, "{kind}");
        let error = app.cell(&format!("SELECT lastError FROM Job WHERE id = {id}"));
        assert!(error.as_str().unwrap().contains("not yet"), "{error}");
        app.server.env.clock.skip_ms(13_000);
        eventually("it is done", || state(&app, id) == "done");
        assert_eq!(count(&app, "SELECT COUNT(*) FROM Mark"), 1, "{kind}");
        assert_eq!(count(&app, &format!("SELECT attempt FROM Job WHERE id = {id}")), 2);
        assert_eq!(app.cell(&format!("SELECT result FROM Job WHERE id = {id}")), json!("{\"done\":\"x\"}"));
        drop(workers);
    }
}

#[test]
fn a_job_that_always_fails_or_panics_is_given_up_in_the_end() {
    for kind in ["lab.never", "lab.panics", "lab.panicsStaged"] {
        let app = app();
        let workers = workers(&app);
        let id = ask(&app, "leave", json!({"kind": kind, "tries": 3}))[1].as_i64().unwrap();
        for attempt in 1..3 {
            eventually("it waits for another try", || {
                state(&app, id) == "retry"
                    && count(&app, &format!("SELECT attempt FROM Job WHERE id = {id}")) == attempt
            });
            app.server.env.clock.skip_ms(3_600_000);
        }
        eventually("it is dead", || state(&app, id) == "dead");
        assert_eq!(app.cell(&format!("SELECT doneTm IS NOT NULL FROM Job WHERE id = {id}")), json!(1));
        drop(workers);
    }
}

#[test]
fn jobs_of_one_key_run_in_their_order_and_those_of_others_beside_them() {
    for kind in ["lab.mark", "lab.markStaged"] {
        let app = app();
        let mut want: Vec<String> = Vec::new();
        for n in 0..40 {
            ask(&app, "leave", json!({"kind": kind, "name": format!("a{n}"), "after": "a"}));
            ask(&app, "leave", json!({"kind": kind, "name": format!("b{n}"), "after": "b"}));
            want.push(format!("{n}"));
        }
        let workers = workers(&app);
        eventually("all are done", || count(&app, "SELECT COUNT(*) FROM Mark") == 80);
        for key in ["a", "b"] {
            let sql = format!(
                "SELECT group_concat(n) FROM (SELECT substr(name, 2) n FROM Mark WHERE name LIKE '{key}%' ORDER BY id)"
            );
            assert_eq!(app.cell(&sql), json!(want.join(",")), "{kind} {key}");
        }
        drop(workers);
    }
}

#[test]
fn one_that_fails_holds_back_its_key_until_it_has_ended() {
    let app = app();
    let first = ask(&app, "leave", json!({"kind": "lab.never", "after": "k", "tries": 2}))[1].clone();
    let second = ask(&app, "leave", json!({"kind": "lab.mark", "name": "second", "after": "k"}))[1].clone();
    let workers = workers(&app);
    let (first, second) = (first.as_i64().unwrap(), second.as_i64().unwrap());
    eventually("the first waits", || state(&app, first) == "retry");
    assert_eq!(state(&app, second), "waiting");
    app.server.env.clock.skip_ms(3_600_000);
    eventually("the first is given up", || state(&app, first) == "dead");
    eventually("the second runs", || state(&app, second) == "done");
    drop(workers);
}

#[test]
fn a_unique_key_holds_while_its_job_has_not_ended() {
    let app = app();
    let leave =
        || ask(&app, "leave", json!({"kind": "lab.mark", "name": "x", "unique": "u"}))[1].as_i64().unwrap();
    let first = leave();
    assert_eq!((leave(), leave()), (first, first));
    let workers = workers(&app);
    eventually("it is done", || state(&app, first) == "done");
    assert_ne!(leave(), first);
    drop(workers);
}

#[test]
fn jobs_wait_for_their_moment_and_go_by_priority() {
    let app = app();
    ask(&app, "leave", json!({"kind": "lab.one", "name": "later", "inSec": 600}));
    for (name, priority) in [("last", 9), ("usual", 5), ("first", 0)] {
        ask(&app, "leave", json!({"kind": "lab.one", "name": name, "priority": priority}));
    }
    let workers = workers(&app);
    eventually("three are done", || count(&app, "SELECT COUNT(*) FROM Mark") == 3);
    assert_eq!(app.cell("SELECT group_concat(name) FROM Mark"), json!("first,usual,last"));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Job WHERE state = 'waiting'"), 1);
    app.anon().ok("testAdvance?sec=601", json!(null));
    eventually("the fourth is done", || count(&app, "SELECT COUNT(*) FROM Mark") == 4);
    drop(workers);
}

#[test]
fn a_plugin_that_names_no_queue_or_mixes_its_work_stops_the_start() {
    let refused = |plugins: &'static [&'static jindou::plugin::Plugin]| -> String {
        match jindou::cli::build_from(plugins, &[("P_TEST_MODE", "2")]) {
            Ok(_) => panic!("it started"),
            Err(failure) => failure.0,
        }
    };
    assert!(refused(lab::LOST).contains("there is no queue nowhere"));
    assert!(refused(lab::MIXED).contains("not both"));
    assert!(refused(lab::TWICE).contains("worker lab.mark is declared by"));
}

#[test]
fn staff_without_the_permission_sees_no_jobs() {
    let app = TestApp::new();
    for action in ["Job.query", "Job.queues", "Job.pause?queue=out"] {
        assert_eq!(
            app.call_as(
                Role::Emp,
                1,
                action.split('?').next().unwrap(),
                json!({"queue": "out"}),
                json!(null)
            )[0],
            json!(5),
            "{action}"
        );
        assert_eq!(app.anon().fails(action, json!(null)).0, 2, "{action}");
    }
    let known = app.call_as(Role::Admin, 1, "Job.query", json!({}), json!(null));
    assert_eq!(known[0], json!(0), "{known}");
    let header: Value = known[1]["h"].clone();
    assert!(header.as_array().unwrap().contains(&json!("lastError")), "{header}");
}
