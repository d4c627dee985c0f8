//! The `calls` blocks of a page: examples that are read from Markdown, run in order, and compared with what comes out.
//!
//! ````text
//! ```calls
//! user Booking.add {"roomId": 1, "startTm": "2026-12-01 09:00", "endTm": "2026-12-01 10:30"}
//! => "…id"
//! user Booking.get?id=…id&res=status
//! => {"status": "CR"}
//! guest Booking.query
//! => error 2
//! ```
//! ````
//!
//! A line names who calls, the action with its parameters, and perhaps a JSON body. The line after `=>` is the payload of the
//! answer, or `error` with a code and perhaps the message. `"…"` stands for any value. `"…name"` does so, too, and keeps the
//! value: `…name` in a later call, or `"…name"` in its body or answer, is that value.

use serde_json::Value;
use std::collections::HashMap;

/// One call of a page, and the answer that the page promises.
#[derive(Debug, PartialEq)]
pub struct Example<'a> {
    /// The line of the page, from 1.
    pub line: usize,
    /// Who calls: a name that the test knows.
    pub who: &'a str,
    /// `Object.action?name=value`
    pub target: &'a str,
    /// Null without a body.
    pub body: Value,
    /// What stands behind `=>`.
    pub answer: &'a str,
}

/// The examples of a page, or the first line that cannot be read.
pub fn examples(page: &str) -> Result<Vec<Example<'_>>, String> {
    let mut out: Vec<Example<'_>> = Vec::new();
    // The call whose answer comes next.
    let mut open: Option<Example<'_>> = None;
    let mut inside = false;
    for (at, line) in page.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        match line.strip_prefix("```") {
            Some(_) if open.is_some() => return Err(format!("line {at}: the call above has no answer")),
            Some(mark) => inside = !inside && mark == "calls",
            None if !inside || line.is_empty() => {}
            None => match (line.strip_prefix("=>"), open.take()) {
                (Some(answer), Some(call)) => out.push(Example { answer: answer.trim(), ..call }),
                (None, None) => open = Some(call(at, line)?),
                _ => return Err(format!("line {at}: calls and answers must take turns")),
            },
        }
    }
    Ok(out)
}

fn call(at: usize, line: &str) -> Result<Example<'_>, String> {
    let (who, rest) = line.split_once(' ').ok_or_else(|| format!("line {at}: who calls what?"))?;
    let (target, body) = match rest.find(" {").into_iter().chain(rest.find(" [")).min() {
        Some(end) => {
            (&rest[..end], serde_json::from_str(&rest[end..]).map_err(|e| format!("line {at}: {e}"))?)
        }
        None => (rest, Value::Null),
    };
    Ok(Example { line: at, who, target: target.trim(), body, answer: "" })
}

/// Runs the examples of a page in order. Gives one text for each that comes out otherwise than the page shows; `call` gets the
/// name of the caller, the target and the body, and gives the whole answer, `[0, payload]`.
pub fn differences(
    page: &str,
    mut call: impl FnMut(&str, &str, Value) -> Result<Value, String>,
) -> Vec<String> {
    let examples = match examples(page) {
        Ok(examples) => examples,
        Err(fault) => return vec![fault],
    };
    let mut kept = NamedValues::new();
    let run = examples.iter().filter_map(|example| {
        let place = format!("line {}: {} {}", example.line, example.who, example.target);
        let (target, body) = filled(example.target, &example.body, &kept);
        match call(example.who, &target, body) {
            Err(fault) => Some(format!("{place}: {fault}")),
            Ok(answer) if fits(example.answer, &answer, &mut kept) => None,
            Ok(answer) => Some(format!("{place}\n  shown {}\n  got   {answer}", example.answer)),
        }
    });
    run.collect()
}

/// Values that earlier answers of the page gave, by their names.
type NamedValues = HashMap<String, Value>;

/// A call with the values that were kept.
fn filled(target: &str, body: &Value, kept: &NamedValues) -> (String, Value) {
    // Longer names first: one may begin with another.
    let mut names: Vec<(&String, &Value)> = kept.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let target = names
        .iter()
        .fold(target.to_owned(), |target, (name, value)| target.replace(&format!("…{name}"), &text(value)));
    (target, filled_body(body, kept))
}

fn filled_body(body: &Value, kept: &NamedValues) -> Value {
    match body {
        Value::String(text) => match text.strip_prefix('…').and_then(|name| kept.get(name)) {
            Some(value) => value.clone(),
            None => body.clone(),
        },
        Value::Array(list) => list.iter().map(|value| filled_body(value, kept)).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), filled_body(value, kept))).collect()
        }
        other => other.clone(),
    }
}

/// Whether an answer is the one that the page shows.
fn fits(shown: &str, answer: &Value, kept: &mut NamedValues) -> bool {
    if let Some(error) = shown.strip_prefix("error ") {
        let (code, message) = error.split_once(' ').unwrap_or((error, ""));
        let given = answer[0].to_string();
        return given == code && (message.is_empty() || answer[1] == *message.trim());
    }
    match serde_json::from_str::<Value>(shown) {
        Ok(shown) => answer[0] == 0 && like(&shown, &answer[1], kept),
        Err(_) => false,
    }
}

fn like(shown: &Value, value: &Value, kept: &mut NamedValues) -> bool {
    match (shown, value) {
        (Value::String(text), _) if text.starts_with('…') => {
            let name = text.trim_start_matches('…');
            match kept.get(name) {
                Some(known) => known == value,
                None => {
                    if !name.is_empty() {
                        kept.insert(name.to_owned(), value.clone());
                    }
                    true
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| like(a, b, kept))
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut each = a.iter();
            a.len() == b.len() && each.all(|(name, shown)| b.get(name).is_some_and(|b| like(shown, b, kept)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn examples_are_read_with_their_lines() {
        let page = "text\n```calls\nuser A.get?id=1 {\"a\": 1}\n=> {\"b\": \"…\"}\n\nguest B.x\n=> error 5 不行\n```\n```rust\nnot a call\n```\n";
        let read = examples(page).unwrap();
        assert_eq!((read[0].who, read[0].target, read[0].line), ("user", "A.get?id=1", 3));
        assert_eq!((read[0].body.to_string().as_str(), read.len()), ("{\"a\":1}", 2));
        assert_eq!((read[1].body.is_null(), read[1].answer), (true, "error 5 不行"));
    }

    #[test]
    fn a_page_that_cannot_be_read_is_refused() {
        for bad in [
            "```calls\nuser A.get\n```",
            "```calls\n=> 1\n```",
            "```calls\nuser A.get\nuser A.get\n```",
            "```calls\nuser\n```",
            "```calls\nuser A.add {x}\n```",
        ] {
            assert!(examples(bad).is_err(), "{bad}");
            assert_eq!(differences(bad, |_, _, _| Ok(Value::Null)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn an_answer_fits_only_what_is_shown() {
        for (shown, got, fit) in [
            ("{\"b\": \"…\"}", "[0,{\"b\":[1]}]", true),
            ("{\"b\": 1}", "[0,{\"b\":1,\"c\":2}]", false),
            ("{\"b\": 1, \"c\": \"…\"}", "[0,{\"b\":1}]", false),
            ("[1]", "[0,[1,2]]", false),
            ("1", "[0,\"1\"]", false),
            ("null", "[5,null]", false),
            ("error 5", "[5,\"禁止操作\"]", true),
            ("error 5 不行", "[5,\"禁止操作\"]", false),
            ("error 5", "[0,5]", false),
            ("not json", "[0,\"not json\"]", false),
        ] {
            assert_eq!(fits(shown, &json(got), &mut NamedValues::new()), fit, "{shown} {got}");
        }
    }

    #[test]
    fn a_value_that_was_kept_comes_again() {
        let mut kept = NamedValues::new();
        assert!(fits("{\"id\": \"…one\"}", &json("[0,{\"id\":7}]"), &mut kept));
        assert!(!fits("\"…one\"", &json("[0,8]"), &mut kept));
        kept.insert("on".into(), json("1"));
        let (target, body) = filled("A.get?id=…one", &json("{\"a\":[\"…one\",\"…two\"]}"), &kept);
        assert_eq!((target.as_str(), body), ("A.get?id=7", json("{\"a\":[7,\"…two\"]}")));
    }

    #[test]
    fn differences_name_the_line_and_both_answers() {
        let page = "```calls\nuser A.add {}\n=> \"…id\"\nuser A.get?id=…id\n=> 2\nnobody A.get\n=> 1\n```";
        let got = differences(page, |who, target, _| match (who, target) {
            ("user", "A.add") => Ok(json("[0,7]")),
            ("user", "A.get?id=7") => Ok(json("[0,1]")),
            _ => Err("nobody is called so".into()),
        });
        let shown = [
            "line 4: user A.get?id=…id\n  shown 2\n  got   [0,1]",
            "line 6: nobody A.get: nobody is called so",
        ];
        assert_eq!(got, shown);
    }
}
