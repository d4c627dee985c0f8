//! Values for columns: what passes, in which form, and how the rest is refused.

use chrono::NaiveDateTime;
use expect_test::expect;
use serde_json::{Value, json};

use super::table;
use crate::design::Column;
use crate::error::{Code, Result};
use crate::value::Val;

fn dates(text: &str) -> Option<NaiveDateTime> {
    let long = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok();
    long.or_else(|| NaiveDateTime::parse_from_str(&format!("{text} 00:00:00"), "%Y/%m/%d %H:%M:%S").ok())
}

fn column(field: &str) -> Column {
    table(&format!("@T: id, {field}")).columns[1].clone()
}

fn check(field: &str, value: Value) -> Result<Val> {
    column(field).check(&value, &dates)
}

fn passes(field: &str, cases: &[(Value, Val)]) {
    for (value, wanted) in cases {
        let found = check(field, value.clone());
        assert_eq!(found.as_ref().ok(), Some(wanted), "{field} <- {value}: {found:?}");
    }
}

fn refuses(field: &str, values: &[Value]) {
    let name = column(field).name;
    for value in values {
        let error = check(field, value.clone()).expect_err(&format!("{field} <- {value}"));
        assert_eq!(error.code, Code::PARAM);
        let mark = format!("`{name}`");
        assert!(error.text.zh.contains(&mark) && error.text.en.contains(&mark), "{error}");
        assert!(error.detail.is_some_and(|detail| detail.contains(&mark)));
    }
}

fn text(text: &str) -> Val {
    Val::text(text)
}

#[test]
fn integers() {
    let int = Val::Int;
    passes(
        "n&",
        &[
            (json!(12), int(12)),
            (json!("12"), int(12)),
            (json!("-007"), int(-7)),
            (json!(12.0), int(12)),
            (json!(true), int(1)),
            (json!(i64::MAX), int(i64::MAX)),
            (json!("-9223372036854775808"), int(i64::MIN)),
            (Value::Null, Val::Null),
        ],
    );
    let wrong = [" 12 ", "", "1.0", "1e3", "x", "0x10", "+", "--1", "１２", "9223372036854775808"];
    refuses("n&", &wrong.map(Value::from));
    refuses("n&", &[json!(1.5), json!(u64::MAX), json!(1e300), json!([1]), json!({})]);
}

#[test]
fn flags() {
    let int = Val::Int;
    passes(
        "f(flag)",
        &[(json!(0), int(0)), (json!("1"), int(1)), (json!(false), int(0)), (json!(true), int(1))],
    );
    refuses("f(flag)", &[json!(2), json!(-1), json!("yes"), json!(""), Value::Null, json!([]), json!(0.5)]);
}

#[test]
fn reals() {
    let real = Val::Real;
    passes(
        "r#",
        &[
            (json!(1), real(1.0)),
            (json!(1.25), real(1.25)),
            (json!("1e3"), real(1000.0)),
            (json!("-.5"), real(-0.5)),
            (json!("5."), real(5.0)),
        ],
    );
    let wrong =
        ["", " 1", "nan", "NaN", "inf", "-infinity", "1e", "e5", ".", "1_000", "1,5", "1e999", "0x1p3"];
    refuses("r#", &wrong.map(Value::from));
    refuses("r#", &[json!(true), json!([1.0])]);
}

#[test]
fn decimals_are_rounded_on_their_digits() {
    let (int, real) = (Val::Int, Val::Real);
    passes(
        "amount",
        &[
            (json!(99.5), real(99.5)),
            (json!(100), int(100)),
            (json!(100.0), int(100)),
            (json!("100.00"), int(100)),
            (json!(1.005), real(1.01)),
            (json!("2.675"), real(2.68)),
            (json!("-1.005"), real(-1.01)),
            (json!("1.00499999999999999999"), int(1)),
            (json!("0.994999"), real(0.99)),
            (json!("0.995"), int(1)),
            (json!("-0.004"), int(0)),
            (json!("1e3"), int(1000)),
            (json!("12345e-3"), real(12.35)),
            (json!("5e-3"), real(0.01)),
            (json!("5e-99999999999"), int(0)),
            (json!("0e99999999999"), int(0)),
            (json!("1234567890123.45"), real(1_234_567_890_123.45)),
            (json!("1234567890123456"), int(1_234_567_890_123_456)),
        ],
    );
    let wrong =
        ["", " 1", "nan", "1e18", "1e99999999999", "12345678901234567890", "123456789012345.67", "1.2.3"];
    refuses("amount", &wrong.map(Value::from));
    refuses("amount", &[json!(true), json!({})]);
}

#[test]
fn texts_are_measured_in_characters() {
    passes(
        "s(4)",
        &[
            (json!("订单状态"), text("订单状态")),
            (json!(""), text("")),
            (json!(12.5), text("12.5")),
            (json!([1]), text("[1]")),
            (json!([]), text("[]")),
        ],
    );
    refuses("s(4)", &[json!("订单状态码"), json!([1, 2]), json!(12345), json!("a\0"), json!(true)]);
    passes("t(t)", &[(json!({"b": [1, "<"], "a": null}), text(r#"{"b":[1,"<"],"a":null}"#))]);
    passes("t(t)", &[(json!("字".repeat(65_535)), text(&"字".repeat(65_535)))]);
    refuses("t(t)", &[json!("字".repeat(65_536))]);
}

#[test]
fn dates_have_one_form() {
    passes(
        "tm",
        &[
            (json!("2026-10-20 08:09:10"), text("2026-10-20 08:09:10")),
            (json!("2026/10/20"), text("2026-10-20 00:00:00")),
            (json!("2026-10-20 08:09:10.000"), text("2026-10-20 08:09:10")),
            (json!("2026-10-20 08:09:10.0509"), text("2026-10-20 08:09:10.050")),
            (Value::Null, Val::Null),
        ],
    );
    passes(
        "dt",
        &[(json!("2026/10/20"), text("2026-10-20")), (json!("2026-10-20 00:00:00"), text("2026-10-20"))],
    );
    refuses(
        "tm",
        &[json!(""), json!("soon"), json!(1_700_000_000), json!("+12026-01-01 00:00:00"), json!(true)],
    );
    refuses("dt", &[json!(""), json!("2026-10-20 08:00:00"), json!(20_261_020)]);
}

#[test]
fn messages_speak_both_languages() {
    let error = check("name(2)", json!("三个字")).unwrap_err();
    expect!["字段`name`过长: 3个字符，最多2个"].assert_eq(&error.text.zh);
    expect!["field `name` is too long: 3 characters, at most 2"].assert_eq(&error.text.en);
    let error = check("amount", json!("much")).unwrap_err();
    expect!["[1] field `amount` must be a number (Bad Request - field `amount` must be a number)"]
        .assert_eq(&error.to_string());
}

#[test]
fn ranges() {
    let of = |field: &str, range: &str| {
        let name = field.trim_end_matches(['&', '#', '@']);
        table(&format!("@T: id, {field}\n@range T: {name} {range}")).columns[1].clone()
    };
    let ok = |field, range, value: Value| of(field, range).check(&value, &dates).is_ok();
    for field in ["n&", "n#", "n@"] {
        for (range, inside, outside) in [
            ("0..", vec![json!(0), json!("7"), json!(-0.0), json!(null)], vec![json!(-1), json!("-1")]),
            ("..5", vec![json!(5), json!(-9)], vec![json!(6), json!("6")]),
            ("-2 .. 2", vec![json!(-2), json!(2)], vec![json!(3), json!(-3), json!("1e9")]),
        ] {
            inside
                .into_iter()
                .for_each(|value| assert!(ok(field, range, value.clone()), "{field} {range} {value}"));
            outside
                .into_iter()
                .for_each(|value| assert!(!ok(field, range, value.clone()), "{field} {range} {value}"));
        }
    }
    let error = of("n&", "1..3").check(&json!(4), &dates).unwrap_err();
    assert_eq!((&*error.text.zh, &*error.text.en), ("字段`n`超出范围1..3", "field `n` must be in 1..3"));
    let error = of("n&", "0..").check(&json!(-4), &dates).unwrap_err();
    assert_eq!((&*error.text.zh, &*error.text.en), ("字段`n`不能小于0", "field `n` may not be less than 0"));
}

#[test]
fn ranges_that_mean_nothing() {
    for (line, told) in [
        ("n", "a range reads"),
        ("n 5", "a range reads"),
        ("n ..", "a range reads"),
        ("n 5..1", "a range reads"),
        ("n a..b", "a range reads"),
        ("n 0..inf", "a range reads"),
        ("m 0..", "has no column `m`"),
        ("t 0..", "is no number"),
        ("n 0.., n 1..", "has two ranges"),
    ] {
        let text = format!("@T: id, n&, t(s)\n@range T: {line}");
        let faults = crate::design::parse(&[("D", &text)]).unwrap_err();
        assert!(faults[0].what.contains(told), "{line}: {}", faults[0].what);
    }
    assert!(crate::design::parse(&[("D", "@range X: n 0..")]).is_err());
    assert!(crate::design::parse(&[("D", "@T: id, n&\n@range T n 0..")]).is_err());
}

#[test]
fn a_value_has_one_form() {
    let table = table("@T: id, n(i), okFlag, name(s), price, tm");
    let column = |name: &str| table.column(name).unwrap();
    for (name, sent, form) in [
        ("n", json!("007"), json!(7)),
        ("n", json!("+7"), json!(7)),
        ("n", json!(7.0), json!(7)),
        ("n", json!(true), json!(1)),
        ("okFlag", json!("1"), json!(1)),
        ("name", json!(123_456), json!("123456")),
        ("name", json!({"a": 1}), json!(r#"{"a":1}"#)),
        ("name", json!(["a", 1]), json!(r#"["a",1]"#)),
    ] {
        assert_eq!(column(name).canonical(sent.clone()), form, "{name}={sent}");
    }
    // What the column refuses, what empties a field, and what has no other form stays as it is.
    for (name, sent) in [
        ("n", json!("")),
        ("n", json!("null")),
        ("n", json!("x")),
        ("n", json!(1.5)),
        ("n", json!(null)),
        ("n", json!([1])),
        ("name", json!(true)),
        ("price", json!("1.50")),
        ("tm", json!("2024-05-06")),
    ] {
        assert_eq!(column(name).canonical(sent.clone()), sent, "{name}={sent}");
    }
}
