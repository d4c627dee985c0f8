//! Watches: how they get in, are bound, report, and are found.

use crate::app::{Client, TestApp};
use crate::code;
use crate::watch_family::family;
use serde_json::{Value, json};

const IMEI: &str = "860000000000001";

/// A watch that has logged in.
pub fn watch<'a>(app: &'a TestApp, imei: &str) -> Client<'a> {
    let client = app.client("watch");
    client.ok("Watch.login", json!({"imei": imei, "mac": "AA:BB", "heartbeat": 60}));
    client
}

/// Binds a watch and gives the id of the binding.
pub fn bind(user: &Client<'_>, circle: i64, imei: &str) -> i64 {
    let code = user.ok(&format!("Watch.genToken?imei={imei}&debug=1"), json!(null))["code"].clone();
    user.ok("CircleWatch.add", json!({"circleId": circle, "imei": imei, "code": code})).as_i64().unwrap()
}

#[test]
fn binding() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let add = |client: &Client<'_>, circle: i64, code: &Value| {
        client.fails("CircleWatch.add", json!({"circleId": circle, "imei": IMEI, "code": code})).0
    };
    assert_eq!(a.fails(&format!("Watch.genToken?imei={IMEI}"), json!(null)).0, 10020);
    assert_eq!(add(&a, id, &json!("zzzzzz")), 10020);
    let device = app.client("watch");
    let me = device.ok("Watch.login", json!({"imei": IMEI, "mac": "AA:BB"}));
    assert_eq!((&me["status"], me["authcode"].as_str().unwrap().len()), (&json!(3), 8));
    let again = device.ok("Watch.login", json!({"imei": IMEI, "mac": "AA:BB"}));
    assert_eq!(again["authcode"], me["authcode"]);
    assert_eq!(a.ok(&format!("Watch.get?imei={IMEI}"), json!(null)), json!({"imei": IMEI, "circleId": null}));
    assert_eq!(a.ok(&format!("Watch.genToken?imei={IMEI}"), json!(null)), json!({}));
    let code = a.ok(&format!("Watch.genToken?imei={IMEI}&debug=1"), json!(null))["code"].clone();
    assert_eq!(code.as_str().unwrap().len(), 6);
    assert_eq!(add(&a, id, &json!("zzzzzz")), 10026);
    a.ok("CircleUser.set", json!({"circleId": id, "phone": "138"}));
    let same = json!({"circleId": id, "imei": IMEI, "code": code, "phone": "138", "userPhone": "138"});
    assert_eq!(a.fails("CircleWatch.add", same).0, 10031);
    let bound = a.ok(
        "CircleWatch.add",
        json!({"circleId": id, "imei": IMEI, "code": code, "phone": "139", "name": "宝宝"}),
    );
    assert_eq!(add(&a, id, &code), 10023);
    let got = a.ok(&format!("Watch.get?imei={IMEI}"), json!(null));
    assert_eq!((&got["circleId"], &got["name"], &got["online"]), (&json!(id), &json!("宝宝"), &json!(1)));
    assert!(got.get("authcode").is_none());
    let last = a.ok(&format!("CircleMsg.query?circleId={id}&fmt=list"), json!(null));
    assert_eq!(last["list"][0]["type"], 14);
    let (b, other, _) = family(&app, "Next door");
    assert_eq!(add(&b, other, &code), 10024);
    assert_eq!(b.fails(&format!("Watch.get?imei={IMEI}"), json!(null)).0, 10020);
    assert_eq!(b.fails(&format!("CircleWatch.set?id={bound}"), json!({"name": "x"})).0, 10025);
    let set = |post: Value| a.call(&format!("CircleWatch.set?id={bound}"), post)[0].clone();
    assert_eq!(set(json!({"fastCallPhone": "110"})), json!(10029));
    assert_eq!(set(json!({"fastCallPhone": "138", "name": "贝贝"})), json!(0));
    assert_eq!(set(json!({"name": "APP用户1"})), json!(10008));
    assert_eq!(a.ok(&format!("Watch.get?imei={IMEI}"), json!(null))["fastCallPhone"], "138");
    a.ok(&format!("CircleWatch.del?id={bound}"), json!({}));
    assert_eq!(a.fails(&format!("CircleWatch.del?id={bound}"), json!({})).0, 10025);
    assert_eq!(a.ok(&format!("Watch.get?imei={IMEI}"), json!(null))["circleId"], json!(null));
    assert_eq!(app.cell("SELECT status FROM Watch"), json!(3));
    // Near enough to read its address: no code is needed for a watch that was never activated.
    let activate = |mac: &str| json!({"circleId": id, "imei": IMEI, "mac": mac});
    assert_eq!(a.fails("CircleWatch.activate", activate("CC:DD")).0, 10034);
    a.ok("CircleWatch.activate", activate("aa:bb"));
}

#[test]
fn an_unused_code_ends_after_an_hour() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    watch(&app, IMEI);
    let code = a.ok(&format!("Watch.genToken?imei={IMEI}&debug=1"), json!(null))["code"].clone();
    a.ok("testAdvance", json!({"sec": 3601}));
    assert_eq!(a.fails("CircleWatch.add", json!({"circleId": id, "imei": IMEI, "code": code})).0, 10026);
    assert_eq!(a.fails(&format!("Watch.genToken?imei={IMEI}"), json!(null)).0, 10021);
    for _ in 0..5 {
        watch(&app, IMEI);
        a.ok(&format!("Watch.genToken?imei={IMEI}"), json!(null));
    }
    assert_eq!(
        a.fails(&format!("Watch.genToken?imei={IMEI}"), json!(null)).0,
        code::FORBIDDEN,
        "five an hour"
    );
}

#[test]
fn everything_a_new_family_needs_in_one_call() {
    let app = TestApp::new();
    watch(&app, IMEI);
    let client = app.anon();
    let all = |extra: Value| {
        let mut post =
            json!({"name": "Home", "userName": "妈妈", "userPhone": "138", "imei": IMEI, "mac": "AA:BB"});
        post.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        post
    };
    assert_eq!(client.fails("circleStart", all(json!({"watchPhone": "138"}))).0, 10031);
    assert_eq!(client.fails("circleStart", all(json!({"watchName": "妈妈"}))).0, 10032);
    assert_eq!(client.fails("circleStart", all(json!({"mac": "11:22"}))).0, 10034);
    assert_eq!(app.cell("SELECT count(*) FROM User"), json!(0), "nothing is left of what failed");
    let made = client.ok("circleStart", all(json!({"watchName": "宝宝"})));
    assert!(made["_token"].is_string() && made["userId"].is_number());
    let got = client.ok(&format!("Circle.get?id={}", made["id"]), json!(null));
    assert_eq!((&got["watches"][0]["imei"], &got["users"][0]["name"]), (&json!(IMEI), &json!("妈妈")));
}

#[test]
fn a_watch_signs_its_login() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("WATCH_DEVICE_KEY", "root-secret-of-tests")]);
    let device = app.client("watch");
    let hmac = |key: &str, text: &str| crate::plugins::watch::device::hmac_hex(key, text).unwrap();
    let signed = |imei: &str, ts: i64, nonce: &str| {
        let key = hmac("root-secret-of-tests", imei);
        json!({"imei": imei, "mac": "AA", "ts": ts, "nonce": nonce, "sign": hmac(&key, &format!("{imei}|{ts}|{nonce}"))})
    };
    let now = app.server.env.unix_ms() / 1000;
    assert_eq!(device.fails("Watch.login", json!({"imei": IMEI})).0, code::PARAM);
    let mut wrong = signed(IMEI, now, "n1");
    wrong["imei"] = json!("860000000000002");
    assert_eq!(device.fails("Watch.login", wrong).0, code::AUTHFAIL);
    assert_eq!(device.fails("Watch.login", signed(IMEI, now - 400, "n2")).0, code::AUTHFAIL);
    device.ok("Watch.login", signed(IMEI, now, "n3"));
    assert_eq!(
        device.fails("Watch.login", signed(IMEI, now, "n3")).0,
        code::AUTHFAIL,
        "a captured login is of no use"
    );
    device.ok("getTime", json!(null));
    let closed = TestApp::production();
    assert_eq!(closed.client("watch").fails("Watch.login", json!({"imei": IMEI})).0, code::FORBIDDEN);
}

#[test]
fn calls_by_authcode_and_their_limit() {
    let app = TestApp::new();
    let code = app.client("watch").ok("Watch.login", json!({"imei": IMEI}))["authcode"].clone();
    let device = app.client("watch");
    let percent = |code: &str| {
        device.call(&format!("Watch.uploadPercent?imei={IMEI}&authcode={code}&percent=50"), json!({}))[0]
            .clone()
    };
    let code = code.as_str().unwrap();
    assert_eq!(percent(code), json!(0));
    for _ in 0..10 {
        assert_eq!(percent("wrong"), json!(2));
    }
    assert_eq!(percent(code), json!(2), "too many wrong ones");
    device.ok("testAdvance", json!({"sec": 601}));
    assert_eq!(percent(code), json!(0));
    assert_eq!(app.anon().fails("Watch.uploadPercent?percent=5", json!({})).0, code::NOAUTH);
}

#[test]
fn reports_become_messages() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    let newest = || {
        let list = a.ok(&format!("CircleMsg.query?circleId={id}&fmt=list"), json!(null));
        list["list"][0].clone()
    };
    device.ok("Watch.uploadPercent", json!({"percent": 60}));
    assert_eq!(newest()["type"], 14);
    device.ok("Watch.uploadPercent", json!({"percent": 20}));
    assert_eq!(
        (&newest()["type"], &newest()["percent"], &newest()["sender"]),
        (&json!(6), &json!(20), &json!(IMEI))
    );
    assert_eq!(a.ok(&format!("Watch.get?imei={IMEI}"), json!(null))["percent"], 20);
    assert_eq!(device.fails("Watch.uploadPercent", json!({"percent": 101})).0, code::PARAM);
    device.ok("Watch.uploadState", json!({"event": "fall"}));
    assert_eq!(newest()["type"], 6, "the fall alarm is off");
    device.ok("Watch.uploadState", json!({"event": "tfLimit"}));
    assert_eq!(newest()["type"], 8);
    assert_eq!(device.fails("Watch.uploadState", json!({"event": "sleep"})).0, code::PARAM);
    device.ok("Watch.uploadSms", json!({"phone": "10086", "content": "余额不足"}));
    assert_eq!((&newest()["type"], &newest()["content"]), (&json!(7), &json!("余额不足")));
    device.ok("CircleMsg.add", json!({"type": 3, "content": "hi"}));
    assert_eq!((&newest()["senderType"], &newest()["content"]), (&json!(2), &json!("hi")));

    let add = |post: Value| a.call(&format!("CircleMsg.add?circleId={id}"), post)[0].clone();
    assert_eq!(add(json!({"type": 1, "attId": 1})), json!(1));
    assert_eq!(add(json!({"type": 2})), json!(1));
    assert_eq!(add(json!({"type": 3, "content": " "})), json!(1));
    assert_eq!(add(json!({"type": 6})), json!(5));
    assert_eq!(add(json!({"type": 3, "content": "ok"})), json!(0));
    let first = a.ok(&format!("CircleMsg.query?circleId={id}&orderby=id&pagesz=2&fmt=list"), json!(null));
    assert_eq!(first["list"][0]["type"], 14);
    let before = first["list"][1]["id"].clone();
    let rest = a.ok(&format!("CircleMsg.query?circleId={id}&beforeId={before}&fmt=list"), json!(null));
    assert_eq!(rest["list"].as_array().unwrap().len(), 1);
    let stranger = app.anon();
    stranger.ok("newUser", json!({}));
    assert_eq!(stranger.fails(&format!("CircleMsg.query?circleId={id}"), json!(null)).0, 10002);
    assert_eq!(
        stranger.fails(&format!("CircleMsg.add?circleId={id}"), json!({"type": 3, "content": "x"})).0,
        10002
    );
}

#[test]
fn a_lost_phone() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    a.ok("CircleUser.set", json!({"circleId": id, "phone": "138"}));
    let device = watch(&app, IMEI);
    bind(&a, id, IMEI);
    let me = a.ok("WatchUser.get", json!(null))["userId"].clone();
    let sms = json!({"phone": "138", "content": "XUNQUNRE"});
    let code = device.ok("Watch.uploadSms?debug=1", sms.clone())["code"].as_str().unwrap().to_owned();
    assert_eq!(code.len(), 8);
    assert_eq!(app.cell("SELECT max(itype) FROM WatchJob"), json!(72));
    let phone = app.anon();
    let back = phone.ok("resumeUser", json!({"code": code.to_lowercase()}));
    assert_eq!(back["id"], me);
    assert_eq!(phone.ok("WatchUser.get", json!(null))["circleId"], json!(id));
    assert_eq!(phone.fails("resumeUser", json!({"code": code})).0, 10041);
    let late = device.ok("Watch.uploadSms?debug=1", sms)["code"].clone();
    phone.ok("testAdvance", json!({"sec": 601}));
    assert_eq!(phone.fails("resumeUser", json!({"code": late})).0, 10041);
    for _ in 0..4 {
        assert_eq!(phone.fails("resumeUser", json!({"code": "----"})).0, 10041);
    }
    assert_eq!(phone.fails("resumeUser", json!({"code": "----"})).0, 10042);
    let unknown = device.call("Watch.uploadSms?debug=1", json!({"phone": "999", "content": "XUNQUNRE"}));
    assert_eq!(unknown, json!([0, "OK"]), "a stranger's phone gets no code");
}

#[test]
fn alarms() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    watch(&app, IMEI);
    bind(&a, id, IMEI);
    let add = |post: Value| a.call(&format!("WatchAlarm.add?imei={IMEI}"), post);
    assert_eq!(add(json!({}))[1]["alarmNo"], "1");
    for wrong in [
        json!({"cycle": "0,8"}),
        json!({"cycle": "1,,2"}),
        json!({"pattern": "single", "cycle": "1,2"}),
        json!({"alarmTime": "24:00"}),
        json!({"alarmTime": "8:5"}),
        json!({"status": "maybe"}),
    ] {
        assert_eq!(add(wrong.clone())[0], json!(1), "{wrong}");
    }
    assert_eq!(add(json!({"pattern": "single", "cycle": "7", "alarmTime": "23:59"}))[1]["alarmNo"], "2");
    a.ok(&format!("WatchAlarm.set?imei={IMEI}&alarmNo=1"), json!({"status": "off"}));
    assert_eq!(a.fails(&format!("WatchAlarm.set?imei={IMEI}&alarmNo=9"), json!({"status": "off"})).0, 10028);
    let list = a.ok(&format!("WatchAlarm.query?imei={IMEI}"), json!(null));
    assert_eq!(
        (&list["d"][0][2], &list["d"][0][3], &list["d"][0][5]),
        (&json!("off"), &json!("1,2,3,4,5"), &json!("闹铃"))
    );
    a.ok(&format!("WatchAlarm.del?imei={IMEI}&alarmNo=2"), json!({}));
    assert_eq!(a.ok(&format!("WatchAlarm.query?imei={IMEI}"), json!(null))["d"].as_array().unwrap().len(), 1);
    let (b, ..) = family(&app, "Next door");
    assert_eq!(b.fails(&format!("WatchAlarm.query?imei={IMEI}"), json!(null)).0, 10020);
}

#[test]
fn pictures_of_messages_stay_in_the_circle() {
    let app = TestApp::new();
    let (a, id, pin) = family(&app, "Home");
    let b = app.anon();
    b.ok("newUser", json!({}));
    b.ok("circleJoin", json!({"circleId": id, "joinPwd": pin}));
    let (stranger, ..) = family(&app, "Next door");
    let pic = crate::watch_plaza::picture(&a, "msgImg");
    a.ok(&format!("CircleMsg.add?circleId={id}"), json!({"type": 2, "attId": pic}));
    let reads = |client: &Client<'_>| {
        client.send("GET", &format!("att?id={pic}"), &[], None).bytes.starts_with(b"GIF")
    };
    assert!(reads(&a) && reads(&b));
    assert!(!reads(&stranger) && !reads(&app.anon()));
    let theirs = crate::watch_plaza::picture(&stranger, "msgImg");
    assert_ne!(
        a.call(&format!("CircleMsg.add?circleId={id}"), json!({"type": 2, "attId": theirs}))[0],
        json!(0)
    );
    a.ok(
        "CircleUser.remove",
        json!({"circleId": id, "userId": b.ok("WatchUser.get", json!(null))["userId"]}),
    );
    assert!(!reads(&b));
    a.ok(&format!("Circle.del?id={id}"), json!({}));
    assert_eq!(app.cell(&format!("SELECT count(*) FROM Attachment WHERE id={pic}")), json!(0));
}
