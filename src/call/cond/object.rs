//! The object and list forms of a condition: `{"id": ">=1 AND <9", "name~": "Jack", "_or": 1}` and
//! `["status='CR'", {"userId": 3}]`.

use super::{Compare, Cond, DEPTH_MAX, Literal, Test, parse};
use crate::call::lex::is_word;
use crate::call::name_ref::NameRef;
use crate::error::{Error, Result};
use serde_json::{Map, Value};

/// A condition in any of its forms. Null means none.
pub fn from_value(value: &Value, place: &str) -> Result<Cond> {
    nested(value, place, 0)
}

fn nested(value: &Value, place: &str, depth: usize) -> Result<Cond> {
    if depth > DEPTH_MAX {
        return Err(Error::param(format!("param {place} nests too deep (> {DEPTH_MAX})")));
    }
    match value {
        Value::Null => Ok(Cond::none()),
        // The other forms may travel as JSON text, where only texts can.
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            match serde_json::from_str(text) {
                Ok(inner) => nested(&inner, place, depth + 1),
                Err(_) => Err(Error::param(format!("bad JSON in param {place}"))),
            }
        }
        Value::String(text) => parse(text, place),
        Value::Number(n) => match n.as_i64() {
            Some(id) => Ok(Cond::equals("id", Literal::Int(id))),
            None => Err(Error::param(format!("expected a whole number, got {n} in param {place}"))),
        },
        Value::Array(list) => {
            let parts: Result<Vec<Cond>> = list.iter().map(|item| nested(item, place, depth + 1)).collect();
            Ok(combine(parts?, false))
        }
        Value::Object(map) => object(map, place, depth),
        Value::Bool(_) => Err(Error::param(format!("expected a condition, got {value} in param {place}"))),
    }
}

fn combine(mut parts: Vec<Cond>, any: bool) -> Cond {
    parts.retain(|part| !part.is_none());
    match (parts.len(), any) {
        (1, _) => parts.remove(0),
        (0, _) | (_, false) => Cond::All(parts),
        (_, true) => Cond::Any(parts),
    }
}

fn object(map: &Map<String, Value>, place: &str, depth: usize) -> Result<Cond> {
    let any = map.get("_or").is_some_and(truthy);
    // `cond[0]=a&cond[1]=b` arrives as an object with number keys: a list in disguise.
    let mut parts = Vec::new();
    for (key, value) in map {
        if key.starts_with('_') || is_blank(value) {
            continue;
        }
        match key.bytes().all(|b| b.is_ascii_digit()) {
            true => parts.push(nested(value, place, depth + 1)?),
            false => parts.push(entry(key, value, place)?),
        }
    }
    Ok(combine(parts, any))
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty() && s != "0",
        _ => false,
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// Longest first: `!~` must not be read as `~`.
const KEY_OPS: &[(&str, &str)] = &[
    ("!~", "!~"),
    ("!=", "!"),
    ("<>", "!"),
    (">=", ">="),
    ("<=", "<="),
    ("~", "~"),
    ("!", "!"),
    (">", ">"),
    ("<", "<"),
    ("=", "="),
];

fn entry(key: &str, value: &Value, place: &str) -> Result<Cond> {
    let key = key.trim();
    let (name, op) = match KEY_OPS.iter().find(|(suffix, _)| key.ends_with(suffix)) {
        Some((suffix, op)) => (key[..key.len() - suffix.len()].trim(), *op),
        None => (key, ""),
    };
    let bare = name.strip_prefix("t0.").unwrap_or(name);
    if bare.is_empty() || !bare.chars().all(is_word) {
        return Err(Error::param(format!("bad key `{key}` in param {place}")));
    }
    let field = NameRef::plain(name);
    if let Value::Array(list) = value {
        let list: Option<Vec<Literal>> = list.iter().map(scalar).collect();
        let not = op == "!";
        return match (list, op) {
            (Some(list), "" | "=" | "!") if !list.is_empty() => Ok(Cond::Test(field, Test::In { not, list })),
            _ => Err(Error::param(format!("expected a list of values for `{key}` in param {place}"))),
        };
    }
    let Some(literal) = scalar(value) else {
        return Err(Error::param(format!("expected a value for `{key}` in param {place}")));
    };
    match (op, literal) {
        ("", Literal::Text(text)) => terms(&field, &text, place),
        ("", other) => Ok(Cond::Test(field, Test::Compare(Compare::Eq, other))),
        (op, literal) => operator(field, op, literal, place),
    }
}

fn scalar(value: &Value) -> Option<Literal> {
    match value {
        Value::String(text) => Some(Literal::Text(text.clone())),
        Value::Bool(b) => Some(Literal::Int(i64::from(*b))),
        Value::Number(n) => n.as_i64().map(Literal::Int).or_else(|| n.as_f64().map(Literal::Real)),
        _ => None,
    }
}

/// `>=1 AND <9`, `CR OR PA`: terms joined by words, AND binding tighter as in the text form.
fn terms(field: &NameRef, text: &str, place: &str) -> Result<Cond> {
    let mut any = Vec::new();
    for group in split_word(text, " OR ") {
        let all: Result<Vec<Cond>> = split_word(group, " AND ").map(|t| term(field, t, place)).collect();
        any.push(combine(all?, false));
    }
    Ok(combine(any, true))
}

fn split_word<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let upper = text.to_ascii_uppercase();
    let mut cuts: Vec<(usize, usize)> = upper.match_indices(word).map(|(at, w)| (at, at + w.len())).collect();
    cuts.push((text.len(), text.len()));
    let mut from = 0;
    cuts.into_iter().map(move |(end, next)| {
        let part = &text[from..end];
        from = next;
        part
    })
}

const TERM_OPS: &[(&str, &str)] = &[
    ("!~", "!~"),
    ("!=", "!"),
    ("<>", "!"),
    (">=", ">="),
    ("<=", "<="),
    ("~", "~"),
    (">", ">"),
    ("<", "<"),
    ("=", "="),
    ("!", "!"),
];

fn term(field: &NameRef, text: &str, place: &str) -> Result<Cond> {
    let trimmed = text.trim();
    let upper = trimmed.to_ascii_uppercase();
    for (word, not) in [("IN ", false), ("NOT IN ", true)] {
        if upper.starts_with(word) {
            return in_words(field, &trimmed[word.len()..], not, place);
        }
    }
    match TERM_OPS.iter().find(|(prefix, _)| trimmed.starts_with(prefix)) {
        Some((prefix, op)) => {
            let rest = trimmed[prefix.len()..].trim();
            operator(field.clone(), op, Literal::Text(rest.to_owned()), place)
        }
        None => operator(field.clone(), "=", Literal::Text(text.to_owned()), place),
    }
}

fn in_words(field: &NameRef, text: &str, not: bool, place: &str) -> Result<Cond> {
    let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
    let list: Vec<Literal> =
        inner.split(',').map(|word| Literal::Text(word.trim().trim_matches('\'').to_owned())).collect();
    let fine = |l: &Literal| matches!(l, Literal::Text(t) if !t.is_empty() && t.chars().all(|c| is_word(c) || c == '-'));
    match list.iter().all(fine) {
        true => Ok(Cond::Test(field.clone(), Test::In { not, list })),
        false => Err(Error::param(format!("expected words after IN for `{field}` in param {place}"))),
    }
}

fn operator(field: NameRef, op: &str, literal: Literal, place: &str) -> Result<Cond> {
    if let Literal::Text(text) = &literal {
        let not = op == "!";
        match (text.as_str(), op) {
            ("null", "=" | "!") => return Ok(Cond::Test(field, Test::Null { not })),
            ("empty", "=") => return Ok(compare(field, Compare::Eq, Literal::Text(String::new()))),
            ("empty", "!") => return Ok(compare(field, Compare::Ne, Literal::Text(String::new()))),
            _ => {}
        }
    }
    match op {
        "~" | "!~" => {
            let text = match literal {
                Literal::Text(text) => text,
                Literal::Int(n) => n.to_string(),
                Literal::Real(x) => x.to_string(),
            };
            Ok(Cond::Test(field, Test::Like { not: op == "!~", pattern: wildcard(&text) }))
        }
        "!" => Ok(compare(field, Compare::Ne, literal)),
        sign => match Compare::from_sign(sign) {
            Some(op) => Ok(compare(field, op, literal)),
            None => Err(Error::param(format!("unknown operator `{op}` in param {place}"))),
        },
    }
}

fn compare(field: NameRef, op: Compare, literal: Literal) -> Cond {
    Cond::Test(field, Test::Compare(op, literal))
}

/// `*` is the wildcard; without one the text may stand anywhere.
fn wildcard(text: &str) -> String {
    match text.contains(['*', '%']) {
        true => text.replace('*', "%"),
        false => format!("%{text}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::from_value;
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    #[track_caller]
    fn check(value: Value, expected: Expect) {
        let got = match from_value(&value, "cond") {
            Ok(cond) => cond.to_string(),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&got);
    }

    #[test]
    fn values_carry_operators() {
        check(json!({"id": ">=1 AND <9"}), expect!["id >= '1' AND id < '9'"]);
        check(json!({"status": "CR OR PA"}), expect!["status = 'CR' OR status = 'PA'"]);
        check(json!({"name": "~Jack*"}), expect!["name LIKE 'Jack%'"]);
        check(json!({"name": "!~Jack"}), expect!["name NOT LIKE '%Jack%'"]);
        check(json!({"a": "null", "b": "!null"}), expect!["a IS NULL AND b IS NOT NULL"]);
        check(json!({"a": "empty", "b": "!empty"}), expect!["a = '' AND b <> ''"]);
        check(json!({"id": "IN 1,2"}), expect!["id IN ('1', '2')"]);
    }

    #[test]
    fn keys_carry_operators() {
        check(
            json!({"id>=": 2, "name~": "a", "status!": "CR", "x!~": "b"}),
            expect!["id >= 2 AND name LIKE '%a%' AND status <> 'CR' AND x NOT LIKE '%b%'"],
        );
        check(json!({"a b": 1}), expect!["[1] bad parameter (bad key `a b` in param cond)"]);
    }

    #[test]
    fn lists_and_or() {
        check(json!(["a=1", {"b": 2, "c": 3, "_or": 1}]), expect!["a = 1 AND (b = 2 OR c = 3)"]);
        check(json!({"b": null, "c": ""}), expect!["ALL"]);
        check(json!(5), expect!["id = 5"]);
    }
}
