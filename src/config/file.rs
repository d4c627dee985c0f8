//! Reads `jindou.toml` into names and texts. Lists become texts with commas, tables become JSON, so that every
//! source speaks alike.

use serde_json::Value as Json;

/// The file's top-level keys in their order, or the line that is wrong.
pub fn read(name: &str, text: &str) -> Result<Vec<(String, String)>, String> {
    let table: toml::Table = text.parse().map_err(|fault| syntax(name, text, &fault))?;
    Ok(table.into_iter().map(|(key, value)| (key, plain(json(value)))).collect())
}

fn syntax(name: &str, text: &str, fault: &toml::de::Error) -> String {
    let at = fault.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let (line, start) = (before.matches('\n').count() + 1, before.rfind('\n').map_or(0, |end| end + 1));
    let column = before.get(start..).map_or(1, |part| part.chars().count() + 1);
    format!("{name}:{line}:{column}: {}", fault.message().replace('\n', " "))
}

fn plain(value: Json) -> String {
    match value {
        Json::String(text) => text,
        Json::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.into_iter().map(plain).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

fn json(value: toml::Value) -> Json {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => Json::Object(table.into_iter().map(|(k, v)| (k, json(v))).collect()),
    }
}
