//! `_raw=2`: a payload as lines of tab-separated cells, for shell scripts. One line per row wherever the
//! payload holds rows: an hd table, a list, an array of arrays or of objects; anything else is one line.

use std::borrow::Cow;

use serde_json::Value;

use super::text::flat_text;

/// Writes the lines without a final line end.
pub fn lines(out: &mut Vec<u8>, payload: &Value) {
    match rows(payload) {
        Some(rows) => {
            for (at, row) in rows.iter().enumerate() {
                if at > 0 {
                    out.push(b'\n');
                }
                line(out, row);
            }
        }
        None => line(out, payload),
    }
}

fn rows(payload: &Value) -> Option<&[Value]> {
    let is_row = |value: &Value| value.is_array() || value.is_object();
    let array = |value: &Value| -> bool { value.as_array().is_some_and(|items| items.iter().all(is_row)) };
    let rows = match payload {
        Value::Array(items) if items.iter().any(is_row) => payload,
        Value::Object(map) => match (map.get("h"), map.get("d"), map.get("list")) {
            (Some(Value::Array(_)), Some(d), _) if array(d) => d,
            (_, _, Some(list)) if array(list) => list,
            _ => return None,
        },
        _ => return None,
    };
    rows.as_array().map(Vec::as_slice)
}

fn line(out: &mut Vec<u8>, row: &Value) {
    match row {
        Value::Array(cells) => join(out, cells.iter().map(flat_text)),
        Value::Object(cells) => join(out, cells.values().map(flat_text)),
        // A lone text is the whole answer: its line ends are its own.
        Value::String(text) => out.extend_from_slice(text.as_bytes()),
        scalar => out.extend_from_slice(flat_text(scalar).as_bytes()),
    }
}

fn join<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = Cow<'a, str>>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        out.extend_from_slice(cell.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn payloads_become_lines() {
        for (payload, expected) in [
            (json!(12), "12"),
            (json!(null), ""),
            (json!("a\nb"), "a\nb"),
            (json!([1, "a\tb", null, true]), "1\ta b\t\t1"),
            (json!({"id": 1, "sub": {"x": [1]}, "none": []}), "1\t{\"x\":[1]}\t"),
            (json!([[1, 2], [3, 4]]), "1\t2\n3\t4"),
            (json!([{"id": 1, "name": "张"}, {"id": 2, "name": ""}]), "1\t张\n2\t"),
            (json!([{"id": 1}, 7]), "1\n7"),
            (json!({"h": ["id", "n"], "d": [[1, 2], [3, 4]], "total": 2}), "1\t2\n3\t4"),
            (json!({"h": ["id"], "d": []}), ""),
            (json!({"list": [{"id": 1}, {"id": 2}], "nextkey": 2}), "1\n2"),
        ] {
            let mut out = Vec::new();
            lines(&mut out, &payload);
            assert_eq!(std::str::from_utf8(&out).unwrap(), expected, "{payload}");
        }
    }
}
