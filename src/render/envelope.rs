//! The answer around a payload: `[0, data]` or `[code, message, detail]`, and the other wrappings a client
//! may ask for (`_raw`, `retfn`, `_jsonp`). It decides no status and no header but the content type.

use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::{Map, Value, json};

use super::Format;
use super::grid::Grid;
use super::text::{write_json, write_pretty};
use super::view::Wrapping;
pub use super::view::{Lang, RetFn, View};
use super::{raw, shape, xml};
use crate::error::Error;

pub fn content_type(view: &View) -> &'static str {
    match (&view.jsonp, view.wrapping()) {
        // Browsers told not to sniff run nothing else as a script.
        (Some(_), _) => "application/javascript; charset=UTF-8",
        (None, Wrapping::Xml) => "application/xml",
        (None, _) => "text/plain; charset=UTF-8",
    }
}

pub fn success(out: &mut Vec<u8>, view: &View, payload: &Value) {
    let start = out.len();
    match view.wrapping() {
        Wrapping::Array => encode(out, view, &Answer { data: payload, debug: &view.debug }),
        Wrapping::Object => {
            let mut answer = Map::new();
            answer.insert("code".into(), json!(0));
            answer.insert("data".into(), payload.clone());
            if !view.debug.is_empty() {
                answer.insert("debug".into(), Value::Array(view.debug.clone()));
            }
            encode(out, view, &answer);
        }
        Wrapping::Xml => xml::document(out, [("code", &json!(0)), ("data", payload)]),
        Wrapping::Payload => match payload {
            Value::String(text) => out.extend_from_slice(text.as_bytes()),
            other => encode(out, view, other),
        },
        Wrapping::Lines => raw::lines(out, payload),
    }
    let is_json = match view.wrapping() {
        Wrapping::Array | Wrapping::Object => true,
        Wrapping::Payload => !payload.is_string(),
        Wrapping::Xml | Wrapping::Lines => false,
    };
    close(out, start, view, is_json);
}

/// A payload that a handler encoded itself; the protocol tells it by a space.
pub fn success_raw_json(out: &mut Vec<u8>, view: &View, json: &[u8]) {
    success_encoded(out, view, b"[0, ", json.trim_ascii());
}

/// A payload whose rows were encoded as they were read.
pub fn success_rows(out: &mut Vec<u8>, view: &View, json: &[u8]) {
    success_encoded(out, view, b"[0,", json);
}

/// A caller who asked for another wrapping still gets it.
fn success_encoded(out: &mut Vec<u8>, view: &View, open: &[u8], json: &[u8]) {
    if !view.is_plain()
        && let Ok(payload) = serde_json::from_slice::<Value>(json)
    {
        return success(out, view, &payload);
    }
    let start = out.len();
    out.extend_from_slice(open);
    out.extend_from_slice(json);
    out.push(b']');
    close(out, start, view, true);
}

/// An hd table, written straight from its rows wherever the wrapping allows.
pub fn success_grid(out: &mut Vec<u8>, view: &View, grid: &Grid) {
    match view.wrapping() {
        Wrapping::Array => {
            let start = out.len();
            encode(out, view, &Answer { data: grid, debug: &view.debug });
            close(out, start, view, true);
        }
        Wrapping::Payload => {
            let start = out.len();
            encode(out, view, grid);
            close(out, start, view, true);
        }
        _ => match shape(grid.clone(), &Format::Table) {
            Ok(payload) => success(out, view, &payload),
            Err(error) => failure(out, view, &error, false),
        },
    }
}

/// One row as an object, written straight from its cells wherever the wrapping allows.
pub fn success_one(out: &mut Vec<u8>, view: &View, grid: Grid) {
    match (view.wrapping(), grid.one()) {
        (Wrapping::Array, Some(one)) => {
            let start = out.len();
            encode(out, view, &Answer { data: &one, debug: &view.debug });
            close(out, start, view, true);
        }
        _ => match shape(grid, &Format::One) {
            Ok(payload) => success(out, view, &payload),
            Err(error) => failure(out, view, &error, false),
        },
    }
}

/// Always three elements; what only test mode may show follows them.
pub fn failure(out: &mut Vec<u8>, view: &View, error: &Error, show_source: bool) {
    let start = out.len();
    let message = match view.lang {
        Lang::Zh => &*error.text.zh,
        Lang::En => &*error.text.en,
    };
    let source = error.source.as_deref().filter(|_| show_source);
    let told = error.data.as_deref().cloned();
    let mut entries: Vec<Value> = vec![told.unwrap_or_else(|| error.detail.as_deref().into())];
    entries.extend(source.map(Value::from));
    entries.extend(view.debug.iter().cloned());
    let code = json!(error.code.0);
    match view.wrapping() {
        Wrapping::Array => {
            let mut answer = vec![code, message.into()];
            answer.append(&mut entries);
            encode(out, view, &answer);
        }
        Wrapping::Object => {
            let mut answer = Map::new();
            answer.insert("code".into(), code);
            answer.insert("message".into(), message.into());
            answer.extend(debug(view, entries).map(|debug| ("debug".to_owned(), debug)));
            encode(out, view, &answer);
        }
        Wrapping::Xml => {
            let debug = debug(view, entries).unwrap_or_default();
            xml::document(out, [("code", &code), ("message", &message.into()), ("debug", &debug)]);
        }
        Wrapping::Payload | Wrapping::Lines => out.extend_from_slice(message.as_bytes()),
    }
    close(out, start, view, matches!(view.wrapping(), Wrapping::Array | Wrapping::Object));
}

/// The internal text alone, or everything there is in test mode.
fn debug(view: &View, mut entries: Vec<Value>) -> Option<Value> {
    if view.pretty || entries.len() > 1 {
        entries.retain(|entry| !entry.is_null());
        return Some(Value::Array(entries)).filter(|all| *all != json!([]));
    }
    entries.into_iter().next().filter(|detail| !detail.is_null())
}

fn encode<T: Serialize + ?Sized>(out: &mut Vec<u8>, view: &View, value: &T) {
    if view.pretty { write_pretty(out, value) } else { write_json(out, value) }
}

/// `[0, data, …debug]`, around whatever encodes itself.
struct Answer<'a, T: ?Sized> {
    data: &'a T,
    debug: &'a [Value],
}

impl<T: Serialize + ?Sized> Serialize for Answer<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(2 + self.debug.len()))?;
        seq.serialize_element(&0)?;
        seq.serialize_element(self.data)?;
        for entry in self.debug {
            seq.serialize_element(entry)?;
        }
        seq.end()
    }
}

/// Ends the body, or puts it into the callback. A body that is no JSON goes into it as a JSON string,
/// so that nothing but data ever stands in a script.
fn close(out: &mut Vec<u8>, start: usize, view: &View, is_json: bool) {
    let Some(callback) = &view.jsonp else {
        out.push(b'\n');
        return;
    };
    let mut body = out.split_off(start);
    if !is_json {
        let text = String::from_utf8_lossy(&body).into_owned();
        body.clear();
        write_json(&mut body, &text);
    }
    let call = !callback.ends_with('=');
    out.extend_from_slice(callback.as_bytes());
    if call {
        out.push(b'(');
    }
    out.extend_from_slice(&body);
    out.extend_from_slice(if call { b");\n" } else { b";\n" });
}

#[cfg(test)]
mod tests;
