//! Random conditions on random rows: what is said of a row without asking is what the database says.

use super::*;
use crate::db::{Conn, Sync};
use crate::design::{DialectName, parse, table_sql};
use crate::plan::Select;
use crate::sql::{self, SQLITE, Sql};
use proptest::prelude::*;
use std::sync::Arc;

const COLUMNS: [&str; 7] = ["id", "n", "x", "amount", "word", "createTm", "onFlag"];

fn column() -> impl Strategy<Value = usize> {
    0..COLUMNS.len()
}

fn value() -> impl Strategy<Value = Val> {
    let texts =
        ["", "a", "A", "b ", "12", " 12", "1e1", "-0", "é", "2026-01-31", "2026-01-31 12:00:00", "12a"];
    prop_oneof![
        Just(Val::Null),
        (-3i64..13).prop_map(Val::Int),
        prop_oneof![Just(9_007_199_254_740_993), Just(i64::MAX), Just(i64::MIN)].prop_map(Val::Int),
        prop_oneof![Just(0.5), Just(12.0), Just(-0.0), Just(9e15)].prop_map(Val::Real),
        proptest::sample::select(texts.to_vec()).prop_map(Val::from),
    ]
}

/// A condition; columns are named by their place until the table is known.
#[derive(Debug, Clone)]
enum Wish {
    Compare(usize, usize, Val),
    Columns(usize, usize, usize),
    In(bool, usize, Vec<Val>),
    Between(bool, usize, Val, Val),
    Null(bool, usize),
    All(Vec<Wish>),
    Any(Vec<Wish>),
    Not(Box<Wish>),
}

fn wish() -> impl Strategy<Value = Wish> {
    let leaf = prop_oneof![
        (column(), 0..6usize, value()).prop_map(|(c, op, v)| Wish::Compare(c, op, v)),
        (column(), 0..6usize, column()).prop_map(|(a, op, b)| Wish::Columns(a, op, b)),
        (any::<bool>(), column(), prop::collection::vec(value(), 0..4))
            .prop_map(|(n, c, l)| Wish::In(n, c, l)),
        (any::<bool>(), column(), value(), value()).prop_map(|(n, c, a, b)| Wish::Between(n, c, a, b)),
        (any::<bool>(), column()).prop_map(|(n, c)| Wish::Null(n, c)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Wish::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Wish::Any),
            inner.prop_map(|one| Wish::Not(Box::new(one))),
        ]
    })
}

fn expr(wish: &Wish, table: &Table) -> Expr {
    let col = |at: &usize| Box::new(Expr::main(&table.columns[*at].name));
    let op = |at: &usize| Compare::ALL[*at].0;
    let val = |val: &Val| Box::new(Expr::Val(val.clone()));
    let all = |list: &[Wish]| list.iter().map(|one| expr(one, table)).collect();
    match wish {
        Wish::Compare(c, o, v) => Expr::Compare(col(c), op(o), val(v)),
        Wish::Columns(a, o, b) => Expr::Compare(col(a), op(o), col(b)),
        Wish::In(not, c, list) => Expr::In { not: *not, of: col(c), list: list.clone() },
        Wish::Between(not, c, a, b) => Expr::Between { not: *not, of: col(c), low: val(a), high: val(b) },
        Wish::Null(not, c) => Expr::Null { not: *not, of: col(c) },
        Wish::All(list) => Expr::All(all(list)),
        Wish::Any(list) => Expr::Any(all(list)),
        Wish::Not(one) => Expr::Not(Box::new(expr(one, table))),
    }
}

/// A table whose columns are of every affinity, with some rows as they are stored.
fn filled(rows: &[Vec<Val>]) -> (tempfile::TempDir, Conn, Arc<Table>, Vec<Vec<Val>>) {
    let page = "@T: id, n&, x#, amount, word(m), createTm, onFlag";
    let table = parse(&[("t", page)]).unwrap().table("T").unwrap().clone();
    let dir = tempfile::tempdir().unwrap();
    let conn = Conn::open_writer(&dir.path().join("t.db"), Sync::Normal).unwrap();
    conn.batch(&table_sql(&table, DialectName::Sqlite)).unwrap();
    for row in rows {
        let text =
            "INSERT INTO T (n, x, amount, word, createTm, onFlag) VALUES (?, ?, ?, ?, ?, IFNULL(?, 0))";
        conn.run(&Sql::fixed(text, row.clone())).unwrap();
    }
    let all = "SELECT id, n, x, amount, word, createTm, onFlag FROM T ORDER BY id";
    let stored = conn.rows(&Sql::fixed(all, Vec::new())).unwrap();
    (dir, conn, table, stored)
}

fn selected(conn: &Conn, table: &Table, filter: Expr) -> Vec<i64> {
    let mut select = Select::from(table.name.clone());
    select.columns = vec![Expr::main(table.id())];
    select.filter = Some(filter);
    let rows = conn.rows(&sql::select(&select, &SQLITE)).unwrap();
    rows.iter().filter_map(|row| row[0].as_i64()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_row_is_judged_as_the_database_judges_it(
        rows in prop::collection::vec(prop::collection::vec(value(), 6), 1..6),
        wishes in prop::collection::vec(wish(), 1..12),
    ) {
        let (_dir, conn, table, stored) = filled(&rows);
        for wish in &wishes {
            let filter = expr(wish, &table);
            let held = selected(&conn, &table, filter.clone());
            let contrary = selected(&conn, &table, Expr::Not(Box::new(filter.clone())));
            let keys = keys(&filter, &table, 7);
            for values in &stored {
                let id = values[0].as_i64().unwrap();
                let there = (held.contains(&id), contrary.contains(&id));
                let said = truth(&filter, TableRow { table: &table, values }, 7);
                let right = match said {
                    Truth::Yes => there == (true, false),
                    Truth::No => there == (false, true),
                    Truth::Null => there == (false, false),
                    Truth::Unknown => true,
                };
                prop_assert!(right, "{said:?} but {there:?}: {filter:?} of {values:?}");
                // A row that is selected has one of the keys, or a value of which only the database can tell.
                if let (Some((column, keys)), true) = (&keys, there.0) {
                    let at = table.position(column.as_str()).unwrap();
                    let key = MatchKey::of(&values[at], table.columns[at].kind);
                    prop_assert!(key.is_none_or(|key| keys.contains(&key)), "{keys:?} of {values:?}");
                }
            }
        }
    }
}

#[test]
fn plain_conditions_are_decided_without_the_database() {
    let row = [Val::from("CR"), Val::from("2026-01-31 12:00:00"), Val::Real(12.5)];
    let (_dir, _conn, table, stored) =
        filled(&[vec![Val::Int(3), Val::Null, row[2].clone(), row[0].clone(), row[1].clone(), Val::Int(1)]]);
    let main = |name: &str| Expr::main(&table.column(name).unwrap().name);
    let said = |expr: Expr| truth(&expr, TableRow { table: &table, values: &stored[0] }, 3);
    assert_eq!(said(main("word").equals("CR".into())), Truth::Yes);
    assert_eq!(said(main("word").equals("cr".into())), Truth::No);
    assert_eq!(said(main("n").meets(Placeholder::Caller, 99)), Truth::Yes);
    assert_eq!(said(main("amount").compare(Compare::Gt, Val::Int(12))), Truth::Yes);
    assert_eq!(said(main("createTm").compare(Compare::Ge, "2026-02-01".into())), Truth::No);
    assert_eq!(said(main("x").equals(Val::Int(1))), Truth::Null);
    let both = Expr::All(vec![main("word").equals("CR".into()), main("n").meets(Placeholder::Caller, 0)]);
    let n = table.column("n").unwrap().name.clone();
    assert_eq!(keys(&both, &table, 3), Some((n, vec![MatchKey::Int(3)])));
}
