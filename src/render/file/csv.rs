//! `csv` and `excelcsv`. Written by hand because Excel's variant holds cells (`="123…"`) that a proper
//! writer would never leave unquoted; a property test reads everything back with a proper reader.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::Value;

use super::guard::safe_text;
use super::{CellKind, Sheet, padded};
use crate::render::number::is_long_integer;
use crate::render::text::cell_text;

pub struct Csv<W> {
    out: W,
    for_excel: bool,
    width: usize,
    line: String,
}

impl<W: Write + Send> Csv<W> {
    pub fn utf8(out: W) -> Csv<W> {
        Csv { out, for_excel: false, width: 0, line: String::new() }
    }

    /// GB18030, which Chinese spreadsheets expect, with long integers kept from scientific notation.
    pub fn excel(out: W) -> Csv<W> {
        Csv { for_excel: true, ..Csv::utf8(out) }
    }

    fn cell(&mut self, at: usize, value: &Value) {
        if at > 0 {
            self.line.push(',');
        }
        if self.for_excel && is_long_integer(&cell_text(value)) {
            self.line.extend(["=\"", &cell_text(value), "\""]);
            return;
        }
        let text = safe_text(value);
        if text.contains(['"', ',', '\n', '\r']) {
            self.line.extend(["\"", &text.replace('"', "\"\""), "\""]);
        } else {
            self.line.push_str(&text);
        }
    }

    fn end_line(&mut self) -> io::Result<()> {
        // A line of one empty cell would read as no line at all.
        if self.line.is_empty() && self.width == 1 {
            self.line.push_str("\"\"");
        }
        self.line.push('\n');
        if self.for_excel {
            let (bytes, ..) = encoding_rs::GB18030.encode(&self.line);
            self.out.write_all(&bytes)?;
        } else {
            self.out.write_all(self.line.as_bytes())?;
        }
        self.line.clear();
        Ok(())
    }
}

impl<W: Write + Send> Sheet for Csv<W> {
    fn header(&mut self, names: &[Arc<str>], _kinds: &[CellKind]) -> io::Result<()> {
        self.width = names.len();
        for (at, name) in names.iter().enumerate() {
            self.cell(at, &Value::from(&**name));
        }
        self.end_line()
    }

    fn row(&mut self, cells: &[Value]) -> io::Result<()> {
        for (at, value) in padded(cells, self.width).enumerate() {
            self.cell(at, value);
        }
        self.end_line()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
