//! Families: users without a password, circles, joining and leaving.

use crate::app::{Client, TestApp};
use crate::code;
use serde_json::{Value, json};

/// A new user, logged in, with a circle.
pub fn family<'a>(app: &'a TestApp, name: &str) -> (Client<'a>, i64, String) {
    let client = app.anon();
    client.ok("newUser", json!({}));
    let circle = client.ok("Circle.add", json!({"name": name}));
    (client, circle["id"].as_i64().unwrap(), circle["joinPwd"].as_str().unwrap().to_owned())
}

#[test]
fn a_new_family() {
    let app = TestApp::new();
    let client = app.anon();
    assert_eq!(client.fails("Circle.add", json!({})).0, code::NOAUTH);
    let me = client.ok("newUser", json!({}));
    assert!(me["_token"].as_str().unwrap().len() >= 48);
    assert!(me["name"].as_str().unwrap().starts_with("游客"));
    assert_eq!(client.ok("WatchUser.get", json!(null))["circleId"], json!(null));
    let circle = client.ok("Circle.add", json!({"name": "Home"}));
    let id = circle["id"].as_i64().unwrap();
    assert!((1_000_000_000..=9_999_999_999).contains(&id), "{id}");
    assert_eq!(circle["joinPwd"].as_str().unwrap().len(), 6);
    let got = client.ok(&format!("Circle.get?id={id}"), json!(null));
    assert_eq!(got["users"].as_array().unwrap().len(), 1);
    assert_eq!((&got["users"][0]["name"], &got["users"][0]["status"]), (&json!("APP用户1"), &json!(1)));
    assert_eq!((&got["name"], &got["joinPwd"]), (&json!("Home"), &circle["joinPwd"]));
    let profile = client.ok("WatchUser.get", json!(null));
    assert_eq!((&profile["circleId"], &profile["circleName"]), (&json!(id), &json!("Home")));
    let second = client.ok("Circle.add", json!({}));
    let list = client.ok("Circle.query?fmt=list", json!(null));
    assert_eq!(list["list"][1]["name"], "圈子2", "{list}");
    assert_eq!(client.ok("Circle.query", json!(null))["h"], json!(["id", "name", "picId", "status", "tm"]));
    client.ok(&format!("Circle.set?id={id}"), json!({"email": "home@example.test", "brief": "we"}));
    let other = second["id"].as_i64().unwrap();
    assert_eq!(
        client.fails(&format!("Circle.set?id={other}"), json!({"email": "home@example.test"})).0,
        10012
    );
    assert_eq!(client.fails("Circle.add", json!({"email": "home@example.test"})).0, 10012);
    client.ok(&format!("Circle.del?id={other}"), json!({}));
    assert_eq!(client.fails(&format!("Circle.get?id={other}"), json!(null)).0, 10001);
    // A token brings a browser without a cookie back in, until it is renewed.
    let token = me["_token"].as_str().unwrap();
    let phone = app.anon();
    assert_eq!(phone.ok("login", json!({"token": token}))["id"], me["id"]);
    let new = client.ok("renewSession", json!({}))["_token"].clone();
    assert_eq!(app.anon().fails("login", json!({"token": token})).0, code::AUTHFAIL);
    assert_eq!(phone.fails("Circle.query", json!(null)).0, code::NOAUTH);
    client.ok("WatchUser.set", json!({"name": "妈妈"}));
    assert_eq!(app.anon().ok("login", json!({"token": new}))["id"], me["id"]);
    assert_eq!(client.fails("WatchUser.set", json!({"type": 1})).0, code::FORBIDDEN);
}

#[test]
fn joining_and_leaving() {
    let app = TestApp::new();
    let (a, id, pin) = family(&app, "Home");
    let b = app.anon();
    let b_id = b.ok("newUser", json!({"name": "爸爸"}))["id"].as_i64().unwrap();
    let join = |post: Value| b.fails(&format!("circleJoin?circleId={id}"), post).0;
    assert_eq!(b.fails(&format!("Circle.get?id={id}"), json!(null)).0, 10002);
    assert_eq!(join(json!({})), 1);
    assert_eq!(join(json!({"joinPwd": "wrong"})), 10005);
    assert_eq!(join(json!({"invite": "000"})), 10006);
    assert_eq!(join(json!({"joinPwd": pin, "name": "APP用户1"})), 10008);
    let since = app.write(|tx| Ok(tx.env().now_ms_text()));
    std::thread::sleep(std::time::Duration::from_millis(3));
    let joined = b.ok("circleJoin", json!({"circleId": id, "joinPwd": pin, "phone": "13800000002"}));
    assert_eq!(joined, json!({"name": "爸爸", "phone": "13800000002"}));
    assert_eq!(join(json!({"joinPwd": pin})), 10004);
    let diff = a.ok(&format!("Circle.get?id={id}&sinceTm={since}"), json!(null));
    assert_eq!(diff["users"].as_array().unwrap().len(), 1, "{diff}");
    assert_eq!(diff["users"][0]["userId"], json!(b_id));
    let last = a.ok(&format!("CircleMsg.query?circleId={id}&fmt=list"), json!(null));
    assert_eq!(
        (&last["list"][0]["type"], &last["list"][0]["sender"]),
        (&json!(12), &json!(b_id.to_string()))
    );

    a.ok("CircleUser.set", json!({"circleId": id, "phone": "13800000001", "shareLocateFlag": 1}));
    assert_eq!(a.fails("CircleUser.set", json!({"circleId": id, "phone": "13800000002"})).0, 10007);
    let contact = a.ok("CircleContact.add", json!({"circleId": id, "phone": "021-1"}));
    assert_eq!(contact["name"], "通讯录用户1");
    assert_eq!(b.fails("CircleContact.add", json!({"circleId": id, "phone": "021-1"})).0, 10007);
    assert_eq!(
        b.ok(&format!("Circle.phones?id={id}"), json!(null)),
        json!({"h": ["phone", "name", "type"], "d": [
            ["13800000001", "APP用户1", 1], ["13800000002", "爸爸", 1], ["021-1", "通讯录用户1", 0]]})
    );
    b.ok("CircleContact.del", json!({"circleId": id, "phone": "021-1"}));
    assert_eq!(b.fails("CircleContact.del", json!({"circleId": id, "phone": "021-1"})).0, 10011);

    a.ok("CircleUser.remove", json!({"circleId": id, "userId": b_id}));
    assert_eq!(a.fails("CircleUser.remove", json!({"circleId": id, "userId": b_id})).0, 10002);
    assert_eq!(b.fails(&format!("Circle.get?id={id}"), json!(null)).0, 10002);
    let gone = b.ok(&format!("Circle.query?sinceTm={since}&fmt=list"), json!(null));
    assert_eq!((&gone["list"][0]["id"], &gone["list"][0]["status"]), (&json!(id), &json!(0)));
    assert_eq!(b.ok("Circle.query?fmt=list", json!(null))["list"], json!([]));
    let a_id = a.ok("WatchUser.get", json!(null))["userId"].clone();
    assert_eq!(a.fails("CircleUser.remove", json!({"circleId": id, "userId": a_id})).0, 10010);
    assert_eq!(a.ok(&format!("CircleMsg.query?circleId={id}&fmt=list"), json!(null))["list"][0]["type"], 13);
    // What he was called before is filled in.
    assert_eq!(b.ok("circleJoin", json!({"circleId": id, "joinPwd": pin}))["phone"], "13800000002");
}

#[test]
fn invitations_last_a_day_and_guesses_are_few() {
    let app = TestApp::new();
    let (a, id, _) = family(&app, "Home");
    let invitation = a.ok(&format!("Circle.invite?id={id}"), json!(null));
    assert_eq!((invitation["code"].as_str().unwrap().len(), &invitation["ttl"]), (8, &json!(86400)));
    let b = app.anon();
    b.ok("newUser", json!({}));
    assert_eq!(b.fails(&format!("Circle.invite?id={id}"), json!(null)).0, 10002);
    b.ok("testAdvance", json!({"sec": 86_000}));
    assert_eq!(a.ok(&format!("Circle.invite?id={id}"), json!(null))["code"], invitation["code"]);
    b.ok("circleJoin", json!({"circleId": id, "invite": invitation["code"]}));
    b.ok("testAdvance", json!({"sec": 500}));
    let c = app.anon();
    c.ok("newUser", json!({}));
    assert_eq!(c.fails("circleJoin", json!({"circleId": id, "invite": invitation["code"]})).0, 10006);
    for _ in 0..4 {
        assert_eq!(c.fails("circleJoin", json!({"circleId": id, "joinPwd": "00000x"})).0, 10005);
    }
    assert_eq!(c.fails("circleJoin", json!({"circleId": id, "joinPwd": "00000x"})).0, 10048);
    c.ok("testAdvance", json!({"sec": 601}));
    assert_eq!(c.fails("circleJoin", json!({"circleId": id, "joinPwd": "00000x"})).0, 10005);
}

#[test]
fn mail_with_the_pin_is_sent_with_the_circle() {
    let app = TestApp::new();
    let client = app.anon();
    client.ok("newUser", json!({}));
    let circle = client.ok("Circle.add", json!({"email": "mum@example.test"}));
    let log = client.ok("MockLog.query?fmt=list", json!(null));
    assert_eq!((&log["list"][0]["svc"], &log["list"][0]["op"]), (&json!("mail"), &json!("send")));
    assert!(log["list"][0]["req"].as_str().unwrap().contains(circle["joinPwd"].as_str().unwrap()));
    client.ok("mockSet", json!({"svc": "mail", "op": "send", "fail": 1}));
    client.ok("Circle.add", json!({"email": "dad@example.test"}));
    assert_eq!(
        app.cell("SELECT count(*) FROM Job WHERE queue = 'out' AND doneTm IS NULL"),
        json!(1),
        "what failed waits for another try"
    );
    assert_eq!(client.fails("mockSet", json!({"svc": "moil", "op": "send"})).0, code::PARAM);
    let ten = app.anon();
    for _ in 0..9 {
        ten.ok("newUser", json!({}));
    }
    assert_eq!(ten.fails("newUser", json!({})).0, 10049);
}

#[test]
fn notifications_go_to_one_phone() {
    let app = TestApp::new();
    let (a, b) = (app.anon(), app.anon());
    a.ok("newUser", json!({}));
    b.ok("newUser", json!({}));
    let token = "0f".repeat(32);
    assert_eq!(a.fails("bindDeviceToken", json!({"token": "12", "appVer": "produce"})).0, code::PARAM);
    assert_eq!(a.fails("bindDeviceToken", json!({"token": token, "appVer": "beta"})).0, code::PARAM);
    a.ok("bindDeviceToken", json!({"token": token, "appVer": "produce"}));
    b.ok("bindDeviceToken", json!({"token": token, "appVer": "produce"}));
    assert_eq!(app.cell("SELECT group_concat(userId) FROM DeviceToken"), json!("2"));
    b.ok("unbindDeviceToken", json!({"token": token}));
    assert_eq!(app.cell("SELECT count(*) FROM DeviceToken"), json!(0));
    b.ok("appFocus", json!({"flag": 1}));
    assert_eq!(b.fails("appFocus", json!({})).0, code::PARAM);
}

/// The caller chooses the address, so mail is sent rarely, to one address, and without text of the caller's.
#[test]
fn mail_about_a_new_circle_is_rare_and_says_what_we_say() {
    let app = TestApp::new();
    let client = app.anon();
    client.ok("newUser", json!({}));
    for pin in ["visit http://evil.test", "123", "1234567890123", "12 45", "１２３４５", "a<b>c"] {
        assert_eq!(client.fails("Circle.add", json!({"joinPwd": pin})).0, code::PARAM, "{pin}");
    }
    for email in [
        "a@b.test,c@d.test",
        "a@b.test c@d.test",
        "a@b.test;c@d.test",
        "<a@b.test>",
        "a@b@c.test",
        "a\n@b.test",
    ] {
        assert_eq!(client.fails("Circle.add", json!({"email": email})).0, code::PARAM, "{email}");
    }
    let circle = client.ok("Circle.add", json!({"joinPwd": "ab12"}))["id"].clone();
    assert_eq!(
        client.fails(&format!("Circle.set?id={circle}"), json!({"joinPwd": "buy this now"})).0,
        code::PARAM
    );
    client.ok(&format!("Circle.set?id={circle}"), json!({"joinPwd": "54321"}));
    // The same address, whoever writes and however it is spelled.
    let to = |client: &Client<'_>, email: &str| {
        let got = client.call("Circle.add", json!({"email": email}));
        if got[0] == json!(0) {
            client.ok(&format!("Circle.del?id={}", got[1]["id"]), json!({}));
        }
        got[0].clone()
    };
    assert_eq!(to(&client, "one@example.test"), json!(0));
    assert_eq!(to(&client, "ONE@example.test"), json!(0));
    let other = app.anon();
    other.ok("newUser", json!({}));
    assert_eq!(to(&other, "one@example.test"), json!(5));
    // And many addresses.
    let codes: Vec<Value> = (0..5).map(|n| to(&client, &format!("many{n}@example.test"))).collect();
    assert_eq!(codes, [0, 0, 0, 5, 5].map(Value::from));
}
