//! The first sheet of an old Excel file (xls, as Excel 97 to 2003 wrote it) as comma-separated text. Only the records of
//! cells, of shared texts and of formats are read; whatever the file claims of itself, nothing is set aside for it.

use super::sheet::{self, Lines};
use crate::error::{Error, Result};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Bytes of the stream that holds the workbook.
const STREAM_MAX: u64 = 64 << 20;
/// Cells of the sheet, and bytes of their texts: many cells may share one.
const CELLS_MAX: usize = 1_000_000;
const TEXT_MAX: usize = 64 << 20;
/// What Excel 97 and later write.
const VERSION: u16 = 0x0600;

// Types of records.
const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const FILEPASS: u16 = 0x002F;
const DATE_MODE: u16 = 0x0022;
const FORMAT: u16 = 0x041E;
const XF: u16 = 0x00E0;
const BOUND_SHEET: u16 = 0x0085;
const SST: u16 = 0x00FC;
const CONTINUE: u16 = 0x003C;
const NUMBER: u16 = 0x0203;
const RK: u16 = 0x027E;
const MUL_RK: u16 = 0x00BD;
const LABEL_SST: u16 = 0x00FD;
const LABEL: u16 = 0x0204;
const RICH_LABEL: u16 = 0x00D6;
const BOOL_ERR: u16 = 0x0205;
const FORMULA: u16 = 0x0006;
const STRING: u16 = 0x0207;

pub fn read(path: &Path) -> Result<String> {
    sheet::one_at_a_time(|| text_of(&stream(path)?))
}

fn bad(why: &str) -> Error {
    Error::param(format!("the workbook cannot be read: {why}"))
        .say("Excel文件无法读取", "the Excel file cannot be read")
}

fn locked() -> Error {
    Error::param("the workbook is encrypted")
        .say("Excel文件有密码，请取消密码后再导入", "the Excel file has a password: please remove it first")
}

/// The part of the file that is the workbook.
fn stream(path: &Path) -> Result<Vec<u8>> {
    let mut file = cfb::open(path).map_err(|error| bad(&error.to_string()))?;
    if file.is_stream("/EncryptedPackage") {
        return Err(locked());
    }
    let stream = file.open_stream("/Workbook").map_err(|_| {
        Error::param("the workbook is older than Excel 97 or none at all")
            .say("Excel文件版本过旧，请另存为xlsx", "this Excel file is too old, please save it as xlsx")
    })?;
    let mut bytes = Vec::new();
    stream.take(STREAM_MAX).read_to_end(&mut bytes).map_err(|error| bad(&error.to_string()))?;
    Ok(bytes)
}

fn text_of(stream: &[u8]) -> Result<String> {
    let book = Book::read(stream)?;
    let cells = book.cells(stream)?;
    let mut lines = Lines::new();
    for ((row, column), text) in cells {
        lines.put(row.into(), column.into(), text).map_err(|error| bad(&error.to_string()))?;
    }
    lines.finish().map_err(|error| bad(&error.to_string()))
}

/// The records from a place on, each with its type. The last one may be cut short; it is none.
fn records(stream: &[u8], from: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream.get(from..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
        let data = rest.get(4..4 + length)?;
        rest = &rest[4 + length..];
        Some((kind, data))
    })
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?))
}

fn f64_at(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?))
}

/// A text with its length and its width before it.
fn text_at(data: &[u8], at: usize) -> Option<String> {
    let (count, wide) = (usize::from(u16_at(data, at)?), data.get(at + 2)? & 1 != 0);
    let bytes = data.get(at + 3..)?;
    let size = count << usize::from(wide);
    Some(characters(&bytes[..size.min(bytes.len())], wide))
}

fn characters(bytes: &[u8], wide: bool) -> String {
    match wide {
        false => bytes.iter().map(|byte| char::from(*byte)).collect(),
        true => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    }
}

/// What a workbook says before its sheets.
#[derive(Default)]
struct Book {
    /// Where the first sheet begins.
    sheet: usize,
    texts: Vec<String>,
    /// By the number of a cell's format: whether it shows a date.
    dates: Vec<bool>,
    since_1904: bool,
}

impl Book {
    fn read(stream: &[u8]) -> Result<Book> {
        let mut book = Book::default();
        let (mut formats, mut cell_formats) = (BTreeMap::new(), Vec::new());
        let (mut sheet, mut hidden_sheet) = (None, None);
        let mut shared: Vec<&[u8]> = Vec::new();
        let mut last = 0;
        for (kind, data) in records(stream, 0) {
            match kind {
                BOF if u16_at(data, 0) != Some(VERSION) => return Err(bad("it is older than Excel 97")),
                FILEPASS => return Err(locked()),
                DATE_MODE => book.since_1904 = u16_at(data, 0) == Some(1),
                FORMAT => {
                    if let (Some(number), Some(text)) = (u16_at(data, 0), text_at(data, 2)) {
                        formats.insert(number, shows_date(&text));
                    }
                }
                XF => cell_formats.push(u16_at(data, 2).unwrap_or_default()),
                // A sheet of cells, not a chart or a macro.
                BOUND_SHEET if data.get(5) == Some(&0) => {
                    let place = u32_at(data, 0).map(|at| at as usize);
                    let first = if data.get(4) == Some(&0) { &mut sheet } else { &mut hidden_sheet };
                    *first = first.or(place);
                }
                SST => shared.push(data),
                CONTINUE if last == SST => shared.push(data),
                EOF => break,
                _ => {}
            }
            last = if kind == CONTINUE { last } else { kind };
        }
        book.texts = shared_texts(&shared);
        let is_date = |number: &u16| {
            formats.get(number).copied().unwrap_or(matches!(*number, 14..=22 | 27..=36 | 45..=47 | 50..=58))
        };
        book.dates = cell_formats.iter().map(is_date).collect();
        book.sheet = sheet.or(hidden_sheet).ok_or_else(|| bad("it has no sheet"))?;
        Ok(book)
    }

    /// The cells of the first sheet that hold something.
    fn cells(&self, stream: &[u8]) -> Result<BTreeMap<(u16, u16), String>> {
        let mut cells = Cells::default();
        // The value of a formula that is a text comes in a record of its own.
        let (mut formula, mut depth) = (None, 0_usize);
        for (kind, data) in records(stream, self.sheet) {
            match kind {
                BOF => depth += 1,
                EOF if depth <= 1 => break,
                EOF => depth -= 1,
                // Charts inside the sheet have cells, too.
                _ if depth > 1 => {}
                STRING => {
                    if let (Some(place), Some(text)) = (formula.take(), text_at(data, 0)) {
                        cells.put(place, text)?;
                    }
                }
                MUL_RK => {
                    let (row, first) = (u16_at(data, 0), u16_at(data, 2));
                    let (Some(row), Some(first)) = (row, first) else { continue };
                    let values = data.get(4..data.len().saturating_sub(2)).unwrap_or_default();
                    for (column, value) in (first..=u16::MAX).zip(values.chunks_exact(6)) {
                        if let (Some(format), Some(rk)) = (u16_at(value, 0), u32_at(value, 2)) {
                            cells.put((row, column), self.number(rk_number(rk), format))?;
                        }
                    }
                }
                _ => {
                    let place = u16_at(data, 0).zip(u16_at(data, 2));
                    let (Some(place), Some(format)) = (place, u16_at(data, 4)) else { continue };
                    if let Some(text) = self.cell(kind, data, format) {
                        cells.put(place, text)?;
                    } else if kind == FORMULA {
                        formula = Some(place);
                    }
                }
            }
        }
        Ok(cells.cells)
    }

    fn cell(&self, kind: u16, data: &[u8], format: u16) -> Option<String> {
        match kind {
            NUMBER => Some(self.number(f64_at(data, 6)?, format)),
            RK => Some(self.number(rk_number(u32_at(data, 6)?), format)),
            LABEL_SST => self.texts.get(u32_at(data, 6)? as usize).cloned(),
            LABEL | RICH_LABEL => text_at(data, 6),
            BOOL_ERR => (data.get(7)? == &0).then(|| data[6].to_string()),
            FORMULA if u16_at(data, 12)? == 0xFFFF => (data.get(6)? == &1).then(|| data[8].to_string()),
            FORMULA => Some(self.number(f64_at(data, 6)?, format)),
            _ => None,
        }
    }

    fn number(&self, value: f64, format: u16) -> String {
        let date = self.dates.get(usize::from(format)).copied().unwrap_or_default();
        let shown = if date { self.date(value) } else { None };
        shown.unwrap_or_else(|| value.to_string())
    }

    fn date(&self, days: f64) -> Option<String> {
        if (0.0..1.0).contains(&days) {
            return Some(sheet::clock(days));
        }
        let days = if self.since_1904 { days + 1462.0 } else { days };
        let seconds = (0.0..2_958_466.0).contains(&days).then(|| (days * 86_400.0).round() as i64)?;
        let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
        let moment = epoch.checked_add_signed(TimeDelta::seconds(seconds))?;
        let form = if moment.time() == NaiveTime::MIN { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
        Some(moment.format(form).to_string())
    }
}

#[derive(Default)]
struct Cells {
    cells: BTreeMap<(u16, u16), String>,
    bytes: usize,
}

impl Cells {
    fn put(&mut self, place: (u16, u16), text: String) -> Result<()> {
        self.bytes += text.len();
        if self.cells.len() >= CELLS_MAX || self.bytes > TEXT_MAX {
            return Err(bad("the sheet is too large"));
        }
        if !text.is_empty() {
            self.cells.insert(place, text);
        }
        Ok(())
    }
}

/// A number in 32 bits: a whole one or the upper half of a float, perhaps a hundred times too large.
fn rk_number(rk: u32) -> f64 {
    let value = match rk & 2 {
        0 => f64::from_bits(u64::from(rk & 0xFFFF_FFFC) << 32),
        _ => f64::from(rk.cast_signed() >> 2),
    };
    if rk & 1 == 0 { value } else { value / 100.0 }
}

/// Whether a format shows a date or a time: letters outside quotes, brackets and escapes.
fn shows_date(format: &str) -> bool {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    format.chars().any(|c| {
        match c {
            _ if std::mem::take(&mut escaped) => return false,
            '\\' | '_' | '*' => escaped = true,
            '"' => quoted = !quoted,
            '[' => bracketed = true,
            ']' => bracketed = false,
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' => return !quoted && !bracketed,
            _ => {}
        }
        false
    })
}

/// The texts that cells share. They run on from one record into the next; inside a text the next one says anew how wide
/// its characters are.
fn shared_texts(parts: &[&[u8]]) -> Vec<String> {
    let mut rest = Parts { parts, at: 8 };
    let mut out = Vec::new();
    while let Some(text) = rest.text() {
        out.push(text);
    }
    out
}

struct Parts<'a> {
    parts: &'a [&'a [u8]],
    at: usize,
}

impl<'a> Parts<'a> {
    /// What is left of the record; the next one where it has ended.
    fn here(&mut self) -> Option<&'a [u8]> {
        while self.at >= self.parts.first()?.len() {
            self.at -= self.parts[0].len();
            self.parts = &self.parts[1..];
        }
        self.parts[0].get(self.at..)
    }

    fn text(&mut self) -> Option<String> {
        let head = self.here()?;
        let (mut left, flags) = (usize::from(u16_at(head, 0)?), *head.get(2)?);
        let (rich, extended) = (flags & 8 != 0, flags & 4 != 0);
        let runs = if rich { usize::from(u16_at(head, 3)?) * 4 } else { 0 };
        let after_runs = if rich { 5 } else { 3 };
        let more = if extended { u32_at(head, after_runs)? as usize } else { 0 };
        self.at += after_runs + if extended { 4 } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut text = String::new();
        loop {
            let bytes = self.parts.first()?.get(self.at..).unwrap_or_default();
            let size = (left << usize::from(wide)).min(bytes.len());
            let size = if wide { size & !1 } else { size };
            text.push_str(&characters(&bytes[..size], wide));
            left -= size >> usize::from(wide);
            self.at += size;
            if left == 0 {
                break;
            }
            self.parts = self.parts.get(1..)?;
            wide = self.parts.first()?.first()? & 1 != 0;
            self.at = 1;
        }
        self.at = self.at.checked_add(runs)?.checked_add(more)?;
        Some(text)
    }
}

#[cfg(test)]
#[path = "old_sheet_tests.rs"]
mod tests;
