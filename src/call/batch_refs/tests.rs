//! References of a batch: paths, arithmetic, and what resolves to null.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Three results and a failed call; the item that refers is the fifth.
fn results() -> Vec<Value> {
    vec![
        json!(10),
        json!({"id": 3, "名": "x", "amount": "2.50", "log": [{"id": 7}, {"id": 8}], "ok": true}),
        json!(null),
        json!({"h": ["id"], "d": [[4], [5]]}),
    ]
}

fn param(value: Value) -> Value {
    let resolved = resolve("post", &json!({"p": value}), &["p".to_owned()], &results(), 4).unwrap();
    resolved["p"].clone()
}

#[track_caller]
fn check(text: &str, expected: Value) {
    assert_eq!(param(json!(text)), expected, "{text}");
}

#[test]
fn a_whole_reference_keeps_its_type() {
    check("{$1}", json!(10));
    check("{$2.id}", json!(3));
    check("{$2.名}", json!("x"));
    check("{$2.ok}", json!(true));
    check("{$2.log}", json!([{"id": 7}, {"id": 8}]));
    check("{$2.log[1].id}", json!(8));
    check("{$2['log'][0]}", json!({"id": 7}));
    check("{$-1.d[1][0]}", json!(5));
    check("{$-4}", json!(10));
}

#[test]
fn what_does_not_exist_is_null() {
    for text in ["{$0}", "{$-0}", "{$5}", "{$-5}", "{$99999999999999999999}", "{$3}", "{$3.id}", "{$2.none}"]
    {
        check(text, json!(null));
    }
    for text in ["{$1.id}", "{$2.log[2]}", "{$2.log.id}", "{$2.id.x}", "{$2[0]}"] {
        check(text, json!(null));
    }
}

#[test]
fn arithmetic() {
    check("{$1 - $2.id}", json!(7));
    check("{$-4-$-3.id}", json!(7));
    check("{ ($1 + 2) * 3 }", json!(36));
    check("{1 + 2 * 3}", json!(7));
    check("{-$1 + 1}", json!(-9));
    check("{10/4}", json!(2.5));
    check("{$1/5}", json!(2));
    check("{7 - 2 - 1}", json!(4));
    check("{8 / 4 / 2}", json!(1));
    check("{$2.amount * 2}", json!(5.0));
    check("{0.5 + 0.25}", json!(0.75));
    check("{9223372036854775807 + 1}", json!(9_223_372_036_854_775_808.0));
    for text in ["{$1/0}", "{1.5/0}", "{0/0}", "{$3 + 1}", "{$2 + 1}", "{$2.ok + 1}", "{$2.名 + 1}"] {
        check(text, json!(null));
    }
}

#[test]
fn embedded_references_are_text() {
    check("id={$2.id}", json!("id=3"));
    check("{$1}{$2.id}", json!("103"));
    check("{$1} ", json!("10 "));
    check("id={$9} or id={$2.none.x}", json!("id=null or id=null"));
    check("{$2.log} {$2.ok} {$2.amount} {10/4}", json!(r#"[{"id":7},{"id":8}] true 2.50 2.5"#));
    check(r#"{"id": {$2.id}, "a": "{$1}"}"#, json!(r#"{"id": 3, "a": "10"}"#));
}

#[test]
fn braces_that_hold_no_formula_stay() {
    for text in
        ["{abc}", "{}", "{ }", "a {b} c", "{getcwd()}", "{1 2}", "{1+}", "{1.}", "{\"a\":1}", "}{", "{{x}}"]
    {
        check(text, json!(text));
    }
}

#[test]
fn a_reference_that_cannot_be_read_is_null() {
    for text in ["{$}", "{$a}", "{$1.}", "{$1[}", "{$1[x]}", "{system($1)}", "{$1 $2}", "{$1 + }", "{$1;}"] {
        check(text, json!(null));
        check(&format!("id={text}"), json!("id=null"));
    }
}

#[test]
fn lists_and_objects_are_searched() {
    assert_eq!(
        param(json!([1, "{$1}", {"a": ["{$2.id}"], "{$1}": true}])),
        json!([1, 10, {"a": [3], "{$1}": true}])
    );
}

#[test]
fn only_listed_parameters_are_touched() {
    let post = json!({"a": "{$1}", "b": "{$1}"});
    let resolved = resolve("post", &post, &["b".to_owned(), "c".to_owned()], &results(), 4).unwrap();
    assert_eq!(resolved, json!({"a": "{$1}", "b": 10}));
}

#[test]
fn the_whole_part_may_be_a_reference() {
    let part = |value: Value| resolve("get", &value, &[], &results(), 4);
    assert_eq!(part(json!(" {$2.log[0]} ")).unwrap(), json!({"id": 7}));
    assert_eq!(part(json!(null)).unwrap(), json!({}));
    assert_eq!(part(json!([])).unwrap(), json!([]));
    for value in [json!("{$1}"), json!("{$3}"), json!("id=1"), json!(""), json!(5), json!(true)] {
        let error = part(value.clone()).unwrap_err();
        assert_eq!(error.text.zh, "参数错误", "{value}");
        assert_eq!(error.detail.as_deref(), Some("param get MUST be array."), "{value}");
    }
}

#[test]
fn the_list_of_names() {
    assert_eq!(listed(Some(&json!(["a", 1, "b"]))).unwrap(), ["a", "b"]);
    assert!(listed(None).unwrap().is_empty());
    let error = listed(Some(&json!("a"))).unwrap_err();
    assert_eq!((&*error.text.zh, error.detail.as_deref()), ("参数错误", Some("batch `ref' should be array")));
}

#[test]
fn results_cannot_be_multiplied_without_end() {
    let big = [json!("x".repeat(1 << 20))];
    let post = json!({"p": vec!["{$1}"; 20]});
    let error = resolve("post", &post, &["p".to_owned()], &big, 1).unwrap_err();
    assert_eq!(error.detail.as_deref(), Some("batch references give too much data"));
    let post = json!({"p": "{$1}".repeat(20)});
    assert!(resolve("post", &post, &["p".to_owned()], &big, 1).is_err());
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>(), near in "[{}$0-9.\\[\\]()+*/ a'-]{0,40}", deep in 0usize..200) {
        param(json!(text));
        param(json!(near));
        param(json!(format!("{{{}1{}}}", "(".repeat(deep), ")".repeat(deep))));
    }

    #[test]
    fn text_without_braces_is_untouched(text in "[^{}]{0,40}") {
        prop_assert_eq!(param(json!(text)), json!(text));
    }

    #[test]
    fn sums_are_exact(a in any::<i32>(), b in any::<i32>()) {
        let post = json!({"p": "{$1 - $2}"});
        let resolved = resolve("post", &post, &["p".to_owned()], &[json!(a), json!(b)], 2).unwrap();
        prop_assert_eq!(&resolved["p"], &json!(i64::from(a) - i64::from(b)));
    }
}
