//! `sumFields`: a last row with the sums of the named columns. Sums over all pages come from `stat`
//! where it has them, else the rows at hand are added up.

use serde_json::{Map, Value};

use super::Grid;
use super::number::Num;
use crate::error::{Error, Result};

const LABEL: &str = "合计";

/// Adds the totals row when there is more than one row. Paging stays as it was.
pub fn sum_fields(mut grid: Grid, fields: &[String], stat: Option<&Map<String, Value>>) -> Result<Grid> {
    let mut totals = vec![Value::Null; grid.header.len()];
    let mut first_is_summed = false;
    for field in fields.iter().map(|field| field.trim()).filter(|field| !field.is_empty()) {
        let column = grid.column(field).ok_or_else(|| unknown(field))?;
        first_is_summed |= column == 0;
        totals[column] = match stat.and_then(|stat| stat.get(field)) {
            Some(total) => total.clone(),
            None => sum(&grid, column),
        };
    }
    if grid.rows.len() > 1 && !fields.is_empty() {
        if !first_is_summed && let Some(first) = totals.first_mut() {
            *first = LABEL.into();
        }
        grid.rows.push(totals);
    }
    Ok(grid)
}

fn sum(grid: &Grid, column: usize) -> Value {
    let cells = grid.rows.iter().filter_map(|row| row.get(column));
    cells.filter_map(Num::of).fold(Num::Int(0), Num::plus).rounded()
}

fn unknown(field: &str) -> Error {
    Error::param(format!("column `{field}` named by `sumFields` is not in the result"))
        .say(format!("合计列不正确: {field}"), format!("no such column to sum: {field}"))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(fields: &[&str], stat: Value, expected: Expect) {
        let rows = vec![vec![json!("A"), json!(1), json!(0.1)], vec![json!("B"), json!(2), json!("0.2")]];
        let mut grid = Grid::new(["name", "cnt", "amount"], rows);
        grid.nextkey = Some(json!(2));
        let fields: Vec<String> = fields.iter().map(|field| field.to_string()).collect();
        let mut out = Vec::new();
        super::super::write_grid(&mut out, &sum_fields(grid, &fields, stat.as_object()).unwrap());
        expected.assert_eq(std::str::from_utf8(&out).unwrap());
    }

    #[test]
    fn the_totals_row() {
        check(
            &["cnt", "amount"],
            json!({}),
            expect![[
                r#"{"h":["name","cnt","amount"],"d":[["A",1,0.1],["B",2,"0.2"],["合计",3,0.3]],"nextkey":2}"#
            ]],
        );
        check(
            &["amount"],
            json!({"amount": 99.5}),
            expect![[
                r#"{"h":["name","cnt","amount"],"d":[["A",1,0.1],["B",2,"0.2"],["合计",null,99.5]],"nextkey":2}"#
            ]],
        );
        check(
            &["name"],
            json!({}),
            expect![[
                r#"{"h":["name","cnt","amount"],"d":[["A",1,0.1],["B",2,"0.2"],[0,null,null]],"nextkey":2}"#
            ]],
        );
    }

    #[test]
    fn one_row_has_no_totals_and_an_unknown_column_is_refused() {
        let grid = Grid::new(["a"], vec![vec![json!(1)]]);
        assert_eq!(sum_fields(grid.clone(), &["a".into()], None).unwrap(), grid);
        assert_eq!(&*sum_fields(grid, &["zz".into()], None).unwrap_err().text.zh, "合计列不正确: zz");
    }
}
