//! The prose below a table: its note, and what it says of fields. Prose that follows no convention is left
//! alone; only an `Enum(…)` that cannot be read is a fault.

mod describe;
mod entry;

use self::describe::{Described, describe};
use self::entry::{ProseEntry, entries};
use super::kind::Kind;
use super::options::Options;
use super::table::{Column, Table, Words};

/// Lines of one table's section, with their numbers.
pub(in crate::design) type Section<'a> = [(usize, &'a str)];

/// Fills in labels, notes and options; answers faults with their line numbers.
pub(in crate::design) fn read(table: &mut Table, section: &Section<'_>) -> Vec<(usize, String)> {
    let (note, entries) = entries(table, section);
    table.note = note;
    let mut faults = Vec::new();
    for entry in entries {
        if let Err(fault) = apply(table, &entry) {
            faults.push((entry.line, fault));
        }
    }
    faults
}

fn apply(table: &mut Table, entry: &ProseEntry) -> Result<(), String> {
    let Described { label, note, mut options } = describe(&entry.text)?;
    if options.is_empty() {
        options.clone_from(&entry.options);
    }
    for name in &entry.names {
        let alone = entry.names.len() == 1;
        let Some(column) = table.column_mut(name) else {
            if alone {
                let words = Words { label: label.clone(), note: note.clone(), options: options.clone() };
                table.others.insert(name.clone(), words);
            }
            continue;
        };
        fitting(column, &options)?;
        if alone {
            column.label = label.clone();
            column.note = note.clone();
        } else {
            // A sentence about several fields is a label of none.
            column.note = Some(entry.text.clone());
        }
        column.options.clone_from(&options);
    }
    Ok(())
}

/// An enumeration's values must be able to stand in their column.
fn fitting(column: &Column, options: &Options) -> Result<(), String> {
    for (at, (value, _)) in options.iter().enumerate() {
        let fits = match column.kind {
            Kind::Int => value.parse::<i64>().is_ok(),
            Kind::Flag => matches!(value.as_str(), "0" | "1"),
            Kind::Str { max } | Kind::Text { max } => value.chars().count() <= max as usize,
            Kind::Id | Kind::Real | Kind::Decimal { .. } | Kind::DateTime | Kind::Date => false,
        };
        if !fits {
            return Err(format!("`{value}` cannot be a value of field `{}`", column.name));
        }
        if options[..at].iter().any(|(other, _)| other == value) {
            return Err(format!("`{value}` comes twice among the values of field `{}`", column.name));
        }
    }
    Ok(())
}
