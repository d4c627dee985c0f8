//! Every parser that bytes from outside reach: README.md beside this file. `make fuzz FUZZ_SECONDS=600`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod engine;
#[path = "../../plugins/mod.rs"]
mod plugins;
mod served;

use engine::{Target, kind, mark, run};
use jindou::archive::{self, Limits};
use jindou::call::params::Params;
use jindou::call::{batch_refs, charset, cond, name, order, query, res, xparam};
use jindou::config::{Config, KEYS, Sources};
use jindou::id::IdCipher;
use jindou::time::Zone;
use serde_json::Value;
use std::io::Cursor;

const SQL: &[&str] = &[
    "(",
    ")",
    "'",
    "''",
    " and ",
    " or ",
    "not ",
    " in (",
    " between ",
    " is null",
    " like '%a%'",
    "t0.",
    "<=",
    "<>",
    "id=",
    "--",
    "/*",
    ";",
    "select ",
    "null",
    "COUNT(*) n",
    "SUM(amount) s",
    "COUNTIF(",
    " as ",
    " desc",
    "=CR:a;RE:b",
    "@items",
    "%sub",
    "...x",
    "={",
    "}",
    ",",
    "\"",
];
const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "1e308",
    "{\"a\":",
    "\"_or\":1,",
    "\"id>=\":",
    "\"~*x*\"",
    "\"IN 1,2\"",
    "\"!null\"",
];
const URL: &[&str] =
    &["&", "=", "%", "%00", "%ff", "%u4e2d", "[", "]", "[]", "a[b][c]=", "cond=", "res=", "+", ";"];

fn text(parse: impl Fn(&str) -> u64) -> impl Fn(&[u8]) -> u64 {
    move |bytes| parse(&String::from_utf8_lossy(bytes))
}

fn fuzz(name: &'static str, words: &[&str], parse: impl Fn(&[u8]) -> u64) {
    run(&Target { name, words, parse: &parse });
}

#[test]
fn conditions() {
    fuzz("cond", SQL, text(|text| kind(cond::parse(text, "cond"))));
}

#[test]
fn conditions_as_objects() {
    fuzz("cond_object", JSON, |bytes| match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => kind(cond::from_value(&value, "cond")),
        Err(_) => 1,
    });
}

#[test]
fn results() {
    fuzz("res", SQL, text(|text| kind(res::parse(text))));
}

#[test]
fn orders_and_groups() {
    fuzz(
        "order",
        SQL,
        text(|text| kind(order::parse_order(text)) ^ kind(order::parse_group(text)).rotate_left(1)),
    );
}

#[test]
fn hidden_parameters() {
    fuzz("xparam", &["-", "/", "A", "="], |bytes| {
        for n in [0, 1, 63] {
            assert_eq!(xparam::decode(&xparam::encode(bytes, n)).as_deref(), Some(bytes), "{n}");
        }
        let decoded = xparam::decode(&String::from_utf8_lossy(bytes));
        decoded.map_or(1, |plain| mark(&plain.len()))
    });
}

#[test]
fn names_and_paths() {
    fuzz(
        "name",
        &["/", ".", "Ordr", "query", "12", "%2f", ".."],
        text(|text| {
            let (verb, rest) = text.split_once(' ').unwrap_or(("GET", text));
            let verb = name::Verb::parse(verb);
            kind(name::resolve(&verb, Some(rest), Some(rest), None))
                ^ kind(name::in_batch(rest, true)).rotate_left(1)
        }),
    );
}

#[test]
fn parameters() {
    fuzz("params", URL, |bytes| {
        let gbk = charset::named("gbk");
        let query = Params::parse_query(&String::from_utf8_lossy(bytes));
        kind(query)
            ^ kind(Params::parse_bytes(bytes, None)).rotate_left(1)
            ^ kind(Params::parse_bytes(bytes, gbk)).rotate_left(2)
    });
}

#[test]
fn queries() {
    let words: Vec<&str> =
        [SQL, URL, &["pagesz=-1", "page=2", "pagekey=", "gres=", "pivot=", "qsearch=a,b!,c*:", "fmt=tree"]]
            .concat();
    fuzz(
        "query",
        &words,
        text(|text| match Params::parse_query(text) {
            Ok(params) => kind(query::parse(&params, &Params::default())),
            Err(_) => 1,
        }),
    );
}

#[test]
fn references_in_batches() {
    let words = ["{$1}", "{$-1.", "}", "{$", "+", "*", "/", "%", "(", ")", "[0]", ".a", "'", "1"];
    let results = serde_json::json!([12, {"id": 5, "name": "a", "list": [1, {"x": "y"}]}, null, [1, 2, 3]]);
    let results = results.as_array().unwrap().clone();
    fuzz(
        "refs",
        &words,
        text(|text| {
            let names = ["a".to_owned()];
            let value = serde_json::json!({"a": text, "b": {"a": [text]}});
            kind(batch_refs::resolve("post", &value, &names, &results, 4))
                ^ kind(batch_refs::resolve("get", &text.into(), &[], &results, 4))
        }),
    );
}

#[test]
fn times() {
    let words = ["2024-02-30", "T", "Z", "+08:00", "12:61", "/", "-", "now", "+1 day", "last", "monday"];
    let now = jindou::time::parse_local("2024-03-01 08:00:00", &Zone::default()).unwrap();
    fuzz(
        "time",
        &words,
        text(|text| {
            let shown = (
                jindou::time::parse_local(text, &Zone::default()).is_some(),
                jindou::time::parse_unix(text).is_some(),
                jindou::time::parse_relative(text, now).is_some(),
            );
            mark(&shown)
        }),
    );
}

#[test]
fn hidden_ids() {
    let cipher = IdCipher::new(b"only for tests");
    fuzz(
        "id",
        &["0", "f", "-"],
        text(|text| {
            if let Ok(id) = text.parse::<i64>() {
                let shown = cipher.encrypt(id);
                // What does not fit into the cipher is shown as it is.
                assert!(shown == id.to_string() || cipher.decrypt(&shown) == Some(id), "{id}: {shown}");
            }
            mark(&cipher.decrypt(text).is_some())
        }),
    );
}

#[test]
fn designs() {
    let words = [
        "@", "@key ", "@class ", "@range ", ": ", "index(", "unique(", ")", "(l)", "&", "Enum(", "|", "\n",
        "**[", "]**", "t0", "0..",
    ];
    fuzz("design", &words, text(|text| kind(jindou::design::parse(&[("fuzz", text)]))));
}

#[test]
fn configuration() {
    let words: Vec<&str> = KEYS
        .iter()
        .map(|key| key.name)
        .chain(["=", "\n", "1h", "20M", "[", "]", "{", "\"", ",", ":"])
        .collect();
    fuzz(
        "config",
        &words,
        text(|text| {
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            let overrides = pairs.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect();
            let sources = Sources {
                overrides,
                file: Some(("jindou.toml".into(), text.to_owned())),
                ..Sources::default()
            };
            kind(Config::load(&sources, &[]).map(|_| ()))
        }),
    );
}

#[test]
fn packages() {
    let limits = Limits { files: 100, each: 1 << 20, total: 4 << 20 };
    fuzz("archive", &["PK\u{3}\u{4}", "ustar", "../", "a/b"], |bytes| {
        kind(archive::measure(Cursor::new(bytes), limits, |_| true))
            ^ kind(archive::read(Cursor::new(bytes), limits)).rotate_left(1)
    });
}
