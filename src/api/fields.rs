//! Typed access to the fields of a row from the database: absent and null are 0 or the empty text. For rows whose columns the
//! code has asked for; parameters of clients are read with `Args`.

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
    /// A whole number, 0 where there is none.
    fn int(&self, name: &str) -> i64;

    /// A text, empty where there is none.
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
