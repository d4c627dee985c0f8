//! References between the calls of a batch: `{$-1.id}` in a parameter stands for part of an earlier result.
//! Only parameters that the item lists are looked at, and nothing is ever evaluated but the little formulas
//! of `formula`.
//!
//! A text that is exactly one `{formula}` becomes its value, with its type. Inside a longer text it becomes
//! the value's text, and `null` when it cannot be resolved. Braces whose inside is no formula stay as they
//! are, because an ordinary text may hold braces; but when there is a `$` in them, a reference was meant, and
//! one that cannot be read cannot be resolved either.

mod formula;

use crate::call::params::text_of;
use crate::error::{Error, Result};
use formula::{Scope, evaluate};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What references may add to one call, in bytes: results can be large, and a list can name one many times.
const MOST_BYTES: usize = 16 << 20;

/// The names that an item's `ref` lists.
pub fn listed(refs: Option<&Value>) -> Result<Vec<String>> {
    match refs {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(names)) => Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        Some(_) => Err(bad("batch `ref' should be array")),
    }
}

/// The parameters of an item, its `part` being `get` or `post`, with references replaced. `results` are the
/// payloads so far, null for a call that failed; `current` is the place of this item, from 0. A part that is
/// a text as a whole is itself a reference and must give an object. Null gives no parameters.
///
/// ```
/// use jindou::call::batch_refs::resolve;
/// use serde_json::json;
/// let results = [json!(12), json!({"id": 5, "name": "a"})];
/// let post = json!({"orderId": "{$1}", "note": "{$-1.name} of {$1+1}, {$-1.none}", "raw": "{$1}"});
/// let listed = ["orderId".to_owned(), "note".to_owned()];
/// let resolved = resolve("post", &post, &listed, &results, 2)?;
/// assert_eq!(resolved, json!({"orderId": 12, "note": "a of 13, null", "raw": "{$1}"}));
/// assert_eq!(resolve("get", &json!("{$2}"), &[], &results, 2)?, json!({"id": 5, "name": "a"}));
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn resolve(
    part: &str,
    value: &Value,
    listed: &[String],
    results: &[Value],
    current: usize,
) -> Result<Value> {
    let mut resolver = Resolver { scope: Scope { results, current }, left: MOST_BYTES };
    match value {
        Value::Null => Ok(Value::Object(Map::new())),
        Value::Object(_) if listed.is_empty() => Ok(value.clone()),
        Value::Object(params) => {
            let one = |(name, value): (&String, &Value)| {
                let value = if listed.contains(name) { resolver.value(value)? } else { value.clone() };
                Ok((name.clone(), value))
            };
            params.iter().map(one).collect::<Result<Map<_, _>>>().map(Value::Object)
        }
        Value::Array(_) => Ok(value.clone()),
        Value::String(text) => match resolver.text(text.trim())? {
            params @ (Value::Object(_) | Value::Array(_)) => Ok(params),
            _ => Err(must_be_array(part)),
        },
        Value::Bool(_) | Value::Number(_) => Err(must_be_array(part)),
    }
}

struct Resolver<'a> {
    scope: Scope<'a>,
    left: usize,
}

impl<'a> Resolver<'a> {
    fn value(&mut self, value: &Value) -> Result<Value> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let one = |(name, value): (&String, &Value)| Ok((name.clone(), self.value(value)?));
                fields.iter().map(one).collect::<Result<Map<_, _>>>().map(Value::Object)
            }
            scalar => Ok(scalar.clone()),
        }
    }

    fn text(&mut self, text: &str) -> Result<Value> {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, inside, after)) = braces(rest) {
            let found = self.formula(inside);
            if inside.len() + 2 == text.len()
                && let Some(value) = found
            {
                self.pay(weight(&value))?;
                return Ok(value.into_owned());
            }
            written.push_str(before);
            match found {
                Some(value) => {
                    self.pay(weight(&value))?;
                    written.push_str(&spelled(&value));
                }
                None => written.extend(["{", inside, "}"]),
            }
            rest = after;
        }
        written.push_str(rest);
        Ok(Value::String(written))
    }

    /// `None` when the braces hold something else.
    fn formula(&self, inside: &str) -> Option<Cow<'a, Value>> {
        let unresolvable = inside.contains('$').then_some(Cow::Owned(Value::Null));
        evaluate(inside, self.scope).or(unresolvable)
    }

    fn pay(&mut self, bytes: usize) -> Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(bad("batch references give too much data")),
        }
    }
}

/// The next innermost pair of braces with something in it: the text before, inside and after.
fn braces(text: &str) -> Option<(&str, &str, &str)> {
    let mut open = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, open) {
            (b'{', _) => open = Some(at),
            (b'}', Some(from)) if at > from + 1 => {
                return Some((&text[..from], &text[from + 1..at], &text[at + 1..]));
            }
            (b'}', _) => open = None,
            _ => {}
        }
    }
    None
}

fn spelled(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        other => text_of(other).unwrap_or_else(|| Cow::Owned(other.to_string())),
    }
}

/// About what a value costs in memory.
fn weight(value: &Value) -> usize {
    const NODE: usize = 32;
    NODE + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| NODE + name.len() + weight(value)).sum(),
        _ => 0,
    }
}

fn must_be_array(part: &str) -> Error {
    bad(&format!("param {part} MUST be array."))
}

fn bad(detail: &str) -> Error {
    Error::param(detail).say("参数错误", "bad parameter")
}

#[cfg(test)]
mod tests;
