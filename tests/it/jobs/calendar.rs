//! Runs by the calendar: made up for or not after a time without a server, never two at once, in pieces, in another zone.

use super::lab::{app, count, eventually, has_begun, open, workers};
use crate::app::TestApp;

/// A moment of the server's zone, Asia/Shanghai.
fn at(app: &TestApp, text: &str) {
    let env = &app.server.env;
    let time = jindou::time::parse_local(text, &env.zone).unwrap();
    env.clock.set_ms(env.zone.to_unix(time) * 1000);
}

fn marks(app: &TestApp, name: &str) -> i64 {
    count(app, &format!("SELECT COUNT(*) FROM Mark WHERE name = '{name}'"))
}

fn known(app: &TestApp) -> bool {
    count(app, "SELECT COUNT(*) FROM JobSchedule") == 5
}

#[test]
fn missed_runs_are_made_up_for_as_the_schedule_says() {
    let app = app();
    at(&app, "2026-12-01 12:30:00");
    let first = workers(&app);
    eventually("the schedules are known", || known(&app));
    drop(first);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Job"), 0, "a new schedule has missed nothing");
    at(&app, "2026-12-01 17:30:00");
    let second = workers(&app);
    eventually("three are made up for", || marks(&app, "labAll") == 3);
    eventually("one is made up for", || marks(&app, "labOne") == 1);
    at(&app, "2026-12-01 18:00:01");
    eventually("all run in time", || {
        [("labAll", 4), ("labOne", 2), ("labNone", 1)].iter().all(|(name, n)| marks(&app, name) == *n)
    });
    eventually("their jobs are done", || {
        count(&app, "SELECT COUNT(*) FROM Job WHERE kind = 'clock.run' AND state = 'done'") == 7
    });
    let next = app.server.job_history.of("labAll").next.unwrap();
    assert_eq!(app.server.env.zone.from_unix(next / 1000).to_string(), "2026-12-01 19:00:00");
    drop(second);
}

#[test]
fn a_run_in_pieces_goes_on_to_its_end_in_the_zone_of_its_schedule() {
    let app = app();
    at(&app, "2026-12-01 10:14:30");
    let workers = workers(&app);
    eventually("the schedules are known", || known(&app));
    // A quarter past three in Berlin.
    at(&app, "2026-12-01 10:15:01");
    eventually("all pieces ran", || marks(&app, "labPieces") == 3);
    eventually("as one job", || {
        count(&app, "SELECT COUNT(*) FROM Job WHERE args LIKE '%labPieces%' AND state = 'done'") == 1
    });
    assert_eq!(marks(&app, "labPieces"), 3);
    drop(workers);
}

#[test]
fn a_run_is_skipped_while_the_one_before_goes_on() {
    let app = app();
    at(&app, "2026-12-01 12:09:30");
    let workers = workers(&app);
    eventually("the schedules are known", || known(&app));
    at(&app, "2026-12-01 12:10:01");
    eventually("it has begun", || has_begun("labSlow"));
    let all = "SELECT COUNT(*) FROM Job WHERE args LIKE '%labSlow%'";
    let seen = "SELECT lastMs FROM JobSchedule WHERE name = 'labSlow'";
    let last = count(&app, seen);
    at(&app, "2026-12-01 13:10:01");
    eventually("the next moment was looked at", || count(&app, seen) > last);
    assert_eq!(count(&app, all), 1);
    open("labSlow");
    eventually("it is done", || marks(&app, "labSlow") == 1);
    at(&app, "2026-12-01 14:10:01");
    eventually("the one after runs", || marks(&app, "labSlow") == 2);
    drop(workers);
}
