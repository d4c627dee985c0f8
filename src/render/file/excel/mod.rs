//! `excel`: an xlsx workbook with typed cells, a frozen header, filters and fitted columns. The library
//! keeps one row in memory and spills the rest to an unnamed temporary file; saving zips that file straight
//! into the output, which need not seek. Past the sheet's row limit the rows go on in a further sheet.

mod cell;

use std::io::{self, Write};
use std::sync::Arc;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError,
};
use serde_json::Value;

use self::cell::Cell;
use super::{CellKind, Sheet, padded, width};

/// Excel's own limit, header included.
const MAX_ROWS: u32 = 1_048_576;
/// Column widths are fitted to this many first rows of a sheet.
const SAMPLE_ROWS: u32 = 200;

pub struct Excel<'w> {
    out: Box<dyn Write + Send + 'w>,
    title: String,
    book: Workbook,
    names: Vec<Arc<str>>,
    kinds: Vec<CellKind>,
    page: Option<Page>,
    max_rows: u32,
}

/// The sheet being written.
struct Page {
    sheet: Worksheet,
    next_row: u32,
    widest: Vec<usize>,
}

impl<'w> Excel<'w> {
    pub fn new(out: Box<dyn Write + Send + 'w>, title: &str) -> Excel<'w> {
        Excel {
            out,
            title: title.to_owned(),
            book: Workbook::new(),
            names: Vec::new(),
            kinds: Vec::new(),
            page: None,
            max_rows: MAX_ROWS,
        }
    }

    fn open_page(&mut self) -> Result<Page, XlsxError> {
        let mut sheet = self.book.new_worksheet_with_constant_memory()?;
        let header = header_format();
        sheet.set_freeze_panes(1, 0)?;
        for (column, (name, kind)) in (0..).zip(self.names.iter().zip(&self.kinds)) {
            if let Some(format) = column_format(*kind) {
                sheet.set_column_format(column, &format)?;
            }
            sheet.write_string_with_format(0, column, cell::fitting(name), &header)?;
        }
        // The filter's arrow stands beside the name.
        let widest = self.names.iter().map(|name| width::of(name) + 2).collect();
        Ok(Page { sheet, next_row: 1, widest })
    }

    fn close_page(&mut self) -> Result<(), XlsxError> {
        let Some(mut page) = self.page.take() else { return Ok(()) };
        for (column, widest) in (0..).zip(&page.widest) {
            page.sheet.set_column_width(column, width::column(*widest))?;
        }
        if let Some(last) = self.names.len().checked_sub(1) {
            page.sheet.autofilter(0, 0, page.next_row - 1, column_number(last)?)?;
        }
        self.book.push_worksheet(page.sheet);
        Ok(())
    }

    fn write_row(&mut self, cells: &[Value]) -> Result<(), XlsxError> {
        if self.page.as_ref().is_none_or(|page| page.next_row >= self.max_rows) {
            self.close_page()?;
            self.page = Some(self.open_page()?);
        }
        let Some(page) = &mut self.page else { return Ok(()) };
        for (at, value) in padded(cells, self.names.len()).enumerate() {
            let kind = self.kinds.get(at).copied().unwrap_or(CellKind::Any);
            page.put(column_number(at)?, Cell::judge(kind, value), kind)?;
        }
        page.next_row += 1;
        Ok(())
    }

    fn save(&mut self) -> Result<(), XlsxError> {
        self.close_page()?;
        // A fixed date: the same rows give the same bytes.
        let created = ExcelDateTime::from_ymd(1980, 1, 1)?;
        self.book
            .set_properties(&DocProperties::new().set_title(&*self.title).set_creation_datetime(&created));
        self.book.save_to_writer(&mut self.out)
    }
}

impl Page {
    fn put(&mut self, column: u16, cell: Cell<'_>, kind: CellKind) -> Result<(), XlsxError> {
        let (row, sheet) = (self.next_row, &mut self.sheet);
        if row <= SAMPLE_ROWS
            && let Some(widest) = self.widest.get_mut(usize::from(column))
        {
            *widest = cell.width().max(*widest);
        }
        // A column of a known kind carries the format; only cells of any kind need one of their own.
        let own = if kind == CellKind::Any { cell.format() } else { None };
        match (cell, own) {
            (Cell::Blank, _) => return Ok(()),
            (Cell::Bool(yes), _) => sheet.write_boolean(row, column, yes)?,
            (Cell::Text(text), _) => sheet.write_string(row, column, &*text)?,
            (Cell::Number(n) | Cell::Integer(n) | Cell::Date(n) | Cell::DateTime(n), None) => {
                sheet.write_number(row, column, n)?
            }
            (Cell::Number(n) | Cell::Integer(n) | Cell::Date(n) | Cell::DateTime(n), Some(format)) => {
                sheet.write_number_with_format(row, column, n, &Format::new().set_num_format(format))?
            }
        };
        Ok(())
    }
}

impl Sheet for Excel<'_> {
    fn header(&mut self, names: &[Arc<str>], kinds: &[CellKind]) -> io::Result<()> {
        self.names = names.to_vec();
        self.kinds = kinds.to_vec();
        self.kinds.resize(names.len(), CellKind::Any);
        self.page = Some(self.open_page().map_err(to_io)?);
        Ok(())
    }

    fn row(&mut self, cells: &[Value]) -> io::Result<()> {
        self.write_row(cells).map_err(to_io)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.save().map_err(to_io)?;
        self.out.flush()
    }
}

fn header_format() -> Format {
    Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0xE8EEF7))
        .set_border_bottom(FormatBorder::Thin)
        .set_num_format("@")
}

fn column_format(kind: CellKind) -> Option<Format> {
    let format = match kind {
        CellKind::Text => "@".to_owned(),
        CellKind::Int | CellKind::Number { scale: 0 } => cell::INTEGER.to_owned(),
        CellKind::Number { scale } => format!("0.{}", "0".repeat(usize::from(scale.min(15)))),
        CellKind::DateTime => cell::DATE_TIME.to_owned(),
        CellKind::Date => cell::DATE.to_owned(),
        CellKind::Any => return None,
    };
    Some(Format::new().set_num_format(format))
}

fn column_number(at: usize) -> Result<u16, XlsxError> {
    u16::try_from(at).map_err(|_| XlsxError::RowColumnLimitError)
}

fn to_io(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests;
