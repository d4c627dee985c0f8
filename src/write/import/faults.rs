//! Faults of the rows of an import, each with its line, as one error.

use crate::error::{Error, Result, Text};

/// Faulty rows that are told at most.
const MAX: usize = 20;
/// As much of a row as helps to find it.
const SHOWN_MAX: usize = 120;

#[derive(Default)]
pub struct Faults {
    rows: Vec<Text>,
}

impl Faults {
    pub fn push(&mut self, line: u64, shown: &str, error: &Error) {
        let cells: String =
            shown.chars().take(SHOWN_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let detail = error.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        self.rows.push(Text::new(
            format!("第{line}行出错(\"{cells}\"): {}{detail}", error.text.zh),
            format!("line {line} (\"{cells}\"): {}{detail}", error.text.en),
        ));
    }

    pub fn full(&self) -> bool {
        self.rows.len() > MAX
    }

    pub fn into_result(self) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (mut zh, mut en): (Vec<&str>, Vec<&str>) =
            self.rows.iter().take(MAX).map(|row| (row.zh.as_ref(), row.en.as_ref())).unzip();
        if self.full() {
            zh.push("忽略更多错误...");
            en.push("more errors are left out...");
        }
        Err(Error::param(format!("{} rows are faulty, nothing was imported", self.rows.len().min(MAX)))
            .say(zh.join("\n"), en.join("\n")))
    }
}
