//! A grid in the shape of a `fmt`: table, list, objects, one row, hash or tree. Files are not shapes.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::text::cell_text;
use super::{Format, Grid, tree};
use crate::error::{Error, Result};

pub fn shape(grid: Grid, format: &Format) -> Result<Value> {
    match format {
        Format::Table => Ok(table(grid)),
        Format::List => Ok(list(grid)),
        Format::Array => Ok(objects(grid).into_iter().map(Value::Object).collect()),
        Format::One => first(grid).map(Value::Object).ok_or_else(no_data),
        Format::OneOpt => Ok(one_or_false(grid)),
        Format::Hash { key, value, multi } => hash(grid, key.as_deref(), value.as_deref(), *multi),
        Format::Tree { id, father, children } => tree::nest(grid, id, father, children),
        Format::File(kind) => Err(Error::server(format!("{kind:?} is a file, not a shape of a payload"))),
    }
}

fn table(grid: Grid) -> Value {
    let paging: Vec<_> = grid.paging().collect();
    let width = grid.header.len();
    let mut table = Map::new();
    table.insert("h".into(), grid.header.iter().map(|name| Value::from(&**name)).collect());
    let rows = grid.rows.into_iter().map(|mut row| {
        if row.len() < width {
            row.resize(width, Value::Null);
        }
        Value::Array(row)
    });
    table.insert("d".into(), rows.collect());
    extend(table, paging)
}

fn list(grid: Grid) -> Value {
    let paging: Vec<_> = grid.paging().collect();
    let mut list = Map::new();
    list.insert("list".into(), objects(grid).into_iter().map(Value::Object).collect());
    extend(list, paging)
}

fn extend(mut map: Map<String, Value>, paging: Vec<(&'static str, Value)>) -> Value {
    map.extend(paging.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(map)
}

/// Every row as an object, in the header's order.
pub(super) fn objects(grid: Grid) -> Vec<Map<String, Value>> {
    grid.rows.into_iter().map(|row| object(&grid.header, row)).collect()
}

fn object(header: &[Arc<str>], row: Vec<Value>) -> Map<String, Value> {
    let mut cells = row.into_iter();
    header.iter().map(|name| (name.to_string(), cells.next().unwrap_or_default())).collect()
}

fn first(grid: Grid) -> Option<Map<String, Value>> {
    let row = grid.rows.into_iter().next()?;
    Some(object(&grid.header, row))
}

fn no_data() -> Error {
    Error::param("no data").say("查询不到数据", "no data")
}

fn one_or_false(grid: Grid) -> Value {
    let single = grid.header.len() == 1;
    match first(grid) {
        None => Value::Bool(false),
        Some(row) if single => row.into_iter().next().map(|(_, cell)| cell).unwrap_or_default(),
        Some(row) => Value::Object(row),
    }
}

/// A repeated key keeps its first place and its last value; `multi` collects all values instead.
fn hash(grid: Grid, key: Option<&str>, value: Option<&str>, multi: bool) -> Result<Value> {
    let key = match key {
        Some(name) => column(&grid, name)?,
        None => 0,
    };
    let value = value.map(|name| column(&grid, name)).transpose()?;
    let mut hash = Map::new();
    for row in grid.rows {
        let name = row.get(key).map(cell_text).unwrap_or_default().into_owned();
        let entry = match value {
            Some(at) => row.into_iter().nth(at).unwrap_or_default(),
            None => Value::Object(object(&grid.header, row)),
        };
        if !multi {
            hash.insert(name, entry);
        } else if let Value::Array(entries) = hash.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            entries.push(entry);
        }
    }
    Ok(Value::Object(hash))
}

/// The position of a column that a format parameter names.
pub(super) fn column(grid: &Grid, name: &str) -> Result<usize> {
    grid.column(name).ok_or_else(|| {
        Error::param(format!("column `{name}` named by `fmt` is not in the result"))
            .say(format!("结果中没有列`{name}`"), format!("the result has no column `{name}`"))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn sample() -> Grid {
        let mut grid = Grid::new(
            ["id", "name"],
            vec![vec![json!(1), json!("张三")], vec![json!(2), Value::Null], vec![json!(3), json!("张三")]],
        );
        grid.nextkey = Some(json!(3));
        grid.total = Some(9);
        grid
    }

    fn check(fmt: &str, grid: Grid, expected: Expect) {
        let format = Format::parse(fmt, None).unwrap();
        let shown = match shape(grid, &format) {
            Ok(value) => value.to_string(),
            Err(error) => format!("{} {} {:?}", error.code.0, error.text.zh, error.detail),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn rows_in_every_shape() {
        check(
            "",
            sample(),
            expect![[r#"{"h":["id","name"],"d":[[1,"张三"],[2,null],[3,"张三"]],"nextkey":3,"total":9}"#]],
        );
        check(
            "list",
            sample(),
            expect![[
                r#"{"list":[{"id":1,"name":"张三"},{"id":2,"name":null},{"id":3,"name":"张三"}],"nextkey":3,"total":9}"#
            ]],
        );
        check(
            "array",
            sample(),
            expect![[r#"[{"id":1,"name":"张三"},{"id":2,"name":null},{"id":3,"name":"张三"}]"#]],
        );
        check("one", sample(), expect![[r#"{"id":1,"name":"张三"}"#]]);
        check("one?", sample(), expect![[r#"{"id":1,"name":"张三"}"#]]);
    }

    #[test]
    fn hashes() {
        check(
            "hash",
            sample(),
            expect![[r#"{"1":{"id":1,"name":"张三"},"2":{"id":2,"name":null},"3":{"id":3,"name":"张三"}}"#]],
        );
        check("hash:name,id", sample(), expect![[r#"{"张三":3,"":2}"#]]);
        check("multihash:name,id", sample(), expect![[r#"{"张三":[1,3],"":[2]}"#]]);
        check(
            "hash:zz",
            sample(),
            expect![[r#"1 结果中没有列`zz` Some("column `zz` named by `fmt` is not in the result")"#]],
        );
        check("hash", Grid::new(["id"], vec![]), expect!["{}"]);
        check("multihash", Grid::new(["id"], vec![]), expect!["{}"]);
    }

    #[test]
    fn a_single_column_of_one_row_is_bare() {
        check("one?", Grid::new(["n"], vec![vec![json!(7)]]), expect!["7"]);
        check("one?", Grid::new(["n"], vec![vec![Value::Null]]), expect!["null"]);
        check("one", Grid::new(["n"], vec![vec![json!(7)]]), expect![[r#"{"n":7}"#]]);
    }

    #[test]
    fn no_rows() {
        let none = || Grid::new(["id"], vec![]);
        check("", none(), expect![[r#"{"h":["id"],"d":[]}"#]]);
        check("list", none(), expect![[r#"{"list":[]}"#]]);
        check("array", none(), expect!["[]"]);
        check("one", none(), expect![[r#"1 查询不到数据 Some("no data")"#]]);
        check("one?", none(), expect!["false"]);
    }

    #[test]
    fn the_table_value_equals_the_written_table() {
        let mut bytes = Vec::new();
        super::super::write_grid(&mut bytes, &sample());
        let written: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(shape(sample(), &Format::Table).unwrap(), written);
    }
}
