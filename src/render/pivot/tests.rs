//! The pivot by example, and against sums done the slow way.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn sales() -> Grid {
    let rows = json!([
        [2019, 11, 1, "衣服", 20000],
        [2019, 11, 2, "食品", 12000],
        [2019, 12, 2, "食品", 15000.5],
        [2020, 2, 1, "衣服", 19000]
    ]);
    Grid::new(["y", "m", "cateId", "cateName", "sum"], serde_json::from_value(rows).unwrap())
}

fn names(list: &str) -> Vec<String> {
    list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn check(grid: Grid, fields: &str, cnt: usize, sum_field: Option<&str>, expected: Expect) {
    let shown = match pivot(grid, &names(fields), cnt, sum_field) {
        Ok(grid) => show(&grid),
        Err(error) => format!("{} {}\n", error.code.0, error.text.zh),
    };
    expected.assert_eq(&shown);
}

fn show(grid: &Grid) -> String {
    let header = format!("{}\n", grid.header.join(" | "));
    let line = |row: &Vec<Value>| format!("{}\n", Value::Array(row.clone()));
    header + &grid.rows.iter().map(line).collect::<String>()
}

#[test]
fn values_become_columns() {
    check(
        sales(),
        "cateId,cateName",
        1,
        None,
        expect![[r#"
        y | m | 1-衣服 | 2-食品
        [2019,11,20000,12000]
        [2019,12,null,15000.5]
        [2020,2,19000,null]
    "#]],
    );
    check(
        sales(),
        "y,m",
        1,
        None,
        expect![[r#"
        cateId | cateName | 2019-11 | 2019-12 | 2020-2
        [1,"衣服",20000,null,19000]
        [2,"食品",12000,15000.5,null]
    "#]],
    );
}

#[test]
fn totals() {
    check(
        sales(),
        "cateId,cateName",
        1,
        Some("合计"),
        expect![[r#"
        y | m | 1-衣服 | 2-食品 | 合计
        [2019,11,20000,12000,32000]
        [2019,12,null,15000.5,15000.5]
        [2020,2,19000,null,19000]
        ["合计",null,39000,27000.5,66000.5]
    "#]],
    );
    let one_row = Grid::new(["t", "n"], vec![vec![json!("a"), json!(1)], vec![json!("b"), json!(2)]]);
    check(
        one_row.clone(),
        "t",
        1,
        Some("sum"),
        expect![[r#"
        a | b | sum
        [1,2,3]
    "#]],
    );
    let one_column = Grid::new(
        ["g", "t", "n"],
        vec![vec![json!(1), json!("a"), json!(0.1)], vec![json!(2), json!("a"), json!(0.2)]],
    );
    check(
        one_column,
        "t",
        1,
        Some("sum"),
        expect![[r#"
        g | a
        [1,0.1]
        [2,0.2]
        ["sum",0.3]
    "#]],
    );
}

#[test]
fn two_statistics_make_arrays() {
    let rows = json!([["A", "x", 1, 10], ["A", "y", 2, 20], ["B", "x", 3, 30], ["A", "x", 1, 5]]);
    let grid = Grid::new(["g", "t", "cnt", "sum"], serde_json::from_value(rows).unwrap());
    check(
        grid,
        "t",
        2,
        Some("合计"),
        expect![[r#"
        g | x | y | 合计
        ["A",[2,15],[2,20],[4,35]]
        ["B",[3,30],null,[3,30]]
        ["合计",[5,45],[2,20],[7,65]]
    "#]],
    );
}

#[test]
fn null_empty_clashes_and_short_rows() {
    let rows =
        json!([["A", null, 1], ["A", "", 2], ["A", null, 2], [null, null, "text"], ["", "", 4], ["A"]]);
    check(
        Grid::new(["g", "t", "n"], serde_json::from_value(rows).unwrap()),
        "t",
        1,
        None,
        expect![[r#"
        g | (null) | (empty)
        ["A",3,2]
        [null,"text",null]
        ["",null,4]
    "#]],
    );
}

#[test]
fn plain_columns_keep_their_first_value() {
    let rows = json!([[1, "first", "x", 5], [1, "second", "x", 6], [1, "third", "y", 7]]);
    let grid = Grid::new(["id", "note", "t", "n"], serde_json::from_value(rows).unwrap());
    let by_id = pivot_by(grid, Some(&names("id")), &names("t"), 1, None).unwrap();
    expect![[r#"
        id | note | x | y
        [1,"first",11,7]
    "#]]
    .assert_eq(&show(&by_id));
}

#[test]
fn bad_columns_and_no_rows() {
    check(
        sales(),
        "zz",
        1,
        None,
        expect![[r#"
        1 分组列不正确: zz
    "#]],
    );
    check(
        sales(),
        "sum",
        1,
        None,
        expect![[r#"
        1 分组列不正确: sum
    "#]],
    );
    check(
        sales(),
        "y",
        9,
        None,
        expect![[r#"
        1 统计列数不正确
    "#]],
    );
    check(
        Grid::new(["g", "t", "n"], vec![]),
        "t",
        1,
        Some("合计"),
        expect![[r#"
        g
    "#]],
    );
    check(
        Grid::new(["g", "n"], vec![]),
        "zz",
        1,
        None,
        expect![[r#"
        1 分组列不正确: zz
    "#]],
    );
}

#[test]
fn paging_and_statistics_stay() {
    let mut grid = sales();
    grid.total = Some(4);
    grid.nextkey = Some(json!(2));
    let pivoted = pivot(grid, &names("y"), 1, None).unwrap();
    assert_eq!((pivoted.total, pivoted.nextkey), (Some(4), Some(json!(2))));
}

#[test]
fn an_exploding_table_is_refused_and_a_big_one_is_quick() {
    let rows = (0..100_000).map(|n| vec![json!(n), json!(n), json!(1)]).collect();
    check(
        Grid::new(["g", "t", "n"], rows),
        "t",
        1,
        None,
        expect![[r#"
        1 转置后的数据量过大
    "#]],
    );
    let rows = (0..100_000).map(|n| vec![json!(n % 10_000), json!(n % 7), json!(1)]).collect();
    let started = std::time::Instant::now();
    let pivoted = pivot(Grid::new(["g", "t", "n"], rows), &names("t"), 1, Some("sum")).unwrap();
    assert_eq!(pivoted.rows.last().unwrap().last().unwrap(), &json!(100_000));
    assert!(started.elapsed().as_secs() < 5, "quadratic");
}

fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (-1000i64..1000).prop_map(Value::from),
        (-1000i64..1000).prop_map(|n| Value::from(n as f64 / 4.0)),
    ]
}

proptest! {
    #[test]
    fn cells_and_totals_equal_naive_sums(
        rows in prop::collection::vec((0i64..4, 0i64..4, cell()), 0..40)
    ) {
        let naive = |group: Option<i64>, column: Option<i64>| -> f64 {
            let hit = |row: &&(i64, i64, Value)| group.is_none_or(|g| g == row.0) && column.is_none_or(|c| c == row.1);
            rows.iter().filter(hit).filter_map(|row| row.2.as_f64()).sum()
        };
        let grid = Grid::new(["g", "t", "n"], rows.iter().map(|(g, t, n)| vec![json!(g), json!(t), n.clone()]).collect());
        let pivoted = pivot(grid, &names("t"), 1, Some("sum")).unwrap();
        for row in &pivoted.rows {
            for (name, cell) in pivoted.header.iter().zip(row).skip(1) {
                let expected = naive(row[0].as_i64(), name.parse().ok());
                prop_assert!((cell.as_f64().unwrap_or(0.0) - expected).abs() < 1e-6, "{} {}", name, cell);
            }
        }
    }

    #[test]
    fn no_grid_makes_it_panic(
        rows in prop::collection::vec(prop::collection::vec(cell(), 0..5), 0..8),
        fields in "[a-d](,[a-d])?", cnt in 0usize..6,
    ) {
        let _ = pivot(Grid::new(["a", "b", "c", "d"], rows), &names(&fields), cnt, Some("sum"));
    }
}
