//! Every wrapping, byte for byte.

use expect_test::{Expect, expect};

use super::*;
use crate::error::Code;

fn view(query: &str) -> View {
    View::parse(params(query)).unwrap()
}

fn params(query: &str) -> impl Fn(&str) -> Option<String> + '_ {
    |name| query.split('&').filter_map(|p| p.split_once('=')).find(|p| p.0 == name).map(|p| p.1.into())
}

fn check_ok(query: &str, payload: Value, expected: Expect) {
    let mut out = Vec::new();
    success(&mut out, &view(query), &payload);
    expected.assert_eq(std::str::from_utf8(&out).unwrap());
}

fn check_err(query: &str, expected: Expect) {
    let mut out = Vec::new();
    failure(&mut out, &view(query), &Error::missing("id").because("hidden"), false);
    expected.assert_eq(std::str::from_utf8(&out).unwrap());
}

#[test]
fn the_array() {
    check_ok(
        "",
        json!({"名": "a/b"}),
        expect![[r#"
        [0,{"名":"a/b"}]
    "#]],
    );
    check_ok(
        "retfn=obj&jdcloud=1&_raw=1",
        Value::Null,
        expect![[r#"
        [0,null]
    "#]],
    );
    check_ok(
        "retfn=other",
        json!("OK"),
        expect![[r#"
        [0,"OK"]
    "#]],
    );
    check_err(
        "",
        expect![[r#"
        [1,"缺少参数`id`","Bad Request - param `id` is missing"]
    "#]],
    );
}

#[test]
fn a_failure_has_three_elements_and_speaks_the_callers_language() {
    let mut error = Error::new(Code::DB, "");
    error.detail = None;
    let mut out = Vec::new();
    failure(&mut out, &View { lang: Lang::En, ..View::default() }, &error, true);
    expect![[r#"
        [3,"database error",null]
    "#]]
    .assert_eq(std::str::from_utf8(&out).unwrap());
}

#[test]
fn test_mode_is_indented_and_shows_more() {
    let view = View { pretty: true, debug: vec![json!("SELECT 1")], ..View::default() };
    let mut out = Vec::new();
    success(&mut out, &view, &json!({"a": [], "b": {}, "c": [1]}));
    failure(&mut out, &view, &Error::param("x").because("why"), true);
    expect![[r#"
        [
            0,
            {
                "a": [],
                "b": {},
                "c": [
                    1
                ]
            },
            "SELECT 1"
        ]
        [
            1,
            "参数不正确",
            "x",
            "why",
            "SELECT 1"
        ]
    "#]]
    .assert_eq(std::str::from_utf8(&out).unwrap());
}

#[test]
fn raw() {
    check_ok(
        "_raw=1",
        json!({"id": 1}),
        expect![[r#"
        {"id":1}
    "#]],
    );
    check_ok(
        "retfn=raw",
        json!("a \"quoted\" text"),
        expect![[r#"
        a "quoted" text
    "#]],
    );
    check_ok(
        "_raw=2&retfn=obj",
        json!({"id": 1, "name": "x"}),
        expect![[r#"
        1	x
    "#]],
    );
    check_err(
        "_raw=1",
        expect![[r#"
        缺少参数`id`
    "#]],
    );
}

#[test]
fn objects() {
    check_ok(
        "retfn=obj",
        json!([1]),
        expect![[r#"
        {"code":0,"data":[1]}
    "#]],
    );
    check_err(
        "retfn=obj",
        expect![[r#"
        {"code":1,"message":"缺少参数`id`","debug":"Bad Request - param `id` is missing"}
    "#]],
    );
}

#[test]
fn xml() {
    check_ok(
        "retfn=xml",
        json!({"id": 1, "name": null}),
        expect![[r#"
        <ret><code>0</code><data><id>1</id></data></ret>
    "#]],
    );
    check_err(
        "retfn=xml",
        expect![[r#"
        <ret><code>1</code><message>缺少参数`id`</message><debug>Bad Request - param `id` is missing</debug></ret>
    "#]],
    );
    assert_eq!(content_type(&view("retfn=xml")), "application/xml");
    assert_eq!(content_type(&view("retfn=xml&_raw=1")), "text/plain; charset=UTF-8");
}

#[test]
fn jsonp() {
    check_ok(
        "_jsonp=cb",
        json!(1),
        expect![[r#"
        cb([0,1]);
    "#]],
    );
    check_ok(
        "_jsonp=a.b$=",
        json!(1),
        expect![[r#"
        a.b$=[0,1];
    "#]],
    );
    check_ok(
        "_jsonp=cb&_raw=1",
        json!("alert(1)"),
        expect![[r#"
        cb("alert(1)");
    "#]],
    );
    check_ok(
        "_jsonp=cb&retfn=xml",
        json!(1),
        expect![[r#"
        cb("<ret><code>0</code><data>1</data></ret>");
    "#]],
    );
    check_err(
        "_jsonp=cb&retfn=obj",
        expect![[r#"
        cb({"code":1,"message":"缺少参数`id`","debug":"Bad Request - param `id` is missing"});
    "#]],
    );
}

#[test]
fn encoded_payloads() {
    let shown = |query: &str, json: &str| {
        let mut out = Vec::new();
        success_raw_json(&mut out, &view(query), json.as_bytes());
        String::from_utf8(out).unwrap()
    };
    assert_eq!(shown("", "{\"a\":1}\n"), "[0, {\"a\":1}]\n");
    assert_eq!(shown("retfn=obj", "{\"a\":1}"), "{\"code\":0,\"data\":{\"a\":1}}\n");
    assert_eq!(shown("_jsonp=cb", "no json"), "cb([0, no json]);\n");
}

#[test]
fn a_grid_is_answered_like_its_value() {
    let grid = Grid::new(["id", "name"], vec![vec![json!(1), json!("a")], vec![json!(2)]]);
    let value = shape(grid.clone(), &Format::Table).unwrap();
    for query in ["", "_raw=1", "_raw=2", "retfn=obj", "retfn=xml", "_jsonp=cb", "_jsonp=v=&_raw=1"] {
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        success_grid(&mut fast, &view(query), &grid);
        success(&mut slow, &view(query), &value);
        assert_eq!(String::from_utf8(fast).unwrap(), String::from_utf8(slow).unwrap(), "{query}");
    }
}
