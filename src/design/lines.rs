//! Sorts the lines of a DESIGN.md: tables, keys, includes, labels, and prose. It knows nothing of fields.
//!
//! A table line starts at the margin, after at most four spaces, or after one tab (Markdown shows such a
//! block as code). What stands inside a ``` or ~~~ fence is an example and never counts.

use super::ident::is_word;

#[derive(Debug, PartialEq)]
pub(in crate::design) enum Line<'a> {
    Table {
        name: &'a str,
        fields: &'a str,
    },
    Key {
        object: &'a str,
        keys: &'a str,
    },
    Range {
        object: &'a str,
        ranges: &'a str,
    },
    Class {
        object: &'a str,
        classes: &'a str,
    },
    Include(&'a str),
    /// `**[订单|Order]**`, or the same as a heading: names the table right below.
    Label(&'a str),
    Heading,
    Blank,
    Text(&'a str),
    /// Part of a fenced block.
    Fenced,
    Bad(String),
}

/// Every line with its number, counted from 1.
pub(in crate::design) fn sort(text: &str) -> Vec<(usize, Line<'_>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut fence: Option<(usize, &str)> = None;
    let mut sorted = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        let mark = fence_mark(line);
        let kind = match (fence, mark) {
            (Some((_, open)), Some(mark)) if mark == open => {
                fence = None;
                Line::Fenced
            }
            (Some(_), _) => Line::Fenced,
            (None, Some(mark)) => {
                fence = Some((number, mark));
                Line::Fenced
            }
            (None, None) => classify(line),
        };
        sorted.push((number, kind));
    }
    if let Some((number, _)) = fence {
        sorted.push((number, Line::Bad("the code fence opened here is never closed".into())));
    }
    sorted
}

fn fence_mark(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark))
}

fn classify(line: &str) -> Line<'_> {
    if line.trim().is_empty() {
        return Line::Blank;
    }
    if let Some(rest) = unindented(line).and_then(|line| line.strip_prefix('@')) {
        return command(rest).unwrap_or(Line::Text(line));
    }
    match label(line) {
        Some(label) => Line::Label(label),
        None if line.starts_with('#') => Line::Heading,
        None => Line::Text(line),
    }
}

fn unindented(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix('\t') {
        return (!rest.starts_with([' ', '\t'])).then_some(rest);
    }
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len() <= 4).then_some(rest)
}

/// What follows an `@` at the start of a line; `None` when it is prose after all.
fn command(rest: &str) -> Option<Line<'_>> {
    let (word, after) = rest.split_at(rest.find(|c| !is_word(c) && c != '.').unwrap_or(rest.len()));
    let colon = strip_colon(after);
    match (word, colon) {
        ("", _) => None,
        ("key", None) => Some(key(after)),
        ("range", None) => Some(range(after)),
        ("class", None) => Some(class(after)),
        ("include", None) => after
            .starts_with(char::is_whitespace)
            .then(|| Line::Include(after.trim()))
            .filter(|line| *line != Line::Include("")),
        ("key" | "range" | "class" | "include" | "see" | "ver", Some(_)) => {
            Some(Line::Bad(format!("`@{word}` takes no colon and cannot be the name of a table")))
        }
        (name, Some(fields)) => Some(Line::Table { name, fields }),
        (_, None) => None,
    }
}

fn key(after: &str) -> Line<'_> {
    match of_object(after) {
        Some((object, keys)) => Line::Key { object, keys },
        None => Line::Bad("a key line reads `@key Table: unique(a), index(b,c)`".into()),
    }
}

fn range(after: &str) -> Line<'_> {
    match of_object(after) {
        Some((object, ranges)) => Line::Range { object, ranges },
        None => Line::Bad("a line of ranges reads `@range Table: amount 0.., qty 1..100`".into()),
    }
}

fn class(after: &str) -> Line<'_> {
    match of_object(after) {
        Some((object, classes)) => Line::Class { object, classes },
        None => Line::Bad("a line of classes reads `@class Table: secret(a), private(b, c)`".into()),
    }
}

/// `Table: …`
fn of_object(after: &str) -> Option<(&str, &str)> {
    let after = after.trim_start();
    let (object, rest) = after.split_at(after.find(|c| !is_word(c)).unwrap_or(after.len()));
    strip_colon(rest).filter(|_| !object.is_empty()).map(|rest| (object, rest))
}

fn strip_colon(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix([':', '：'])
}

/// The text of `**[…]**`, with or without `#` before it, or of a heading `### […]`.
fn label(line: &str) -> Option<&str> {
    let bare = line.trim_start_matches('#');
    let heading = bare.len() < line.len();
    let bare = bare.trim();
    let bold = bare.strip_prefix("**").and_then(|rest| rest.strip_suffix("**"));
    let inner = match bold {
        Some(inner) => inner,
        None if heading => bare,
        None => return None,
    };
    let label = inner.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    (!label.is_empty() && !label.contains(|c: char| c == '[' || c == ']' || c.is_control())).then_some(label)
}
