//! What a write changed, as ObjLog keeps it: `{"field": [old, new]}`, written straight into its text. Secrets show
//! that they changed, not what they are.

use crate::auth::Authorized;
use crate::object::WriteFields;
use serde_json::{Map, Value};

#[derive(Default)]
pub struct Changes(Vec<u8>);

/// Bytes of most texts.
const USUAL: usize = 192;
/// What stands for a value that nobody may see.
const SECRET: &str = "?";
/// Characters kept of the text.
const MOST: usize = 20_000;

impl Changes {
    pub fn none() -> Changes {
        Changes::default()
    }

    /// What differs.
    pub fn between(authorized: &Authorized<'_>, old: &Map<String, Value>, new: &WriteFields) -> Changes {
        let mut out = Changes(Vec::with_capacity(USUAL));
        for (name, value) in new.iter() {
            let before = old.get(name).unwrap_or(&Value::Null);
            let blank = value.is_null() || (value.as_str() == Some("") && before.is_null());
            if !(before == value || blank) {
                out.put(authorized, name, before, value);
            }
        }
        out
    }

    /// What a row was that is no more.
    pub fn gone(authorized: &Authorized<'_>, old: &Map<String, Value>) -> Changes {
        let mut out = Changes::default();
        for (name, value) in
            old.iter().filter(|(name, value)| !value.is_null() && *name != "pwd" && *name != "id")
        {
            out.put(authorized, name, value, &Value::Null);
        }
        out
    }

    /// What rows became, whatever they were.
    pub fn made(authorized: &Authorized<'_>, new: &WriteFields) -> Changes {
        let mut out = Changes::default();
        new.iter().for_each(|(name, value)| out.put(authorized, name, &Value::Null, value));
        out
    }

    fn put(&mut self, authorized: &Authorized<'_>, name: &str, old: &Value, new: &Value) {
        let hidden = authorized.def().guarded.contains(name);
        match hidden {
            true => self.pair(name, &SECRET.into(), &SECRET.into()),
            false => self.pair(name, old, new),
        }
    }

    /// One more field.
    pub fn pair(&mut self, name: &str, old: &Value, new: &Value) {
        self.0.extend_from_slice(if self.0.is_empty() { b"{" } else { b"," });
        // Writing into memory does not fail, and a value that was parsed can be written.
        let _ = serde_json::to_writer(&mut self.0, name);
        self.0.extend_from_slice(b":[");
        let _ = serde_json::to_writer(&mut self.0, old);
        self.0.push(b',');
        let _ = serde_json::to_writer(&mut self.0, new);
        self.0.push(b']');
    }

    /// Nothing when nothing changed.
    pub fn text(mut self) -> String {
        if !self.0.is_empty() {
            self.0.push(b'}');
        }
        let text = String::from_utf8(self.0).unwrap_or_default();
        match text.len() > MOST {
            true => crate::facility::secret::cut(text, MOST),
            false => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pairs_are_json() {
        let mut changes = Changes::none();
        assert_eq!(Changes::none().text(), "");
        changes.pair("amount", &Value::Null, &json!(12.5));
        changes.pair("d\"scr", &json!("a\nb"), &json!(["x"]));
        assert_eq!(changes.text(), r#"{"amount":[null,12.5],"d\"scr":["a\nb",["x"]]}"#);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let mut changes = Changes::none();
        changes.pair("dscr", &Value::Null, &json!("梨".repeat(30_000)));
        assert_eq!(changes.text().chars().count(), MOST);
    }
}
