//! Masking of secrets in what a record keeps of a call: JSON at any depth, JSON inside texts, `k=v` texts,
//! bracket names, names and values in percent or `\u` escapes, header-and-rows tables, import files, and
//! JSON that was cut in the middle. In doubt it masks: a record may lose a word, never a secret.

use super::{MASKED, columns};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use std::borrow::Cow;

type Secret<'a> = &'a dyn Fn(&str) -> bool;

/// Texts nested deeper than this (JSON in JSON in …) are masked whole.
const DEEPEST: usize = 8;
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// A copy of a value in which every secret is replaced.
///
/// ```
/// use jindou::redact::{is_secret, mask};
/// use serde_json::json;
/// let call = json!({"uname": "tester", "pwd": "x", "list": [{"cond[pwd]": "y"}], "raw": "a=1&token=z"});
/// let safe = json!({"uname": "tester", "pwd": "?", "list": [{"cond[pwd]": "?"}], "raw": "a=1&token=?"});
/// assert_eq!(mask(&call, &is_secret), safe);
/// ```
pub fn mask(value: &Value, is_secret: Secret<'_>) -> Value {
    Masker { is_secret }.value(value, 0)
}

/// A copy of a text in which every secret is replaced, whatever its form: JSON, a form body, a query string, a condition,
/// an import file.
///
/// ```
/// use jindou::redact::{is_secret, mask_text};
/// assert_eq!(mask_text("uname=tester&p%77d=x%20y&a=1", &is_secret), "uname=tester&p%77d=?&a=1");
/// assert_eq!(mask_text("id=1 and pwd='it''s'", &is_secret), "id=1 and pwd=?");
/// assert_eq!(mask_text(r#"{"a":1,"pwd":"cut in the mid"#, &is_secret), r#"{"a":1,"pwd":?"#);
/// ```
pub fn mask_text(text: &str, is_secret: Secret<'_>) -> String {
    Masker { is_secret }.text(text, 0).into_owned()
}

/// Whether a name of a parameter is that of a secret, however it is spelled: `pwd`, `t0.pwd`, ` PWD `, `ｐｗｄ`.
pub fn names_secret(name: &str) -> bool {
    let name = bare(name);
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    super::is_secret(name) || (!plain && Masker { is_secret: &super::is_secret }.named(name))
}

pub(super) struct Masker<'a> {
    pub(super) is_secret: Secret<'a>,
}

impl Masker<'_> {
    fn value(&self, value: &Value, depth: usize) -> Value {
        if depth > DEEPEST * 8 {
            return Value::from(MASKED);
        }
        match value {
            Value::Object(fields) => self.object(fields, depth),
            Value::Array(items) => items.iter().map(|item| self.value(item, depth + 1)).collect(),
            Value::String(text) => Value::String(self.text(text, depth).into_owned()),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn object(&self, fields: &Map<String, Value>, depth: usize) -> Value {
        let mut masked: Map<String, Value> = Map::new();
        for (name, value) in fields {
            // `{"name": "pwd", "value": "x"}` is how forms are sent as lists.
            let listed = name == "value"
                && ["name", "key"]
                    .iter()
                    .any(|key| fields.get(*key).and_then(Value::as_str).is_some_and(|name| self.named(name)));
            let hide = listed || self.named(name);
            let value = if hide { hidden(value) } else { self.value(value, depth + 1) };
            masked.insert(name.clone(), value);
        }
        self.table(&mut masked);
        Value::Object(masked)
    }

    /// `{"h": ["id", "pwd"], "d": [[1, "x"]]}`: the names are beside the values, not with them.
    fn table(&self, fields: &mut Map<String, Value>) {
        let Some(Value::Array(names)) = fields.get("h") else { return };
        let secret: Vec<bool> =
            names.iter().map(|name| name.as_str().is_some_and(|n| self.named(n))).collect();
        let Some(Value::Array(rows)) = fields.get_mut("d") else { return };
        for row in rows.iter_mut().filter_map(Value::as_array_mut) {
            for (cell, _) in row.iter_mut().zip(&secret).filter(|(_, secret)| **secret) {
                *cell = hidden(cell);
            }
        }
    }

    fn text<'t>(&self, text: &'t str, depth: usize) -> Cow<'t, str> {
        if depth > DEEPEST * 8 {
            return Cow::Borrowed(MASKED);
        }
        if text.trim_start().starts_with(['{', '[', '"'])
            && let Ok(value) = serde_json::from_str::<Value>(text)
        {
            // Each text inside a text counts for eight levels of plain nesting.
            let masked = self.value(&value, depth + 8);
            return if masked == value { Cow::Borrowed(text) } else { Cow::Owned(masked.to_string()) };
        }
        let text = match columns::mask(text, &|name| self.named(name)) {
            Some(masked) => Cow::Owned(masked),
            None => Cow::Borrowed(text),
        };
        let masked =
            if next_mark(&text, 0).is_some() { self.pairs(&text, depth) } else { self.encoded(&text, depth) };
        masked.map_or(text, Cow::Owned)
    }

    /// `name=value` and `name: value` anywhere in a text; `None` when nothing was masked.
    fn pairs(&self, text: &str, depth: usize) -> Option<String> {
        let mut masked = String::new();
        let (mut done, mut at) = (0, 0);
        // Values overlap (`a:b:c`): only the longest is decoded, or long texts would take for ever.
        let mut decoded_to = 0;
        while let Some((mark, after)) = next_mark(text, at) {
            let name = name_before(&text[done..mark]);
            let start = value_start(text, after);
            let (end, replacement) = if !name.is_empty() && self.named(name) {
                let end = secret_end(text, start, name.ends_with('"'));
                (end, (end > start).then(|| MASKED.to_owned()))
            } else if start < decoded_to {
                (after, None)
            } else {
                decoded_to =
                    start + text[start..].find(['&', ';', ',', ' ', '\n']).unwrap_or(text.len() - start);
                (decoded_to, self.encoded(&text[start..decoded_to], depth))
            };
            at = if replacement.is_some() { end } else { after };
            if let Some(replacement) = replacement {
                masked.push_str(&text[done..start]);
                masked.push_str(&replacement);
                done = end;
            }
        }
        (done > 0).then(|| masked + &text[done..])
    }

    /// A percent-encoded value may hold JSON or another query string.
    fn encoded(&self, value: &str, depth: usize) -> Option<String> {
        if !value.contains('%') {
            return None;
        }
        let plain = unescape_form(value);
        if plain == value {
            return None;
        }
        let masked = self.text(&plain, depth + 8);
        (masked != plain).then(|| utf8_percent_encode(&masked, FORM).to_string())
    }

    /// Is any part of the name secret: `pwd`, `cond[pwd]`, `user[pwd][]`, `t0.pwd`, `%70wd`, `\u0070wd`?
    pub(super) fn named(&self, name: &str) -> bool {
        let plain = narrow(unescape(name));
        let plain = bare(&plain);
        (self.is_secret)(plain.trim())
            || plain
                .split(['[', ']', '.', ' ', '`', '"', '\'', '\\', '/', '?', '&'])
                .any(|part| !part.is_empty() && (self.is_secret)(part))
    }
}

/// Without the `t0_` that a form makes of `t0.`.
fn bare(name: &str) -> &str {
    match name.get(..3) {
        Some(start) if start.eq_ignore_ascii_case("t0_") => &name[3..],
        _ => name,
    }
}

/// Nothing and emptiness are no secrets; everything else is, whole.
fn hidden(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => value.clone(),
        _ => Value::from(MASKED),
    }
}

/// Where the next operator stands and ends: a sign, or a word of conditions before a quote or bracket.
fn next_mark(text: &str, from: usize) -> Option<(usize, usize)> {
    text.bytes().enumerate().skip(from).find_map(|(at, byte)| match byte {
        b'=' | b':' | b'<' | b'>' => Some((at, at + 1)),
        b' ' => [" like ", " in ", " in(", " between "].iter().find_map(|word| {
            let end = at + word.trim_end_matches([' ', '(']).len();
            let found = text.get(at..end)?.eq_ignore_ascii_case(&word[..end - at]);
            let opens = found && text[end..].trim_start_matches(' ').starts_with(['\'', '"', '(']);
            opens.then_some((at, end))
        }),
        _ => None,
    })
}

/// The name at the end of a text, with its brackets, escapes and quotes.
fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '\t', '!']);
    let text = if text.len() > 4
        && text.is_char_boundary(text.len() - 4)
        && text[text.len() - 4..].eq_ignore_ascii_case(" not")
    {
        &text[..text.len() - 4]
    } else {
        text
    };
    let part = |c: char| c.is_alphanumeric() || "_-.[]%\\\"'`".contains(c);
    let start =
        text.char_indices().rev().take_while(|(_, c)| part(*c)).last().map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// Past the rest of an operator (`==`, `<>`, `=>`) and the spaces after it.
fn value_start(text: &str, from: usize) -> usize {
    let space = text[from..].bytes().take(16).take_while(|b| b" \t=>".contains(b)).count();
    from + space
}

/// The end of a secret: of a quoted text, of a JSON word, else of the form value or line. Browsers leave
/// quotes, brackets and commas of form values as they are, so none of these ends an unquoted one.
fn secret_end(text: &str, start: usize, json: bool) -> usize {
    let rest = &text[start..];
    let line = || rest.find(['&', '\n', '\r']).unwrap_or(rest.len());
    let end = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let end = quoted(rest, quote);
            let closed = rest[end..].chars().next().is_none_or(|next| " \t\r\n,;)]}&".contains(next));
            if closed { end } else { end.max(line()) }
        }
        Some('\\') if rest.starts_with("\\\"") => rest[2..].find("\\\"").map_or(rest.len(), |at| at + 4),
        Some('{' | '[' | '(') => rest.len(),
        _ if json => rest.find([',', '}', ']', '\n']).unwrap_or(rest.len()),
        _ => line(),
    };
    start + end
}

/// Past the closing quote; `''` and `\'` do not close. Without one: all of it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    rest.len()
}

/// Percent escapes (also doubled ones) and `\u` escapes of a name, resolved.
fn unescape(name: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(name);
    for _ in 0..3 {
        if !plain.contains('%') {
            break;
        }
        plain = Cow::Owned(percent_decode_str(&plain).decode_utf8_lossy().into_owned());
    }
    if !plain.contains("\\u") {
        return plain;
    }
    let mut parts = plain.split("\\u");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..4).and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?)) {
            Some(letter) => {
                text.push(letter);
                text.push_str(&part[4..]);
            }
            None => {
                text.push_str("\\u");
                text.push_str(part);
            }
        }
    }
    Cow::Owned(text)
}

/// A letter in the full width of Chinese type, as in `ｐｗｄ`.
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}')
}

/// Full-width letters become those of ASCII.
fn narrow(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.is_ascii() || !name.contains(is_wide) {
        return name;
    }
    let narrowed = |c: char| if is_wide(c) { char::from_u32(c as u32 - 0xfee0).unwrap_or(c) } else { c };
    name.chars().map(narrowed).collect::<String>().into()
}

fn unescape_form(value: &str) -> String {
    percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
