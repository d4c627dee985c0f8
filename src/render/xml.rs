//! `retfn=xml`: JSON values as elements of a `<ret>` document. A list `k` is `<k count="n"><k_e>…`, a null
//! member is left out, a text with quotes or line ends stands in CDATA.

use std::borrow::Cow;

use serde_json::Value;

pub fn document<'a>(out: &mut Vec<u8>, members: impl IntoIterator<Item = (&'a str, &'a Value)>) {
    let mut text = String::from("<ret>");
    for (name, value) in members {
        member(&mut text, name, value);
    }
    text.push_str("</ret>");
    out.extend_from_slice(text.as_bytes());
}

fn member(text: &mut String, name: &str, value: &Value) {
    if !value.is_null() {
        element(text, &element_name(name), value);
    }
}

fn element(text: &mut String, name: &str, value: &Value) {
    text.push('<');
    text.push_str(name);
    match value {
        Value::Array(items) => {
            text.push_str(&format!(" count=\"{}\">", items.len()));
            let item_name = format!("{name}_e");
            // A null item keeps its place; only members are left out.
            items.iter().for_each(|item| element(text, &item_name, item));
        }
        Value::Object(members) => {
            text.push('>');
            members.iter().for_each(|(name, value)| member(text, name, value));
        }
        scalar => {
            text.push('>');
            characters(text, scalar);
        }
    }
    text.push_str("</");
    text.push_str(name);
    text.push('>');
}

fn characters(text: &mut String, scalar: &Value) {
    match scalar {
        Value::String(string) => string_content(text, string),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
}

fn string_content(text: &mut String, string: &str) {
    let string = legal(string);
    if string.contains(['"', '\'', '\n', '\r']) {
        text.push_str("<![CDATA[");
        text.push_str(&string.replace("]]>", "]]]]><![CDATA[>"));
        text.push_str("]]>");
        return;
    }
    for c in string.chars() {
        match c {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            c => text.push(c),
        }
    }
}

/// XML 1.0 has no way to write most control characters.
fn legal(string: &str) -> Cow<'_, str> {
    let illegal =
        |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if string.contains(illegal) {
        Cow::Owned(string.replace(illegal, "\u{FFFD}"))
    } else {
        Cow::Borrowed(string)
    }
}

/// A member's name where it is a name to XML; what is not becomes `_`.
fn element_name(name: &str) -> String {
    let letter = |c: char| c.is_alphabetic() || c == '_';
    let mut fixed: String = name
        .chars()
        .map(|c| if letter(c) || c.is_ascii_digit() || c == '-' || c == '.' { c } else { '_' })
        .collect();
    if !fixed.starts_with(letter) {
        fixed.insert(0, '_');
    }
    fixed
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(data: Value, expected: Expect) {
        let mut out = Vec::new();
        document(&mut out, [("data", &data)]);
        expected.assert_eq(std::str::from_utf8(&out).unwrap());
    }

    #[test]
    fn lists_and_members() {
        check(
            json!({"h": ["id", "n"], "d": [[1, null], [2, "x"]], "none": null}),
            expect![[
                r#"<ret><data><h count="2"><h_e>id</h_e><h_e>n</h_e></h><d count="2"><d_e count="2"><d_e_e>1</d_e_e><d_e_e></d_e_e></d_e><d_e count="2"><d_e_e>2</d_e_e><d_e_e>x</d_e_e></d_e></d></data></ret>"#
            ]],
        );
        check(
            json!([{"a": true}]),
            expect![[r#"<ret><data count="1"><data_e><a>true</a></data_e></data></ret>"#]],
        );
    }

    #[test]
    fn texts_and_names_stay_well_formed() {
        check(
            json!({"a": "1<2 & 3", "b": "say \"hi\" ]]> <b>", "c": "\u{1}", "count(*)": 1, "1": 2, "金额": 3, "": 4}),
            expect![[
                r#"<ret><data><a>1&lt;2 &amp; 3</a><b><![CDATA[say "hi" ]]]]><![CDATA[> <b>]]></b><c>�</c><count___>1</count___><_1>2</_1><金额>3</金额><_>4</_></data></ret>"#
            ]],
        );
    }
}
