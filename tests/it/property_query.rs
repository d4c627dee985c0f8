//! Groups, statistics, pivots and pages of random tables equal what a few plain loops make of the raw rows.

use crate::app::{Client, TestApp};
use crate::lab::admin;
use jindou::plugin::*;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;

static FACTS: Plugin = Plugin::new("facts", "@Fact: id, a(s), b&, n&, x@, tm\n@Team: id, b&, name(s)")
    .objects(&[&FACT])
    .logins(&[LoginType::new("admin", "", |_, _| Ok(Some(Identity::new(ADMIN, 0))))]);

static FACT: Object =
    Object::table("Fact").time_columns("tm").vcols(&[join("Team", "b").key("b").cols("name team")]);

type Row = Map<String, Value>;

const TEXTS: &[&str] = &["A", "B", "b", "甲", "a-b"];
const TEAMS: &[&str] = &["red", "blue", "绿"];

/// A table with random rows, and the rows as plain maps with their time columns beside them.
fn random(seed: u64, size: usize) -> (TestApp, Vec<Row>) {
    static PLUGINS: &[&Plugin] = &[&FACTS];
    let app = TestApp::with_plugins(PLUGINS, &[]);
    let mut rng = StdRng::seed_from_u64(seed);
    let rows: Vec<Row> = (1..=size).map(|id| row(&mut rng, id)).collect();
    let stored = rows.clone();
    app.write(move |tx| {
        for (b, name) in TEAMS.iter().enumerate() {
            tx.insert("Team", json!({"b": b, "name": name}).as_object().unwrap().clone())?;
        }
        for row in stored {
            let keep = ["id", "a", "b", "n", "x", "tm"];
            tx.insert("Fact", row.into_iter().filter(|(name, _)| keep.contains(&name.as_str())))?;
        }
        Ok(())
    });
    (app, rows)
}

fn row(rng: &mut StdRng, id: usize) -> Row {
    let mut maybe = |value: Value| if rng.random_bool(0.12) { Value::Null } else { value };
    let nulls: Vec<bool> = (0..5).map(|_| maybe(json!(1)).is_null()).collect();
    let or_null = |at: usize, value: Value| if nulls[at] { Value::Null } else { value };
    let (b, month, day) = (rng.random_range(0..4), rng.random_range(1..=12), rng.random_range(1..=28));
    let (y, h) = (rng.random_range(2021..=2024), rng.random_range(0..24));
    let cents: i64 = rng.random_range(-5000..50_000);
    let mut row = Row::new();
    row.insert("id".into(), json!(id));
    row.insert("a".into(), or_null(0, json!(TEXTS.choose(rng).unwrap())));
    row.insert("b".into(), or_null(1, json!(b)));
    row.insert("n".into(), or_null(2, json!(rng.random_range(-20..100))));
    row.insert("x".into(), or_null(3, json!(cents as f64 / 100.0)));
    row.insert("tm".into(), or_null(4, json!(format!("{y}-{month:02}-{day:02} {h:02}:00:00"))));
    let time = |value: i64| or_null(4, json!(value));
    row.insert("y".into(), time(y));
    row.insert("m".into(), time(month));
    row.insert("q".into(), time((month + 2) / 3));
    row.insert("h".into(), time(h));
    row.insert("team".into(), or_null(1, TEAMS.get(b as usize).map_or(Value::Null, |t| json!(t))));
    row
}

/// Aggregates as a caller writes them, and as a loop computes them.
/// What an aggregate is asked as, and what it is over plain rows.
type Aggregate = fn(&[&Row]) -> Value;
/// Whether a condition holds for a plain row.
type Holds = fn(&Row) -> bool;

const AGGREGATES: &[(&str, Aggregate)] = &[
    ("count(*)", |rows| json!(rows.len())),
    ("count(n)", |rows| json!(numbers(rows, "n").len())),
    ("sum(n)", |rows| sum(&numbers(rows, "n"))),
    ("sum(x)", |rows| sum(&numbers(rows, "x"))),
    ("avg(n)", |rows| {
        let n = numbers(rows, "n");
        if n.is_empty() { Value::Null } else { json!(n.iter().sum::<f64>() / n.len() as f64) }
    }),
    ("max(n)", |rows| numbers(rows, "n").into_iter().reduce(f64::max).map_or(Value::Null, |n| json!(n))),
    ("min(x)", |rows| numbers(rows, "x").into_iter().reduce(f64::min).map_or(Value::Null, |n| json!(n))),
    ("count(distinct a)", |rows| {
        let mut texts: Vec<&str> = rows.iter().filter_map(|row| row["a"].as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        json!(texts.len())
    }),
    ("countif(n>10)", |rows| json!(numbers(rows, "n").iter().filter(|n| **n > 10.0).count())),
    ("countif(b=1 or a='A',n)", |rows| {
        let hit = rows.iter().filter(|row| row["b"] == json!(1) || row["a"] == json!("A"));
        json!(hit.filter(|row| !row["n"].is_null()).count())
    }),
    ("sumif(team='red',n)", |rows| {
        let red: Vec<&Row> = rows.iter().copied().filter(|row| row["team"] == json!("red")).collect();
        // A null in a row that counts adds nothing; rows that do not count add 0.
        match (red.len() == rows.len(), numbers(&red, "n")) {
            (true, n) if n.is_empty() => Value::Null,
            (_, n) => json!(n.iter().sum::<f64>()),
        }
    }),
    ("sum(n*2-1)", |rows| sum(&numbers(rows, "n").iter().map(|n| n * 2.0 - 1.0).collect::<Vec<_>>())),
];

fn numbers(rows: &[&Row], field: &str) -> Vec<f64> {
    rows.iter().filter_map(|row| row[field].as_f64()).collect()
}

fn sum(numbers: &[f64]) -> Value {
    if numbers.is_empty() { Value::Null } else { json!(numbers.iter().sum::<f64>()) }
}

/// Conditions as a caller writes them, and as a test of a row.
const CONDITIONS: &[(&str, Holds)] = &[
    ("", |_| true),
    ("n>30", |row| row["n"].as_f64().is_some_and(|n| n > 30.0)),
    ("a in ('A','甲') and n is not null", |row| {
        (row["a"] == json!("A") || row["a"] == json!("甲")) && !row["n"].is_null()
    }),
    ("not (b=2 or y=2022) and y>2021", |row| {
        !row["b"].is_null()
            && row["b"] != json!(2)
            && row["y"] != json!(2022)
            && row["y"].as_i64().is_some_and(|y| y > 2021)
    }),
    ("team='blue' or x between 0 and 100", |row| {
        row["team"] == json!("blue") || row["x"].as_f64().is_some_and(|x| (0.0..=100.0).contains(&x))
    }),
];

const GROUPS: &[&str] = &["a", "b", "y", "m", "q", "h", "team"];

fn group<'r>(rows: &[&'r Row], by: &[&str]) -> BTreeMap<String, Vec<&'r Row>> {
    let mut out: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        out.entry(key(by.iter().map(|field| &row[*field]))).or_default().push(row);
    }
    out
}

fn key<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    values.map(Value::to_string).collect::<Vec<_>>().join("|")
}

#[track_caller]
fn same(left: &Value, right: &Value, what: &str) {
    let close = match (left.as_f64(), right.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        _ => left == right,
    };
    assert!(close, "{what}: {left} is not {right}");
}

fn chosen<'c, T>(rng: &mut StdRng, from: &'c [T], most: usize) -> Vec<&'c T> {
    let count = rng.random_range(1..=most);
    from.sample(rng, count).collect()
}

#[test]
fn groups_and_statistics_equal_plain_loops() {
    for seed in 0..3 {
        let (app, rows) = random(seed, 250);
        let client = admin(&app);
        let mut rng = StdRng::seed_from_u64(seed + 100);
        for _ in 0..120 {
            let (cond, holds) = CONDITIONS.choose(&mut rng).unwrap();
            let rows: Vec<&Row> = rows.iter().filter(|row| holds(row)).collect();
            let by: Vec<&str> = chosen(&mut rng, GROUPS, 3).into_iter().copied().collect();
            let of = chosen(&mut rng, AGGREGATES, 4);
            let res: Vec<String> =
                of.iter().enumerate().map(|(i, (text, _))| format!("{text} r{i}")).collect();
            let asked = json!({"gres": by.join(","), "res": res.join(","), "cond": cond, "pagesz": -1, "statRes": res.join(",")});
            let got = client.ok("Fact.query", asked.clone());
            let groups = group(&rows, &by);
            assert_eq!(got["d"].as_array().unwrap().len(), groups.len(), "{asked}");
            for line in got["d"].as_array().unwrap() {
                let line = line.as_array().unwrap();
                let members = &groups[&key(line[..by.len()].iter())];
                for ((text, compute), cell) in of.iter().zip(&line[by.len()..]) {
                    same(cell, &compute(members), &format!("{text} of {asked}"));
                }
            }
            if !rows.is_empty() {
                for (i, (text, compute)) in of.iter().enumerate() {
                    same(&got["stat"][format!("r{i}")], &compute(&rows), &format!("stat {text} of {asked}"));
                }
            }
        }
    }
}

#[test]
fn pivots_equal_plain_loops() {
    for seed in 10..12 {
        let (app, rows) = random(seed, 200);
        let client = admin(&app);
        let mut rng = StdRng::seed_from_u64(seed);
        for _ in 0..60 {
            let fields: Vec<&str> = GROUPS.sample(&mut rng, 2).copied().collect();
            let (by, across) = (fields[0], fields[1]);
            let (cond, holds) = CONDITIONS.choose(&mut rng).unwrap();
            let rows: Vec<&Row> = rows.iter().filter(|row| holds(row)).collect();
            let got = client.ok(
                "Fact.query",
                json!({"gres": format!("{by},{across}"), "res": "count(*) c", "pivot": across, "cond": cond, "pagesz": -1, "pivotSumField": "total"}),
            );
            let header: Vec<&str> =
                got["h"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
            if rows.is_empty() {
                continue;
            }
            let mut counted = 0;
            for line in got["d"].as_array().unwrap().iter().filter(|line| line[0] != json!("total")) {
                for (at, name) in header.iter().enumerate().skip(1).filter(|(_, name)| **name != "total") {
                    let shown = |row: &&&Row| match &row[across] {
                        Value::Null => *name == "(null)",
                        Value::String(text) => text == name,
                        other => {
                            let shown = other.to_string();
                            shown == **name
                        }
                    };
                    let expected = rows.iter().filter(|row| row[by] == line[0]).filter(shown).count();
                    assert_eq!(
                        line[at].as_u64().unwrap_or(0),
                        expected as u64,
                        "{by} {across} {cond} {name} {line}"
                    );
                    counted += expected;
                }
            }
            assert_eq!(counted, rows.len(), "{by} {across} {cond}");
        }
    }
}

/// All pages, one after the other.
fn walk(client: &Client<'_>, query: &str, size: usize, named: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), Value::Null);
    for _ in 0..1000 {
        let page = match &next {
            Value::Null => String::new(),
            key => format!("&{named}={key}"),
        };
        let got = client.ok(&format!("{query}&pagesz={size}{page}"), json!(null));
        let rows = got["d"].as_array().unwrap().clone();
        assert!(rows.len() <= size, "{query}");
        assert!(!rows.is_empty() || next.is_null(), "an empty page was announced: {query} {size}");
        all.extend(rows);
        next = got.get("nextkey").cloned().unwrap_or_default();
        if next.is_null() {
            return all;
        }
    }
    panic!("{query} has no end");
}

#[test]
fn pages_one_after_the_other_are_the_whole_list() {
    let (app, _) = random(20, 61);
    let client = admin(&app);
    let orders = [
        "",
        "id",
        "id desc",
        "t0.id desc",
        "a",
        "a desc",
        "b,n desc",
        "x desc,id desc",
        "tm",
        "team,a desc,id",
        "y desc,m",
        "n,id",
        "team desc",
    ];
    for order in orders {
        let order = if order.is_empty() { String::new() } else { format!("&orderby={order}") };
        for cond in ["", "&cond=n>20 or a='A'"] {
            let query = format!("Fact.query?res=id,a,n,team{order}{cond}");
            let whole =
                client.ok(&format!("{query}&pagesz=-1"), json!(null))["d"].as_array().unwrap().clone();
            for size in [1, 2, 3, 7, 20, 60, 61, 62] {
                assert_eq!(walk(&client, &query, size, "pagekey"), whole, "{query} by {size}");
            }
            if !order.contains("id") && !order.is_empty() {
                assert_eq!(walk(&client, &query, 5, "page"), whole, "{query} by page number");
            }
        }
    }
    for query in [
        "Fact.query?gres=a,b&res=count(*) c&orderby=c desc",
        "Fact.query?gres=team&res=sum(n) s&orderby=s",
        "Fact.query?res=a,b&distinct=1&orderby=a,b",
    ] {
        let whole = client.ok(&format!("{query}&pagesz=-1"), json!(null))["d"].as_array().unwrap().clone();
        for size in [1, 2, 5] {
            assert_eq!(walk(&client, query, size, "pagekey"), whole, "{query} by {size}");
        }
    }
}
