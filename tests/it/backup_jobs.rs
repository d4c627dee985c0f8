//! Backups by the clock and for the administrator: each is restored and checked before it counts, and a clock that is
//! wrong removes none.

use crate::app::TestApp;
use crate::backup_house::until;
use crate::files_app::PLUGINS;
use jindou::auth::Role;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

fn admin(app: &TestApp, action: &str, get: Value) -> Value {
    app.call_as(Role::Admin, 1, action, get, json!(null))
}

fn told(app: &TestApp) -> Value {
    admin(app, "Server.info", json!(null))[1]["backup"].clone()
}

/// Looks at the clock, and waits for what begins then.
fn tick(app: &TestApp) {
    app.server.backups.tick(&app.server).unwrap();
    until("the backup does not end", || told(app)["running"] == json!(false));
}

fn names(app: &TestApp) -> Vec<String> {
    let place = app.config().data.join("backup");
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_administrator_begins_a_backup_and_follows_it() {
    let app = TestApp::with(&[]);
    for role in [Role::Guest, Role::User, Role::Emp, Role::Mgr] {
        assert_ne!(app.call_as(role, 1, "Server.backup", json!(null), json!(null))[0], 0, "{role:?}");
    }
    assert!(names(&app).is_empty());
    assert_eq!((told(&app)["ageSec"].clone(), told(&app)["last"].clone()), (json!(null), json!(null)));
    let job = admin(&app, "Server.backup", json!(null))[1]["job"].as_i64().unwrap();
    let job = || admin(&app, "Job.get", json!({"id": job}))[1].clone();
    until("the job does not end", || job()["state"] != json!("running"));
    assert_eq!(job()["state"], "done", "{}", job());
    assert_eq!(job()["done"], 100);
    let told = told(&app);
    assert_eq!(names(&app), [job()["result"]["name"].as_str().unwrap()]);
    assert_eq!((&told["list"][0]["ok"], &told["last"]["ok"]), (&json!(true), &json!(true)), "{told}");
    assert!(told["ageSec"].as_i64().unwrap() < 60 && told["list"][0]["size"].as_i64().unwrap() > 4096);
}

#[test]
fn backups_are_made_by_the_clock_and_the_old_ones_go() {
    let app = TestApp::with(&[("P_BACKUP_AT", "02:30"), ("P_BACKUP_KEEP", "2")]);
    // The first look finds out what is there.
    tick(&app);
    until("the place was not looked at", || {
        tick(&app);
        !names(&app).is_empty()
    });
    let first = names(&app);
    assert_eq!(first.len(), 1, "one that is missing is made at once");
    tick(&app);
    assert_eq!(names(&app), first, "the next is made when its time has come");
    for day in 2..=4_usize {
        app.server.env.clock.skip_ms(DAY);
        tick(&app);
        tick(&app);
        assert_eq!(names(&app).len(), day.min(2), "day {day}");
    }
    assert!(!names(&app).contains(&first[0]));
    // A clock two years ahead: one more is made, and none goes, then or when the clock is right again.
    let kept = names(&app);
    let right = app.server.env.clock.waited_ms();
    app.server.env.clock.advance_ms(730 * DAY);
    tick(&app);
    assert_eq!(names(&app).len(), 3);
    app.server.env.clock.advance_ms(right - app.server.env.clock.waited_ms());
    app.server.env.clock.skip_ms(DAY);
    tick(&app);
    assert_eq!(names(&app).len(), 4, "the one of the future does not stand for today's");
    assert!(kept.iter().all(|name| names(&app).contains(name)));
    assert!(told(&app)["ageSec"].as_i64().unwrap() < 60);
}

#[test]
fn a_backup_that_cannot_be_made_shows() {
    let app = TestApp::with(&[("P_BACKUP_AT", "00:00")]);
    std::fs::create_dir_all(&app.config().data).unwrap();
    std::fs::write(app.config().data.join("backup"), "no folder").unwrap();
    let job = admin(&app, "Server.backup", json!(null))[1]["job"].as_i64().unwrap();
    let job = || admin(&app, "Job.get", json!({"id": job}))[1].clone();
    until("the job does not end", || job()["state"] != json!("running"));
    assert_eq!(job()["state"], "failed");
    let told = told(&app);
    assert_eq!((&told["last"]["ok"], &told["ageSec"]), (&json!(false), &json!(null)), "{told}");
    assert!(told["last"]["error"].as_str().unwrap().contains("backup"), "{told}");
}

/// Rows that name files which are gone cannot be helped by a backup, which says so; files that are there come along.
#[test]
fn a_file_that_is_missing_already_is_no_reason_to_make_none() {
    let app = TestApp::with_plugins(PLUGINS, &[]);
    let (here, gone) =
        (app.user(1).upload("upload", "a.txt", b"here"), app.user(1).upload("upload", "b.txt", b"gone"));
    std::fs::remove_file(app.config().data.join(gone["path"].as_str().unwrap())).unwrap();
    admin(&app, "Server.backup", json!(null));
    until("the backup does not end", || told(&app)["running"] == json!(false));
    assert_eq!(told(&app)["last"]["ok"], json!(true), "{}", told(&app));
    let backup = app.config().data.join("backup").join(&names(&app)[0]);
    let manifest = std::fs::read_to_string(backup.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["missing"], json!([gone["path"]]));
    assert!(backup.join("files").join(here["path"].as_str().unwrap()).exists());
}
