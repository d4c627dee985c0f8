//! Reading a row that came from the database: what is absent or null is nothing, as 0 or the empty text. For
//! rules that have asked for the columns they read; what clients send is read with `Args`.

use crate::object::WriteFields;
use serde_json::{Map, Value};

/// The fields of a row by their names.
pub type Row = Map<String, Value>;

/// ```
/// use jindou::plugin::*;
/// let row = Map::from_iter([("cnt".to_owned(), json!(3)), ("name".to_owned(), json!(null))]);
/// assert_eq!((row.int("cnt"), row.int("gone"), row.text("name")), (3, 0, ""));
/// ```
pub trait Fields {
    fn int(&self, name: &str) -> i64;

    fn text(&self, name: &str) -> &str;
}

impl Fields for Map<String, Value> {
    fn int(&self, name: &str) -> i64 {
        self.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Fields for WriteFields {
    fn int(&self, name: &str) -> i64 {
        self.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}
