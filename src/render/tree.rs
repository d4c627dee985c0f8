//! Rows nested under their parents. A row whose parent is empty or absent is a root, and so is the first
//! row of a cycle: no row is lost and nothing loops.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Grid;
use super::shape::{column, objects};
use super::text::cell_text;
use crate::error::{Error, Result};

/// Deeper nesting is refused: a client could not parse it and encoding it would eat the stack.
const MAX_DEPTH: usize = 200;

pub fn nest(grid: Grid, id: &str, father: &str, children: &str) -> Result<Value> {
    let (id, father) = (column(&grid, id)?, column(&grid, father)?);
    let parents = parents(&grid, id, father);
    let mut below = vec![Vec::new(); parents.len()];
    for (row, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            below[*parent].push(row);
        }
    }
    let rows = objects(grid).into_iter().map(Some).collect();
    let mut forest = Forest { rows, below, children };
    let mut roots = Vec::new();
    for row in (0..parents.len()).filter(|row| parents[*row].is_none()) {
        roots.extend(forest.take(row, 0)?);
    }
    for row in 0..parents.len() {
        roots.extend(forest.take(row, 0)?);
    }
    Ok(Value::Array(roots))
}

fn parents(grid: &Grid, id: usize, father: usize) -> Vec<Option<usize>> {
    let mut known = HashMap::new();
    for (at, row) in grid.rows.iter().enumerate() {
        known.entry(row.get(id).map(cell_text).unwrap_or_default()).or_insert(at);
    }
    let parent = |row: &Vec<Value>| {
        let name = row.get(father).map(cell_text).filter(|name| !name.is_empty() && name != "0")?;
        known.get(&name).copied()
    };
    grid.rows.iter().map(parent).collect()
}

struct Forest<'a> {
    /// None once it has found its place.
    rows: Vec<Option<Map<String, Value>>>,
    below: Vec<Vec<usize>>,
    children: &'a str,
}

impl Forest<'_> {
    fn take(&mut self, row: usize, depth: usize) -> Result<Option<Value>> {
        let Some(mut node) = self.rows[row].take() else {
            return Ok(None);
        };
        if depth >= MAX_DEPTH {
            return Err(Error::param(format!("fmt=tree: the rows nest deeper than {MAX_DEPTH} levels"))
                .say("树的层级过深", "the tree is too deep"));
        }
        let mut nested = Vec::new();
        for child in std::mem::take(&mut self.below[row]) {
            nested.extend(self.take(child, depth + 1)?);
        }
        if !nested.is_empty() {
            node.insert(self.children.to_owned(), Value::Array(nested));
        }
        Ok(Some(Value::Object(node)))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn tree(rows: &[(i64, Value)]) -> Value {
        let rows = rows.iter().map(|(id, father)| vec![json!(id), father.clone()]).collect();
        nest(Grid::new(["id", "fatherId"], rows), "id", "fatherId", "children").unwrap()
    }

    #[test]
    fn children_stand_under_their_parent() {
        let shown = tree(&[(3, json!(1)), (1, Value::Null), (2, json!(1)), (4, json!("3")), (5, json!(99))]);
        expect![[r#"[{"id":1,"fatherId":null,"children":[{"id":3,"fatherId":1,"children":[{"id":4,"fatherId":"3"}]},{"id":2,"fatherId":1}]},{"id":5,"fatherId":99}]"#]]
            .assert_eq(&shown.to_string());
    }

    #[test]
    fn a_cycle_is_cut_at_its_first_row() {
        expect![[r#"[{"id":1,"fatherId":2,"children":[{"id":2,"fatherId":1}]},{"id":3,"fatherId":3}]"#]]
            .assert_eq(&tree(&[(1, json!(2)), (2, json!(1)), (3, json!(3))]).to_string());
    }

    #[test]
    fn a_bottomless_chain_and_an_absent_column_are_refused() {
        let rows = (1..=1000).map(|id| vec![json!(id), json!(id - 1)]).collect();
        let error = nest(Grid::new(["id", "f"], rows), "id", "f", "c").unwrap_err();
        expect!["fmt=tree: the rows nest deeper than 200 levels"].assert_eq(&error.detail.unwrap());
        assert!(nest(Grid::new(["id"], vec![]), "id", "fatherId", "children").is_err());
    }

    fn count(nodes: &Value) -> usize {
        let nodes = nodes.as_array().map(Vec::as_slice).unwrap_or_default();
        nodes.iter().map(|node| 1 + count(&node["children"])).sum()
    }

    proptest! {
        #[test]
        fn no_row_is_lost_or_doubled(fathers in prop::collection::vec(0i64..60, 0..50)) {
            let rows: Vec<_> = fathers.iter().enumerate().map(|(id, father)| (id as i64 + 1, json!(father))).collect();
            prop_assert_eq!(count(&tree(&rows)), rows.len());
        }
    }
}
