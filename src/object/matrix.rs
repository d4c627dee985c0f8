//! The matrix of a role, as it is written: objects, and for each of them actions, fields and rows. It knows neither
//! declarations nor rights; `registry::roles` joins it with them.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Objects and functions, with what a role says of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// What the role says of objects, by their names.
    pub objects: BTreeMap<String, MatrixEntry>,
    /// Actions without an object.
    pub functions: Vec<String>,
}

/// What a role says of one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MatrixEntry {
    /// Standard actions and those of the object's own.
    pub actions: Vec<String>,
    /// Fields that are neither seen nor named nor written.
    pub hidden: Vec<String>,
    /// Fields that are not written.
    pub readonly: Vec<String>,
    /// Only the rows that belong to the employee.
    pub own: bool,
}

/// The name under which actions without an object stand; no object is called so.
const FUNCTIONS: &str = "functions";
/// The place of what is no object of JSON at all.
const NO_OBJECT: &str = "JSON";

impl Matrix {
    /// `{"Ordr": {"actions": ["query"], "hidden": ["amount"], "readonly": [], "rows": "own"}, "functions": ["sendSms"]}`.
    /// A list may also be a text with commas. The error is the place that is wrong.
    pub fn parse(text: &str) -> Result<Matrix, String> {
        let value: Value = serde_json::from_str(text).map_err(|_| NO_OBJECT.to_owned())?;
        let Value::Object(map) = value else { return Err(NO_OBJECT.to_owned()) };
        let mut matrix = Matrix::default();
        for (object, said) in map {
            if object == FUNCTIONS {
                matrix.functions = list(&said).ok_or_else(|| FUNCTIONS.to_owned())?;
                continue;
            }
            let Value::Object(said) = said else { return Err(object) };
            let entry = MatrixEntry::parse(&object, &said)?;
            matrix.objects.insert(object, entry);
        }
        Ok(matrix)
    }

    /// The same in one form, however it was written.
    pub fn text(&self) -> String {
        let mut map = Map::new();
        for (object, entry) in &self.objects {
            map.insert(
                object.clone(),
                json!({
                    "actions": entry.actions,
                    "hidden": entry.hidden,
                    "readonly": entry.readonly,
                    "rows": if entry.own { "own" } else { "all" },
                }),
            );
        }
        map.insert(FUNCTIONS.to_owned(), json!(self.functions));
        Value::Object(map).to_string()
    }
}

impl MatrixEntry {
    fn parse(object: &str, said: &Map<String, Value>) -> Result<MatrixEntry, String> {
        let mut entry = MatrixEntry::default();
        for (name, value) in said {
            let names = || list(value).ok_or_else(|| format!("{object}.{name}"));
            match name.as_str() {
                "actions" => entry.actions = names()?,
                "hidden" => entry.hidden = names()?,
                "readonly" => entry.readonly = names()?,
                "rows" => {
                    entry.own = match value.as_str() {
                        Some("own") => true,
                        Some("all") => false,
                        _ => return Err(format!("{object}.rows")),
                    }
                }
                _ => return Err(format!("{object}.{name}")),
            }
        }
        Ok(entry)
    }
}

/// Names, each once, in the order of the alphabet.
fn list(value: &Value) -> Option<Vec<String>> {
    let mut names: Vec<String> = match value {
        Value::Null => Vec::new(),
        Value::String(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        Value::Array(list) => {
            list.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        _ => return None,
    };
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_read_in_each_of_its_forms() {
        let text = r#"{"Ordr":{"actions":"query, get,query","hidden":["amount"],"rows":"own"},"functions":"sendSms"}"#;
        let matrix = Matrix::parse(text).unwrap();
        let entry = &matrix.objects["Ordr"];
        assert_eq!((entry.actions.join(" "), entry.own), ("get query".to_owned(), true));
        assert_eq!(matrix.functions, ["sendSms"]);
        assert_eq!(Matrix::parse(&matrix.text()), Ok(matrix));
        for (bad, place) in [
            ("[]", "JSON"),
            ("x", "JSON"),
            (r#"{"Ordr":1}"#, "Ordr"),
            (r#"{"Ordr":{"action":"get"}}"#, "Ordr.action"),
            (r#"{"Ordr":{"actions":[1]}}"#, "Ordr.actions"),
            (r#"{"Ordr":{"rows":"mine"}}"#, "Ordr.rows"),
            (r#"{"functions":{}}"#, "functions"),
        ] {
            assert_eq!(Matrix::parse(bad), Err(place.to_owned()), "{bad}");
        }
    }
}
