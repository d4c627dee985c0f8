//! Private data of families in every object and by every way of asking, and the record of each look at it.

use crate::app::{Client, TestApp};
use crate::code;
use crate::login::employee;
use crate::watch_family::family;
use jindou::auth::{Role, mask};
use serde_json::{Value, json};

const IMEI: &str = "860000000000001";
/// Stands in every private text that is seeded; phones and places have digits of their own.
const MARK: &str = "Zq7v";
const MARKS: &[&str] = &[MARK, "139777", "123.4567", "41.4567"];

/// As strangers meet it, with services that work.
fn production() -> TestApp {
    TestApp::with(&[("WATCH_OPEN_LOGIN", "1"), ("MAP_MODE", "mock"), ("MAIL_MODE", "mock")])
}

/// A family with a private text in every field that takes one. Gives its circle.
fn seeded<'a>(app: &'a TestApp) -> (Client<'a>, i64) {
    let a = app.anon();
    a.ok("newUser", json!({}));
    let fields = json!({"name": format!("{MARK} home"), "brief": format!("{MARK} brief"),
        "email": format!("{MARK}@example.test"), "userName": format!("{MARK} mum"), "userPhone": "13977700001"});
    let id = a.ok("Circle.add", fields)["id"].as_i64().unwrap();
    a.ok("WatchUser.set", json!({"name": format!("{MARK} profile")}));
    a.ok(
        "CircleContact.add",
        json!({"circleId": id, "phone": "13977700002", "name": format!("{MARK} gran")}),
    );
    let device = app.client("watch");
    device.ok(
        "Watch.login",
        json!({"imei": IMEI, "mac": format!("{MARK}:mac"), "imsi": format!("{MARK}imsi")}),
    );
    a.ok(&format!("Watch.genToken?imei={IMEI}"), json!(null));
    let code = device.ok("WatchJob.poll", json!(null))[0]["data"]["code"].clone();
    let bound = a.ok("CircleWatch.add", json!({"circleId": id, "imei": IMEI, "code": code}));
    let fields =
        json!({"name": format!("{MARK} child"), "phone": "13977700003", "fastCallPhone": "13977700001"});
    a.ok(&format!("CircleWatch.set?id={bound}"), fields);
    a.ok(&format!("WatchAlarm.add?imei={IMEI}"), json!({"label": format!("{MARK} alarm")}));
    a.ok(&format!("CircleMsg.add?circleId={id}"), json!({"type": 3, "content": format!("{MARK} words")}));
    let place = json!({"lon": 123.4567, "lat": 41.4567});
    device.ok("Watch.uploadLocate", place.clone());
    device.ok("Watch.uploadSms", json!({"phone": "13977700004", "content": format!("{MARK} sms")}));
    a.ok("userUploadLocate", place);
    let picture = crate::watch_plaza::picture(&a, "msgImg");
    a.ok(&format!("CircleMsg.add?circleId={id}"), json!({"type": 2, "attId": picture}));
    app.write(move |tx| {
        let email = format!("{MARK}@example.test");
        tx.add("Submail", json!({"email": email, "events": "delivered", "ext": format!("{MARK} ext")}))?;
        tx.add("UserFace", json!({"userId": 1, "data": format!("{MARK} face")}))?;
        tx.add("AnswerScore", json!({"imei": IMEI, "score": 3}))?;
        let gps = json!({"imei": IMEI, "lon": 123.4567, "lat": 41.4567, "address": format!("{MARK} street")});
        tx.add("WatchGpsLog", gps)?;
        let names = serde_json::Map::from_iter([("orgName".to_owned(), json!(format!("{MARK}.jpg")))]);
        tx.update("Attachment", &[("id", json!(picture))], names)?;
        Ok(())
    });
    (a, id)
}

/// Every way of asking an object for what a field holds.
fn questions(object: &str, field: &str) -> Vec<String> {
    let mut all = vec![
        format!("{object}.query?res=id,{field}&pagesz=-1"),
        format!("{object}.query?res={field} x&distinct=1&pagesz=-1"),
        format!("{object}.query?res=count(*) n&gres={field}&pagesz=-1"),
        format!("{object}.query?res=id&statRes=max({field}) a,min({field}) b"),
        format!("{object}.query?res=max({field}) a"),
        format!("{object}.query?res=id,{field}&fmt=csv&pagesz=-1"),
        format!("{object}.query?gres={field}&res=count(*) n&fmt=csv&pivot={field}"),
        format!("{object}.query?res=id,t0.{field}&fmt=list"),
    ];
    all.extend((1..=3).map(|id| format!("{object}.get?id={id}&res=id,{field}")));
    all
}

/// Questions whose answer is a number: it tells whether a hidden text has the mark.
fn guesses(object: &str, field: &str) -> Vec<String> {
    vec![
        format!("{object}.query?res=count(*) n&fmt=one&cond={field} like '%25{MARK}%25'"),
        format!("{object}.query?res=count(*) n&fmt=one&cond={field} like '%25139777%25'"),
        format!("{object}.query?res=count(*) n&fmt=one&qsearch={field}:{MARK}"),
    ]
}

/// The log of calls has its own masks and tests.
const NOT_WALKED: &[&str] = &["ApiLog", "ApiLog1", "SyslogV", "Syslog"];

fn names(app: &TestApp) -> Vec<(&'static str, Vec<String>)> {
    let registry = &app.server.env.registry;
    let walked = registry.objects().filter(|def| def.table.is_some() && !NOT_WALKED.contains(&def.name()));
    let fields = |def: &jindou::object::ObjectDef| def.fields.keys().map(|name| name.to_string()).collect();
    walked.map(|def| (def.name(), fields(def))).collect()
}

/// The places where a private text shows to this client, and the number of questions that were answered.
fn shown_to(app: &TestApp, client: &Client<'_>) -> (Vec<String>, usize) {
    let (mut found, mut answered) = (Vec::new(), 0);
    for (object, fields) in names(app) {
        let mut asked =
            vec![format!("{object}.query?pagesz=-1"), format!("{object}.query?pagesz=-1&fmt=csv")];
        asked.push(format!("{object}.query?res=*&pagesz=-1"));
        asked.extend((1..=3).map(|id| format!("{object}.get?id={id}")));
        asked.extend(fields.iter().flat_map(|field| questions(object, field)));
        for question in asked {
            let got = client.send("GET", &question, &[], None);
            let text = String::from_utf8_lossy(&got.bytes).into_owned();
            answered += usize::from(text.starts_with("[0,") || !text.starts_with('['));
            if MARKS.iter().any(|mark| text.contains(mark)) {
                found.push(format!("{question}: {text}"));
            }
        }
        let mut guessed: Vec<String> = fields.iter().flat_map(|field| guesses(object, field)).collect();
        guessed.push(format!("{object}.query?res=count(*) n&fmt=one&q={MARK}"));
        // Where nothing can be searched, `q` says nothing.
        let all = client.call(&format!("{object}.query?res=count(*) n&fmt=one"), Value::Null)[1]["n"].clone();
        let nothing =
            client.call(&format!("{object}.query?res=count(*) n&fmt=one&q=nobodysword"), Value::Null);
        let searches = nothing[1]["n"] != all;
        for question in guessed.into_iter().filter(|question| searches || !question.contains("&q=")) {
            let answer = client.call(&question, Value::Null);
            if answer[0] == 0 && answer[1]["n"].as_i64().unwrap_or_default() > 0 {
                found.push(format!("{question}: {answer}"));
            }
        }
    }
    (found, answered)
}

#[test]
fn staff_without_the_permission_sees_no_private_text_by_any_question() {
    let app = production();
    seeded(&app);
    for (role, uname, perms) in [(Role::Emp, "clerk", "emp"), (Role::Mgr, "thechief", "emp,mgr")] {
        let client = app.login(role, employee(&app, uname, perms));
        let (found, answered) = shown_to(&app, &client);
        assert!(found.is_empty(), "{uname}:\n{}", found.join("\n"));
        assert!(answered > 500, "{answered} questions were answered");
    }
    // The same questions find it all with the permission.
    let trusted = app.login(Role::Emp, employee(&app, "trusted", "emp,family"));
    let (found, _) = shown_to(&app, &trusted);
    for object in [
        "Circle",
        "CircleUser",
        "CircleWatch",
        "CircleContact",
        "CircleMsg",
        "WatchUser",
        "Watch",
        "WatchAlarm",
        "WatchLocate",
        "WatchLocus",
        "WatchGpsLog",
        "AnswerScore",
        "Submail",
        "Attachment",
    ] {
        assert!(found.iter().any(|line| line.starts_with(&format!("{object}."))), "{object} is not seeded");
    }
}

/// What the log says was looked at since the last time: object and id, in order.
fn looks(app: &TestApp, since: &mut i64) -> Vec<(String, i64)> {
    app.write(|_| Ok(()));
    let conn = rusqlite::Connection::open(app.server.db.path()).unwrap();
    let sql = "SELECT o.id, o.obj, o.objId, l.app FROM ObjLog o JOIN ApiLog l ON l.id=o.apiLogId \
        WHERE o.dscr='查看' AND o.id>?1 ORDER BY o.id";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([*since], |row| {
        Ok((row.get::<_, i64>(0)?, (row.get(1)?, row.get(2)?), row.get::<_, String>(3)?))
    });
    let mut all = Vec::new();
    for (id, look, app) in rows.unwrap().map(Result::unwrap) {
        assert!(app == "emp" || app == "admin", "{app}");
        *since = id;
        all.push(look);
    }
    all
}

#[test]
fn each_look_names_whose_data_was_seen() {
    let app = TestApp::new();
    let (a, first) = seeded(&app);
    let (b, second, _) = family(&app, "Next door");
    b.ok(&format!("CircleMsg.add?circleId={second}"), json!({"type": 3, "content": "hello"}));
    let trusted = app.login(Role::Emp, employee(&app, "trusted", "emp,family"));
    let clerk = app.login(Role::Emp, employee(&app, "clerk", "emp"));
    let mut since = 0;
    let circle = |id: i64| ("Circle".to_owned(), id);
    let mut both = [circle(first), circle(second)];
    both.sort();
    assert_eq!(looks(&app, &mut since), [], "families' own looks are theirs");
    let of_first = format!("cond=circleId={first}");
    for (asked, seen) in [
        (format!("CircleMsg.query?{of_first}"), vec![circle(first)]),
        ("CircleMsg.query?pagesz=1&res=content c&orderby=c desc".to_owned(), vec![circle(second)]),
        ("CircleMsg.query?pagesz=1".to_owned(), vec![circle(second)]),
        (
            "CircleMsg.query?pagesz=1&res=content owner,tm owner0&orderby=owner0 desc".to_owned(),
            vec![circle(second)],
        ),
        (format!("CircleMsg.query?pagesz=2&page=1&orderby=id&{of_first}"), vec![circle(first)]),
        ("CircleMsg.query?res=count(*) n".to_owned(), both.to_vec()),
        ("CircleMsg.query?pagesz=1&res=id&statRes=max(content) m".to_owned(), both.to_vec()),
        ("CircleMsg.query?gres=type&res=max(content) m&pagesz=1".to_owned(), both.to_vec()),
        ("CircleMsg.query?fmt=csv&pagesz=-1".to_owned(), both.to_vec()),
        (format!("CircleMsg.query?fmt=csv&{of_first}"), vec![circle(first)]),
        (format!("CircleMsg.query?fmt=one&{of_first}"), vec![circle(first)]),
        ("CircleMsg.query?cond=content='no such words'".to_owned(), vec![]),
        ("CircleUser.get?id=1".to_owned(), vec![circle(first)]),
        (format!("Circle.get?id={second}&res=name"), vec![circle(second)]),
        (format!("WatchLocate.query?{of_first}&res=lon"), vec![circle(first)]),
        ("Watch.query?res=name".to_owned(), vec![("Watch".to_owned(), 1)]),
        ("WatchAlarm.get?id=1".to_owned(), vec![("Watch".to_owned(), 1)]),
        ("WatchGpsLog.query".to_owned(), vec![("Watch".to_owned(), 1)]),
        ("AnswerScore.query".to_owned(), vec![("Watch".to_owned(), 1)]),
        ("WatchUser.query?cond=userId=1".to_owned(), vec![("User".to_owned(), 1)]),
        ("Submail.query".to_owned(), vec![circle(first)]),
    ] {
        let got = trusted.send("GET", &asked, &[], None);
        let text = String::from_utf8_lossy(&got.bytes).into_owned();
        let begins: String = text.chars().filter(|c| !c.is_whitespace()).take(2).collect();
        assert!(got.status == 200 && (begins == "[0" || !begins.starts_with('[')), "{asked}: {text}");
        assert_eq!(looks(&app, &mut since), seen, "{asked}");
    }
    let items = json!([{"ac": "CircleMsg.query", "get": {"cond": format!("circleId={first}")}},
        {"ac": "Circle.get", "get": {"id": second, "res": "name"}}]);
    for batch in ["batch", "batch?useTrans=1"] {
        trusted.ok(batch, items.clone());
        assert_eq!(looks(&app, &mut since), [circle(first), circle(second)], "{batch}");
    }
    let picture =
        a.ok(&format!("CircleMsg.query?circleId={first}&fmt=list&cond=type=2&res=attId"), json!(null));
    let file = format!("att?id={}", picture["list"][0]["attId"]);
    assert_eq!(trusted.send("GET", &file, &[], None).status, 200);
    assert_eq!(looks(&app, &mut since), [circle(first)], "a file is its message's");
    assert_ne!(clerk.send("GET", &file, &[], None).header("content-type"), "image/jpeg");
    // The log of changes is no way around.
    let changes = trusted
        .ok("ObjLog.query?pagesz=-1&cond=obj in ('CircleMsg','Circle','Watch','CircleUser')", json!(null));
    assert_eq!(changes["d"], json!([]));
    // Who sees nothing private leaves nothing.
    clerk.ok("Watch.query", json!(null));
    clerk.ok("Circle.query", json!(null));
    assert_eq!(looks(&app, &mut since), []);
    app.login(Role::Admin, 1).ok(&format!("Circle.get?id={first}&res=id,users"), json!(null));
    assert_eq!(looks(&app, &mut since), [circle(first)], "the administrator's, too");
    let last = app
        .cell("SELECT l.userId FROM ObjLog o JOIN ApiLog l ON l.id=o.apiLogId WHERE o.dscr='查看' LIMIT 1");
    assert_eq!(last, app.cell("SELECT id FROM Employee WHERE uname='trusted'"));
}

#[test]
fn without_the_log_staff_sees_nothing_private() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_AUDIT", "off")]);
    let (_a, id) = seeded(&app);
    let trusted = app.login(Role::Emp, employee(&app, "trusted", "emp,family"));
    for asked in [
        "CircleMsg.query",
        "CircleMsg.query?fmt=csv",
        "CircleUser.get?id=1",
        "Watch.query",
        "WatchUser.query",
    ] {
        assert_eq!(trusted.fails(asked, json!(null)).0, code::FORBIDDEN, "{asked}");
    }
    assert_eq!(trusted.fails(&format!("Circle.get?id={id}"), json!(null)).0, code::FORBIDDEN);
    let batch = json!([{"ac": "CircleMsg.query"}]);
    assert_eq!(trusted.ok("batch?useTrans=1", batch)[0][0], 5);
    app.login(Role::Admin, 1).ok("CircleMsg.query", json!(null));
}

#[test]
fn permissions_are_declared_by_plugins_and_given_by_those_who_have_them() {
    let app = TestApp::new();
    let admin = app.login(Role::Admin, 1);
    let clerk = employee(&app, "clerk", "emp");
    let chief = app.login(Role::Mgr, employee(&app, "thechief", "emp,mgr"));
    let meta = chief.ok("Meta.get?obj=Employee", json!(null));
    let field = meta["fields"].as_array().unwrap().iter().find(|field| field["name"] == "perms").unwrap();
    let perms = field["perms"].as_array().unwrap();
    let words: Vec<&str> = perms.iter().map(|perm| perm["value"].as_str().unwrap()).collect();
    assert_eq!(words, ["emp", "mgr", "family", "jobs"]);
    for perm in perms {
        for text in ["label", "note"] {
            let (zh, en) = perm[text].as_str().unwrap().split_once('|').unwrap();
            assert!(!zh.is_empty() && !en.is_empty(), "{perm}");
        }
    }
    let set = |client: &Client<'_>, id: i64, perms: &str| {
        client.call(&format!("Employee.set?id={id}"), json!({"perms": perms}))[0].clone()
    };
    let me = app.cell("SELECT id FROM Employee WHERE uname='thechief'").as_i64().unwrap();
    assert_eq!([set(&chief, me, "emp,mgr,family"), set(&chief, clerk, "emp,family")], [json!(5), json!(5)]);
    let batch = json!({"list": [{"uname": "newone", "pwd": "Passw0rd-long-9", "perms": "family"}]});
    assert_ne!(chief.call("Employee.batchAdd", batch)[0], json!(0));
    let post = json!({"uname": "newtwo", "pwd": "Passw0rd-long-9", "perms": "family"});
    assert_eq!(chief.fails("Employee.add", post).0, code::FORBIDDEN);
    assert_eq!(set(&chief, clerk, "emp,mgr"), json!(0));
    assert_eq!(set(&admin, clerk, "emp,family"), json!(0));
    // What an account has already stays, and can be taken away.
    assert_eq!([set(&chief, clerk, "family,emp"), set(&chief, clerk, "emp")], [json!(0), json!(0)]);
}

#[test]
fn permissions_are_whole_words_and_none_is_nobody() {
    let app = TestApp::new();
    let bits = |uname: &str, perms: &str| {
        let id = employee(&app, uname, perms);
        app.write(move |tx| {
            let login = tx.env().registry.login("emp").unwrap();
            Ok((login.identify)(tx, id)?.map(|identity| identity.bits))
        })
    };
    assert_eq!(bits("staff", "emp,mgr"), Some(mask::EMP | mask::MGR));
    assert_eq!(bits("staffx", "mgr"), Some(mask::EMP | mask::MGR));
    assert_eq!(bits("staffxx", "family"), Some(mask::EMP | mask::PRIVATE));
    assert_eq!(bits("staffxxx", "emp, manager"), Some(mask::EMP));
    assert_eq!(bits("staffxxxx", " , "), None);
    app.write(|tx| tx.set("Employee", 1, json!({"perms": ""})));
    let off = app.write(|tx| Ok((tx.env().registry.login("emp").unwrap().identify)(tx, 1)?.is_none()));
    assert!(off);
}
