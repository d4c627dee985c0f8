//! The first sheet of an xlsx file as comma-separated text, cell by cell: the sheet is never held as objects.

use crate::archive::{self, Limits};
use crate::error::{Error, Result};
use crate::throttle::concurrency_limit::{ConcurrencyBounds, ConcurrencyLimit};
use calamine::{DataRef, Reader, Xlsx};
use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

/// Columns of a sheet at most; no table is that wide.
const COLUMNS_MAX: u32 = 1000;
/// The text of a sheet at most: a small file can hold a great many repeated cells.
const TEXT_MAX: usize = 64 << 20;
/// Unpacked, all of a workbook, and each of its parts that is held as a whole: texts that cells share, styles.
const BOOK: Limits = Limits { files: 1000, each: 48 << 20, total: 512 << 20 };

/// Workbooks that are read at once: each may take the memory that its limits allow.
static READING: LazyLock<ConcurrencyLimit> = LazyLock::new(|| {
    ConcurrencyLimit::new(ConcurrencyBounds { working: 1, waiting: 16, wait_max: Duration::from_secs(60) })
});

pub fn read(path: &Path) -> Result<String> {
    one_at_a_time(|| text_of(path))
}

/// Reads a workbook while no other is read.
pub fn one_at_a_time<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    READING.run(read)?
}

fn text_of(path: &Path) -> Result<String> {
    let bad = |why: String| {
        Error::param(format!("the workbook cannot be read: {why}"))
            .say("Excel文件无法读取", "the Excel file cannot be read")
    };
    let file = File::open(path).map_err(|e| Error::server(format!("an upload could not be read: {e}")))?;
    let mut file = BufReader::new(file);
    // Sheets are read cell by cell.
    archive::measure(&mut file, BOOK, |name| name.starts_with("xl/worksheets/"))
        .map_err(|error| bad(error.detail.map(String::from).unwrap_or_default()))?;
    file.rewind().map_err(|e| bad(e.to_string()))?;
    let mut book: Xlsx<_> = Xlsx::new(file).map_err(|e| bad(e.to_string()))?;
    let name = book.sheet_names().into_iter().next().ok_or_else(|| bad("it has no sheet".into()))?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(|e| bad(e.to_string()))?;
    let mut lines = Lines::new();
    while let Some(cell) = cells.next_cell().map_err(|e| bad(e.to_string()))? {
        let (row, column) = cell.get_position();
        if column >= COLUMNS_MAX {
            continue;
        }
        lines.put(row, column as usize, text(cell.get_value())).map_err(|e| bad(e.to_string()))?;
    }
    lines.finish().map_err(|e| bad(e.to_string()))
}

/// Line numbers of the text are those of the sheet: rows without cells become empty lines.
pub struct Lines {
    out: csv::Writer<Vec<u8>>,
    row: u32,
    cells: Vec<String>,
    /// Bytes of the cells of this row.
    held: usize,
}

impl Lines {
    pub fn new() -> Lines {
        let out = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        Lines { out, row: 0, cells: Vec::new(), held: 0 }
    }

    pub fn put(&mut self, row: u32, column: usize, text: String) -> std::io::Result<()> {
        while self.row < row {
            self.end_line()?;
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        // One text that many cells share is a copy in each of them.
        self.held += text.len();
        self.cells[column] = text;
        self.bounded()
    }

    fn bounded(&self) -> std::io::Result<()> {
        match self.out.get_ref().len() + self.held > TEXT_MAX {
            true => Err(std::io::Error::other("the sheet is too large")),
            false => Ok(()),
        }
    }

    fn end_line(&mut self) -> std::io::Result<()> {
        // An empty line is written as one empty cell, in quotes.
        let empty = [String::new()];
        let cells = if self.cells.is_empty() { &empty[..] } else { &self.cells };
        self.out.write_record(cells).map_err(std::io::Error::other)?;
        self.cells.clear();
        self.held = 0;
        self.row += 1;
        self.bounded()
    }

    pub fn finish(mut self) -> std::io::Result<String> {
        self.end_line()?;
        let bytes = self.out.into_inner().map_err(|e| e.into_error())?;
        String::from_utf8(bytes).map_err(std::io::Error::other)
    }
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => if *yes { "1" } else { "0" }.to_owned(),
        DataRef::Int(n) => n.to_string(),
        // A whole number is written without a fraction; any other as short as it is exact.
        DataRef::Float(x) => x.to_string(),
        DataRef::DateTime(at) if at.is_duration() => clock(at.as_f64()),
        DataRef::DateTime(at) if at.as_f64() < 1.0 => clock(at.as_f64()),
        DataRef::DateTime(at) => {
            let (y, m, d, h, i, s, _) = at.to_ymd_hms_milli();
            match (h, i, s) {
                (0, 0, 0) => format!("{y:04}-{m:02}-{d:02}"),
                _ => format!("{y:04}-{m:02}-{d:02} {h:02}:{i:02}:{s:02}"),
            }
        }
    }
}

/// A part of a day as hours, minutes and seconds.
pub fn clock(days: f64) -> String {
    let seconds = (days * 86_400.0).round() as i64;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
