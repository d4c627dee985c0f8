//! Typed lookups, each type with what it takes and what it refuses.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const ID7: &str = "1234567890123456";

fn now() -> chrono::NaiveDateTime {
    crate::time::parse_local("2026-10-20 10:30", &Zone::default()).unwrap()
}

fn look(spec: &str, raw: Value) -> Result<Option<Value>> {
    let zone = Zone::parse("Asia/Shanghai").unwrap();
    let decrypt = |text: &str| (text == ID7).then_some(7);
    let env = Context { zone: &zone, now: &now, decrypt_id: &decrypt, escape: true };
    let mut get = Params::default();
    get.set(parse_spec(spec)?.name, raw);
    value(spec, &get, &Params::default(), From::Any, &env)
}

/// The value a text gives, or the detail of its error.
#[track_caller]
fn check(spec: &str, raw: impl Into<Value>, expected: Value) {
    let raw = raw.into();
    let found = match look(spec, raw.clone()) {
        Ok(found) => found.unwrap_or_default(),
        Err(error) => json!({"error": error.detail.unwrap(), "code": error.code.0}),
    };
    let expected = match expected.as_str().and_then(|text| text.strip_prefix("! ")) {
        Some(detail) => json!({"error": format!("Bad Request - {detail}"), "code": 1}),
        None => expected,
    };
    assert_eq!(found, expected, "{spec} of {raw}");
}

#[test]
fn ids() {
    check("id", "12", json!(12));
    check("orderId", " 12 ", json!(12));
    check("x/id", "12.0", json!(12));
    check("id", ID7, json!(7));
    check("id", "1234567890123457", json!(1_234_567_890_123_457_i64));
    check("id", 12, json!(12));
    check("id", "1.5", json!("! id param `id`=`1.5`."));
    check("id", "a1", json!("! id param `id`=`a1`."));
    check("id", "00000000000000ff", json!("! id param `id`=`00000000000000ff`."));
    check("id", json!([1]), json!("! id param `id`=`[1]`."));
    check("Id", "abc", json!("! id param `Id`=`abc`."));
    check("grid", "abc", json!("abc"));
}

#[test]
fn integers_are_cut_toward_zero() {
    check("n/i", "1.7", json!(1));
    check("n/i", "-1.7", json!(-1));
    check("n/i", "-5", json!(-5));
    check("n/i", "1e3", json!(1000));
    check("n/i", 1.7, json!(1));
    check("n/i", "9223372036854775807", json!(i64::MAX));
    for text in ["abc", "1a", "0x10", "9223372036854775808", "1e400", "inf", "NaN", "-", "1 2", "١"] {
        check("n/i", text, json!(format!("! integer param `n`=`{text}`.")));
    }
}

#[test]
fn numbers() {
    check("n/n", "1e3", json!(1000));
    check("n/n", "12.5", json!(12.5));
    check("n/n", ".5", json!(0.5));
    check("n/n", 3, json!(3));
    check("n/n", "x", json!("! numeric param `n`=`x`."));
}

#[test]
fn flags() {
    for text in ["1", "true", "ON", "Yes"] {
        check("f/b", text, json!(true));
    }
    for text in ["0", "FALSE", "off", "no"] {
        check("f/b", text, json!(false));
    }
    check("f/b", true, json!(true));
    check("f/b", 0, json!(false));
    check("f/b", "2", json!("! bool param `f`=``."));
    check("f/b", 2, json!("! bool param `f`=``."));
}

#[test]
fn dates_are_unix_seconds() {
    check("t/tm", "2026-10-20 10:00", json!(1_792_461_600));
    check("t/tm", "2026-10-20T02:00:00Z", json!(1_792_461_600));
    check("t/tm", "1792461600", json!(1_792_461_600));
    check("t/tm", 1_792_461_600, json!(1_792_461_600));
    check("t/dt", "10/20/2026 10:00", json!(1_792_425_600));
    check("t/dt", "2026-10-19T20:00:00Z", json!(1_792_425_600));
    check("t/dt", 1_792_461_600, json!(1_792_425_600));
    check("t/dt", "1792461600", json!("! invalid datetime param `t`=`1792461600`."));
    check("t/tm", "soon", json!("! invalid datetime param `t`=`soon`."));
}

#[test]
fn integer_lists() {
    check("l/i+", "1,2,30", json!([1, 2, 30]));
    check("l/i+", "7", json!([7]));
    check("l/i+", json!([1, "2"]), json!([1, 2]));
    check("l/i+", 5, json!([5]));
    for (text, item) in [("1, 2", " 2"), ("1,,2", ""), ("1,a", "a"), ("-1", "-1"), ("1.5", "1.5")] {
        check("l/i+", text, json!(format!("! int array param `l` contains `{item}`.")));
    }
    check("l/i+", json!([[1]]), json!("! int array param `l` contains ``."));
}

#[test]
fn json_and_tables() {
    check("j/js", r#"{"a":[1]}"#, json!({"a": [1]}));
    check("j/js", json!({"a": 1}), json!({"a": 1}));
    check("j/js", "{a}", json!("! invalid json param `j`=`{a}`."));
    check("t/tbl", r#"{"h":["a","b"],"d":[[1,"x"],[2,null]]}"#, json!([{"a":1,"b":"x"},{"a":2,"b":null}]));
    check("t/tbl", json!({"h": [], "d": []}), json!([]));
    for text in [r#"{"h":["a"],"d":[[1,2]]}"#, r#"{"h":["a"]}"#, "[]", r#"{"h":[1],"d":[[1]]}"#, "x"] {
        check("t/tbl", text, json!(format!("! invalid table param `t`=`{text}`.")));
    }
}

#[test]
fn typed_rows() {
    let day = 1_792_425_600;
    check("x/i:n?:s:b:dt", "1:2.5:<a>:yes:2026-10-20 10:00", json!([[1, 2.5, "&lt;a&gt;", true, day]]));
    check("x/i:n?:s", "1::a,2:null:b", json!([[1, null, "a"], [2, null, "b"]]));
    check("x/i:tm", "1:2026-10-20 10:00:00", json!([[1, 1_792_461_600]]));
    check("x/i:s?", "1", json!([[1, null]]));
    check("x/i:", "1,2", json!([[1], [2]]));
    check("x/i:s", json!([[1, "a"], ["2", "b:c"]]), json!([[1, "a"], [2, "b:c"]]));
    check("x/i:s", "1:a,2:", json!("! param `x`: list(i:s). require col: `2:`[1]"));
    check("x/i:s", "1:a,", json!("! param `x`: list(i:s). require col: ``[0]"));
    check("x/i:s", "-1:a", json!("! param `x`: list(i:s). require integer col: `-1:a`[0]=`-1`"));
    check("x/i:b", "1:maybe", json!("! param `x`: list(i:b). require bool col: `1:maybe`[1]=`maybe`"));
    check("x/i:s", json!([[1, 2, 3]]), json!("! param `x`: list(i:s). require row: `[1,2,3]`"));
}

#[test]
fn texts_and_the_untyped() {
    check("s", "<b>", json!("&lt;b&gt;"));
    check("s", 12, json!(12));
    check("s", json!({"a": "<"}), json!({"a": "<"}));
    check("s/s", 12, json!("12"));
    check("s/s", "null", json!("null"));
    check("s/s", json!([1]), json!("! string param `s`=`[1]`."));
    check("s", "", json!(null));
    check("n/i", "", json!(null));
    check("n/i", json!(null), json!(null));
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    let error = look("n/i", json!("中".repeat(500))).unwrap_err();
    assert_eq!(error.detail.unwrap().chars().filter(|c| *c == '中').count(), 200);
}

#[test]
fn an_unknown_type_is_our_own_fault() {
    for spec in ["a/int", "a/i:x", "a/:", "a/?:i"] {
        let error = look(spec, json!("1")).unwrap_err();
        assert_eq!(error.code, Code::SERVER);
        assert!(error.detail.unwrap().starts_with("unknown type `"), "{spec}");
    }
}

#[test]
fn the_url_wins_even_when_empty() {
    let zone = Zone::Local;
    let env = Context { zone: &zone, now: &now, decrypt_id: &|_| None, escape: false };
    let get = Params::parse_query("a=1&b=").unwrap();
    let mut post = Params::parse_query("a=2&b=2&c=2").unwrap();
    post.set("d", Value::Null);
    let found = |spec, from| value(spec, &get, &post, from, &env).unwrap();
    assert_eq!(found("a/i", From::Any), Some(json!(1)));
    assert_eq!(found("a/i", From::Post), Some(json!(2)));
    assert_eq!(found("b", From::Any), None);
    assert_eq!(found("c", From::Any), Some(json!("2")));
    assert_eq!(found("c", From::Get), None);
    assert_eq!(found("d", From::Any), None);

    let mandatory = |spec| required(spec, &get, &post, From::Any, &env);
    assert_eq!(mandatory("a/i").unwrap(), json!(1));
    for spec in ["b/i", "none/i"] {
        let error = mandatory(spec).unwrap_err();
        let name = parse_spec(spec).unwrap().name;
        assert_eq!(error.text.zh, format!("缺少参数`{name}`"));
        assert_eq!(error.detail.unwrap(), format!("Bad Request - param `{name}` is missing").into());
    }

    let either = |specs: &[&str]| one_of(specs, &get, &post, From::Any, &env);
    assert_eq!(either(&["b", "a/i", "c"]).unwrap(), [None, Some(json!(1)), None]);
    let error = either(&["pwd", "code/s"]).unwrap_err();
    assert_eq!(error.text.zh, "缺少参数`pwd or code`");
    assert_eq!(error.detail.as_deref(), Some("Bad Request - require param pwd or code"));
}

#[test]
fn conditions_of_both_sides_are_collected() {
    let zone = Zone::Local;
    let env = Context { zone: &zone, now: &now, decrypt_id: &|_| None, escape: true };
    let get = Params::parse_query("cond[id]=<1&filter=a<b").unwrap();
    let post = Params::parse_query("cond=id>2").unwrap();
    let found = |spec, from| value(spec, &get, &post, from, &env).unwrap();
    assert_eq!(found("cond", From::Any), Some(json!([{"id": "<1"}, "id>2"])));
    assert_eq!(found("cond", From::Post), Some(json!("id>2")));
    assert_eq!(found("filter/cond", From::Any), Some(json!("a<b")));
    assert_eq!(found("none/cond", From::Any), None);
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>(), near in "[0-9eE.+:,-]{0,20}", spec in "[a-z]{1,3}/[idntmbsj+?:]{0,6}") {
        for kind in ["i", "n", "b", "dt", "tm", "id", "i+", "js", "tbl", "i:n?:s:b:dt", "s"] {
            let _ = look(&format!("x/{kind}"), json!(text));
            let _ = look(&format!("x/{kind}"), json!(near));
        }
        let _ = parse_spec(&text);
        let _ = look(&spec, json!(near));
    }
}
