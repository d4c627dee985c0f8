//! Finds the entries of a section: `name` with `: text` on the next line, or `- name: text`.

use super::Section;
use crate::design::ident::is_word;
use crate::design::options::{self, Options};
use crate::design::table::Table;

pub(super) struct ProseEntry {
    pub line: usize,
    pub names: Vec<String>,
    pub text: String,
    /// From lines `VALUE:: label` below the entry.
    pub options: Options,
}

/// The section's first paragraph, if it comes before any entry, and the entries.
pub(super) fn entries(table: &Table, section: &Section<'_>) -> (Option<String>, Vec<ProseEntry>) {
    let mut note: Option<String> = None;
    let mut entries = Vec::new();
    let mut opening = true;
    let mut rest = section;
    while let Some(((line, text), after)) = rest.split_first() {
        if let Some((names, first, below)) = head(table, text, after) {
            let (entry, below) = body(*line, names, first, below);
            entries.push(entry);
            opening = false;
            rest = below;
            continue;
        }
        if text.trim().is_empty() {
            opening = opening && note.is_none();
        } else if !is_aside(text) {
            opening = opening && is_paragraph(text);
            if opening {
                continue_text(note.get_or_insert_default(), text);
            }
        }
        rest = after;
    }
    (note, entries)
}

/// `vcol:` lines speak of the object, not of the table; comments speak to no reader.
fn is_aside(text: &str) -> bool {
    ["vcol:", "<!--"].iter().any(|start| text.trim_start().starts_with(start))
}

/// Lists, quotations, grids and code are no paragraph.
fn is_paragraph(text: &str) -> bool {
    !["- ", "* ", "+ ", ">", "|", "\t", "    "].iter().any(|start| text.starts_with(start))
}

fn continue_text(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more.trim());
}

type Head<'a, 's> = (Vec<String>, &'s str, &'a [(usize, &'s str)]);

/// The fields an entry speaks of, its first text, and the lines after that.
fn head<'a, 's>(table: &Table, text: &'s str, after: &'a [(usize, &'s str)]) -> Option<Head<'a, 's>> {
    let item = ["- ", "* ", "+ "].iter().find_map(|bullet| text.strip_prefix(bullet));
    if let Some(item) = item {
        let (names, first) = item.split_once([':', '：'])?;
        return Some((fields(table, names)?, first.trim(), after));
    }
    let ((_, first), below) = after.split_first()?;
    let first = definition(first)?;
    Some((fields(table, text).or_else(|| other(text))?, first, below))
}

/// The text of a definition line: `: text`.
fn definition(line: &str) -> Option<&str> {
    let bare = line.trim_start_matches(' ');
    if line.len() - bare.len() > 3 || bare.starts_with("::") {
        return None;
    }
    bare.strip_prefix([':', '：']).map(str::trim)
}

/// `phone/pwd` or `` `status` `` → the fields, when at least one is a column of the table.
fn fields(table: &Table, text: &str) -> Option<Vec<String>> {
    let names: Vec<String> =
        text.split('/').map(|name| name.trim().trim_matches(['`', '*']).to_owned()).collect();
    let all_words = names.iter().all(|name| !name.is_empty() && name.chars().all(is_word));
    (all_words && names.iter().any(|name| table.column(name).is_some())).then_some(names)
}

/// A name alone on its line, with a definition below it, speaks of a virtual column or the like.
fn other(text: &str) -> Option<Vec<String>> {
    let name = text.trim().trim_matches(['`', '*']);
    (!name.is_empty() && name.chars().all(is_word)).then(|| vec![name.to_owned()])
}

/// Takes the lines that belong to an entry: more definitions, and indented lines even past a blank one.
fn body<'a, 's>(
    line: usize,
    names: Vec<String>,
    first: &str,
    below: &'a [(usize, &'s str)],
) -> (ProseEntry, &'a [(usize, &'s str)]) {
    let mut entry = ProseEntry { line, names, text: first.to_owned(), options: Vec::new() };
    let mut rest = below;
    loop {
        let blanks = rest.iter().take_while(|(_, text)| text.trim().is_empty()).count();
        let Some(((_, text), after)) = rest.get(blanks..).and_then(<[_]>::split_first) else {
            return (entry, rest);
        };
        let more = match definition(text) {
            Some(more) if blanks == 0 => more,
            _ if text.starts_with([' ', '\t']) => text.trim(),
            _ => return (entry, rest),
        };
        match options::line(more) {
            Some(option) => entry.options.push(option),
            None => continue_text(&mut entry.text, more),
        }
        rest = after;
    }
}
