//! Downloads: a header and rows, written as they come so that a million rows need no more memory than
//! one. A sheet knows nothing of the query behind it; `headers` says what the answer is called.

mod csv;
mod excel;
mod guard;
mod headers;
mod html;
mod txt;
mod width;

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use serde_json::Value;

pub use self::headers::{file_name, headers};
use super::FileKind;

/// A file being written: the header once, then the rows, then `finish`.
pub trait Sheet: Send {
    fn header(&mut self, names: &[Arc<str>], kinds: &[CellKind]) -> io::Result<()>;
    fn row(&mut self, cells: &[Value]) -> io::Result<()>;
    /// Completes and flushes the file; without it the file is cut off.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// What a column holds, for the formats that type their cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    Text,
    Int,
    Number {
        scale: u8,
    },
    DateTime,
    Date,
    /// Not known: each cell is judged by what it looks like.
    Any,
}

#[derive(Debug, Clone, Default)]
pub struct SheetOpts {
    /// What the file calls itself inside.
    pub title: String,
}

pub fn sheet<'w>(kind: FileKind, out: Box<dyn Write + Send + 'w>, opts: &SheetOpts) -> Box<dyn Sheet + 'w> {
    match kind {
        FileKind::Csv => Box::new(csv::Csv::utf8(BufWriter::new(out))),
        FileKind::ExcelCsv => Box::new(csv::Csv::excel(BufWriter::new(out))),
        FileKind::Txt => Box::new(txt::Txt::new(BufWriter::new(out))),
        FileKind::Html => Box::new(html::Html::new(BufWriter::new(out))),
        FileKind::Excel => Box::new(excel::Excel::new(out, &opts.title)),
    }
}

/// The cells of a row, filled up with null to the width of the header.
fn padded(cells: &[Value], width: usize) -> impl Iterator<Item = &Value> {
    cells.iter().chain(std::iter::repeat_n(&Value::Null, width.saturating_sub(cells.len())))
}

#[cfg(test)]
mod tests;
