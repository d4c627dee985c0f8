//! Codes of families: bind codes, codes for a lost phone, PINs and invitations. No row holds one, and none outlives the
//! family that the watch was in.

use crate::app::{Client, TestApp};
use crate::code;
use crate::watch_devices::{bind, watch};
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::{Value, json};

const IMEI: &str = "860000000000001";

/// Every text of every table that contains `wanted`: table, column, value.
pub fn holders(app: &TestApp, wanted: &str) -> Vec<String> {
    app.write(|_| Ok(()));
    let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
    let mut found = Vec::new();
    let list = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type='table'";
    let mut columns = conn.prepare(list).unwrap();
    let columns =
        columns.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    for (table, column) in columns.map(Result::unwrap) {
        let sql = format!("SELECT \"{column}\" FROM \"{table}\" WHERE instr(\"{column}\", ?1) > 0");
        let Ok(mut statement) = conn.prepare(&sql) else { continue };
        let values = statement.query_map([wanted], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
        found.extend(values.map(|value| format!("{table}.{column}: {:?}", value.unwrap())));
    }
    found
}

/// The code that the watch shows now.
fn shown(device: &Client<'_>) -> Value {
    let jobs = device.ok("WatchJob.poll", json!(null));
    let codes: Vec<&Value> = jobs.as_array().unwrap().iter().filter(|job| job["itype"] == 72).collect();
    assert_eq!(codes.len(), 1, "{jobs}");
    codes[0]["data"]["code"].clone()
}

#[test]
fn no_row_holds_a_code() {
    let app = TestApp::with(&[("WATCH_OPEN_LOGIN", "1"), ("MAIL_MODE", "mock")]);
    let a = app.anon();
    a.ok("newUser", json!({}));
    let circle = a.ok("Circle.add", json!({"email": "mum@example.test", "userPhone": "13800138000"}));
    let (id, pin) = (circle["id"].as_i64().unwrap(), circle["joinPwd"].as_str().unwrap());
    let device = watch(&app, IMEI);
    a.ok(&format!("Watch.genToken?imei={IMEI}"), json!(null));
    let code = shown(&device);
    assert_eq!(holders(&app, code.as_str().unwrap()), Vec::<String>::new());
    a.ok("CircleWatch.add", json!({"circleId": id, "imei": IMEI, "code": code}));
    device.ok("Watch.uploadSms", json!({"phone": "13800138000", "content": "XUNQUNRE"}));
    let resume = shown(&device);
    let as_stored = |text: &str| format!("\"{text}\"");
    assert_eq!(holders(&app, &as_stored(resume.as_str().unwrap())), Vec::<String>::new());
    let phone = app.anon();
    phone.ok("resumeUser", json!({"code": resume.as_str().unwrap().to_lowercase()}));
    let invitation = a.ok(&format!("Circle.invite?id={id}"), json!(null))["code"].clone();
    assert_eq!(a.ok(&format!("Circle.invite?id={id}"), json!(null))["code"], invitation);
    // As a word: six digits may stand in a time or a number by chance.
    let conn = |sql: &str| app.cell(sql);
    assert_eq!(
        conn(&format!("SELECT count(*) FROM Kv WHERE v = '{}'", invitation.as_str().unwrap())),
        json!(0)
    );
    let sent = app.cell("SELECT group_concat(req) FROM MockLog");
    let sent = sent.as_str().unwrap();
    assert!(sent.contains("mum@example.test") && !sent.contains(pin), "{sent}");
    let b = app.anon();
    b.ok("newUser", json!({}));
    b.ok("circleJoin", json!({"circleId": id, "invite": invitation}));
}

#[test]
fn a_mail_that_waits_is_sealed_and_arrives_whole() {
    let app = TestApp::new();
    let client = app.anon();
    client.ok("newUser", json!({}));
    client.ok("mockSet", json!({"svc": "mail", "op": "send", "fail": 1}));
    let circle = client.ok("Circle.add", json!({"email": "dad@example.test"}));
    let pin = circle["joinPwd"].as_str().unwrap();
    let waits = app.cell("SELECT args FROM Job WHERE queue = 'out'");
    let waits = waits.as_str().unwrap();
    assert!(waits.contains("dad@example.test") && waits.contains("sealed"), "{waits}");
    assert!(!waits.contains(&format!("PIN: {pin}")), "{waits}");
    client.ok("testAdvance", json!({"sec": 60}));
    client.ok("runJob", json!({"name": "outbox"}));
    assert_eq!(app.cell("SELECT count(*) FROM Job WHERE queue = 'out' AND doneTm IS NULL"), json!(0));
    let sent = app.cell("SELECT req FROM MockLog ORDER BY id DESC LIMIT 1");
    assert!(sent.as_str().unwrap().contains(&format!("PIN: {pin}")), "{sent}");
}

#[test]
fn a_watch_polls_and_acknowledges_its_own_instructions() {
    let app = TestApp::new();
    let (a, ..) = family(&app, "Home");
    let (device, other) = (watch(&app, IMEI), watch(&app, "860000000000002"));
    let code = |n: &str| a.ok(&format!("Watch.genToken?imei={n}&debug=1"), json!(null))["code"].clone();
    code(IMEI);
    let newest = code(IMEI);
    assert_eq!(shown(&device), newest, "one instruction of a kind, the newest");
    let theirs = code("860000000000002");
    let jobs = device.ok("WatchJob.poll", json!(null));
    let id = jobs[0]["id"].as_i64().unwrap();
    assert_eq!(other.ok("WatchJob.ack", json!({"ids": format!("{id}")})), json!("OK"));
    assert_eq!(shown(&device), newest, "not acknowledged by another watch");
    assert_eq!(device.fails("WatchJob.ack", json!({"ids": "1,x"})).0, code::PARAM);
    device.ok("WatchJob.ack", json!({"ids": format!("{id}")}));
    assert_eq!(device.ok("WatchJob.poll", json!(null)), json!([]));
    assert_eq!(shown(&other), theirs);
    a.ok("testAdvance", json!({"sec": 3601}));
    assert_eq!(other.ok("WatchJob.poll", json!(null)), json!([]), "its code has run out");
    assert_eq!(app.cell("SELECT count(*) FROM WatchJob"), json!(0));
    assert_eq!(a.fails("WatchJob.poll", json!(null)).0, code::FORBIDDEN);
}

#[test]
fn codes_to_bind_and_instructions_end_with_the_familys_hold_on_the_watch() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    let bound = bind(&a, id, IMEI);
    a.ok("CircleUser.set", json!({"circleId": id, "phone": "13800138000"}));
    let code = a.ok(&format!("Watch.genToken?imei={IMEI}&debug=1"), json!(null))["code"].clone();
    let sms = json!({"phone": "13800138000", "content": "XUNQUNRE"});
    let resume = device.ok("Watch.uploadSms?debug=1", sms.clone())["code"].clone();
    device.ok("Watch.uploadSms", json!({"phone": "13800138000", "content": "XQLOCKED"}));
    a.ok(&format!("CircleWatch.del?id={bound}"), json!({}));
    assert_eq!(device.ok("WatchJob.poll", json!(null)), json!([]), "nothing waits for the next family");
    assert_eq!(a.fails("CircleWatch.add", json!({"circleId": id, "imei": IMEI, "code": code})).0, 10026);
    // It opens an account, not the watch: who has lost the phone may still need it.
    app.anon().ok("resumeUser", json!({"code": resume}));
    device.ok("Watch.uploadSms", sms);
    assert_eq!(
        device.ok("WatchJob.poll", json!(null)),
        json!([]),
        "a phone of the former family is a stranger's"
    );
    // Codes of now are good.
    bind(&a, id, IMEI);
}

#[test]
fn of_two_families_at_once_one_gets_the_watch() {
    let app = TestApp::new();
    let (a, first, _) = family(&app, "First");
    let (_b, second, _) = family(&app, "Second");
    for round in 0..20 {
        let imei = format!("8600000000001{round:02}");
        let fields = json!({"imei": imei, "mac": "02:00:00:00:00:01", "status": 3});
        assert_eq!(app.call_as(Role::Admin, 1, "Watch.add", json!({}), fields)[0], 0);
        let code = match round % 2 {
            0 => Value::Null,
            _ => {
                watch(&app, &imei);
                a.ok(&format!("Watch.genToken?imei={imei}&debug=1"), json!(null))["code"].clone()
            }
        };
        let try_to_bind = |user: i64, circle: i64| {
            let mut post =
                json!({"circleId": circle, "imei": imei, "mac": "02:00:00:00:00:01", "code": code});
            let action = if round % 2 == 0 { "CircleWatch.activate" } else { "CircleWatch.add" };
            post["name"] = json!(format!("watch {round}"));
            app.call_as(Role::User, user, action, json!({}), post)[0].as_i64().unwrap()
        };
        let codes = std::thread::scope(|scope| {
            let other = scope.spawn(|| try_to_bind(2, second));
            [try_to_bind(1, first), other.join().unwrap()]
        });
        let winner = if codes[0] == 0 { first } else { second };
        assert!(codes == [0, 10024] || codes == [10024, 0], "round {round}: {codes:?}");
        assert_eq!(app.cell(&format!("SELECT circleId FROM Watch WHERE imei='{imei}'")), json!(winner));
        let bound = format!("SELECT count(*) FROM CircleWatch WHERE imei='{imei}' AND status=1");
        assert_eq!(app.cell(&bound), json!(1));
    }
}

#[test]
fn a_report_that_meets_the_unbinding_tells_the_former_family_nothing_afterwards() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    a.ok("CircleUser.set", json!({"circleId": id, "phone": "13800138000"}));
    let device = watch(&app, IMEI);
    for round in 0..10 {
        // Unbound watches may be taken again by their address.
        let post = json!({"circleId": id, "imei": IMEI, "mac": "AA:BB"});
        let bound = a.ok("CircleWatch.activate", post);
        let lat = 31.0 + f64::from(round) / 10.0;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let place = json!({"lon": 121.5, "lat": lat});
                app.call_as(Role::Watch, 1, "Watch.uploadLocate", json!({}), place);
                let sms = json!({"phone": "13800138000", "content": "XQLOCKED"});
                app.call_as(Role::Watch, 1, "Watch.uploadSms", json!({}), sms);
            });
            let gone = app.call_as(Role::User, 1, "CircleWatch.del", json!({"id": bound}), json!({}));
            assert_eq!(gone[0], 0, "{gone}");
        });
        assert_eq!(device.ok("WatchJob.poll", json!(null)), json!([]), "round {round}");
        let after = "SELECT count(*) FROM CircleMsg WHERE senderType=2 AND id > (SELECT max(id) FROM CircleMsg WHERE type=15)";
        assert_eq!(app.cell(after), json!(0), "round {round}");
        let kept = format!("SELECT count(*) FROM WatchLocate WHERE lat={lat} AND circleId NOT IN (0, {id})");
        assert_eq!(app.cell(&kept), json!(0));
    }
}
