//! Which action a request means: paths, `ac`, `_ac`, REST forms, and names that mean nothing.

use crate::app::{Client, TestApp};
use crate::code;
use serde_json::{Value, json};

const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];

fn get(client: &Client<'_>, path: &str) -> Value {
    client.exactly("GET", path, &[], None).json()
}

fn form(client: &Client<'_>, method: &str, path: &str, body: &str) -> Value {
    client.exactly(method, path, FORM, Some(body.into())).json()
}

/// A row of the log, made by REST.
fn row(client: &Client<'_>) -> i64 {
    let answer = form(client, "POST", "/api/ApiLog", "ac=made&addr=here");
    assert_eq!(answer[0], 0, "{answer}");
    answer[1].as_i64().unwrap()
}

#[test]
fn f001_f002_f003_every_way_to_the_same_action() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let want = get(&anon, "/api/initClient");
    assert_eq!(want[0], 0);
    for path in [
        "/api.php/initClient",
        "/api.php?ac=initClient",
        "/api?ac=initClient",
        "/api/?ac=initClient",
        "/api.php/?ac=initClient",
    ] {
        assert_eq!(get(&anon, path), want, "{path}");
    }
    assert_eq!(get(&anon, "/api?ac=ApiLog.hello"), json!([0, {"id": 100, "name": "hello"}]));
    assert_eq!(get(&anon, "/api?ac=ApiLog/hello"), json!([0, {"id": 100, "name": "hello"}]));
    // The path wins over `ac`, which is then a parameter like any other.
    assert_eq!(get(&anon, "/api/fn?f=param&name=ac&ac=x"), json!([0, "x"]));
}

/// A proxy may or may not take the path off under which the site is mounted.
#[test]
fn f002_under_a_base_path() {
    let app = TestApp::with(&[("P_TEST_MODE", "2"), ("P_PLUGINS", "rtest"), ("P_URL_PATH", "/app/")]);
    let anon = app.anon();
    let want = get(&anon, "/api/initClient");
    assert_eq!(want[0], 0);
    for path in ["/app/api/initClient", "/app/api.php/initClient", "/app/api.php?ac=initClient"] {
        assert_eq!(get(&anon, path), want, "{path}");
    }
    for path in ["/app", "/app/", "/"] {
        let got = anon.exactly("GET", path, &[], None);
        assert_eq!((got.status, got.header("location")), (302, "/app/m2/index.html"), "{path}");
    }
    assert_eq!(anon.exactly("GET", "/apple/api/initClient", &[], None).status, 404);
}

#[test]
fn the_script_of_the_oldest_clients() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(get(&anon, "/index.php/ApiLog.hello")[1]["id"], 100);
    let got = anon.exactly("GET", "/index.php", &[], None);
    assert_eq!((got.status, got.header("location")), (302, "/m2/index.html"));
}

#[test]
fn f004_the_underscored_name_wins() {
    let app = TestApp::rtest();
    let anon = app.anon();
    assert_eq!(get(&anon, "/api?_ac=fn&ac=3&f=param&name=ac/i"), json!([0, 3]));
    assert_eq!(get(&anon, "/api/initClient?_ac=fn&ac=3&f=param&name=ac/i"), json!([0, 3]));
    assert_eq!(get(&anon, "/api?_ac=ApiLog.hello&ac=3")[1]["id"], 100);
    // It is used as it is: no REST form.
    assert_eq!(get(&anon, "/api?_ac=ApiLog/hello")[0], 1);
}

#[test]
fn f005_no_action_at_all() {
    let app = TestApp::rtest();
    for path in ["/api", "/api/", "/api.php", "/api?x=1", "/api?ac=&_ac="] {
        let answer = get(&app.anon(), path);
        assert_eq!((&answer[0], &answer[1]), (&json!(1), &json!("缺少参数`ac`")), "{path}");
        assert_eq!(answer[2], "Bad Request - param `ac` is missing");
    }
}

#[test]
fn f006_f007_what_does_not_exist() {
    let app = TestApp::rtest();
    let anon = app.anon();
    for (path, detail) in [
        ("/api/nosuch", "Bad request - unknown ac: nosuch"),
        ("/api/initclient", "Bad request - unknown ac: initclient"),
        ("/api?ac=ApiLog.Hello", "Bad request - unknown ac: ApiLog.Hello"),
        ("/api?ac=apiLog.hello", "Bad request - unknown ac: apiLog.hello"),
        ("/api/ApiLog.nosuch", "Bad request - unknown `ApiLog` method: `nosuch`"),
        ("/api/ApiLog.1", "Bad request - unknown ac: ApiLog.1"),
    ] {
        let answer = get(&anon, path);
        assert_eq!(
            (&answer[0], &answer[1], &answer[2]),
            (&json!(1), &json!("接口不支持"), &json!(detail)),
            "{path}"
        );
    }
    // A name in an answer cannot become markup.
    assert!(!get(&anon, "/api?ac=<b>").to_string().contains("<b>"));
}

#[test]
fn f008_an_object_that_is_not_there_looks_closed() {
    let app = TestApp::rtest();
    let user = app.login(jindou::auth::Role::User, 1);
    for ac in ["Nothing.query", "Nothing.dance", "Session.query"] {
        assert_eq!(app.anon().fails(ac, json!(null)).0, code::NOAUTH, "{ac}");
        assert_eq!(user.fails(ac, json!(null)).0, code::FORBIDDEN, "{ac}");
    }
}

#[test]
fn f009_f010_rest_on_one_object() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let id = row(&anon);
    let path = format!("/api/ApiLog/{id}");
    let got = get(&anon, &path);
    assert_eq!((&got[1]["id"], &got[1]["ac"]), (&json!(id), &json!("made")));
    let list = get(&anon, "/api/ApiLog?res=id&fmt=array&cond=ac='made'");
    assert_eq!(list, json!([0, [{"id": id}]]));
    assert_eq!(form(&anon, "PATCH", &path, "addr=there"), json!([0, "OK"]));
    assert_eq!(get(&anon, &format!("{path}?res=addr"))[1], json!({"addr": "there"}));
    let json_body = [("content-type", "application/json")];
    let got = anon.exactly("PATCH", &path, &json_body, Some(b"{\"addr\":\"json\"}".to_vec())).json();
    assert_eq!(got, json!([0, "OK"]));
    assert_eq!(get(&anon, &format!("{path}?res=addr"))[1], json!({"addr": "json"}));
    assert_eq!(anon.exactly("DELETE", &path, &[], None).json(), json!([0, "OK"]));
    assert_eq!(get(&anon, &path)[0], 1);
    // The same by `ac`.
    assert_eq!(form(&anon, "POST", "/api.php?ac=ApiLog", "ac=again")[0], 0);
}

#[test]
fn f011_actions_of_an_object_by_path() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let id = row(&anon);
    for path in [format!("/api/ApiLog/{id}/get?res=ac"), format!("/api/ApiLog/get/{id}?res=ac")] {
        for method in ["GET", "POST"] {
            let got = form(&anon, method, &path, "");
            assert_eq!(got, json!([0, {"ac": "made"}]), "{method} {path}");
        }
    }
    assert_eq!(get(&anon, "/api/ApiLog/hello")[1]["id"], 100);
}

#[test]
fn f012_verbs_that_do_not_fit() {
    let app = TestApp::rtest();
    let anon = app.anon();
    let id = row(&anon);
    let before = app.cell(&format!("SELECT ac FROM ApiLog WHERE id={id}"));
    for (method, path, detail) in [
        ("POST", format!("/api/ApiLog/{id}"), "bad verb 'POST'"),
        ("PUT", "/api/ApiLog".to_owned(), "bad verb 'PUT'"),
        ("PUT", format!("/api/ApiLog/{id}"), "bad verb 'PUT'"),
        ("PATCH", "/api/ApiLog".to_owned(), "missing id"),
        ("DELETE", "/api/ApiLog".to_owned(), "missing id"),
        ("PATCH", format!("/api/ApiLog/{id}/hello"), "bad verb 'PATCH'"),
        ("DELETE", "/api/initClient".to_owned(), "bad verb 'DELETE'"),
        ("DELETE", "/api/ApiLog.del".to_owned(), "bad verb 'DELETE'"),
    ] {
        let answer = form(&anon, method, &path, "ac=x");
        assert_eq!(answer[0], 1, "{method} {path}: {answer}");
        assert!(answer[2].as_str().unwrap().starts_with(detail), "{method} {path}: {answer}");
    }
    assert_eq!(app.cell(&format!("SELECT ac FROM ApiLog WHERE id={id}")), before);
}
