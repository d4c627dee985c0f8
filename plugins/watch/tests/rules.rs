//! Rules of watches and circles that are easily missed: what is empty, what is another's, what is late.

use crate::app::{Client, TestApp};
use crate::code;
use crate::watch_devices::{bind, watch};
use crate::watch_family::family;
use jindou::auth::Role;
use serde_json::{Value, json};

const IMEI: &str = "860000000000001";

#[test]
fn a_login_is_one_of_its_own_app() {
    let app = TestApp::new();
    // Numbers of users, staff and watches are each counted from 1: in another app one would be somebody else.
    app.write(|tx| tx.add("Employee", json!({"uname": "clerk", "name": "clerk", "perms": "emp,family"})));
    let emp = app.client("emp");
    assert_eq!(emp.fails("newUser", json!({})).0, code::PARAM);
    assert_eq!(emp.fails("Employee.query", json!(null)).0, code::NOAUTH);
    assert_eq!(app.client("watch").fails("circleStart", json!({})).0, code::PARAM);
    assert_eq!(app.anon().fails("Watch.login", json!({"imei": IMEI})).0, code::PARAM);
    assert_eq!(app.cell("SELECT count(*) FROM User"), json!(0));
    let device = watch(&app, IMEI);
    assert_eq!(app.cell("SELECT serverIp FROM Watch"), json!("127.0.0.1"));
    let again = device.ok("Watch.login", json!({"imei": IMEI}));
    assert_eq!(app.cell("SELECT count(*) FROM Token WHERE appType='watch'"), json!(1), "the newest alone");
    let other = app.client("watch");
    other.ok("login", json!({"token": again["_token"]}));
    other.ok("Watch.uploadPercent", json!({"percent": 50}));
    assert_eq!(other.fails("Circle.query", json!(null)).0, code::FORBIDDEN, "a watch is no user");
    assert_eq!(device.fails("Watch.login", json!({"imei": "86 0"})).0, code::PARAM);
    assert_eq!(device.fails("Watch.login", json!({"imei": "8".repeat(21)})).0, code::PARAM);
    assert_eq!(device.fails("Watch.login", json!({"imei": IMEI, "heartbeat": "often"})).0, code::PARAM);
}

#[test]
fn phones_of_a_circle_are_each_somebodys() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    watch(&app, IMEI);
    a.ok("CircleUser.set", json!({"circleId": id, "phone": "138"}));
    a.ok("CircleContact.add", json!({"circleId": id, "phone": "139", "name": "爷爷"}));
    let code = a.ok(&format!("Watch.genToken?imei={IMEI}&debug=1"), json!(null))["code"].clone();
    let add = |extra: Value| {
        let mut post = json!({"circleId": id, "imei": IMEI, "code": code});
        post.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        a.call("CircleWatch.add", post)
    };
    assert_eq!(add(json!({"phone": "138"}))[0], json!(10007), "that of a member");
    assert_eq!(add(json!({"phone": "139"}))[0], json!(10007), "that of a contact");
    assert_eq!(add(json!({"phone": "137", "userPhone": "137"}))[0], json!(10031));
    assert_eq!(add(json!({"name": "爷爷"}))[0], json!(10008));
    let bound = add(json!({"phone": "136", "userPhone": "135", "name": "宝宝"}))[1].clone();
    assert_eq!(
        a.ok(&format!("Circle.phones?id={id}&fmt=array"), json!(null)),
        json!([{"phone": "135", "name": "APP用户1", "type": 1}, {"phone": "139", "name": "爷爷", "type": 0}])
    );
    assert_eq!(a.fails("CircleUser.set", json!({"circleId": id, "phone": "136"})).0, 10007, "the watch's");
    assert_eq!(
        a.fails("CircleContact.add", json!({"circleId": id, "phone": "130", "name": "宝宝"})).0,
        10008
    );
    // Blank is gone, for phones; a name stays.
    a.ok(&format!("CircleWatch.set?id={bound}"), json!({"phone": "", "name": " ", "fastCallPhone": "135"}));
    let got = a.ok(&format!("Watch.get?imei={IMEI}"), json!(null));
    assert_eq!(
        (&got["phone"], &got["name"], &got["fastCallPhone"]),
        (&json!(null), &json!("宝宝"), &json!("135"))
    );
    assert_eq!((&got["lockStatus"], &got["fallStatus"]), (&json!(0), &json!(0)));
    a.ok(&format!("CircleWatch.set?id={bound}"), json!({"fastCallPhone": ""}));
    assert_eq!(a.ok("Watch.get?mac=AA:BB", json!(null))["fastCallPhone"], json!(null));
    assert_eq!(a.fails(&format!("CircleWatch.set?id={bound}"), json!({"picId": 99})).0, code::PARAM);
}

#[test]
fn who_comes_back_is_what_he_was() {
    let app = TestApp::new();
    let (a, home, _) = family(&app, "Home");
    a.ok("CircleUser.set", json!({"circleId": home, "phone": "138", "name": "妈妈"}));
    let (b, other, pin) = family(&app, "Next door");
    // The phone of the profile is that of his first circle.
    let joined = a.ok("circleJoin", json!({"circleId": other, "joinPwd": pin}));
    assert_eq!(joined["phone"], "138");
    let pic = crate::watch_plaza::picture(&a, "userImg");
    a.ok("CircleUser.set", json!({"circleId": other, "phone": "139", "name": "阿姨", "picId": pic}));
    let me = a.ok("WatchUser.get", json!(null))["userId"].clone();
    a.ok("CircleUser.remove", json!({"circleId": other, "userId": me}));
    let back = a.ok("circleJoin", json!({"circleId": other, "joinPwd": pin}));
    assert_eq!(back, json!({"name": "阿姨", "phone": "139"}));
    let users = b.ok(&format!("Circle.get?id={other}"), json!(null))["users"].clone();
    assert_eq!(users[1]["picId"], json!(pic), "{users}");
    // What he was called may be somebody else's by now.
    a.ok("CircleUser.remove", json!({"circleId": other, "userId": me}));
    b.ok("CircleUser.set", json!({"circleId": other, "phone": "139", "name": "阿姨"}));
    let back = a.ok("circleJoin", json!({"circleId": other, "joinPwd": pin}));
    assert_eq!(back["phone"], "138");
    assert_ne!(back["name"], "阿姨");
}

#[test]
fn alarms_that_are_sent_empty_are_wrong() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    watch(&app, IMEI);
    bind(&a, id, IMEI);
    let add = |post: Value| a.call(&format!("WatchAlarm.add?imei={IMEI}"), post);
    for wrong in
        [json!({"cycle": ""}), json!({"alarmTime": ""}), json!({"pattern": ""}), json!({"status": ""})]
    {
        assert_eq!(add(wrong.clone())[0], json!(1), "{wrong}");
    }
    let made = add(json!({"cycle": "1, 7", "label": ""}))[1].clone();
    let list = a.ok(&format!("WatchAlarm.query?imei={IMEI}&fmt=array"), json!(null));
    assert_eq!((&list[0]["cycle"], &list[0]["label"]), (&json!("1,7"), &json!(null)));
    let set = |post: Value| a.call(&format!("WatchAlarm.set?imei={IMEI}&id={}", made["id"]), post)[0].clone();
    assert_eq!(set(json!({"pattern": "single"})), json!(1), "two weekdays");
    assert_eq!(set(json!({"pattern": "single", "cycle": "6"})), json!(0));
    assert_eq!(set(json!({"cycle": "6,7"})), json!(1));
    assert_eq!(set(json!({"cycle": ""})), json!(1));
    assert_eq!(a.fails(&format!("WatchAlarm.del?imei={IMEI}&id=99"), json!({})).0, 10028);
}

#[test]
fn what_a_watch_tells_by_text_message() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    a.ok("CircleUser.set", json!({"circleId": id, "phone": "138"}));
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    let jobs = || app.cell("SELECT group_concat(itype) FROM WatchJob WHERE id>1");
    let messages = || app.cell("SELECT count(*) FROM CircleMsg WHERE type=7");
    let sms = |phone: &str, content: &str| {
        device.ok("Watch.uploadSms", json!({"phone": phone, "content": content}))
    };
    sms("138", "XQLOCKED");
    sms("138", "XQUNLOCK");
    assert_eq!((jobs(), messages()), (json!("18,20"), json!(0)));
    assert_eq!(
        a.ok(&format!("Watch.get?imei={IMEI}"), json!(null))["lockStatus"],
        0,
        "not before it says so"
    );
    sms("999", "XQLOCKED");
    assert_eq!((jobs(), messages()), (json!("18,20"), json!(1)), "a stranger's word is a message");
    sms("999", "XUNQUNRE");
    assert_eq!((jobs(), messages()), (json!("18,20"), json!(1)));
    sms("138", "XUNQUNRE");
    let waiting = device.ok("WatchJob.poll", json!(null));
    let job = waiting.as_array().unwrap().iter().find(|job| job["itype"] == 72).unwrap();
    let code = &job["data"]["code"];
    assert_eq!(code.as_str().unwrap().len(), 8);
    app.anon().ok("resumeUser", json!({"code": code}));
}

#[test]
fn satellites_and_how_long_they_take() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    let info = || a.ok(&format!("Watch.gpsInfo?imei={IMEI}"), json!(null));
    assert_eq!(info(), json!({"watchStar": -1, "catchStar": -1, "quality": -1}));
    device.ok("Watch.uploadGpsStar", json!({"watchStar": 9, "catchStar": 5, "quality": 40}));
    assert_eq!(info(), json!({"watchStar": 9, "catchStar": 5, "quality": 40}));
    app.write(|tx| tx.add("Employee", json!({"uname": "boss", "name": "boss", "perms": "emp,mgr,family"})));
    let boss = app.login(Role::Mgr, 1);
    assert_eq!(a.fails(&format!("Watch.logGps?imei={IMEI}"), json!({})).0, code::FORBIDDEN);
    assert_eq!(boss.fails("Watch.logGps?imei=1", json!({})).0, 10020);
    let logs = || boss.ok("WatchGpsLog.query?fmt=array&orderby=id", json!(null));
    device.ok("Watch.uploadLocate", json!({"lon": 121.5, "lat": 31.2}));
    assert_eq!(logs(), json!([]), "nobody measures");
    let started = boss.ok(&format!("Watch.logGps?imei={IMEI}"), json!({}));
    boss.ok("testAdvance", json!({"sec": 42}));
    let device = watch(&app, IMEI);
    device.ok("Watch.uploadLocate", json!({"lbs": "460,0,1,2"}));
    assert_eq!(logs(), json!([]), "base stations are no satellites");
    device.ok("Watch.uploadLocate", json!({"lon": 121.6, "lat": 31.3}));
    device.ok("Watch.uploadLocate", json!({"lon": 121.7, "lat": 31.3}));
    let rows = logs();
    assert_eq!(rows.as_array().unwrap().len(), 1, "the first position ends it: {rows}");
    assert_eq!((&rows[0]["spendId"], &rows[0]["lon"]), (&started["spendId"], &json!(121.6)));
    let spent = rows[0]["spendSec"].as_f64().unwrap();
    assert!((42.0..60.0).contains(&spent), "{spent}");
    assert_eq!(rows[0]["address"], "mock address 121.6,31.3");
    assert_eq!(boss.ok(&format!("Watch.logGps?imei={IMEI}"), json!({}))["spendId"], json!(2));
}

#[test]
fn the_track_goes_on_at_midnight_and_by_kind() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    app.write(|tx| tx.set("Watch", 1, json!({"bindTm": "2026-04-01"})));
    let up = |tm: &str| device.ok("Watch.uploadLocate", json!({"lon": 121.5, "lat": 31.2, "tm": tm}));
    up("2026-05-01 23:59:00");
    up("2026-05-01 23:59:59");
    up("2026-05-02 00:00:01");
    device.ok("Watch.uploadLocate", json!({"lbs": "460,0,1,2", "tm": "2026-05-02 00:00:02"}));
    let track = |more: &str| {
        let rows = a.ok(&format!("WatchLocus.query?imei={IMEI}&fmt=array{more}"), json!(null));
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["tm"].as_str().unwrap()[8..].to_owned())
            .collect::<Vec<_>>()
    };
    let days = "&tm1=2026-05-01&tm2=2026-05-03";
    assert_eq!(track(days), ["02 00:00:02", "02 00:00:01", "01 23:59:00"]);
    assert_eq!(track(&format!("{days}&type=2")), ["02 00:00:02"]);
    assert!(track("").is_empty(), "only today's");
    let by_day =
        |more: &str| a.ok(&format!("WatchLocus.dateNum?imei={IMEI}{more}"), json!(null))["d"].clone();
    assert_eq!(by_day(days), json!([["2026-05-02", 1, 1], ["2026-05-01", 1, 0]]));
    let point = a.ok(&format!("WatchLocus.query?imei={IMEI}&type=2&fmt=one{days}"), json!(null));
    assert_eq!((&point["radius"], &point["lbsRadius"]), (&json!(500), &json!(500)));
    assert_eq!(
        device.fails("Watch.uploadLocate", json!({"lon": 1, "lat": 1, "tm": "some day"})).0,
        code::PARAM
    );
    assert_eq!(device.fails("Watch.uploadLocate", json!({"lon": 1})).0, code::PARAM);
    let raw = a.ok(&format!("WatchLocate.query?imei={IMEI}&fmt=one{days}&cond=type=1"), json!(null));
    assert_eq!((&raw["radius"], &raw["rawLon"]), (&json!(0), &json!(121.5)));
}

#[test]
fn events_of_the_mail_service() {
    let key = "hook-key-of-tests";
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("SUBMAIL_HOOK_KEY", key)]);
    let anon = app.anon();
    let post = |client: &Client<'_>, body: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        client.exactly("POST", "/webhook/submail", &headers, Some(body.as_bytes().to_vec())).json()
    };
    let sign = format!("{:x}", md5::compute(format!("abc{key}")));
    let event =
        "events=delivered&address=mum%40example.test&message_id=m1&send_id=s1&tag=t&ip=10.0.0.1&app=7";
    for wrong in [
        "",
        &event.replace("delivered", "x"),
        &format!("{event}&token=abc&signature=00"),
        &format!("{event}&token=abd&signature={sign}"),
    ] {
        let code = post(&anon, wrong)[0].clone();
        assert!(code == json!(-1) || code == json!(1), "{wrong}: {code}");
    }
    assert_eq!(post(&anon, &format!("{event}&token=abc&signature=00"))[0], json!(-1));
    assert_eq!(app.cell("SELECT count(*) FROM Submail"), json!(0));
    assert_eq!(post(&anon, &format!("{event}&token=abc&signature={sign}")), json!([0, "OK"]));
    assert_eq!(
        anon.form("submailNotify", &format!("events=opened&token=abc&signature={sign}")),
        json!([0, "OK"])
    );
    app.write(|tx| tx.add("Employee", json!({"uname": "clerk", "name": "clerk", "perms": "emp,family"})));
    let row = app.login(Role::Emp, 1).ok("Submail.get?id=1", json!(null));
    for (name, value) in [
        ("email", "mum@example.test"),
        ("events", "delivered"),
        ("messageNo", "m1"),
        ("sendNo", "s1"),
        ("tag", "t"),
    ] {
        assert_eq!(row[name], json!(value), "{row}");
    }
    let rest: Value = serde_json::from_str(row["ext"].as_str().unwrap()).unwrap();
    assert_eq!(rest, json!({"ip": "10.0.0.1", "app": "7"}));
    let closed = TestApp::new();
    assert_eq!(post(&closed.anon(), event)[0], json!(5), "without a key nobody can sign");
}

#[test]
fn a_watch_reads_the_files_of_its_circle() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let (b, next, _) = family(&app, "Next door");
    let (mine, theirs) = (watch(&app, IMEI), watch(&app, "860000000000002"));
    bind(&a, id, IMEI);
    let bound = bind(&b, next, "860000000000002");
    let pic = crate::watch_plaza::picture(&a, "msgImg");
    a.ok(&format!("CircleMsg.add?circleId={id}"), json!({"type": 2, "attId": pic}));
    let reads = |client: &Client<'_>, id: i64| {
        client.send("GET", &format!("att?id={id}"), &[], None).bytes.starts_with(b"GIF")
    };
    assert!(reads(&mine, pic) && !reads(&theirs, pic));
    let voice = crate::watch_plaza::picture(&theirs, "msgImg");
    assert!(!reads(&b, voice), "not yet a message");
    theirs.ok("CircleMsg.add", json!({"type": 2, "attId": voice}));
    assert!(reads(&b, voice) && reads(&theirs, voice) && !reads(&a, voice) && !reads(&mine, voice));
    let second = crate::watch_plaza::picture(&b, "msgImg");
    b.ok(&format!("CircleMsg.add?circleId={next}"), json!({"type": 2, "attId": second}));
    assert!(reads(&theirs, second));
    b.ok(&format!("CircleWatch.del?id={bound}"), json!({}));
    assert!(!reads(&theirs, second), "a watch that left reads no more");
    assert_eq!(theirs.fails("CircleMsg.add", json!({"type": 3, "content": "hi"})).0, 10025);
}

#[test]
fn leaving_a_circle_takes_what_belongs_to_the_watch() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    let bound = bind(&a, id, IMEI);
    device.ok("Watch.uploadLocate", json!({"lon": 121.5, "lat": 31.2}));
    a.ok(&format!("WatchAlarm.add?imei={IMEI}"), json!({}));
    a.ok(&format!("CircleWatch.del?id={bound}"), json!({}));
    let left = |table: &str| app.cell(&format!("SELECT count(*) FROM {table}"));
    assert_eq!([left("WatchJob"), left("WatchAlarm"), left("WatchLocate")], [json!(0), json!(0), json!(1)]);
    let bound = {
        // Never activated again: the address is enough.
        let post = json!({"circleId": id, "imei": IMEI, "mac": "AA:BB"});
        a.ok("CircleWatch.activate", post)
    };
    a.ok(&format!("CircleWatch.del?id={bound}&thorough=1"), json!({}));
    assert_eq!(
        [left("WatchLocate"), left("WatchLocus"), left("geo_WatchLocate")],
        [json!(0), json!(0), json!(0)]
    );
    assert_eq!(
        a.fails("CircleWatch.activate", json!({"circleId": id, "imei": "861", "mac": "AA:BB"})).0,
        10020
    );
    let open = TestApp::with(&[("P_TEST_MODE", "2"), ("WATCH_ACTIVATE_UNKNOWN", "1")]);
    let (a, id, _) = family(&open, "Home");
    a.ok("CircleWatch.activate", json!({"circleId": id, "imei": "861", "mac": "AA:BB"}));
}

#[test]
fn positions_and_logs_are_forgotten_in_time() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    let left = |table: &str| app.cell(&format!("SELECT count(*) FROM {table}"));
    let all = || [left("WatchLog"), left("WatchLocate"), left("WatchLocus"), left("geo_WatchLocate")];
    device.ok("Watch.uploadState", json!({"event": "wake"}));
    device.ok("Watch.uploadLocate", json!({"lon": 121.5, "lat": 31.2}));
    for (days, kept) in [(29, [1, 1, 1, 1]), (2, [0, 1, 1, 1]), (150, [0, 0, 0, 0])] {
        a.ok("testAdvance", json!({"sec": days * 86_400}));
        a.ok("runJob?name=watch.retention", json!({}));
        assert_eq!(all(), kept.map(|count| json!(count)), "{days} days later");
    }
    assert_eq!(left("CircleMsg"), json!(2), "messages stay");
    // Logs are bounded by number too.
    app.write(|tx| {
        for id in [1, 5, 2_000_005] {
            tx.add("WatchLog", json!({"id": id, "imei": "1", "event": "recv", "tm": tx.now()}))?;
        }
        Ok(())
    });
    a.ok("runJob?name=watch.retention", json!({}));
    assert_eq!(app.cell("SELECT group_concat(id) FROM WatchLog"), json!("2000005"));
}

#[test]
fn staff_changes_of_a_watch_what_is_theirs_to_change() {
    let app = TestApp::new();
    watch(&app, IMEI);
    app.write(|tx| {
        tx.add("Employee", json!({"uname": "clerk", "name": "clerk", "perms": "emp,family"}))?;
        tx.add("Employee", json!({"uname": "boss", "name": "boss", "perms": "emp,mgr,family"}))
    });
    let (clerk, boss) = (app.login(Role::Emp, 1), app.login(Role::Mgr, 2));
    assert_eq!(clerk.fails("Watch.set?id=1", json!({"customerId": 7})).0, code::FORBIDDEN);
    boss.ok("Watch.set?id=1", json!({"customerId": 7, "status": 2}));
    let table = app.server.env.registry.catalogue.table("Watch").unwrap().clone();
    let columns = table.columns.iter().map(|column| column.name.as_str().to_owned());
    for column in columns.filter(|name| !["id", "customerId", "status"].contains(&name.as_str())) {
        let post = Value::Object([(column.clone(), json!(1))].into_iter().collect());
        assert_eq!(boss.fails("Watch.set?id=1", post).0, code::FORBIDDEN, "{column}");
    }
    let seen = boss.ok("Watch.get?id=1", json!(null));
    assert_eq!((&seen["customerId"], seen.get("authcode")), (&json!(7), None));
    assert_eq!(boss.fails("Watch.query?res=authcode", json!(null)).0, code::DB);
    boss.ok("AppVersion.add", json!({"number": 2, "platform": "android", "name": "2.0"}));
    boss.ok("AppVersion.add", json!({"number": 10, "platform": "android", "name": "10.0", "log": "more"}));
    boss.ok("AppVersion.add", json!({"number": 11, "platform": "ios"}));
    assert_eq!(boss.fails("AppVersion.add", json!({"number": 10, "platform": "android"})).0, code::PARAM);
    assert_eq!(boss.fails("AppVersion.add", json!({"platform": "android"})).0, code::PARAM);
    assert_eq!(
        app.anon().ok("AppVersion.latest?platform=android", json!(null)),
        json!({"number": 10, "name": "10.0", "log": "more", "url": ""})
    );
    let (a, id, _) = family(&app, "Home");
    assert_eq!(a.fails("WatchUser.set", json!({"name": ""})).0, code::PARAM);
    assert_eq!(a.fails(&format!("Circle.set?id={id}"), json!({"name": ""})).0, code::PARAM);
}
