//! The server about itself: information for the administrator, aids for tests.

use crate::app::TestApp;
use jindou::auth::Role;
use serde_json::{Value, json};

fn admin(app: &TestApp, action: &str) -> Value {
    let answer = app.call_as(Role::Admin, 1, action, json!(null), json!(null));
    assert_eq!(answer[0], 0, "{action}: {answer}");
    answer[1].clone()
}

#[test]
fn information_is_for_the_administrator_alone() {
    let app = TestApp::production();
    for action in ["Server.info", "Audit.verify", "Plugin.query"] {
        assert_eq!(app.anon().fails(action, json!(null)).0, 2, "{action}");
        assert_eq!(app.call_as(Role::Mgr, 1, action, json!(null), json!(null))[0], 5, "{action}");
        admin(&app, action);
    }
}

#[test]
fn two_looks_at_the_load_tell_what_happened_between_them() {
    let app = TestApp::new();
    let get = json!({"res": "load"});
    let look = || app.call_as(Role::Admin, 1, "Server.info", get.clone(), json!(null))[1]["load"].clone();
    let before = look();
    for _ in 0..5 {
        app.anon().ok("Story.query", json!(null));
    }
    app.anon().fails("Ordr.query", json!(null));
    let after = look();
    let more = |name: &str| after[name].as_u64().unwrap() - before[name].as_u64().unwrap();
    // The first look itself has ended, too.
    assert_eq!((more("calls"), more("failed")), (7, 1), "{before} {after}");
    let timed = |load: &Value| -> u64 {
        load["times"].as_array().unwrap().iter().map(|bucket| bucket[1].as_u64().unwrap()).sum()
    };
    assert_eq!(timed(&after) - timed(&before), 7);
    assert!(after["ms"].as_u64() >= before["ms"].as_u64());
    for name in ["memory", "dbSize", "diskFree"] {
        assert!(after[name].as_u64() > Some(4096), "{name}: {after}");
    }
}

#[test]
fn the_server_tells_what_it_is() {
    let app = TestApp::rtest();
    let info = admin(&app, "Server.info");
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert!(info["uptime"].is_u64());
    assert!(info["db"]["size"].as_u64().unwrap() > 4096);
    let tables = info["db"]["tables"].as_array().unwrap();
    assert!(tables.contains(&json!({"name": "User", "rows": 1})), "{tables:?}");
    assert!(info["lane"]["commits"].as_u64().unwrap() > 0);
    let long_reads = &info["longReads"];
    assert!(
        long_reads["open"].as_u64() >= Some(1) && long_reads["most"].as_u64() > long_reads["open"].as_u64(),
        "{long_reads}"
    );
    let rtest = info["plugins"].as_array().unwrap().iter().find(|p| p["name"] == "rtest").unwrap();
    assert_eq!((&rtest["enabled"], &rtest["tables"]), (&json!(true), &json!(["User"])));
    assert!(rtest["actions"].as_array().unwrap().contains(&json!("UserApiLog.listByAc")));
}

#[test]
fn the_parts_that_are_named_are_told() {
    let app = TestApp::rtest();
    let ask = |res: &str| app.call_as(Role::Admin, 1, "Server.info", json!({"res": res}), json!(null));
    let told = ask("uptime,jobs")[1].clone();
    assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["uptime", "jobs"]);
    let refused = ask("uptime,passwords");
    assert_eq!(refused[0], 1);
    assert!(refused.to_string().contains("passwords") && refused.to_string().contains("backup"), "{refused}");
}

#[test]
fn jobs_tell_when_they_ran_and_when_they_will() {
    let app = TestApp::rtest();
    let job = |name: &str| {
        let info = admin(&app, "Server.info");
        info["jobs"].as_array().unwrap().iter().find(|job| job["name"] == *name).cloned().unwrap()
    };
    assert_eq!((&job("sessions")["last"], &job("sessions")["next"]), (&json!(null), &json!(null)));
    let workers = jindou::workers::Workers::start(app.server.clone()).unwrap();
    let next = job("sessions")["next"].as_str().unwrap().to_owned();
    assert!(next.as_str() > "2026" && job("sessions")["last"].is_null());
    app.server.env.clock.advance_ms(61_000);
    let started = std::time::Instant::now();
    while job("sessions")["last"].is_null() {
        assert!(started.elapsed().as_secs() < 20, "the job did not run");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(workers);
    let ran = job("sessions");
    assert!(ran["next"].as_str().unwrap() > ran["last"].as_str().unwrap(), "{ran}");
    assert_eq!((ran["ms"].is_u64(), &ran["error"]), (true, &json!(null)));
}

#[test]
fn secrets_of_the_configuration_are_masked() {
    let app = TestApp::rtest();
    let info = admin(&app, "Server.info");
    assert!(!info.to_string().contains("only-for-tests"));
    let row = |key: &str| {
        info["config"].as_array().unwrap().iter().find(|row| row["key"] == *key).cloned().unwrap()
    };
    assert_eq!(row("P_ADMIN_CRED")["value"], "****");
    assert_eq!(row("P_TZ")["value"], "Asia/Shanghai");
    assert!(row("P_TZ")["note"].as_str().unwrap().contains('|'));
}

#[test]
fn a_broken_chain_shows() {
    let app = TestApp::rtest();
    for _ in 0..3 {
        app.anon().ok("ApiLog.query", json!(null));
    }
    let whole = admin(&app, "Audit.verify");
    assert_eq!(whole["ok"], true);
    assert!(whole["rows"].as_u64().unwrap() >= 3);
    assert_eq!(
        app.anon().ok("fn?f=execOne", json!({"sql": "UPDATE ApiLog SET res='x' WHERE id=2"})),
        json!(1)
    );
    let broken = admin(&app, "Audit.verify");
    assert_eq!(
        (&broken["ok"], &broken["broken"]["table"], &broken["broken"]["id"]),
        (&json!(false), &json!("ApiLog"), &json!(2))
    );
    assert_eq!(broken["firstBad"], broken["broken"]["seq"]);
}

#[test]
fn unused_plugins_are_listed_and_empty() {
    let app = TestApp::production();
    let table = admin(&app, "Plugin.query");
    assert_eq!(table["h"], json!(["name", "version", "enabled", "tables", "actions", "needs"]));
    let rows = table["d"].as_array().unwrap();
    let rtest = rows.iter().find(|row| row[0] == "rtest").unwrap();
    assert_eq!((&rtest[2], &rtest[3], &rtest[4]), (&json!(false), &json!([]), &json!([])));
    let core = rows.iter().find(|row| row[0] == "core").unwrap();
    assert!(core[3].as_array().unwrap().contains(&json!("ApiLog")));
    assert!(core[4].as_array().unwrap().contains(&json!("Meta.get")));
}

#[test]
fn codes_are_listed_in_test_mode() {
    let app = TestApp::rtest();
    let list = app.anon().ok("Err.query?fmt=array", json!(null));
    let of = |code: i64| list.as_array().unwrap().iter().find(|row| row["code"] == code).cloned().unwrap();
    assert_eq!(
        of(2),
        json!({"code": 2, "name": "E_NOAUTH", "zh": "未登录", "en": "not logged in", "plugin": "core"})
    );
    assert_eq!(of(-100)["name"], "E_ABORT");
    let app = TestApp::production();
    assert_eq!(app.call_as(Role::Admin, 1, "Err.query", json!(null), json!(null))[0], 1);
}

#[test]
fn the_clock_can_be_moved_in_test_mode() {
    let app = TestApp::rtest();
    let user = app.login(Role::User, 1);
    user.ok("whoami", json!(null));
    let before = app.server.env.unix_ms();
    user.ok("testAdvance?sec=7200", json!(null));
    let moved = app.server.env.unix_ms() - before;
    assert!((7_200_000..7_300_000).contains(&moved), "{moved}");
    // Nobody has been idle meanwhile.
    user.ok("whoami", json!(null));
    app.server.env.clock.advance_ms(7_200_000);
    assert_eq!(user.fails("whoami", json!(null)).0, 2, "idle for longer than P_SESSION_IDLE");
    assert_eq!(user.fails("testAdvance?sec=-5", json!(null)).0, 1);
    assert_eq!(user.fails("testAdvance", json!(null)).1, "缺少参数`sec`");
    assert_eq!(TestApp::production().anon().fails("testAdvance?sec=1", json!(null)).0, 1);
}
