//! The old input escaping (`P_ESCAPE_INPUT=1`): `<` and `>` become entities before storage. Only these two,
//! because old front ends put values into pages with `.html()` and their regression suite expects exactly
//! that. It is not the defence against script injection: front ends escape on output.

use serde_json::Value;
use std::borrow::Cow;

/// ```
/// use jindou::call::compat::escape;
/// assert_eq!(escape("a<b & c>d"), "a&lt;b & c&gt;d");
/// ```
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// Escapes a text value; numbers, flags, arrays and objects stay (a structure written to a plain column is
/// stored as JSON, which the protocol leaves alone).
pub fn escape_scalar(value: &mut Value) {
    if let Value::String(text) = value
        && let Cow::Owned(escaped) = escape(text)
    {
        *text = escaped;
    }
}

/// Escapes every text inside, at any depth: for rows of sub-objects. Keys stay.
pub fn escape_deep(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(escape_deep),
        Value::Object(fields) => fields.values_mut().for_each(escape_deep),
        scalar => escape_scalar(scalar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(escape("a & b \"c\""), Cow::Borrowed(_)));
    }

    #[test]
    fn a_scalar_is_escaped_and_a_structure_is_not() {
        let mut values = [json!("<i>"), json!(["<i>"]), json!(1), json!(null)];
        values.iter_mut().for_each(escape_scalar);
        assert_eq!(values, [json!("&lt;i&gt;"), json!(["<i>"]), json!(1), json!(null)]);
    }

    #[test]
    fn deep_reaches_every_text() {
        let mut value = json!({"a<": ["<", {"b": ">"}], "n": 1});
        escape_deep(&mut value);
        assert_eq!(value, json!({"a<": ["&lt;", {"b": "&gt;"}], "n": 1}));
    }
}
