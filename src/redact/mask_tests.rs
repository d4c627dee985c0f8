//! One case for each form a secret comes in, and the law over all of them.

use super::{mask, mask_text};
use crate::redact::is_secret;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::{Value, json};

fn text(given: &str) -> String {
    mask_text(given, &is_secret)
}

fn value(given: Value) -> Value {
    mask(&given, &is_secret)
}

#[test]
fn json_at_any_depth() {
    let given = json!([{"ac": "login", "post": {"uname": "tester", "pwd": "S"}}, {"_token": "S", "n": 1, "code": 123}]);
    let safe = json!([{"ac": "login", "post": {"uname": "tester", "pwd": "?"}}, {"_token": "?", "n": 1, "code": "?"}]);
    assert_eq!(value(given), safe);
    assert_eq!(
        value(json!({"pwd": {"a": ["S"]}, "oldpwd": null, "code": ""})),
        json!({"pwd": "?", "oldpwd": null, "code": ""})
    );
    let form = json!([{"name": "uname", "value": "tester"}, {"name": "pwd", "value": "S"}]);
    assert_eq!(value(form)[1], json!({"name": "pwd", "value": "?"}));
}

#[test]
fn bracket_and_escaped_names() {
    for name in [
        "cond[pwd]",
        "user[pwd][]",
        "pwd[0]",
        "t0.pwd",
        "%70wd",
        "%2570wd",
        "cond%5Bpwd%5D",
        "PWD",
        "user[idCard]",
    ] {
        assert_eq!(value(json!({ name: "S" })), json!({ name: "?" }), "{name}");
        assert_eq!(text(&format!("a=1&{name}=S%20S+S&b=2")), format!("a=1&{name}=?&b=2"));
        assert_eq!(text(&format!("{name}=S")), format!("{name}=?"));
        // Letters that browsers do not escape in a form.
        assert_eq!(text(&format!("{name}='S'S(S)S!S,S;S~*S&b=2")), format!("{name}=?&b=2"));
    }
    assert_eq!(text(r#"{"\u0070wd":"S","a":1}"#), r#"{"pwd":"?","a":1}"#);
    assert_eq!(text(r#"{"a":1,"\u0070wd":"S"#), r#"{"a":1,"\u0070wd":?"#);
}

#[test]
fn names_of_parameters_in_any_spelling() {
    for name in
        ["pwd", "PWD", "t0.pwd", "T0.Pwd", " pwd ", "`pwd`", "\"pwd\"", "ｐｗｄ", "t0.t0.pwd", "pwd[]"]
    {
        assert!(super::names_secret(name), "{name}");
        assert_eq!(value(json!({"list": [{ name: "S" }]})), json!({"list": [{ name: "?" }]}), "{name}");
    }
    for name in ["", "pwd2", "t0.phone", "名称", "ｎａｍｅ", "phone[]"] {
        assert!(!super::names_secret(name), "{name}");
    }
}

#[test]
fn json_in_texts() {
    let inner = json!({"pwd": "S", "n": 1}).to_string();
    let twice = json!({"body": inner}).to_string();
    assert_eq!(value(json!({ "param": inner })), json!({"param": r#"{"pwd":"?","n":1}"#}));
    assert!(!text(&json!({"x": twice}).to_string()).contains('S'));
    let encoded = utf8_percent_encode(&inner, NON_ALPHANUMERIC).to_string();
    assert_eq!(
        text(&format!("a=1&param={encoded}&b=2")),
        "a=1&param=%7B%22pwd%22%3A%22%3F%22%2C%22n%22%3A1%7D&b=2"
    );
    assert_eq!(text("login%3Fpwd%3DS%26a%3D1"), "login%3Fpwd%3D%3F%26a%3D1");
}

#[test]
fn conditions_and_statements() {
    assert_eq!(text("pwd='S S' and id=1"), "pwd=? and id=1");
    assert_eq!(text("pwd = \"S\" or phone like '138%'"), "pwd = ? or phone like '138%'");
    assert_eq!(text("t0.pwd<>'S\\'S' and a=1"), "t0.pwd<>? and a=1");
    assert_eq!(text("update Employee set `pwd`='S', name='x'"), "update Employee set `pwd`=?, name='x'");
    assert_eq!(text("pwd like 'S%'"), "pwd like ?");
    assert_eq!(text("t0.pwd in ('S','T')"), "t0.pwd in ?");
    assert_eq!(text("t0_pwd=S&a=1"), "t0_pwd=?&a=1");
    assert_eq!(text("pwd not like 'S%' and a=1"), "pwd not like ? and a=1");
    assert_eq!(text("id=2 and code IN ('S','S')"), "id=2 and code IN ?");
    assert_eq!(text("Cookie: empid=S; userid=S"), "Cookie: ?");
    assert_eq!(text("Authorization: Basic S S\r\nHost: a"), "Authorization: ?\r\nHost: a");
    assert_eq!(
        text("https://shop.test/api/login?uname=a&pwd=S#x"),
        "https://shop.test/api/login?uname=a&pwd=?"
    );
}

#[test]
fn tables_and_import_files() {
    let table = json!({"h": ["id", "pwd", "name"], "d": [[1, "S", "a"], [2, null, "b"]], "total": 2});
    let safe = json!({"h": ["id", "pwd", "name"], "d": [[1, "?", "a"], [2, null, "b"]], "total": 2});
    assert_eq!(value(table), safe);
    assert_eq!(
        text("uname,pwd,name\ntester,S,Tester\nbo,\"S,S\",Bo\n"),
        "uname,pwd,name\ntester,?,Tester\nbo,?,Bo"
    );
    assert_eq!(text("uname\tpwd\ntester\tS"), "uname\tpwd\ntester\t?");
}

#[test]
fn cut_json_stays_masked() {
    let whole = r#"[0,{"id":1,"_token":"SSSSSSSSSS","list":[{"pwd":"SSSS"}]}]"#;
    for length in 1..whole.len() {
        let masked = text(&whole[..length]);
        assert!(!masked.contains('S'), "{masked}");
    }
    assert!(!text(r#"{"body":"{\"pwd\":\"S S\",\"n\":1}","x"#).contains('S'));
}

#[test]
fn what_is_no_secret_is_left_alone() {
    for given in [
        "",
        "plain words",
        "a=1&b=2",
        "status='CR' and id>5",
        r#"{"a": 1,  "b":[1.50]}"#,
        "时间: 10:30, 备注=好",
        "pwd",
        "the code in the box",
        "a<b and c>d",
        "a%20b=c%2",
        "x=%7B%22a%22%3A1%7D",
        "id,name\n1,a",
        "pwd=",
    ] {
        assert_eq!(text(given), given);
    }
    let whole = json!({"a": [1, 2.5, true, null, "b=c"], "h": "x", "d": 5});
    assert_eq!(value(whole.clone()), whole);
}

#[test]
fn bottomless_nesting_is_masked_not_followed() {
    let mut body = json!({"pwd": "S"}).to_string();
    for _ in 0..12 {
        body = json!([body]).to_string();
    }
    assert!(!text(&body).contains('S'));
}

#[test]
fn long_texts_take_no_longer_than_their_length() {
    let start = std::time::Instant::now();
    for piece in [
        "=",
        ":",
        "a:",
        "a=%20",
        "\\u0061",
        "%25",
        "pwd=",
        "'",
        "\"pwd\":\"",
        "[",
        "{\"a\":",
        "a in ('",
        "a\n",
        "pwd,\n",
        "\\\"",
        " ",
        "code:,",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        mask_text(&text, &is_secret);
        mask_text(&format!("{text}=x"), &is_secret);
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

proptest! {
    /// The law: a secret goes in under its name in any form, and does not come out.
    #[test]
    fn no_secret_survives(
        secret in "[A-Z]{8,16}[ &=+%'\"\\\\,;:{}\\[\\]中]{0,4}[A-Z]{8}",
        name in prop::sample::select(vec!["pwd", "oldpwd", "code", "token", "_token", "sign", "authcode", "idCard"]),
        before in "[a-z]{1,5}",
    ) {
        let mark = &secret[..8];
        let form = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let object = json!({ &before: 1, name: secret });
        let shapes = [
            object.to_string(),
            serde_json::to_string_pretty(&object).unwrap(),
            json!([0, { "in": [object.clone()] }]).to_string(),
            json!({ "text": object.to_string() }).to_string(),
            format!("{before}=1&{name}={}", form(&secret)),
            format!("{before}=1&cond%5B{name}%5D={}&z=1", form(&secret)),
            format!("body={}", form(&object.to_string())),
            format!("{before}='x' and {name}='{}'", secret.replace('\\', "\\\\").replace('\'', "''")),
            format!("{before}=1&{name}={}", secret.replace(['%', '&', '+', ' '], "")),
            json!({ "h": [before, name], "d": [[1, secret]] }).to_string(),
        ];
        for shape in shapes {
            let masked = mask_text(&shape, &is_secret);
            prop_assert!(!masked.contains(mark), "{} → {}", shape, masked);
            let inside = mask(&json!({ "req": shape }), &is_secret).to_string();
            prop_assert!(!inside.contains(mark), "{} → {}", shape, inside);
        }
    }

    #[test]
    fn any_text_is_taken(given in "\\PC{0,60}") {
        let once = mask_text(&given, &is_secret);
        prop_assert_eq!(mask_text(&once, &is_secret), once);
    }
}
