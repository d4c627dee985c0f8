//! Cells of files that are texts: a spreadsheet would take some of them for formulas and run them.

use std::borrow::Cow;

use serde_json::Value;

use crate::render::number::is_plain_number;
use crate::render::text::cell_text;

/// What a formula may begin with, in the width of Latin or of Chinese letters; blanks and marks that a spreadsheet
/// skips before it looks for one.
const RISKY: &[char] =
    &['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\u{b}', '\u{c}', '\u{feff}'];

/// A cell as text. One that could be run gets an apostrophe in front; numbers do not.
pub fn safe_text(value: &Value) -> Cow<'_, str> {
    let text = cell_text(value);
    match value.is_number() {
        true => text,
        false => safe(text),
    }
}

/// Guards a text, such as a title, against being read as a formula.
pub fn safe(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.starts_with(RISKY) && !is_plain_number(&text) {
        true => Cow::Owned(format!("'{text}")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_run_is_marked() {
        for text in
            ["=1", "+a", "-a", "@sum", "＝1", "＋1", "－1", "＠a", "\t=1", "\r=1", "\n=1", "\u{feff}=1"]
        {
            assert_eq!(safe(text.into()), format!("'{text}"), "{text:?}");
        }
        for text in ["", "a=1", "1", "-1.5", "+8613800138000", "中", " a"] {
            assert_eq!(safe(text.into()), text, "{text:?}");
        }
        assert_eq!(safe_text(&serde_json::json!(-1)), "-1");
    }
}
