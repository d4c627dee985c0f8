//! The examples of `design/DESIGN-LANGUAGE.md` do what the page says: a ```design block is read, and the
//! ```text block after it shows what becomes of it.

use std::fmt::Write as _;

use crate::design::{Catalogue, DialectName, Fault, column_type, key_name, parse};

const GUIDE: &str = include_str!("../../../design/DESIGN-LANGUAGE.md");

fn shown(found: Result<Catalogue, Vec<Fault>>) -> String {
    let mut text = String::new();
    match found {
        Ok(catalogue) => catalogue.tables().iter().for_each(|table| {
            let _ = writeln!(text, "{}{}", table.name, about(&table.label, &table.note));
            for column in &table.columns {
                let kind = column_type(column.kind, DialectName::Sqlite);
                let _ = writeln!(text, "  {} {kind}{}", column.name, about(&column.label, &column.note));
                for (value, label) in &column.options {
                    let _ = writeln!(text, "    {value} = {label}");
                }
            }
            for key in &table.keys {
                let _ = writeln!(text, "  key {}", key_name(&table.name, key));
            }
        }),
        Err(faults) => faults.iter().for_each(|fault| {
            let _ = writeln!(text, "{fault}");
        }),
    }
    text
}

fn about(label: &Option<String>, note: &Option<String>) -> String {
    let label = label.as_ref().map(|label| format!(" [{label}]")).unwrap_or_default();
    note.as_ref().map_or(label.clone(), |note| format!("{label} -- {note}"))
}

/// Fenced blocks in order: (language, text).
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    for part in page.split("\n````").skip(1).step_by(2) {
        blocks.push(part.split_once('\n').unwrap());
    }
    blocks
}

#[test]
fn the_examples_are_true() {
    let blocks = blocks(GUIDE);
    let mut examples = 0;
    for pair in blocks.windows(2) {
        if let [("design", design), ("text", wanted)] = pair {
            let found = shown(parse(&[("DESIGN.md", design)]));
            assert_eq!(found.trim_end(), wanted.trim_end(), "\n--- the page should say:\n{found}");
            examples += 1;
        }
    }
    let designs = blocks.iter().filter(|(language, _)| *language == "design").count();
    assert!(examples >= 5 && examples == designs, "{examples} of {designs} examples have a result");
}
