//! The rows that the subscriber of a live query has, and the frame that brings them up to date.

use crate::render::Grid;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

/// The id of a row as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum RowId {
    Int(i64),
    Text(Box<str>),
}

impl RowId {
    fn of(cell: &Value) -> Option<RowId> {
        match cell {
            Value::Number(n) => n.as_i64().map(RowId::Int),
            Value::String(text) => Some(RowId::Text(text.as_str().into())),
            _ => None,
        }
    }
}

/// The result that was sent last, by its hashes.
#[derive(Debug, Default)]
pub struct Window {
    header: u64,
    /// Total, next page and statistics.
    beside: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// Rows with an id each, in their order.
    Rows(Vec<(RowId, u64)>),
    /// Rows that have none: groups, distinct values.
    Whole(u64),
}

impl Default for Content {
    fn default() -> Content {
        Content::Whole(0)
    }
}

fn hash(value: &impl Hash) -> u64 {
    foldhash::quality::FixedState::default().hash_one(value)
}

fn hash_rows(rows: &[Vec<Value>]) -> u64 {
    hash(&rows)
}

/// What stands beside the rows; each of it is null when there is none.
fn beside(grid: &Grid) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("nextkey".into(), grid.nextkey.clone().unwrap_or_default());
    out.insert("total".into(), grid.total.map(Value::from).unwrap_or_default());
    out.insert("totalMore".into(), if grid.total_more { 1.into() } else { Value::Null });
    out.insert("stat".into(), grid.stat.clone().map(|stat| Value::Object(*stat)).unwrap_or_default());
    out
}

impl Window {
    /// `by_id`: the column that holds the ids of the rows.
    pub fn of(grid: &Grid, by_id: Option<usize>) -> Window {
        Window {
            header: hash(&grid.header),
            beside: hash(&beside(grid)),
            content: by_id
                .and_then(|at| rows(grid, at))
                .unwrap_or_else(|| Content::Whole(hash_rows(&grid.rows))),
        }
    }

    /// The numbers of its rows.
    pub fn numbers(&self) -> impl Iterator<Item = i64> {
        let rows = if let Content::Rows(rows) = &self.content { rows.as_slice() } else { &[] };
        rows.iter().filter_map(|(id, _)| if let RowId::Int(n) = id { Some(*n) } else { None })
    }

    /// The difference between this window and a newer one over these rows; None when there is none:
    /// `del` names rows to be removed; then each row of `set` is taken out if it is there, and put in at its place of `at`,
    /// one after the other. `data` replaces everything.
    pub fn frame(&self, newer: &Window, grid: &Grid) -> Option<Map<String, Value>> {
        let mut out = Map::new();
        if self.header != newer.header {
            return Some(whole(grid));
        }
        match (&self.content, &newer.content) {
            (Content::Rows(old), Content::Rows(new)) => {
                let (set, del) = difference(old, new);
                if !set.is_empty() {
                    let rows = set.iter().map(|at| padded(grid, *at)).collect();
                    out.insert("set".into(), Value::Array(rows));
                    out.insert("at".into(), json!(set));
                }
                if !del.is_empty() {
                    out.insert("del".into(), json!(del));
                }
            }
            (Content::Whole(old), Content::Whole(new)) if old == new => {}
            _ => return Some(whole(grid)),
        }
        if self.beside != newer.beside {
            out.extend(beside(grid));
        }
        (!out.is_empty()).then_some(out)
    }
}

fn whole(grid: &Grid) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("data".into(), serde_json::to_value(grid).unwrap_or_default());
    out
}

/// A row with a cell for each name of the header.
fn padded(grid: &Grid, at: usize) -> Value {
    let mut cells = grid.rows[at].clone();
    cells.resize(cells.len().max(grid.header.len()), Value::Null);
    Value::Array(cells)
}

/// None when a row has no id, or two have the same.
fn rows(grid: &Grid, at: usize) -> Option<Content> {
    let ids = grid.rows.iter().map(|cells| Some((RowId::of(cells.get(at)?)?, hash(cells))));
    let rows: Vec<(RowId, u64)> = ids.collect::<Option<_>>()?;
    let mut seen = foldhash::HashSet::default();
    rows.iter().all(|(id, _)| seen.insert(id)).then(|| Content::Rows(rows.clone()))
}

/// The places of rows that are new, changed or moved, and the ids of those that are gone. The rows that stay are the
/// longest sequence that is in the same order in both.
fn difference(old: &[(RowId, u64)], new: &[(RowId, u64)]) -> (Vec<usize>, Vec<RowId>) {
    let places: HashMap<&RowId, (usize, u64), foldhash::fast::FixedState> =
        old.iter().enumerate().map(|(at, (id, hash))| (id, (at, *hash))).collect();
    let ids: foldhash::HashSet<&RowId> = new.iter().map(|(id, _)| id).collect();
    let del = old.iter().filter(|(id, _)| !ids.contains(id)).map(|(id, _)| id.clone()).collect();
    let before: Vec<Option<usize>> = new
        .iter()
        .map(|(id, hash)| places.get(id).filter(|(_, old)| old == hash).map(|(at, _)| *at))
        .collect();
    let stay = longest_ascending(&before);
    ((0..new.len()).filter(|at| !stay[*at]).collect(), del)
}

/// Marks the longest strictly ascending sequence among the numbers that are there.
fn longest_ascending(numbers: &[Option<usize>]) -> Vec<bool> {
    // The place of the smallest end of a sequence of each length, and before each place the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; numbers.len()];
    for (at, number) in numbers.iter().enumerate() {
        let Some(number) = number else { continue };
        let length = ends.partition_point(|end| numbers[*end].is_some_and(|end| end < *number));
        previous[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stay = vec![false; numbers.len()];
    let mut at = ends.last().copied();
    while let Some(here) = at {
        stay[here] = true;
        at = previous[here];
    }
    stay
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a client does with a frame.
    fn applied(mut rows: Vec<Value>, frame: &Map<String, Value>) -> Vec<Value> {
        if let Some(data) = frame.get("data") {
            return data["d"].as_array().cloned().unwrap_or_default();
        }
        let list = |name: &str| frame.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let set = list("set");
        rows.retain(|row| !list("del").contains(&row[0]) && !set.iter().any(|new| new[0] == row[0]));
        for (row, at) in set.into_iter().zip(list("at")) {
            rows.insert(at.as_u64().unwrap() as usize, row);
        }
        rows
    }

    fn grid(rows: &[(i64, i64)]) -> Grid {
        let mut seen = std::collections::HashSet::new();
        let rows = rows.iter().filter(|(id, _)| seen.insert(*id)).map(|(id, n)| vec![json!(id), json!(n)]);
        Grid::new(["id", "n"], rows.collect())
    }

    proptest! {
        #[test]
        fn a_frame_leads_from_the_old_rows_to_the_new(
            old in prop::collection::vec((0i64..12, 0i64..3), 0..10),
            new in prop::collection::vec((0i64..12, 0i64..3), 0..10),
        ) {
            let (old, new) = (grid(&old), grid(&new));
            let (before, after) = (Window::of(&old, Some(0)), Window::of(&new, Some(0)));
            let frame = before.frame(&after, &new);
            prop_assert_eq!(frame.is_none(), old.rows == new.rows);
            let list = |grid: &Grid| grid.rows.iter().cloned().map(Value::Array).collect::<Vec<_>>();
            prop_assert_eq!(applied(list(&old), &frame.unwrap_or_default()), list(&new));
        }
    }

    #[test]
    fn a_frame_tells_no_more_than_what_changed() {
        let frame = |old: &[(i64, i64)], new: &[(i64, i64)]| {
            let (old, new) = (grid(old), grid(new));
            let frame = Window::of(&old, Some(0)).frame(&Window::of(&new, Some(0)), &new);
            frame.map(|frame| Value::Object(frame).to_string()).unwrap_or_default()
        };
        assert_eq!(frame(&[(1, 0), (2, 0)], &[(1, 0), (2, 0)]), "");
        assert_eq!(frame(&[(1, 0), (2, 0)], &[(1, 0), (2, 5)]), r#"{"set":[[2,5]],"at":[1]}"#);
        assert_eq!(frame(&[(1, 0), (2, 0)], &[(2, 0), (3, 0)]), r#"{"set":[[3,0]],"at":[1],"del":[1]}"#);
        assert_eq!(
            frame(&[(1, 0), (2, 0), (3, 0)], &[(3, 0), (1, 0), (2, 0)]),
            r#"{"set":[[3,0]],"at":[0]}"#
        );
    }

    #[test]
    fn groups_and_other_names_are_sent_whole() {
        let (old, mut new) = (grid(&[(1, 0)]), grid(&[(1, 1)]));
        let whole = Window::of(&old, None).frame(&Window::of(&new, None), &new).unwrap();
        assert_eq!(Value::Object(whole), json!({"data": {"h": ["id", "n"], "d": [[1, 1]]}}));
        new.header.push("flag_a".into());
        let more = Window::of(&old, Some(0)).frame(&Window::of(&new, Some(0)), &new).unwrap();
        assert!(more.contains_key("data"));
        let mut counted = grid(&[(1, 0)]);
        counted.total = Some(7);
        let beside = Window::of(&old, Some(0)).frame(&Window::of(&counted, Some(0)), &counted).unwrap();
        assert_eq!((beside.get("total"), beside.contains_key("set")), (Some(&json!(7)), false));
    }
}
