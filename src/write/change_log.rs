//! The changes of a write, as ObjLog keeps them: `{"field": [old, new]}`, written straight into its text. Secrets show
//! that they changed, not what they are.

use crate::audit::{RecordLimits, Seal, limit};
use crate::authorize::Authorized;
use crate::object::WriteFields;
use crate::redact;
use crate::services::Services;
use serde_json::{Map, Value, json};

#[derive(Default)]
pub struct Changes(Vec<u8>);

/// Bytes of most texts.
const USUAL: usize = 192;
/// What stands for a value that nobody may see.
const SECRET: &str = "?";
/// Characters of the text up to which every value is whole.
const MOST: usize = 20_000;

/// In the record of a statement over many rows: the number of those that have no records of their own.
pub const UNRECORDED: &str = "_rows";

/// How many rows one undo may change, and how many rows of one statement are recorded each.
pub fn rows_max(env: &Services) -> usize {
    usize::try_from(env.config.int("P_UNDO_ROWS")).unwrap_or_default()
}

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
            // In a change these texts mean that the field is emptied, whatever it held.
            let same = before == value && !matches!(value.as_str(), Some("null" | "empty"));
            if !(same || blank) {
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

    /// Nothing when nothing changed. It is JSON whatever its length.
    pub fn text(mut self, seal: &Seal) -> String {
        if !self.0.is_empty() {
            self.0.push(b'}');
        }
        let text = String::from_utf8(self.0).unwrap_or_default();
        match text.len() > MOST {
            true => shortened(text, seal),
            false => text,
        }
    }
}

/// Each value is cut by itself, so that none pushes another one out: a long one becomes
/// `{"cut": its beginning, "chars": its length, "hash": a code}`.
fn shortened(text: String, seal: &Seal) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str::<Value>(&text) else { return text };
    let values = || fields.values().filter_map(Value::as_array).flatten();
    let limit = limit(values().map(length), MOST, RecordLimits::USUAL.value_min);
    for value in fields.values_mut().filter_map(Value::as_array_mut).flatten() {
        if length(value) > limit {
            let whole = if let Value::String(text) = &*value { text.clone() } else { value.to_string() };
            let cut = &whole[..redact::place_of(&whole, limit).unwrap_or(whole.len())];
            let hash = seal.short("value", whole.as_bytes());
            *value = json!({"cut": cut, "chars": whole.chars().count(), "hash": hash});
        }
    }
    Value::Object(fields).to_string()
}

/// Of a value as it will stand there, by and large.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(_) | Value::Object(_) => value.to_string().chars().count(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pairs_are_json() {
        let mut changes = Changes::none();
        let seal = Seal::of(b"k");
        assert_eq!(Changes::none().text(&seal), "");
        changes.pair("amount", &Value::Null, &json!(12.5));
        changes.pair("d\"scr", &json!("a\nb"), &json!(["x"]));
        assert_eq!(changes.text(&seal), r#"{"amount":[null,12.5],"d\"scr":["a\nb",["x"]]}"#);
    }

    #[test]
    fn long_values_are_cut_each_by_itself_and_the_text_stays_json() {
        let seal = Seal::of(b"k");
        for long in ["梨".repeat(21_000), "\"\\".repeat(15_000), "x".repeat(100_000)] {
            let mut changes = Changes::none();
            changes.pair("dscr", &json!(long), &json!(long));
            changes.pair("list", &Value::Null, &json!([long]));
            changes.pair("name", &json!("A"), &json!("B"));
            let text = changes.text(&seal);
            let told: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(told["name"], json!(["A", "B"]));
            let (old, new) = (&told["dscr"][0], &told["dscr"][1]);
            assert_eq!((old, &old["chars"]), (new, &json!(long.chars().count())));
            let cut = old["cut"].as_str().unwrap();
            assert!(long.starts_with(cut) && cut.chars().count() > 1000, "{cut}");
            assert!(text.chars().count() < 3 * MOST, "{}", text.len());
        }
    }

    #[test]
    fn a_value_alone_has_all_the_room() {
        let mut changes = Changes::none();
        changes.pair("dscr", &Value::Null, &json!("x".repeat(19_000)));
        assert!(changes.text(&Seal::of(b"k")).contains(&"x".repeat(19_000)));
    }
}
