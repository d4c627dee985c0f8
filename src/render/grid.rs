//! A finished result in memory: a header and rows of JSON cells, with what paging and statistics added.
//! Its JSON form is the protocol's hd table. It does not know where the rows came from.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grid {
    pub header: Vec<Arc<str>>,
    /// A row may be shorter than the header; the missing cells are null.
    pub rows: Vec<Vec<Value>>,
    pub total: Option<i64>,
    /// There are more rows than `total`, which were not counted.
    pub total_more: bool,
    pub nextkey: Option<Value>,
    /// Boxed, as all that is rare: answers are moved often.
    pub stat: Option<Box<Map<String, Value>>>,
}

/// Writes the hd table as JSON bytes without building a `Value` first: the way most answers leave.
pub fn write_grid(out: &mut Vec<u8>, grid: &Grid) {
    super::text::write_json(out, grid);
}

impl Grid {
    pub fn new<S: Into<Arc<str>>>(header: impl IntoIterator<Item = S>, rows: Vec<Vec<Value>>) -> Grid {
        Grid { header: header.into_iter().map(Into::into).collect(), rows, ..Grid::default() }
    }

    /// The position of an output column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| &**column == name)
    }

    /// What the list and hd shapes carry beside the rows.
    pub(super) fn paging(&self) -> impl Iterator<Item = (&'static str, Value)> {
        [
            ("nextkey", self.nextkey.clone()),
            ("total", self.total.map(Value::from)),
            ("totalMore", self.total_more.then(|| Value::from(1))),
            ("stat", self.stat.clone().map(|stat| Value::Object(*stat))),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

/// The first row as an object.
pub(super) struct One<'a> {
    header: &'a [Arc<str>],
    cells: &'a [Value],
}

impl Grid {
    /// None when there is no row, or when two outputs share a name, of which an object has but one.
    pub(super) fn one(&self) -> Option<One<'_>> {
        let unique = |(at, name): (usize, &Arc<str>)| !self.header[..at].contains(name);
        let cells = self.rows.first().filter(|_| self.header.iter().enumerate().all(unique))?;
        Some(One { header: &self.header, cells })
    }
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.cells.iter().chain(std::iter::repeat(&Value::Null));
        serializer.collect_map(self.header.iter().map(|name| &**name).zip(cells))
    }
}

impl Serialize for Grid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("h", &Header(&self.header))?;
        map.serialize_entry("d", &Rows { rows: &self.rows, width: self.header.len() })?;
        if let Some(nextkey) = &self.nextkey {
            map.serialize_entry("nextkey", nextkey)?;
        }
        if let Some(total) = self.total {
            map.serialize_entry("total", &total)?;
        }
        if self.total_more {
            map.serialize_entry("totalMore", &1)?;
        }
        if let Some(stat) = &self.stat {
            map.serialize_entry("stat", stat)?;
        }
        map.end()
    }
}

struct Header<'a>(&'a [Arc<str>]);

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|name| &**name))
    }
}

struct Rows<'a> {
    rows: &'a [Vec<Value>],
    width: usize,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|cells| Row { cells, width: self.width }))
    }
}

struct Row<'a> {
    cells: &'a [Value],
    width: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.cells.len().max(self.width)))?;
        for cell in self.cells {
            seq.serialize_element(cell)?;
        }
        for _ in self.cells.len()..self.width {
            seq.serialize_element(&Value::Null)?;
        }
        seq.end()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    fn bytes(grid: &Grid) -> String {
        let mut out = Vec::new();
        write_grid(&mut out, grid);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn zero_rows_keep_the_header() {
        expect![[r#"{"h":["id","name"],"d":[]}"#]].assert_eq(&bytes(&Grid::new(["id", "name"], vec![])));
    }

    #[test]
    fn everything_beside_the_rows_follows_them() {
        let mut grid = Grid::new(["id", "名"], vec![vec![json!(1), json!("a/\"b\"")], vec![json!(2)]]);
        grid.nextkey = Some(json!(2));
        grid.total = Some(40);
        grid.stat = json!({"sum": 9.5}).as_object().cloned().map(Box::new);
        expect![[
            r#"{"h":["id","名"],"d":[[1,"a/\"b\""],[2,null]],"nextkey":2,"total":40,"stat":{"sum":9.5}}"#
        ]]
        .assert_eq(&bytes(&grid));
    }
}
