//! Lists of a table whose values are unevenly spread: whichever index a page is read by, its rows are the same.

use crate::app::{Client, TestApp};
use crate::login::employee;
use jindou::auth::Role;
use rusqlite::Connection;
use serde_json::{Value, json};

const ROWS: u32 = 60_000;
/// The orders from which on none is `PA`.
const OLD: u32 = 18_000;

/// `CR` is rare, `PA` is frequent and old, `ST` is a tenth, `RE` is most. Three orders share a minute each.
fn orders(app: &TestApp) {
    let db = Connection::open(app.server.db.path()).unwrap();
    db.execute_batch(&format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS})
         INSERT INTO Ordr (userId, createTm, status, amount, cmt) SELECT n % 50 + 1,
           strftime('%Y-%m-%d %H:%M:%S', 1577836800 + (n + n * 37 % 200) / 3 * 60, 'unixepoch'),
           CASE WHEN n * 7919 % 1000 = 0 THEN 'CR' WHEN n <= {OLD} THEN 'PA' WHEN n % 10 = 3 THEN 'ST' ELSE 'RE' END,
           n * 37 % 20000 / 100.0, CASE n % 7 WHEN 0 THEN 'x' END
         FROM numbers"
    ))
    .unwrap();
}

fn list(app: &TestApp) -> (Client<'_>, Connection) {
    orders(app);
    let boss = employee(app, "boss", "emp,mgr");
    (app.login(Role::Mgr, boss), Connection::open(app.server.db.path()).unwrap())
}

/// The signs that an address may not hold.
fn encoded(query: &str) -> String {
    query.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E")
}

fn ids(client: &Client<'_>, query: &str) -> (Vec<i64>, Value) {
    let got = client.ok(&format!("Ordr.query?{}", encoded(query)), json!(null));
    let rows = got["list"].as_array().unwrap();
    (rows.iter().map(|row| row["id"].as_i64().unwrap()).collect(), got)
}

/// The order that a page has, spelled so that no index serves it.
fn expected(db: &Connection, cond: &str, order: &str, limit: u32, offset: u32) -> Vec<i64> {
    let text = format!("SELECT id FROM Ordr WHERE {cond} ORDER BY {order} LIMIT {limit} OFFSET {offset}");
    let mut statement = db.prepare(&text).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// What the wire says of an order, and what it means.
const ORDERS: &[(&str, &str)] = &[
    ("id desc", "+id DESC"),
    ("id", "+id"),
    ("createTm desc", "+createTm DESC, +id DESC"),
    ("createTm", "+createTm, +id"),
    ("createTm desc,id", "+createTm DESC, +id"),
    ("status,createTm desc", "+status, +createTm DESC, +id DESC"),
    ("amount desc", "+amount DESC, +id DESC"),
];

const CONDITIONS: &[&str] = &[
    "status='CR'",
    "status='PA'",
    "status='ST'",
    "status='RE'",
    "status='XX'",
    "status IN ('CR','ST')",
    "status IN ('PA','RE','CR')",
    "status IN ('CR','CR','XX')",
    "status IN ('PA','ST') AND cmt='x'",
    "status='RE' AND amount<0.5",
    "status='PA' AND userId IN (1,2,3)",
    "status IN ('RE','ST') AND createTm<'2020-01-10'",
    "createTm>='2020-01-05' AND createTm<'2020-01-12'",
    "createTm BETWEEN '2020-01-02 00:00:00' AND '2020-01-03 00:00:00' AND status='RE'",
    "userId=7 AND status<>'RE'",
    "status='ST' OR userId=9",
];

#[test]
fn every_way_to_a_page_finds_the_same_rows() {
    let app = TestApp::new();
    let (client, db) = list(&app);
    for cond in CONDITIONS {
        for (asked, meant) in ORDERS {
            for (page, size) in [(1, 20), (3, 7), (40, 50)] {
                let query =
                    format!("fmt=list&res=id,createTm&cond={cond}&orderby={asked}&page={page}&pagesz={size}");
                let (got, answer) = ids(&client, &query);
                assert_eq!(got, expected(&db, cond, meant, size, (page - 1) * size), "{cond} {asked} {page}");
                let total: i64 = db
                    .query_row(&format!("SELECT COUNT(*) FROM Ordr WHERE {cond}"), [], |row| row.get(0))
                    .unwrap();
                assert_eq!(answer["total"], json!(total), "{cond} {asked}");
                let more = i64::from(page * size) < total;
                assert_eq!(answer.get("nextkey").is_some(), more, "{cond} {asked} {page}");
            }
        }
    }
}

#[test]
fn pages_by_the_last_id_hold_together() {
    let app = TestApp::new();
    let (client, db) = list(&app);
    for cond in ["status IN ('CR','ST')", "status='ST' AND cmt='x'", "createTm<'2020-01-01 12:00'"] {
        for (asked, meant) in &ORDERS[..2] {
            let (mut all, mut key) = (Vec::new(), String::new());
            loop {
                let query = format!("fmt=list&res=id&cond={cond}&orderby={asked}&pagesz=500{key}");
                let (got, answer) = ids(&client, &query);
                all.extend(got);
                match answer.get("nextkey") {
                    Some(next) => key = format!("&pagekey={next}"),
                    None => break,
                }
            }
            assert_eq!(all, expected(&db, cond, meant, ROWS, 0), "{cond} {asked}");
        }
    }
}

#[test]
fn the_way_is_chosen_as_the_values_are_spread() {
    let app = TestApp::new();
    let (client, _) = list(&app);
    let statements = |cond: &str, order: &str| {
        let query = format!("_debug=9&fmt=list&res=id&cond={cond}&orderby={order}");
        client.call(&format!("Ordr.query?{}", encoded(&query)), json!(null)).to_string()
    };
    let frequent = statements("status='RE'", "createTm desc");
    assert!(frequent.contains("INDEXED BY") && !frequent.contains("+t0"), "{frequent}");
    let rare = statements("status='CR'", "createTm desc");
    assert!(!rare.contains("INDEXED BY") && rare.contains("+t0"), "{rare}");
    let old = statements("status='PA'", "createTm desc");
    assert!(old.contains("INDEXED BY") && old.contains("+t0"), "the newest are none of them: {old}");
    assert!(statements("status IN ('CR','RE')", "id desc").contains("UNION"));
}

#[test]
fn rows_are_counted_to_a_limit_where_the_caller_says_so() {
    let app = TestApp::new();
    let (client, db) = list(&app);
    let asked = "fmt=list&res=id&statRes=SUM(amount) sum&page=1&pagesz=20&orderby=id desc";
    let (rows, exact) = ids(&client, &format!("{asked}&cond=status='RE'"));
    let all: i64 = db.query_row("SELECT COUNT(*) FROM Ordr WHERE status='RE'", [], |row| row.get(0)).unwrap();
    assert_eq!((&exact["total"], exact.get("totalMore")), (&json!(all), None));
    assert!(exact["stat"]["sum"].as_f64().is_some());
    let (same, capped) = ids(&client, &format!("{asked}&cond=status='RE'&totalMax=1000"));
    assert_eq!(same, rows);
    assert_eq!((&capped["total"], &capped["totalMore"], capped.get("stat")), (&json!(1000), &json!(1), None));
    let (_, enough) = ids(&client, &format!("{asked}&cond=status='RE'&totalMax={all}"));
    assert_eq!(enough, exact, "as many as there are");
    let (_, one_less) = ids(&client, &format!("{asked}&cond=status='RE'&totalMax={}", all - 1));
    assert_eq!((&one_less["total"], &one_less["totalMore"]), (&json!(all - 1), &json!(1)));
    // The table form, an order that has to be sorted, groups.
    let table = client.ok("Ordr.query?res=id&page=1&orderby=amount&totalMax=7", json!(null));
    assert_eq!((&table["total"], &table["totalMore"]), (&json!(7), &json!(1)));
    let groups = client.ok("Ordr.query?gres=userId&res=COUNT(1)%20n&page=1&totalMax=9&fmt=list", json!(null));
    assert_eq!((&groups["total"], &groups["totalMore"]), (&json!(9), &json!(1)));
    for bad in ["0", "-1", "many"] {
        let refused = client.call(&format!("Ordr.query?page=1&totalMax={bad}"), json!(null));
        assert!(refused[0] == 1 && refused[2].to_string().contains("totalMax"), "{refused}");
    }
}

#[test]
fn a_job_keeps_the_statistics_of_the_database() {
    let app = TestApp::new();
    let (client, _) = list(&app);
    client.ok("runJob?name=statistics", json!(null));
    let known = app.cell("SELECT stat FROM sqlite_stat1 WHERE tbl = 'Ordr' AND idx = 'idx_Ordr_status_id'");
    assert!(known.as_str().is_some_and(|stat| stat.split(' ').count() == 3), "{known}");
    let (rows, _) = ids(&client, "fmt=list&res=id&cond=status='CR'&orderby=createTm desc&pagesz=5");
    assert_eq!(rows.len(), 5);
}
