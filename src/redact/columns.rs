//! Masking in import files: the first line names the columns, the secrets are below. Not a reader of
//! imports: what is not clearly such a file is left to the other rules.

use super::MASKED;
use csv::{ReaderBuilder, WriterBuilder};

/// The text with secret columns masked; `None` when it is no table or has no secret column.
pub fn mask(text: &str, is_secret: &dyn Fn(&str) -> bool) -> Option<String> {
    let (header, _) = text.split_once('\n')?;
    let delimiter = if header.contains('\t') { b'\t' } else { b',' };
    let names = header.split(char::from(delimiter)).map(|name| name.trim().trim_matches('"'));
    let secret: Vec<bool> = names.map(|name| is_cell_name(name) && is_secret(name)).collect();
    if !secret.contains(&true) {
        return None;
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut writer = WriterBuilder::new().flexible(true).delimiter(delimiter).from_writer(Vec::new());
    for (line, row) in reader.records().enumerate() {
        // What cannot be read must not be kept.
        let Ok(row) = row else { return Some(format!("{header}\n{MASKED}")) };
        let hide = |at: usize, cell: &str| line > 0 && !cell.is_empty() && secret.get(at) == Some(&true);
        let cells = row.iter().enumerate().map(|(at, cell)| if hide(at, cell) { MASKED } else { cell });
        if writer.write_record(cells).is_err() {
            return Some(format!("{header}\n{MASKED}"));
        }
    }
    let bytes = writer.into_inner().ok()?;
    Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

/// A column's name, not a line of prose or of `k=v`.
fn is_cell_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '&', ':', '{', '(', ' '])
}
