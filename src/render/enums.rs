//! Enum maps of a result column, `CR:新创建;RE:已服务`: stored values become the labels people read. Used
//! after the fetch; nothing here filters or sorts.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::text::cell_text;
use crate::error::{Error, Result};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnumMap {
    labels: HashMap<Box<str>, Box<str>>,
    /// The label of null and of an empty text, from an entry without a key.
    empty: Option<Box<str>>,
}

impl EnumMap {
    pub fn parse(text: &str) -> Result<EnumMap> {
        let mut map = EnumMap::default();
        let mut entries = text.split(';').map(str::trim).filter(|entry| !entry.is_empty()).peekable();
        if entries.peek().is_none() {
            return Err(bad_list(text));
        }
        for entry in entries {
            let (key, label) = entry.split_once(':').ok_or_else(|| bad_list(entry))?;
            match key.trim() {
                "" => map.empty = Some(label.trim().into()),
                key => _ = map.labels.insert(key.into(), label.trim().into()),
            }
        }
        Ok(map)
    }

    /// The label of a value; of a comma list, the labels of its items. What has no label stays as it is.
    pub fn map(&self, value: Value) -> Value {
        let text = match &value {
            Value::Array(_) | Value::Object(_) => return value,
            scalar => cell_text(scalar),
        };
        let label = match (&*text, &self.empty) {
            ("", Some(label)) => Some(label.to_string()),
            ("", None) => None,
            (text, _) => self.labels.get(text).map(|label| label.to_string()).or_else(|| self.list(text)),
        };
        label.map_or(value, Value::String)
    }

    fn list(&self, text: &str) -> Option<String> {
        if !text.contains(',') {
            return None;
        }
        let label = |item: &str| match self.labels.get(item.trim()) {
            Some(label) => Cow::Owned(label.to_string()),
            None => Cow::Owned(item.to_owned()),
        };
        Some(text.split(',').map(label).collect::<Vec<Cow<'_, str>>>().join(","))
    }
}

fn bad_list(entry: &str) -> Error {
    Error::param(format!("bad kvList: `{entry}'"))
        .say(format!("枚举表`{entry}`不正确"), format!("bad value list `{entry}`"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_labels() {
        let map = EnumMap::parse("CR:新创建; RE:已服务 ;1:一:甲;:无;").unwrap();
        for (value, label) in [
            (json!("CR"), json!("新创建")),
            (json!("CR,XX, RE"), json!("新创建,XX,已服务")),
            (json!("XX"), json!("XX")),
            (json!(1), json!("一:甲")),
            (json!(7), json!(7)),
            (json!(null), json!("无")),
            (json!(""), json!("无")),
            (json!([1]), json!([1])),
        ] {
            assert_eq!(map.map(value.clone()), label, "{value}");
        }
    }

    #[test]
    fn without_an_empty_entry_nothing_stays_nothing() {
        let map = EnumMap::parse("A:甲").unwrap();
        assert_eq!(map.map(json!(null)), json!(null));
        assert_eq!(map.map(json!("")), json!(""));
    }

    #[test]
    fn a_bad_entry_is_named() {
        let detail = |text: &str| EnumMap::parse(text).unwrap_err().detail.unwrap().to_string();
        assert_eq!(detail("CR"), "bad kvList: `CR'");
        assert_eq!(detail("A:1;CR"), "bad kvList: `CR'");
        assert_eq!(detail(""), "bad kvList: `'");
    }

    proptest! {
        #[test]
        fn any_text_is_a_map_or_an_error(list in "[A-C:;, 甲]{0,12}", value in ".{0,8}") {
            if let Ok(map) = EnumMap::parse(&list) {
                map.map(Value::String(value));
            }
        }
    }
}
