//! How many small jobs are done in a second, and how soon one is taken up. The bounds are a fraction of what a machine of two
//! cores does in a release build, so that a busy one does not fail them; a mechanism that waits for a clock would.

use super::lab::{app, count, eventually, leave_one, state, workers};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn many_small_jobs_are_done_in_batches() {
    let app = app();
    let many = 3000;
    app.anon().ok("leaveMany", json!({"count": many}));
    let started = Instant::now();
    let workers = workers(&app);
    eventually("all are done", || count(&app, "SELECT COUNT(*) FROM Job WHERE state = 'done'") == many);
    let took = started.elapsed();
    println!("{many} jobs in {took:?}: {:.0} a second", many as f64 / took.as_secs_f64());
    assert_eq!(count(&app, "SELECT COUNT(DISTINCT jobId) FROM Mark"), many);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM Mark"), many);
    // One commit for each would take more than one for every ten.
    let commits = app.server.db.lane.stats().commits.load(std::sync::atomic::Ordering::Relaxed);
    assert!(commits < many.unsigned_abs() / 10 + 500, "{commits} commits");
    drop(workers);
}

#[test]
fn a_job_is_taken_up_at_once() {
    let app = app();
    let workers = workers(&app);
    let mut took: Vec<Duration> = (0..40)
        .map(|n| {
            let started = Instant::now();
            let id = leave_one(&app, json!({"kind": "lab.mark", "name": format!("{n}")}));
            let given = started.elapsed();
            while state(&app, id) != "done" {
                assert!(started.elapsed() < Duration::from_secs(10));
            }
            started.elapsed() - given
        })
        .collect();
    took.sort();
    println!("from the answer to the end: median {:?}, most {:?}", took[20], took[39]);
    // The clock ticks twice a second.
    assert!(took[20] < Duration::from_millis(200), "{took:?}");
    drop(workers);
}
