//! One cell as text and one value as JSON bytes: the two conversions every renderer needs.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

/// A cell for people and for keys: null and an empty list are nothing, what is nested is JSON text.
pub fn cell_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("1"),
        Value::Bool(false) => Cow::Borrowed("0"),
        Value::Array(items) if items.is_empty() => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

/// The text of a cell in a tab-separated file: tabs and line ends become blanks.
pub fn flat_text(value: &Value) -> Cow<'_, str> {
    flatten(cell_text(value))
}

pub fn flatten(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(['\t', '\n', '\r']) {
        Cow::Owned(text.replace("\r\n", " ").replace(['\t', '\n', '\r'], " "))
    } else {
        text
    }
}

pub fn write_json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    let written = serde_json::to_writer(&mut *out, value);
    keep_or_null(out, start, written);
}

/// A text as JSON. Most need nothing but quotes around them.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let odd = bytes.iter().fold(false, |odd, b| odd | (*b < b' ') | (*b == b'"') | (*b == b'\\'));
    if odd {
        return write_json(out, text);
    }
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    out.extend_from_slice(bytes);
    out.push(b'"');
}

/// Four blanks a level, as clients see it in test mode.
pub fn write_pretty<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    let format = PrettyFormatter::with_indent(b"    ");
    let written = value.serialize(&mut Serializer::with_formatter(&mut *out, format));
    keep_or_null(out, start, written);
}

/// Values and grids always encode; should one ever not, null keeps the answer well-formed.
fn keep_or_null(out: &mut Vec<u8>, start: usize, written: serde_json::Result<()>) {
    if written.is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_string_is_written_as_any_json(text in "[a-c\"\\\\\u{0}-\u{20}\u{7f}中😀]{0,12}") {
            let mut out = Vec::new();
            write_string(&mut out, &text);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }
}
