//! The fields of a table line: `id, name(s), amount@, userId` → columns, or every fault among them.

use std::collections::HashSet;

use super::ident::{Ident, is_word};
use super::kind::Kind;
use super::table::Column;

/// Commas, full-width commas and blanks part fields; a word starting with `--` starts a remark.
pub(in crate::design) fn columns(fields: &str, faults: &mut Vec<String>) -> Vec<Column> {
    let mut seen = HashSet::new();
    let mut columns = Vec::new();
    let words = fields.split(|c: char| c == ',' || c == '，' || c.is_whitespace());
    for word in words.filter(|word| !word.is_empty()).take_while(|word| !word.starts_with("--")) {
        match column(word) {
            Ok(column) if seen.insert(column.name.folded()) => columns.push(column),
            Ok(column) => faults.push(format!("field `{}` comes twice", column.name)),
            Err(fault) => faults.push(fault),
        }
    }
    columns
}

fn column(word: &str) -> Result<Column, String> {
    let (name, mark) = word.split_at(word.find(|c| !is_word(c)).unwrap_or(word.len()));
    if name.is_empty() {
        return Err(format!("`{word}` is not a field"));
    }
    let mark = mark.replace('（', "(").replace('）', ")");
    let kind = Kind::of(name, &mark)?;
    Ok(Column {
        name: Ident::mint(name)?,
        kind,
        label: None,
        note: None,
        options: Vec::new(),
        range: None,
        class: None,
    })
}
