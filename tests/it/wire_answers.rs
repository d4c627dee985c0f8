//! The answer around a payload: arrays, raw, objects, XML, callbacks; debug entries; what production hides.

use crate::app::TestApp;
use crate::code;
use jindou::plugin::*;
use serde_json::{Value, json};

static PLAIN: Plugin = Plugin::new("plain", "").functions(&[
    read("nothing", GUEST, |_, _| Ok(().into())),
    read("encoded", GUEST, |_, _| Ok(Answer::Raw(br#"{"a":1}"#.to_vec()))),
    read("broken", GUEST, |_, _| Err(Error::server("the secret reason"))),
    read("refused", GUEST, |_, _| Err(Error::forbidden("the reason"))),
    read("panics", GUEST, |_, _| -> Result<Answer> { panic!("a bug of the author") }),
    write("panicsWriting", GUEST, |_, _| -> Result<Answer> { panic!("a bug of the author") }),
    read("timed", GUEST, |tx, _| {
        tx.header("x-exec-time", "1ms");
        Ok(json!(1).into())
    }),
    staged("timedApart", GUEST, |stage, _| {
        stage.header("x-exec-time", "2ms");
        Ok(Prepared::write(|tx| {
            tx.header("x-execsql-time", "3ms");
            Ok(json!(1).into())
        }))
    }),
]);
static PLAINS: &[&Plugin] = &[&PLAIN];

fn plain() -> TestApp {
    TestApp::of_plugins(PLAINS, &[])
}

#[test]
fn f029_f030_arrays_with_status_200() {
    let app = TestApp::production();
    let got = app.anon().send("GET", "initClient", &[], None);
    assert_eq!((got.status, got.header("content-type")), (200, "text/plain; charset=UTF-8"));
    assert!(got.text().starts_with("[0,{\"plugins\":") && got.text().ends_with("}]\n"), "{}", got.text());
    assert_eq!(got.json().as_array().unwrap().len(), 2);
    let got = app.anon().send("GET", "nosuch", &[], None);
    assert_eq!((got.status, got.json().as_array().unwrap().len()), (200, 3));
    // Text stays text, whatever language it is in.
    assert!(got.text().contains("接口不支持"));
    let english = app.anon().send("GET", "nosuch?_lang=en", &[], None);
    assert_eq!(english.json()[1], "no such action");
}

#[test]
fn f031_every_code_has_a_sentence() {
    let app = TestApp::rtest();
    let list = app.anon().ok("Err.query?fmt=array", json!(null));
    let zh = |code: i64| {
        let row = list.as_array().unwrap().iter().find(|row| row["code"] == code);
        row.unwrap()["zh"].as_str().unwrap().to_owned()
    };
    for (code, text) in [
        (-100, "中止执行"),
        (-1, "认证失败"),
        (1, "参数不正确"),
        (2, "未登录"),
        (3, "数据库错误"),
        (4, "服务器错误"),
        (5, "禁止操作"),
    ] {
        assert_eq!(zh(code), text);
    }
    assert_eq!(app.anon().fails("whoami", json!(null)), (2, "未登录".into()));
}

#[test]
fn f032_f033_the_two_kinds_of_trouble() {
    let app = TestApp::rtest();
    assert_eq!(app.anon().fails("ApiLog.query?res=nosuch", json!(null)).0, code::DB);
    let app = plain();
    let answer = app.anon().call("broken", json!(null));
    assert_eq!((&answer[0], &answer[1]), (&json!(4), &json!("服务器错误")));
    assert!(!answer.to_string().contains("secret"), "{answer}");
}

#[test]
fn a_bug_ends_one_call_and_nothing_else() {
    let app = plain();
    for ac in ["panics", "panicsWriting"] {
        let answer = app.anon().call(ac, json!(null));
        assert_eq!(answer[0], 4, "{answer}");
        assert!(!answer.to_string().contains("a bug of the author"), "{answer}");
        assert_eq!(app.anon().ok("nothing", json!(null)), json!(null));
    }
}

#[test]
fn f034_f035_nothing_and_what_is_encoded_already() {
    let app = plain();
    assert_eq!(app.anon().send("GET", "nothing", &[], None).text(), "[0,null]\n");
    assert_eq!(app.anon().send("GET", "encoded", &[], None).text(), "[0, {\"a\":1}]\n");
    assert_eq!(app.anon().send("GET", "encoded?_raw=1", &[], None).json(), json!({"a": 1}));
}

#[test]
fn clients_are_told_the_zone_of_all_times() {
    let app = TestApp::of_plugins(PLAINS, &[("P_TZ", "+05:30")]);
    assert_eq!(app.anon().send("GET", "initClient", &[], None).json()[1]["tz"], json!(330));
}

#[test]
fn f036_f037_raw() {
    let app = TestApp::of_plugins(crate::plugins::ALL, &[("P_PLUGINS", "account")]);
    let anon = app.anon();
    let text = |target: &str| anon.send("GET", target, &[], None).text();
    assert!(text("initClient?_raw=1").starts_with("{\"plugins\""));
    assert_eq!(text("whoami?_raw=1").trim_end(), "未登录");
    assert_eq!(text("whoami?retfn=raw").trim_end(), "未登录");
    let app = TestApp::rtest();
    let anon = app.anon();
    let text = |target: &str| anon.send("GET", target, &[], None).text();
    let id = anon.ok("ApiLog.add", json!({"ac": "a", "addr": "b"}));
    assert_eq!(text(&format!("ApiLog.get?id={id}&res=id,ac,addr&_raw=2")).trim_end(), format!("{id}\ta\tb"));
    let lines = text("ApiLog.query?cond=ac='a'&res=ac,addr&_raw=2");
    assert!(lines.contains("a\tb"), "{lines}");
}

#[test]
fn f038_objects() {
    let app = plain();
    let got = |target: &str| app.anon().call(target, json!(null));
    assert_eq!(got("timed?retfn=obj"), json!({"code": 0, "data": 1}));
    assert_eq!(got("refused?retfn=obj"), json!({"code": 5, "message": "禁止操作", "debug": "the reason"}));
    assert_eq!(got("timed?retfn=nosuch"), json!([0, 1]));
    // The stricter wish wins.
    assert_eq!(got("timed?retfn=obj&_raw=1"), json!(1));
    assert_eq!(got("timed?retfn=obj&jdcloud=1"), json!([0, 1]));
    let test = TestApp::of_plugins(PLAINS, &[("P_TEST_MODE", "2")]);
    assert_eq!(test.anon().call("refused?retfn=obj", json!(null))["debug"], json!(["the reason"]));
}

#[test]
fn f039_xml() {
    let app = plain();
    let got = app.anon().send("GET", "encoded?retfn=xml", &[], None);
    assert_eq!(got.header("content-type"), "application/xml");
    let text = got.text();
    assert!(text.contains("<ret>") && text.contains("<code>0</code>") && text.contains("<a>1</a>"), "{text}");
    let text = app.anon().send("GET", "refused?retfn=xml", &[], None).text();
    assert!(text.contains("<code>5</code>") && text.contains("<message>禁止操作</message>"), "{text}");
}

#[test]
fn f040_f041_callbacks() {
    let app = plain();
    let text = |target: &str| app.anon().send("GET", target, &[], None).text();
    assert_eq!(text("timed?_jsonp=cb"), "cb([0,1]);\n");
    assert_eq!(text("timed?_jsonp=a.b%3D"), "a.b=[0,1];\n");
    assert_eq!(text("timed?_jsonp=cb&_raw=1"), "cb(1);\n");
    assert_eq!(text("timed?_jsonp=cb&retfn=obj"), "cb({\"code\":0,\"data\":1});\n");
    assert_eq!(text("refused?_jsonp=cb"), "cb([5,\"禁止操作\",\"the reason\"]);\n");
    let got = app.anon().send("GET", "timed?_jsonp=cb", &[], None);
    assert!(got.header("content-type").starts_with("application/javascript"));
    for bad in ["alert(1)", "a;b", "<script>", "a-b"] {
        let text = text(&format!("timed?_jsonp={bad}"));
        assert!(text.starts_with("[1,"), "{bad}: {text}");
    }
    // Another site's page must not read a visitor's data through a script element.
    let product = TestApp::new();
    let user = product.login(Role::User, crate::login::user(&product, "13800138000"));
    let got = user.send("GET", "User.get?_jsonp=cb", &[], None).text();
    assert!(got.contains('5') && !got.contains("13800138000"), "{got}");
}

#[test]
fn f047_f048_test_mode_shows_more() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let got = anon.send("GET", "ApiLog.hello", &[], None).text();
    assert_eq!(got, "[\n    0,\n    {\n        \"id\": 100,\n        \"name\": \"hello\"\n    }\n]\n");
    let answer = anon.call("ApiLog.query?_debug=9&res=id", json!(null));
    let debug = &answer.as_array().unwrap()[2..];
    assert!(debug.iter().any(|entry| entry.as_str().is_some_and(|text| text.contains("SELECT"))), "{answer}");
    assert_eq!(anon.call("ApiLog.query?_debug=0&res=id", json!(null)).as_array().unwrap().len(), 2);
    // Each statement with how it went.
    let told = |target: &str, body: Value| anon.call(target, body)[2].as_str().unwrap().to_owned();
    let id = anon.ok("ApiLog.add", json!({"ac": "x"}));
    let query = told(&format!("ApiLog.query?_debug=9&res=id&cond=id={id}"), json!(null));
    assert!(query.contains(" -- cnt=1, t=") && query.contains("ms, "), "{query}");
    assert!(told("ApiLog.add?_debug=9", json!({"ac": "x"})).contains(" -- new id="));
    // A call that fails tells what it did before.
    let failed = anon.call("ApiLog.set?_debug=9&id=999999", json!({"addr": "x"}));
    assert_eq!((&failed[0], &failed[2]), (&json!(1), &json!("bad ApiLog.id=999999")));
    assert!(failed[3].as_str().unwrap().contains("SELECT"), "{failed}");
    assert!(failed[3].as_str().unwrap().contains(" -- cnt=0, "), "{failed}");
}

#[test]
fn the_debug_level_of_every_call_is_configured() {
    let with = |mode| TestApp::with(&[("P_TEST_MODE", mode), ("P_DEBUG", "9")]);
    let count = |app: &TestApp, target: &str| {
        let admin = app.login(Role::Admin, 1);
        admin.call(target, json!(null)).as_array().unwrap().len()
    };
    let app = with("1");
    assert!(count(&app, "User.query?res=id") > 2);
    assert_eq!(count(&app, "User.query?res=id&_debug=0"), 2);
    assert_eq!(count(&with("0"), "User.query?res=id"), 2);
}

#[test]
fn f049_production_does_not() {
    let app = TestApp::production();
    let anon = app.anon();
    let text = anon.send("GET", "initClient?_debug=9", &[], None).text();
    assert_eq!(text.lines().count(), 1);
    for target in
        ["initClient?_debug=9&_test=1", "nosuch?_debug=9", "Ordr.query?_debug=9", "User.get?_debug=9&id=x"]
    {
        let answer = anon.call(target, json!(null));
        assert!(answer.as_array().unwrap().len() <= 3, "{target}: {answer}");
    }
}

#[test]
fn actions_can_add_headers() {
    let app = plain();
    assert_eq!(app.anon().send("GET", "timed", &[], None).header("x-exec-time"), "1ms");
    let got = app.anon().send("GET", "timedApart", &[], None);
    assert_eq!((got.header("x-exec-time"), got.header("x-execsql-time")), ("2ms", "3ms"));
}

#[test]
fn numbers_stay_numbers() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let id = anon.ok("ApiLog.add", json!({"ac": "n", "t": "7"}));
    let row: Value = anon.ok(&format!("ApiLog.get?id={id}&res=id,t,userId,tm"), json!(null));
    assert!(row["id"].is_i64() && row["t"] == 7 && row["userId"].is_null() && row["tm"].is_string(), "{row}");
}
